"""What was: the elements that an instance passed, its variables over time, its people's tasks, and who did what."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from engine.history import Entry
from engine.people import HOUSE, Action, Actor, may
from engine.runtime.instance_queries import concerns, history_of
from engine.runtime.paging import Sort, ordered
from engine.runtime.patterns import like
from engine.tables import human_task, process_instance

if TYPE_CHECKING:
    from engine.runtime.process_engine import ProcessEngine

ENDS = {"element.completed": False, "element.cancelled": True}


@dataclass(frozen=True, slots=True)
class PastElement:
    """One visit of a token to an element; one that was passed at once began when it ended. `ended_at` is None while it lasts."""

    token: str
    element: str
    began_at: datetime
    ended_at: datetime | None
    is_cancelled: bool


@dataclass(frozen=True, slots=True)
class PastVariable:
    """A variable of an instance with its last value, and when it first had one."""

    name: str
    value: Any
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Update:
    """One value that a variable was given; `token` is None for those with which the instance started."""

    seq: int
    at: datetime
    token: str | None
    name: str
    value: Any


@dataclass(frozen=True, slots=True)
class PastTask:
    """A human task, open or ended."""

    id: str
    instance_id: str
    definition_id: str
    definition_key: str
    element: str
    name: str
    status: str
    assignee: str | None
    owner: str | None
    priority: int
    due_at: datetime | None
    follow_up_at: datetime | None
    created_at: datetime
    ended_at: datetime | None
    completed_by: str | None


@dataclass(frozen=True, slots=True)
class PastTaskFilter:
    """Which human tasks, whether open or ended; a pattern is SQL's, with `%` for anything."""

    ids: Collection[str] | None = None
    instance_id: str | None = None
    business_key: str | None = None
    definition_id: str | None = None
    definition_key: str | None = None
    elements: Collection[str] | None = None
    name: str | None = None
    name_like: str | None = None
    assignee: str | None = None
    owner: str | None = None
    is_ended: bool | None = None
    began_after: datetime | None = None
    began_before: datetime | None = None
    ended_after: datetime | None = None
    ended_before: datetime | None = None


SORTS: dict[str, sa.ColumnElement[Any]] = {
    name: human_task.c[name]
    for name in (
        "id",
        "instance_id",
        "name",
        "assignee",
        "owner",
        "created_at",
        "ended_at",
        "due_at",
        "priority",
        "element",
        "definition_id",
    )
}


def past_elements(engine: ProcessEngine, instance_id: str, *, actor: Actor) -> tuple[PastElement, ...]:
    """Return the elements that an instance passed or is at, in the order in which they began."""
    found: dict[tuple[str, str], PastElement] = {}
    for entry in history_of(engine, instance_id, actor=actor):
        event = entry.event
        if event.token is None or event.element is None or not event.kind.startswith("element."):
            continue
        key = (event.token, event.element)
        before = found.get(key)
        began = event.at if before is None else before.began_at
        is_end = event.kind in ENDS
        found[key] = PastElement(event.token, event.element, began, event.at if is_end else None, ENDS.get(event.kind, False))
    return tuple(found.values())


def past_variables(engine: ProcessEngine, instance_id: str, *, actor: Actor) -> tuple[PastVariable, ...]:
    """Return the variables that an instance ever had, by name, each with the last value that the history knows."""
    found: dict[str, PastVariable] = {}
    for each in variable_updates(engine, instance_id, actor=actor):
        before = found.get(each.name)
        found[each.name] = PastVariable(each.name, each.value, each.at if before is None else before.created_at)
    return tuple(found[name] for name in sorted(found))


def variable_updates(engine: ProcessEngine, instance_id: str, *, actor: Actor) -> tuple[Update, ...]:
    """Return every value that the variables of an instance were given, in order."""
    return tuple(_assigned(history_of(engine, instance_id, actor=actor)))


def _assigned(entries: Collection[Entry]) -> Iterator[Update]:
    for entry in entries:
        event, data = entry.event, dict(entry.event.data or {})
        values: dict[str, Any] = {}
        if event.kind == "instance.started":
            values = {**(data.get("variables") or {}), **(data.get("payload") or {})}
        elif event.kind == "variables.changed":
            values = {name: value for name, value in data.items() if name != "in_process"}
        yield from (Update(entry.seq, event.at, event.token, name, value) for name, value in sorted(values.items()))


def find_past_tasks(
    engine: ProcessEngine, wanted: PastTaskFilter, *, actor: Actor, sort: Collection[Sort] = (), limit: int | None = None, offset: int = 0
) -> tuple[PastTask, ...]:
    """Return human tasks, newest first unless sorted otherwise; the actor sees those of the instances that he or she may read."""
    columns = [human_task.c[name] for name in PastTask.__slots__]
    statement = sa.select(*columns).where(*_conditions(wanted, actor))
    statement = ordered(statement, SORTS, sort or (Sort("created_at", is_descending=True),), last=human_task.c.id.desc())
    with engine.database.glance() as connection:
        return tuple(PastTask(*row) for row in connection.execute(statement.limit(limit).offset(offset)))


def count_past_tasks(engine: ProcessEngine, wanted: PastTaskFilter, *, actor: Actor) -> int:
    """Return how many human tasks there were or are that the actor may see."""
    counted = sa.select(sa.func.count()).select_from(human_task).where(*_conditions(wanted, actor))
    with engine.database.glance() as connection:
        return int(connection.execute(counted).scalar_one())


def _conditions(wanted: PastTaskFilter, actor: Actor) -> list[sa.ColumnElement[bool]]:
    table = human_task.c
    equal = {
        table.instance_id: wanted.instance_id,
        table.business_key: wanted.business_key,
        table.definition_id: wanted.definition_id,
        table.definition_key: wanted.definition_key,
        table.name: wanted.name,
        table.assignee: wanted.assignee,
        table.owner: wanted.owner,
    }
    found: list[sa.ColumnElement[bool]] = [column == value for column, value in equal.items() if value is not None]
    found += [column.in_(values) for column, values in {table.id: wanted.ids, table.element: wanted.elements}.items() if values is not None]
    after = {table.created_at: wanted.began_after, table.ended_at: wanted.ended_after}
    found += [column >= moment for column, moment in after.items() if moment is not None]
    before = {table.created_at: wanted.began_before, table.ended_at: wanted.ended_before}
    found += [column <= moment for column, moment in before.items() if moment is not None]
    if wanted.name_like is not None:
        found.append(like(table.name, wanted.name_like))
    if wanted.is_ended is not None:
        found.append(table.status != "open" if wanted.is_ended else table.status == "open")
    if not may(actor, Action.READ_ALL, HOUSE):
        found.append(table.instance_id.in_(sa.select(process_instance.c.id).where(concerns(actor))))
    return found
