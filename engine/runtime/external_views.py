"""External tasks as readers and workers see them: jobs that an external worker does, with the instance that they belong to."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from engine.errors import NotFound
from engine.people import HOUSE, Action, Actor, may
from engine.runtime.instance_queries import concerns
from engine.runtime.paging import Sort, ordered
from engine.tables import definition, job, process_instance

if TYPE_CHECKING:
    from engine.runtime.process_engine import ProcessEngine


@dataclass(frozen=True, slots=True)
class ExternalTask:
    """A job that an external worker does; without retries nobody gets it before an operator lets it be tried again.

    `retries` is None until a worker says how many are left. `token` is where it stands in its instance.
    """

    id: str
    topic: str
    instance_id: str
    definition_id: str
    definition_key: str
    version_tag: str | None
    business_key: str | None
    element: str
    token: str
    worker: str | None
    locked_until: datetime | None
    retries: int | None
    priority: int
    error: str | None
    error_details: str | None
    is_suspended: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ExternalTaskFilter:
    """Which external tasks; `is_locked` asks whether a lock holds now."""

    ids: Collection[str] | None = None
    topic: str | None = None
    worker: str | None = None
    is_locked: bool | None = None
    has_retries: bool | None = None
    lock_after: datetime | None = None
    lock_before: datetime | None = None
    elements: Collection[str] | None = None
    token: str | None = None
    instance_ids: Collection[str] | None = None
    definition_id: str | None = None
    is_suspended: bool | None = None
    priority_from: int | None = None
    priority_to: int | None = None


IS_EXTERNAL = sa.or_(job.c.status == "external", sa.and_(job.c.status == "failed", job.c.worker_retries.is_not(None)))
COLUMNS: dict[str, sa.ColumnElement[Any]] = {
    "id": job.c.id,
    "topic": job.c.name,
    "instance_id": job.c.instance_id,
    "definition_id": process_instance.c.definition_id,
    "definition_key": process_instance.c.definition_key,
    "version_tag": definition.c.version_tag,
    "business_key": process_instance.c.business_key,
    "element": job.c.element,
    "token": job.c.token,
    "worker": job.c.worker,
    "locked_until": job.c.locked_until,
    "retries": job.c.worker_retries,
    "priority": job.c.priority,
    "error": job.c.error,
    "error_details": job.c.error_details,
    "is_suspended": job.c.is_suspended,
    "created_at": job.c.created_at,
}
JOINED = job.join(process_instance, process_instance.c.id == job.c.instance_id).join(
    definition, definition.c.id == process_instance.c.definition_id
)
SELECT: sa.Select[Any] = sa.select(*COLUMNS.values()).select_from(JOINED)


def find_external_tasks(
    engine: ProcessEngine,
    wanted: ExternalTaskFilter,
    *,
    actor: Actor,
    sort: Collection[Sort] = (),
    limit: int | None = None,
    offset: int = 0,
) -> tuple[ExternalTask, ...]:
    """Return external tasks, oldest first unless sorted otherwise: all for who does or may read such work, else one's own."""
    statement = SELECT.where(*conditions(engine, wanted, actor))
    statement = ordered(statement, COLUMNS, sort or (Sort("created_at"),), last=job.c.id.asc())
    with engine.database.read() as connection:
        return tuple(ExternalTask(*row) for row in connection.execute(statement.limit(limit).offset(offset)))


def count_external_tasks(engine: ProcessEngine, wanted: ExternalTaskFilter, *, actor: Actor) -> int:
    """Return how many external tasks there are that the actor may see."""
    counted = sa.select(sa.func.count()).select_from(JOINED).where(*conditions(engine, wanted, actor))
    with engine.database.read() as connection:
        return int(connection.execute(counted).scalar_one())


def external_task(engine: ProcessEngine, task_id: str, *, actor: Actor) -> ExternalTask:
    """Return one external task. Raises NotFound, also for one that the actor may not see."""
    found = find_external_tasks(engine, ExternalTaskFilter(ids=[task_id]), actor=actor)
    if not found:
        raise NotFound(f"there is no external task {task_id!r}")
    return found[0]


def external_topics(engine: ProcessEngine, wanted: ExternalTaskFilter, *, actor: Actor) -> tuple[str, ...]:
    """Return the topics of external tasks, by name."""
    statement = sa.select(job.c.name).select_from(JOINED).where(*conditions(engine, wanted, actor)).distinct().order_by(job.c.name)
    with engine.database.read() as connection:
        return tuple(connection.scalars(statement))


def conditions(engine: ProcessEngine, wanted: ExternalTaskFilter, actor: Actor) -> list[sa.ColumnElement[bool]]:
    """Return the conditions of a filter, with what the actor may see."""
    among = {job.c.id: wanted.ids, job.c.element: wanted.elements, job.c.instance_id: wanted.instance_ids}
    found = [IS_EXTERNAL, *(column.in_(values) for column, values in among.items() if values is not None)]
    equal: dict[sa.ColumnElement[Any], Any] = {
        job.c.name: wanted.topic,
        job.c.worker: wanted.worker,
        job.c.token: wanted.token,
        process_instance.c.definition_id: wanted.definition_id,
        job.c.is_suspended: wanted.is_suspended,
    }
    found += [column == value for column, value in equal.items() if value is not None]
    least = {job.c.locked_until: wanted.lock_after, job.c.priority: wanted.priority_from}
    found += [column >= value for column, value in least.items() if value is not None]
    most = {job.c.locked_until: wanted.lock_before, job.c.priority: wanted.priority_to}
    found += [column <= value for column, value in most.items() if value is not None]
    now = engine.clock.now()
    if wanted.is_locked is not None:
        locked = sa.and_(job.c.locked_until.is_not(None), job.c.locked_until > now)
        found.append(locked if wanted.is_locked else sa.not_(locked))
    if wanted.has_retries is not None:
        found.append((job.c.status == "external") if wanted.has_retries else (job.c.status == "failed"))
    if not (may(actor, Action.READ_ALL, HOUSE) or may(actor, Action.DO_EXTERNAL_WORK, HOUSE)):
        found.append(concerns(actor))
    return found
