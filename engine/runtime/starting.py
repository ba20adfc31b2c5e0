"""Starting instances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from engine.definitions.forms import fields_of
from engine.diagram.model import Process
from engine.errors import Conflict, NotFound
from engine.history import EMPTY
from engine.ids import new_id
from engine.people import SYSTEM, Action, Actor, DefinitionThing, require
from engine.runtime.answers import Started
from engine.runtime.checking import checked_key, checked_variables
from engine.runtime.instances import Instance, Status
from engine.runtime.turn import Turn
from engine.tables import definition, process_instance

if TYPE_CHECKING:
    from engine.runtime.process_engine import ProcessEngine

OF_KEY = sa.select(definition.c.id).where(definition.c.kind == "process", definition.c.key == sa.bindparam("of_key"))
STARTABLE = sa.select(definition.c.id, definition.c.key, definition.c.version, definition.c.is_suspended).where(
    definition.c.id == sa.bindparam("of_id"), definition.c.kind == "process"
)
LATEST = OF_KEY.where(definition.c.is_latest)
ONE = OF_KEY.where(definition.c.version == sa.bindparam("of_version"))


def start(
    engine: ProcessEngine,
    key: str,
    *,
    business_key: str | None = None,
    variables: Mapping[str, Any] | None = None,
    actor: Actor,
    version: int | None = None,
    is_drill: bool = False,
    super_instance_id: str | None = None,
    idempotency_key: str | None = None,
) -> Started:
    """Start an instance of a process by its key: the latest version, unless another is named."""

    def work(connection: Connection) -> Started:
        return start_within(
            engine,
            connection,
            definition_id=find_definition(connection, key, version=version),
            business_key=business_key,
            variables=variables,
            actor=actor,
            is_drill=is_drill,
            super_instance_id=super_instance_id,
        )

    return engine.once("start", actor=actor, key=idempotency_key, of=key, kind=Started, work=work)


def find_definition(connection: Connection, key: str, *, version: int | None = None) -> str:
    """Return the id of a process definition, the latest unless a version is named. Raises NotFound."""
    found = connection.scalar(LATEST if version is None else ONE, {"of_key": key, "of_version": version})
    if found is None:
        which = "" if version is None else f" in version {version}"
        raise NotFound(f"no process {key!r} is deployed{which}: deploy it, or look at `watchbill definitions`")
    return str(found)


def start_within(
    engine: ProcessEngine,
    connection: Connection,
    *,
    definition_id: str,
    business_key: str | None = None,
    variables: Mapping[str, Any] | None = None,
    actor: Actor = SYSTEM,
    is_drill: bool = False,
    super_instance_id: str | None = None,
    instance_id: str | None = None,
    element: str | None = None,
    payload: Mapping[str, Any] | None = None,
    origin: Mapping[str, Any] | None = None,
    check_right: bool = True,
) -> Started:
    """Start an instance inside the caller's transaction, at a start event (None: the none start).

    A start by an instance is a drill if that one is (U4). `origin` says in the history what caused it. `check_right` is False where
    another right was asked for (to send the message, to restart).
    """
    row = _startable(connection, definition_id)
    process = engine.executable(definition_id).process
    if check_right:
        require(actor, Action.START, DefinitionThing(process.key, frozenset(process.starter_groups), frozenset(process.starter_users)))
    said = checked_variables(engine, variables)
    received = checked_variables(engine, payload)
    if process.initiator:
        said[process.initiator] = actor.name
        received.pop(process.initiator, None)
    drill = is_drill or (super_instance_id is not None and _is_drill(connection, super_instance_id))
    instance = _new(engine, row, checked_key(business_key), actor, drill, super_instance_id)
    if instance_id is not None:
        instance.id = instance_id
    turn = Turn(engine, connection, instance=instance, actor=actor)
    data = {"definition": process.key, "version": row.version, "business_key": business_key, "variables": said, "payload": received}
    data |= {"start": element, "is_drill": drill, **(origin or {})}
    turn.note("instance.started", element=element, data={name: value for name, value in data.items() if value not in (None, {})})
    turn.begin(variables={**_left_empty(engine, process, definition_id), **said}, start=element, payload=received)
    turn.write(is_new=True)
    return Started(instance.id, definition_id, instance.status)


def _left_empty(engine: ProcessEngine, process: Process, definition_id: str) -> dict[str, None]:
    """Return the fields of a process's start form as null: who starts it otherwise need not know them."""
    return dict.fromkeys(fields_of(engine.definitions.form(process.start_form, definition_id))) if process.start_form else {}


def _startable(connection: Connection, definition_id: str) -> sa.Row[*tuple[Any, ...]]:
    row = connection.execute(STARTABLE, {"of_id": definition_id}).one_or_none()
    if row is None:
        raise NotFound(f"there is no process definition {definition_id!r}")
    if row.is_suspended:
        raise Conflict(f"version {row.version} of {row.key} is suspended and starts nothing: resume it, or start another version")
    return row


def _is_drill(connection: Connection, instance_id: str) -> bool:
    found = connection.scalar(sa.select(process_instance.c.is_drill).where(process_instance.c.id == instance_id))
    if found is None:
        raise NotFound(f"there is no process instance {instance_id!r} that could have caused this one")
    return bool(found)


def _new(
    engine: ProcessEngine,
    row: sa.Row[*tuple[Any, ...]],
    business_key: str | None,
    actor: Actor,
    is_drill: bool,
    super_instance_id: str | None,
) -> Instance:
    return Instance(
        id=new_id(),
        definition_id=row.id,
        definition_key=row.key,
        business_key=business_key,
        status=Status.ACTIVE.value,
        state=b"",
        version=1,
        history_seq=0,
        history_hash=EMPTY,
        started_at=engine.clock.now(),
        started_by=actor.name,
        ended_at=None,
        end_reason=None,
        is_drill=is_drill,
        super_instance_id=super_instance_id,
        idle_turns=0,
    )
