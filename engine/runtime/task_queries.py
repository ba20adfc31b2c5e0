"""Questions about human tasks."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from engine.errors import NotFound
from engine.people import HOUSE, Action, Actor, TaskThing, may, require
from engine.runtime.paging import COUNTED, Page, checked_page, count_up_to
from engine.runtime.tasks import CANDIDATES, TASK_COLUMNS, Task, as_task, read_task
from engine.tables import human_task, task_candidate

if TYPE_CHECKING:
    from engine.runtime.process_engine import ProcessEngine

SELECT = sa.select(*TASK_COLUMNS)
ORDER = (
    human_task.c.due_at.asc().nulls_last(),
    human_task.c.priority.desc(),
    human_task.c.created_at,
    human_task.c.id,
)


def open_tasks(
    engine: ProcessEngine,
    *,
    actor: Actor,
    mine: bool = True,
    assignee: str | None = None,
    group: str | None = None,
    unassigned: bool = False,
    business_key: str | None = None,
    definition_key: str | None = None,
    instance_id: str | None = None,
    element: str | None = None,
    due_before: datetime | None = None,
    limit: int = 50,
    offset: int = 0,
    exact_total: bool = False,
) -> Page[Task]:
    """Return open tasks by due date, then priority, then age.

    `mine`: those assigned to the actor, or unassigned with the actor as candidate, each also by substitution. Otherwise all of them, for
    those who may read everything. The filters narrow either.
    """
    checked_page(limit, offset)
    if not mine:
        require(actor, Action.READ_ALL, HOUSE)
    conditions = [human_task.c.status == "open"]
    if mine:
        conditions.append(own_work(actor))
    if group is not None:
        conditions.append(has_candidate("group", [group]))
    if unassigned:
        conditions.append(human_task.c.assignee.is_(None))
    if due_before is not None:
        conditions.append(human_task.c.due_at < due_before)
    named = {"assignee": assignee, "business_key": business_key, "definition_key": definition_key}
    named |= {"instance_id": instance_id, "element": element}
    conditions += [human_task.c[name] == value for name, value in named.items() if value is not None]
    with engine.database.read() as connection:
        found = tasks_of(connection, SELECT.where(*conditions).order_by(*ORDER).limit(limit).offset(offset))
        if offset == 0 and len(found) < limit:
            return Page(found, len(found), offset)
        total, is_more = count_up_to(connection, human_task, conditions, most=None if exact_total else COUNTED)
        return Page(found, total, offset, is_more)


def own_work(actor: Actor) -> sa.ColumnElement[bool]:
    """Return the condition for tasks that are the actor's to do, in the own name or for somebody absent.

    None are a customer's user's, as no task tells yet whose record it is about (U1). Raises Forbidden for a token that may not read.
    """
    require(actor, Action.READ_TASK, TaskThing(assignee=actor.name, customer=actor.customer))
    if actor.customer is not None:
        return sa.false()
    names = sorted(actor.names)
    candidate = sa.or_(has_candidate("user", names), has_candidate("group", sorted(actor.task_groups)))
    return sa.or_(human_task.c.assignee.in_(names), sa.and_(human_task.c.assignee.is_(None), candidate))


def has_candidate(kind: str, names: list[str]) -> sa.ColumnElement[bool]:
    """Return the condition for tasks with one of these candidates."""
    wanted = sa.select(task_candidate.c.task_id).where(task_candidate.c.kind == kind, task_candidate.c.name.in_(names))
    return human_task.c.id.in_(wanted)


def tasks_of(connection: Connection, statement: sa.Select[tuple[object, ...]]) -> tuple[Task, ...]:
    """Return the tasks of a statement over TASK_COLUMNS, with their candidates."""
    rows = connection.execute(statement.add_columns(CANDIDATES))
    return tuple(as_task(row[:-1], [(kind, name) for kind, name in row[-1]]) for row in rows)


def task(engine: ProcessEngine, task_id: str, *, actor: Actor) -> Task:
    """Return one task, open or not. Raises NotFound, or Forbidden for who has nothing to do with it."""
    with engine.database.read() as connection:
        return readable_task(connection, task_id, actor=actor)


def open_task(engine: ProcessEngine, task_id: str, *, actor: Actor) -> Task:
    """Return one open task. Raises NotFound for one that has ended, too."""
    with engine.database.read() as connection:
        return open_task_in(connection, task_id, actor=actor)


def readable_task(connection: Connection, task_id: str, *, actor: Actor) -> Task:
    """Return a task, open or not, to who may read it. Raises NotFound or Forbidden."""
    found = read_task(connection, task_id)
    if not may(actor, Action.READ_ALL, HOUSE):
        require(actor, Action.READ_TASK, found.thing())
    return found


def open_task_in(connection: Connection, task_id: str, *, actor: Actor) -> Task:
    """Return an open task to who may read it. Raises NotFound or Forbidden."""
    found = readable_task(connection, task_id, actor=actor)
    if found.status != "open":
        raise NotFound(f"there is no open task {task_id!r}: {found.name} was {found.status}; the history has it")
    return found
