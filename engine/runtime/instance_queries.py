"""Questions about instances, failures and history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from engine import history
from engine.execution import LiveToken
from engine.execution.model import Variables
from engine.people import HOUSE, Action, Actor, InstanceThing, may, require
from engine.runtime.failures import FAILURE_COLUMNS, Failure
from engine.runtime.instances import Instance, read_instance, thing_with_people
from engine.runtime.paging import COUNTED, Page, checked_page, count_up_to
from engine.runtime.task_queries import ORDER, tasks_of
from engine.runtime.tasks import TASK_COLUMNS, Task
from engine.runtime.turn import Turn
from engine.tables import failure, human_task, process_instance, task_candidate

if TYPE_CHECKING:
    from engine.runtime.process_engine import ProcessEngine


@dataclass(frozen=True, slots=True)
class InstanceView:
    """An instance as a list shows it."""

    id: str
    definition_id: str
    definition_key: str
    business_key: str | None
    status: str
    started_at: datetime
    started_by: str
    ended_at: datetime | None
    end_reason: str | None
    is_drill: bool
    super_instance_id: str | None


@dataclass(frozen=True, slots=True)
class InstanceDetail:
    """An instance with what is in it now: variables, live tokens, open tasks, open failures."""

    view: InstanceView
    variables: Variables
    tokens: tuple[LiveToken, ...]
    tasks: tuple[Task, ...]
    failures: tuple[Failure, ...]


VIEW_COLUMNS = [process_instance.c[name] for name in InstanceView.__slots__]


def instances(
    engine: ProcessEngine,
    *,
    actor: Actor,
    status: str | None = None,
    definition_key: str | None = None,
    definition_id: str | None = None,
    business_key: str | None = None,
    started_by: str | None = None,
    super_instance_id: str | None = None,
    is_drill: bool | None = None,
    limit: int = 50,
    offset: int = 0,
    exact_total: bool = False,
) -> Page[InstanceView]:
    """Return instances, newest first: all for those who may read everything, else those the actor started or has a task in."""
    checked_page(limit, offset)
    named = {"status": status, "definition_key": definition_key, "definition_id": definition_id, "business_key": business_key}
    named |= {"started_by": started_by, "super_instance_id": super_instance_id}
    conditions = [process_instance.c[name] == value for name, value in named.items() if value is not None]
    if is_drill is not None:
        conditions.append(process_instance.c.is_drill == is_drill)
    if not may(actor, Action.READ_ALL, HOUSE):
        conditions.append(concerns(actor))
    statement = sa.select(*VIEW_COLUMNS).where(*conditions)
    statement = statement.order_by(process_instance.c.started_at.desc(), process_instance.c.id.desc()).limit(limit).offset(offset)
    with engine.database.read() as connection:
        total, is_more = count_up_to(connection, process_instance, conditions, most=None if exact_total else COUNTED)
        return Page(tuple(InstanceView(*row) for row in connection.execute(statement)), total, offset, is_more)


def concerns(actor: Actor) -> sa.ColumnElement[bool]:
    """Return the condition for instances that the actor started, or in which he or she or one of the teams has or had a task.

    A customer's user sees none, as no instance tells yet whose record it is about (U1). Raises Forbidden for a token that may not read.
    """
    require(actor, Action.READ_INSTANCE, InstanceThing(actor.name, customer=actor.customer))
    if actor.customer is not None:
        return sa.false()
    names, groups = sorted(actor.names), sorted(actor.task_groups)
    people = (human_task.c.assignee, human_task.c.completed_by, human_task.c.owner)
    candidate = sa.or_(
        sa.and_(task_candidate.c.kind == "user", task_candidate.c.name.in_(names)),
        sa.and_(task_candidate.c.kind == "group", task_candidate.c.name.in_(groups)),
    )
    named = sa.select(task_candidate.c.task_id).where(candidate)
    part = sa.select(human_task.c.instance_id).where(sa.or_(*(column.in_(names) for column in people), human_task.c.id.in_(named)))
    return sa.or_(process_instance.c.started_by == actor.name, process_instance.c.id.in_(part))


def instance(engine: ProcessEngine, instance_id: str, *, actor: Actor) -> InstanceDetail:
    """Return an instance in full. Raises NotFound, or Forbidden for who has nothing to do with it."""
    with engine.database.read() as connection:
        found = read_instance(connection, instance_id)
        _require_readable(connection, found, action=Action.READ_INSTANCE, actor=actor)
        execution = Turn(engine, connection, instance=found, actor=actor).execution
        open_here = (human_task.c.instance_id == instance_id, human_task.c.status == "open")
        tasks = tasks_of(connection, sa.select(*TASK_COLUMNS).where(*open_here).order_by(*ORDER))
        failed = sa.select(*FAILURE_COLUMNS).where(failure.c.instance_id == instance_id, failure.c.resolved_at.is_(None))
        rows = connection.execute(failed.order_by(failure.c.created_at, failure.c.id))
        view = InstanceView(*(getattr(found, name) for name in InstanceView.__slots__))
        return InstanceDetail(view, execution.variables(), tuple(execution.tokens()), tasks, tuple(Failure(*row) for row in rows))


def _require_readable(connection: Connection, found: Instance, *, action: Action, actor: Actor) -> None:
    if not may(actor, action, found.thing()):
        require(actor, action, thing_with_people(connection, found))


def failures(
    engine: ProcessEngine,
    *,
    actor: Actor,
    instance_id: str | None = None,
    kind: str | None = None,
    with_resolved: bool = False,
    limit: int = 50,
    offset: int = 0,
    exact_total: bool = False,
) -> Page[Failure]:
    """Return failures, newest first: the open ones unless the resolved are wanted too."""
    checked_page(limit, offset)
    require(actor, Action.READ_FAILURES, HOUSE)
    conditions: list[sa.ColumnElement[bool]] = [] if with_resolved else [failure.c.resolved_at.is_(None)]
    conditions += [failure.c[name] == value for name, value in {"instance_id": instance_id, "kind": kind}.items() if value is not None]
    statement = sa.select(*FAILURE_COLUMNS).where(*conditions).order_by(failure.c.created_at.desc(), failure.c.id.desc())
    with engine.database.read() as connection:
        total, is_more = count_up_to(connection, failure, conditions, most=None if exact_total else COUNTED)
        return Page(tuple(Failure(*row) for row in connection.execute(statement.limit(limit).offset(offset))), total, offset, is_more)


def history_of(
    engine: ProcessEngine, instance_id: str, *, actor: Actor, after: int = 0, limit: int | None = None
) -> tuple[history.Entry, ...]:
    """Return what happened in an instance, in order, after the event `after`."""
    with engine.database.read() as connection:
        _require_readable(connection, read_instance(connection, instance_id), action=Action.READ_HISTORY, actor=actor)
        return tuple(history.history_of(connection, instance_id, after=after, limit=limit))
