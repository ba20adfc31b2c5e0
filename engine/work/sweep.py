"""Sweeps: the due jobs, in the order in which they were due; one that breaks never stops the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import structlog

from engine.commands import ProcessEngine, Ran, run_job
from engine.errors import Fenced, Passing
from engine.runtime.jobs import JOB_COLUMNS, Job, JobKind
from engine.tables import job, schedule
from engine.work.slots import run_slots

log = structlog.get_logger(__name__)
MOST: sa.BindParameter[int] = sa.bindparam("most")
NOW: sa.BindParameter[datetime] = sa.bindparam("now")
AWAKE = job.c.is_suspended.is_(False)
BUSY: sa.BindParameter[str] = sa.bindparam("busy", expanding=True)
IS_NOTICE = job.c.kind == JobKind.NOTICE.value
FREE = sa.and_(sa.or_(job.c.instance_id.is_(None), job.c.instance_id.not_in(BUSY)), sa.or_(sa.not_(IS_NOTICE), job.c.name.not_in(BUSY)))


def _oldest(state: sa.ColumnElement[bool]) -> sa.Select[tuple[Any, ...]]:
    """Return the statement for the oldest jobs in a state, over its own index."""
    return sa.select(sa.select(*JOB_COLUMNS).where(state, AWAKE, FREE).order_by(job.c.due_at, job.c.id).limit(MOST).subquery())


DUE = sa.union_all(
    _oldest(sa.and_(job.c.status == "waiting", job.c.due_at <= NOW, sa.not_(IS_NOTICE))),
    _oldest(sa.and_(job.c.status == "waiting", job.c.due_at <= NOW, IS_NOTICE)),
    _oldest(sa.and_(job.c.status == "taken", job.c.locked_until <= NOW)),
)
NEXT = sa.select(
    sa.select(sa.func.min(job.c.due_at)).where(job.c.status == "waiting", AWAKE).scalar_subquery(),
    sa.select(sa.func.min(job.c.locked_until)).where(job.c.status == "taken", AWAKE).scalar_subquery(),
    sa.select(sa.func.min(schedule.c.next_at)).where(schedule.c.is_enabled).scalar_subquery(),
)


@dataclass(frozen=True, slots=True)
class Due:
    """What is due: jobs that wait and those whose worker's time ran out, oldest first; whether slots are; when the next thing is."""

    jobs: tuple[Job, ...]
    has_slots: bool
    next_at: datetime | None


@dataclass(slots=True)
class Swept:
    """What a sweep did: jobs by what became of them, and schedule slots; `next_at` is when the next thing is due, as it last looked."""

    jobs: Counter[str] = field(default_factory=Counter)
    slots: int = 0
    next_at: datetime | None = None

    @property
    def moved(self) -> int:
        """Count what was done."""
        return self.jobs[Ran.DONE] + self.jobs[Ran.FAILED] + self.jobs[Ran.GONE] + self.slots


def look(engine: ProcessEngine, *, limit: int, busy: Collection[str] = ()) -> Due:
    """Return what is due now, at most `limit` jobs and as many notices, without those of the instances and hooks that are `busy`."""
    now = engine.clock.now()
    with engine.database.read() as connection:
        waiting, lost, slot = connection.execute(NEXT).one()
        next_at = min((moment for moment in (waiting, lost, slot) if moment is not None), default=None)
        if next_at is None or next_at > now:
            return Due((), False, next_at)
        jobs = [Job(*row) for row in connection.execute(DUE, {"now": now, "most": limit, "busy": list(busy)})]
    jobs.sort(key=lambda each: (each.due_at, each.id))
    notices = [each for each in jobs if each.kind == JobKind.NOTICE][:limit]
    others = [each for each in jobs if each.kind != JobKind.NOTICE][:limit]
    return Due((*others, *notices), slot is not None and slot <= now, next_at)


def run_due(engine: ProcessEngine, *, limit: int | None = None, worker: str = "sweep", fence: int | None = None) -> Swept:
    """Run what is due, and what that makes due, until nothing is; a job that must come again later waits for its time.

    Raises Fenced when the worker was taken for dead.
    """
    swept = Swept()
    most = limit if limit is not None else 1_000_000
    while swept.moved < most:
        before = swept.moved
        due = look(engine, limit=min(engine.settings.sweep_limit, most - swept.moved))
        swept.next_at = due.next_at
        if due.has_slots:
            swept.slots += run_slots(engine, fence=fence)
        for each in due.jobs[: most - swept.moved]:
            swept.jobs[run_guarded(engine, each, worker=worker, fence=fence)] += 1
        if swept.moved == before:
            break
    return swept


def run_guarded(engine: ProcessEngine, seen: Job, *, worker: str, fence: int | None) -> str:
    """Run one job; a database that is too busy leaves it for the next sweep, and so does what not even a failure can be noted of."""
    try:
        return run_job(engine, seen.id, seen=seen, worker=worker, fence=fence)
    except Passing:
        return Ran.BUSY
    except Fenced:
        raise
    except Exception:  # one job never stops the others
        log.exception("a job cannot be run", job=seen.id, kind=seen.kind, instance=seen.instance_id)
        return Ran.BUSY
