"""Lists of open tasks by any combination of criteria, each a condition in SQL.

A wanted list is a conjunction of alternatives: of each alternative at least one criterion must hold.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from engine.people import HOUSE, Action, Actor, may
from engine.runtime.paging import Sort, count_up_to, ordered
from engine.runtime.patterns import like
from engine.runtime.task_queries import has_candidate, tasks_of
from engine.runtime.tasks import TASK_COLUMNS, Task
from engine.tables import definition, human_task, membership, process_instance, task_candidate

if TYPE_CHECKING:
    from engine.runtime.process_engine import ProcessEngine

Column = sa.ColumnElement[Any]
Condition = sa.ColumnElement[bool]


class Op(StrEnum):
    """How a field is compared. LIKE patterns are SQL's, a backslash escapes, and letter case does not count."""

    IS = "is"
    IS_NOT = "is not"
    IN = "in"
    NOT_IN = "not in"
    LIKE = "like"
    NOT_LIKE = "not like"
    BEFORE = "before"
    AFTER = "after"
    LEAST = "at least"
    MOST = "at most"
    THERE = "there"


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing that must hold: a field of COLUMNS or PEOPLE, `definition_name` or `business_key`, compared with a value.

    The value is a list for IN and NOT_IN, and for THERE whether the field is set.
    """

    field: str
    op: Op
    value: Any


Wanted = Sequence[Sequence[Criterion]]
COLUMNS: Mapping[str, Column] = {
    name: human_task.c[name]
    for name in (
        "id", "instance_id", "definition_id", "definition_key", "element", "name", "description", "assignee", "owner",
        "delegation", "priority", "due_at", "follow_up_at", "created_at", "is_suspended",
    )
}  # fmt: skip
SORTS: Mapping[str, Column] = {**COLUMNS, "name_caseless": sa.func.lower(human_task.c.name)}
CASELESS = ("name", "description")


def find_tasks(
    engine: ProcessEngine,
    wanted: Wanted = (),
    *,
    actor: Actor,
    sort: Collection[Sort] = (),
    limit: int | None = None,
    offset: int = 0,
) -> tuple[Task, ...]:
    """Return the open tasks that are wanted and that the actor may read."""
    statement = sa.select(*TASK_COLUMNS).where(*_conditions(wanted, actor))
    statement = ordered(statement, SORTS, sort, last=human_task.c.id).limit(limit).offset(offset)
    with engine.database.glance() as connection:
        return tasks_of(connection, statement)


def count_tasks(engine: ProcessEngine, wanted: Wanted = (), *, actor: Actor) -> int:
    """Count the open tasks that are wanted and that the actor may read."""
    with engine.database.glance() as connection:
        return count_up_to(connection, human_task, _conditions(wanted, actor), most=None)[0]


def count_by_group(engine: ProcessEngine, *, actor: Actor) -> tuple[tuple[str | None, int], ...]:
    """Return (candidate group, open tasks that the actor may read) by name, and last those that have none (None)."""
    joined = human_task.outerjoin(task_candidate, sa.and_(task_candidate.c.task_id == human_task.c.id, task_candidate.c.kind == "group"))
    counted = sa.select(task_candidate.c.name, sa.func.count()).select_from(joined).where(*_conditions((), actor))
    statement = counted.group_by(task_candidate.c.name).order_by(task_candidate.c.name.asc().nulls_last())
    with engine.database.glance() as connection:
        return tuple((row[0], row[1]) for row in connection.execute(statement))


def _conditions(wanted: Wanted, actor: Actor) -> list[Condition]:
    conditions: list[Condition] = [human_task.c.status == "open"]
    if not may(actor, Action.READ_ALL, HOUSE):
        conditions.append(_readable(actor))
    conditions += [sa.or_(sa.false(), *(_condition(each) for each in alternatives)) for alternatives in wanted]
    return conditions


def _readable(actor: Actor) -> Condition:
    """Return the condition for tasks that the actor may read by what the table of rights says of READ_TASK.

    A customer's user reads those whose customer is known to be his or hers, and rows do not tell it (U1).
    """
    if actor.customer is not None:
        return sa.false()
    names = sorted(actor.names)
    return sa.or_(
        human_task.c.assignee.in_(names),
        human_task.c.owner.in_(names),
        has_candidate("user", names),
        has_candidate("group", sorted(actor.task_groups)),
    )


def _condition(each: Criterion) -> Condition:
    if each.field in PEOPLE:
        return PEOPLE[each.field](each.value)
    if each.field == "definition_name":
        named = sa.select(definition.c.id).where(_compared(definition.c.name, each.op, each.value))
        return human_task.c.definition_id.in_(named)
    if each.field == "business_key":  # the instances have an index by it
        keyed = sa.select(process_instance.c.id).where(_compared(process_instance.c.business_key, each.op, each.value))
        return human_task.c.instance_id.in_(keyed)
    column = COLUMNS[each.field]
    if each.field in CASELESS and each.op in (Op.IS, Op.IS_NOT):
        return _compared(sa.func.lower(column), each.op, sa.func.lower(each.value))
    return _compared(column, each.op, each.value)


def _compared(column: Column, op: Op, value: Any) -> Condition:
    if op is Op.IS and isinstance(value, datetime):  # clients know milliseconds, and what is kept is finer
        return sa.and_(column >= value, column < value + timedelta(milliseconds=1))
    return COMPARISONS[op](column, value)


COMPARISONS: Mapping[Op, Callable[[Column, Any], Condition]] = {
    Op.IS: lambda column, value: column == value,
    Op.IS_NOT: lambda column, value: column != value,
    Op.IN: lambda column, value: column.in_(value),
    Op.NOT_IN: lambda column, value: column.not_in(value),
    Op.LIKE: like,
    Op.NOT_LIKE: lambda column, value: sa.not_(like(column, value)),
    Op.BEFORE: lambda column, value: column < value,
    Op.AFTER: lambda column, value: column > value,
    Op.LEAST: lambda column, value: column >= value,
    Op.MOST: lambda column, value: column <= value,
    Op.THERE: lambda column, value: column.is_not(None) if value else column.is_(None),
}


def _is_candidate(name: str) -> Condition:
    """Return the condition for tasks that a person could claim, by name or by team."""
    teams = sa.select(membership.c.team).where(membership.c.person == name)
    by_team = sa.select(task_candidate.c.task_id).where(task_candidate.c.kind == "group", task_candidate.c.name.in_(teams))
    return sa.or_(has_candidate("user", [name]), human_task.c.id.in_(by_team))


def _involves(name: str) -> Condition:
    return sa.or_(human_task.c.assignee == name, human_task.c.owner == name, has_candidate("user", [name]))


def _has_any(kind: str) -> Callable[[bool], Condition]:
    some = sa.select(task_candidate.c.task_id).where(task_candidate.c.kind == kind, task_candidate.c.task_id == human_task.c.id).exists()
    return lambda wanted: some if wanted else ~some


_free = human_task.c.assignee.is_(None)
PEOPLE: Mapping[str, Callable[[Any], Condition]] = {
    "candidate_user": _is_candidate,
    "candidate_group": lambda names: has_candidate("group", list(names)),
    "free_candidate_user": lambda name: sa.and_(_free, _is_candidate(name)),
    "free_candidate_group": lambda names: sa.and_(_free, has_candidate("group", list(names))),
    "involved": _involves,
    "candidate_users": _has_any("user"),
    "candidate_groups": _has_any("group"),
}
"""Fields about people: who could claim a task (`free_`: and nobody has it yet), who has to do with it, whether it has candidates."""
