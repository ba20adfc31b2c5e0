"""Sweeps: the due jobs, in the order in which they were due; one that breaks never stops the others."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from engine.commands import ProcessEngine, Ran, run_job
from engine.errors import Passing
from engine.tables import job, schedule
from engine.work.slots import run_slots


@dataclass(frozen=True, slots=True)
class DueJob:
    """A job that is due; jobs of one `group` (an instance, or the job itself) run one after the other."""

    id: str
    group: str
    due_at: datetime


@dataclass(slots=True)
class Swept:
    """What a sweep did: jobs by what became of them, and schedule slots."""

    jobs: Counter[str] = field(default_factory=Counter)
    slots: int = 0

    @property
    def moved(self) -> int:
        """Count what was done."""
        return self.jobs[Ran.DONE] + self.jobs[Ran.FAILED] + self.jobs[Ran.GONE] + self.slots


def due_jobs(engine: ProcessEngine, *, limit: int) -> list[DueJob]:
    """Return the jobs that are due now, oldest first: those that wait, and those whose worker's time ran out."""
    now = engine.clock.now()
    waiting = sa.and_(job.c.status == "waiting", job.c.due_at <= now)
    lost = sa.and_(job.c.status == "taken", job.c.locked_until <= now)
    columns = (job.c.id, job.c.instance_id, job.c.due_at)
    found: list[DueJob] = []
    with engine.database.read() as connection:
        for state in (waiting, lost):
            statement = sa.select(*columns).where(state, job.c.is_suspended.is_(False)).order_by(job.c.due_at, job.c.id).limit(limit)
            found += [DueJob(row.id, row.instance_id or row.id, row.due_at) for row in connection.execute(statement)]
    return sorted(found, key=lambda due: (due.due_at, due.id))[:limit]


def next_due_at(engine: ProcessEngine) -> datetime | None:
    """Return when the next thing is due, a job or a schedule's slot; None when nothing waits."""
    jobs = sa.select(sa.func.min(job.c.due_at)).where(job.c.status == "waiting", job.c.is_suspended.is_(False))
    slots = sa.select(sa.func.min(schedule.c.next_at)).where(schedule.c.is_enabled)
    with engine.database.read() as connection:
        times = [moment for moment in (connection.scalar(jobs), connection.scalar(slots)) if moment is not None]
    return min(times, default=None)


def run_due(engine: ProcessEngine, *, limit: int | None = None, worker: str = "sweep", fence: int | None = None) -> Swept:
    """Run what is due, and what that makes due, until nothing is; a job that must come again later waits for its time.

    Raises Fenced when the worker was taken for dead.
    """
    swept = Swept()
    most = limit if limit is not None else 1_000_000
    while swept.moved < most:
        before = swept.moved
        swept.slots += run_slots(engine, fence=fence)
        for due in due_jobs(engine, limit=min(engine.settings.sweep_limit, most - swept.moved)):
            swept.jobs[run_guarded(engine, due.id, worker=worker, fence=fence)] += 1
        if swept.moved == before:
            break
    return swept


def run_guarded(engine: ProcessEngine, job_id: str, *, worker: str, fence: int | None) -> str:
    """Run one job; a database that is too busy leaves it for the next sweep."""
    try:
        return run_job(engine, job_id, worker=worker, fence=fence)
    except Passing:
        return Ran.BUSY
