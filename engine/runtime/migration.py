"""Migrating an instance to another version of its process, with a preview.

Tokens map by element id and kind. What maps keeps its id, so tasks keep their due date, draft and assignee, and timers their due time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from engine.diagram.model import Scope
from engine.errors import Conflict
from engine.execution import Unmapped
from engine.people import Action, Actor, require
from engine.runtime.answers import InstanceAnswer
from engine.runtime.checking import checked_reason
from engine.runtime.instances import Instance, lock_instance, read_instance
from engine.runtime.starting import find_definition
from engine.runtime.turn import Turn
from engine.tables import definition, human_task

if TYPE_CHECKING:
    from engine.runtime.process_engine import ProcessEngine


@dataclass(frozen=True, slots=True)
class Mapped:
    """A resting token that goes on where it is; `due_at` is its timer's, which stays."""

    token: str
    element: str
    kind: str
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class MigrationPreview:
    """What a migration would do: `mapped` goes on, `unmapped` has no place (migration is refused until it is moved), `ends` just ends."""

    from_definition: str
    to_definition: str
    mapped: tuple[Mapped, ...]
    unmapped: tuple[Unmapped, ...]
    ends: tuple[str, ...]

    @property
    def is_possible(self) -> bool:
        """Tell whether every token has a place."""
        return not self.unmapped


def migration_preview(engine: ProcessEngine, instance_id: str, *, version: int, actor: Actor) -> MigrationPreview:
    """Tell what a migration to a version would do, and change nothing."""
    with engine.database.read() as connection:
        instance = read_instance(connection, instance_id)
        require(actor, Action.MIGRATE, instance.thing())
        instance.require_live()
        turn = Turn(engine, connection, instance=instance, actor=actor)
        return _preview(turn, _target(connection, instance, version))


def _target(connection: Connection, instance: Instance, version: int) -> str:
    target = find_definition(connection, instance.definition_key, version=version)
    if target == instance.definition_id:
        raise Conflict(f"instance {instance.id} runs in version {version} already")
    return target


def _preview(turn: Turn, target: str) -> MigrationPreview:
    executable = turn.engine.executable(target)
    old = element_ids(turn.engine.executable(turn.instance.definition_id).process.scope)
    gone = old - element_ids(executable.process.scope)
    unmapped = turn.execution.unmapped(executable)
    homeless = {each.token for each in unmapped}
    waits = [wait for wait in turn.execution.waits() if wait.token not in homeless]
    mapped = tuple(Mapped(wait.token, wait.element, wait.kind.value, wait.due_at) for wait in waits if wait.element not in gone)
    ends = tuple(wait.element for wait in waits if wait.element in gone)
    return MigrationPreview(turn.instance.definition_id, target, mapped, unmapped, ends)


def element_ids(scope: Scope) -> frozenset[str]:
    """Return the ids of all elements in a scope and the scopes inside it."""
    inner = (element_ids(node.scope) for node in scope.nodes.values() if node.scope is not None)
    return frozenset(scope.nodes).union(*inner)


def migrate(
    engine: ProcessEngine, instance_id: str, *, version: int, actor: Actor, reason: str, idempotency_key: str | None = None
) -> InstanceAnswer:
    """Let an instance go on in another version of its process. Raises Conflict when a token has no place there."""
    said = checked_reason(reason, what="migrate an instance")

    def work(connection: Connection) -> InstanceAnswer:
        instance = lock_instance(connection, instance_id)
        require(actor, Action.MIGRATE, instance.thing())
        instance.require_live()
        target = _target(connection, instance, version)
        turn = Turn(engine, connection, instance=instance, actor=actor)
        turn.execution.migrate(engine.executable(target))
        turn.note("instance.migrated", data={"from": _version(connection, instance.definition_id), "to": version, "reason": said})
        instance.definition_id = target
        tasks = sa.and_(human_task.c.instance_id == instance.id, human_task.c.status == "open")
        connection.execute(sa.update(human_task).where(tasks).values(definition_id=target))
        turn.write()
        return InstanceAnswer(instance.id, instance.status)

    return engine.once("migrate", actor=actor, key=idempotency_key, of=instance_id, kind=InstanceAnswer, work=work)


def _version(connection: Connection, definition_id: str) -> int:
    return int(connection.execute(sa.select(definition.c.version).where(definition.c.id == definition_id)).scalar_one())
