"""Jobs as readers see them: timers and the engine's own work; what external workers do is elsewhere."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from engine.errors import NotFound
from engine.people import HOUSE, Action, Actor, may
from engine.runtime.external_views import IS_EXTERNAL
from engine.runtime.instance_queries import concerns
from engine.runtime.paging import Sort, ordered
from engine.tables import job, process_instance

if TYPE_CHECKING:
    from engine.runtime.process_engine import ProcessEngine

TIMERS = ("timer", "start")


@dataclass(frozen=True, slots=True)
class JobView:
    """A job as a list shows it; one that starts an instance or carries a message belongs to none, or to a suspended one it waits for."""

    id: str
    kind: str
    status: str
    due_at: datetime
    created_at: datetime
    instance_id: str | None
    definition_id: str | None
    definition_key: str | None
    token: str | None
    element: str | None
    name: str | None
    retries_left: int
    priority: int
    error: str | None
    is_suspended: bool

    @property
    def is_timer(self) -> bool:
        """Tell whether it waits for a moment of its own."""
        return self.kind in TIMERS


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which jobs; `is_due` asks for those that could run now."""

    ids: Collection[str] | None = None
    instance_ids: Collection[str] | None = None
    definition_id: str | None = None
    definition_key: str | None = None
    token: str | None = None
    element: str | None = None
    is_timer: bool | None = None
    is_due: bool = False
    has_retries: bool | None = None
    has_error: bool = False
    error: str | None = None
    is_suspended: bool | None = None
    due_after: datetime | None = None
    due_before: datetime | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    priority_from: int | None = None
    priority_to: int | None = None


COLUMNS: dict[str, sa.ColumnElement[Any]] = {
    name: process_instance.c[name] if name in ("definition_id", "definition_key") else job.c[name] for name in JobView.__slots__
}
JOINED = job.outerjoin(process_instance, process_instance.c.id == job.c.instance_id)
SELECT: sa.Select[Any] = sa.select(*COLUMNS.values()).select_from(JOINED)


def find_jobs(
    engine: ProcessEngine, wanted: JobFilter, *, actor: Actor, sort: Collection[Sort] = (), limit: int | None = None, offset: int = 0
) -> tuple[JobView, ...]:
    """Return jobs, the next due first unless sorted otherwise: all for who may read everything, else those of one's own instances."""
    statement = ordered(SELECT.where(*_conditions(engine, wanted, actor)), COLUMNS, sort or (Sort("due_at"),), last=job.c.id.asc())
    with engine.database.read() as connection:
        return tuple(JobView(*row) for row in connection.execute(statement.limit(limit).offset(offset)))


def count_jobs(engine: ProcessEngine, wanted: JobFilter, *, actor: Actor) -> int:
    """Return how many jobs there are that the actor may see."""
    counted = sa.select(sa.func.count()).select_from(JOINED).where(*_conditions(engine, wanted, actor))
    with engine.database.read() as connection:
        return int(connection.execute(counted).scalar_one())


def find_job(engine: ProcessEngine, job_id: str, *, actor: Actor) -> JobView:
    """Return one job. Raises NotFound, also for one that the actor may not see."""
    found = find_jobs(engine, JobFilter(ids=[job_id]), actor=actor)
    if not found:
        raise NotFound(f"there is no job {job_id!r}")
    return found[0]


def _conditions(engine: ProcessEngine, wanted: JobFilter, actor: Actor) -> list[sa.ColumnElement[bool]]:
    among = {job.c.id: wanted.ids, job.c.instance_id: wanted.instance_ids}
    found = [sa.not_(IS_EXTERNAL), *(column.in_(values) for column, values in among.items() if values is not None)]
    equal: dict[sa.ColumnElement[Any], Any] = {
        process_instance.c.definition_id: wanted.definition_id,
        process_instance.c.definition_key: wanted.definition_key,
        job.c.token: wanted.token,
        job.c.element: wanted.element,
        job.c.error: wanted.error,
        job.c.is_suspended: wanted.is_suspended,
    }
    found += [column == value for column, value in equal.items() if value is not None]
    after: list[tuple[sa.ColumnElement[Any], Any]] = [(job.c.due_at, wanted.due_after), (job.c.created_at, wanted.created_after)]
    found += [column > moment for column, moment in after if moment is not None]
    before: list[tuple[sa.ColumnElement[Any], Any]] = [(job.c.due_at, wanted.due_before), (job.c.created_at, wanted.created_before)]
    found += [column < moment for column, moment in before if moment is not None]
    if wanted.priority_from is not None:
        found.append(job.c.priority >= wanted.priority_from)
    if wanted.priority_to is not None:
        found.append(job.c.priority <= wanted.priority_to)
    return [*found, *_states(engine, wanted), *([] if may(actor, Action.READ_ALL, HOUSE) else [concerns(actor)])]


def _states(engine: ProcessEngine, wanted: JobFilter) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if wanted.is_timer is not None:
        found.append(job.c.kind.in_(TIMERS) if wanted.is_timer else job.c.kind.not_in(TIMERS))
    if wanted.has_retries is not None:
        found.append((job.c.status != "failed") if wanted.has_retries else (job.c.status == "failed"))
    if wanted.has_error:
        found.append(job.c.error.is_not(None))
    if wanted.is_due:
        found.append(sa.and_(job.c.status == "waiting", job.c.due_at <= engine.clock.now(), job.c.is_suspended.is_(False)))
    return found
