"""The rows of human tasks and their candidates."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from engine.db import Json
from engine.errors import NotFound
from engine.execution.model import HumanDetails, Wait
from engine.people import TaskThing
from engine.runtime.instances import Instance, Status
from engine.tables import human_task, task_candidate


@dataclass(frozen=True, slots=True)
class Task:
    """A human task with its candidates."""

    id: str
    instance_id: str
    definition_id: str
    definition_key: str
    business_key: str | None
    element: str
    name: str
    description: str | None
    lane: str | None
    status: str
    assignee: str | None
    owner: str | None
    delegation: str | None
    priority: int
    due_at: datetime | None
    follow_up_at: datetime | None
    form_ref: str | None
    form_fields: list[dict[str, Any]] | None
    draft: dict[str, Any] | None
    is_suspended: bool
    is_drill: bool
    created_at: datetime
    claimed_at: datetime | None
    ended_at: datetime | None
    completed_by: str | None
    version: int
    candidate_users: frozenset[str]
    candidate_groups: frozenset[str]

    def thing(self) -> TaskThing:
        """Return what rights ask of it."""
        return TaskThing(self.assignee, self.owner, self.candidate_users, self.candidate_groups, self.lane)


class pairs(FunctionElement[list[list[str]]]):  # noqa: N801  # a function of SQL
    """All pairs of two columns as a list of lists, in whatever order."""

    inherit_cache = True
    type = Json()


@compiles(pairs)
def _pairs(element: pairs, compiler: SQLCompiler, **given: Any) -> str:
    return f"coalesce(json_agg(json_build_array({compiler.process(element.clauses, **given)})), '[]')"


@compiles(pairs, "sqlite")
def _pairs_on_sqlite(element: pairs, compiler: SQLCompiler, **given: Any) -> str:
    return f"json_group_array(json_array({compiler.process(element.clauses, **given)}))"


CANDIDATES = (
    sa.select(pairs(task_candidate.c.kind, task_candidate.c.name))
    .where(task_candidate.c.task_id == human_task.c.id)
    .correlate(human_task)
    .scalar_subquery()
)
"""The candidates of each row of a statement over human tasks."""
TASK_COLUMNS = [human_task.c[name] for name in Task.__slots__ if name in human_task.c]
READ = (
    sa.select(*TASK_COLUMNS, task_candidate.c.kind.label("candidate_kind"), task_candidate.c.name.label("candidate_name"))
    .select_from(human_task.outerjoin(task_candidate, task_candidate.c.task_id == human_task.c.id))
    .where(human_task.c.id == sa.bindparam("task_id"))
)
INSERT = sa.insert(human_task)
CHANGE = sa.update(human_task).where(
    human_task.c.id == sa.bindparam("of_id"), human_task.c.version == sa.bindparam("of_version"), human_task.c.status == "open"
)
INSERT_CANDIDATES = sa.insert(task_candidate)


def read_task(connection: Connection, task_id: str) -> Task:
    """Return a task with its candidates, in one statement. Raises NotFound."""
    rows = connection.execute(READ, {"task_id": task_id}).all()
    if not rows:
        raise NotFound(f"there is no task {task_id!r}")
    return as_task(rows[0][: len(TASK_COLUMNS)], [(row.candidate_kind, row.candidate_name) for row in rows])


def as_task(values: Sequence[Any], candidates: Collection[tuple[str | None, str]]) -> Task:
    """Return a row of TASK_COLUMNS and (kind, name) candidates as a task."""
    users = frozenset(name for kind, name in candidates if kind == "user")
    groups = frozenset(name for kind, name in candidates if kind == "group")
    fields: dict[str, Any] = dict(zip(Task.__slots__, (*values, users, groups), strict=True))
    return Task(**fields)


def insert_tasks(connection: Connection, instance: Instance, *, waits: Sequence[Wait], now: datetime) -> None:
    """Insert a row for each human task that opened, and its candidates."""
    if not waits:
        return
    connection.execute(INSERT, [_row(instance, wait, now) for wait in waits])
    candidates = [row for wait in waits for row in _candidates(wait)]
    if candidates:
        connection.execute(INSERT_CANDIDATES, candidates)


def _row(instance: Instance, wait: Wait, now: datetime) -> dict[str, Any]:
    details = wait.human or HumanDetails()
    return {
        "id": wait.token,
        "instance_id": instance.id,
        "definition_id": instance.definition_id,
        "definition_key": instance.definition_key,
        "business_key": instance.business_key,
        "element": wait.element,
        "name": (wait.element_name or wait.element)[:255],
        "description": details.description or None,
        "lane": details.lane,
        "status": "open",
        "assignee": details.assignee,
        "owner": None,
        "delegation": None,
        "priority": details.priority,
        "due_at": details.due_at,
        "follow_up_at": details.follow_up_at,
        "form_ref": details.form_ref,
        "form_fields": [dict(each) for each in details.form_fields] or None,
        "draft": None,
        "is_suspended": instance.status == Status.SUSPENDED,
        "is_drill": instance.is_drill,
        "created_at": now,
        "claimed_at": now if details.assignee else None,
        "ended_at": None,
        "completed_by": None,
        "version": 1,
    }


def _candidates(wait: Wait) -> list[dict[str, str]]:
    details = wait.human or HumanDetails()
    named = [("user", name) for name in details.candidate_users] + [("group", name) for name in details.candidate_groups]
    return [{"task_id": wait.token, "kind": kind, "name": name} for kind, name in named]


def change_task(connection: Connection, task: Task, **values: Any) -> bool:
    """Change an open task if nobody changed it since it was read; tell whether it was changed."""
    keys = {"of_id": task.id, "of_version": task.version}
    return connection.execute(CHANGE, {**keys, "version": task.version + 1, **values}).rowcount == 1


def cancel_tasks(connection: Connection, tokens: Collection[str], *, now: datetime) -> None:
    """Cancel the open tasks of tokens that were taken away."""
    if tokens:
        condition = sa.and_(human_task.c.id.in_(tokens), human_task.c.status == "open")
        values = {"status": "cancelled", "ended_at": now, "version": human_task.c.version + 1}
        connection.execute(sa.update(human_task).where(condition).values(values))


def remove_tasks(connection: Connection, tokens: Collection[str]) -> None:
    """Remove ended tasks whose token becomes the same task anew (after a retry)."""
    if tokens:
        connection.execute(sa.delete(human_task).where(human_task.c.id.in_(tokens), human_task.c.status != "open"))
