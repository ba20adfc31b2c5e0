"""The rows of work that nobody clicks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from engine.ids import new_id
from engine.tables import job


class JobKind(StrEnum):
    """What a job does."""

    TIMER = "timer"
    TOPIC = "topic"
    CONTINUE = "continue"
    MESSAGE = "message"
    SIGNAL = "signal"
    START = "start"
    NOTICE = "notice"


class JobStatus(StrEnum):
    """How a job stands; one that is done has no row."""

    WAITING = "waiting"
    TAKEN = "taken"
    FAILED = "failed"
    EXTERNAL = "external"


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it stands in its row."""

    id: str
    kind: str
    status: str
    instance_id: str | None
    token: str | None
    element: str | None
    name: str | None
    business_key: str | None
    payload: Mapping[str, Any] | None
    due_at: datetime
    created_at: datetime
    attempts: int
    retries_left: int
    retry_cycle: str | None
    worker: str | None
    locked_until: datetime | None
    fence: int | None
    is_suspended: bool
    is_drill: bool
    error: str | None
    error_details: str | None
    worker_retries: int | None
    priority: int

    @property
    def is_external(self) -> bool:
        """Tell whether an external worker does it, or did until no try was left."""
        return self.status == JobStatus.EXTERNAL or self.worker_retries is not None


JOB_COLUMNS = [job.c[name] for name in Job.__slots__]
READ = sa.select(*JOB_COLUMNS).where(job.c.id == sa.bindparam("job_id"))
LOCK = READ.with_for_update()
INSERT = sa.insert(job)
REMOVE = sa.delete(job).where(job.c.id == sa.bindparam("job_id"))
REMOVE_OF = (
    sa.delete(job)
    .where(job.c.token.in_(sa.bindparam("tokens", expanding=True)), job.c.kind.in_(("timer", "topic")))
    .returning(job.c.token, job.c.status)
)


def has_work(now: Any) -> sa.ColumnElement[bool]:
    """Return the condition for jobs that an external worker may take now; `now` is a moment or a parameter."""
    unlocked = sa.or_(job.c.locked_until.is_(None), job.c.locked_until <= now)
    return sa.and_(job.c.status == JobStatus.EXTERNAL.value, job.c.is_suspended.is_(False), unlocked)


def new_job(kind: JobKind, *, now: datetime, retries: int, due_at: datetime | None = None, **values: Any) -> Job:
    """Return a job that waits, due now unless said otherwise; `values` are further columns."""
    empty: dict[str, Any] = dict.fromkeys(Job.__slots__)
    fixed = {"id": new_id(), "kind": kind.value, "status": JobStatus.WAITING.value, "due_at": due_at or now, "created_at": now}
    counts = {"attempts": 0, "retries_left": retries, "priority": 0, "is_suspended": False, "is_drill": False}
    return Job(**{**empty, **fixed, **counts, **values})


def insert_jobs(connection: Connection, jobs: Sequence[Job]) -> None:
    """Insert jobs in one statement."""
    if jobs:
        connection.execute(INSERT, [{name: getattr(each, name) for name in Job.__slots__} for each in jobs])


def read_job(connection: Connection, job_id: str, *, lock: bool = False) -> Job | None:
    """Return a job, or None when it is done or was withdrawn."""
    row = connection.execute(LOCK if lock else READ, {"job_id": job_id}).one_or_none()
    return None if row is None else Job(*row)


def remove_job(connection: Connection, job_id: str) -> bool:
    """Remove a job; tell whether it was still there."""
    return connection.execute(REMOVE, {"job_id": job_id}).rowcount == 1


def remove_jobs_of(connection: Connection, tokens: Collection[str]) -> frozenset[str]:
    """Remove the jobs of tokens that moved on, and return those tokens whose job had failed for good."""
    if not tokens:
        return frozenset()
    removed = connection.execute(REMOVE_OF, {"tokens": list(tokens)})
    return frozenset(row.token for row in removed if row.status == JobStatus.FAILED)


def remove_continuations(connection: Connection, instance_id: str) -> None:
    """Remove the jobs that would pump an instance that has come to rest."""
    connection.execute(sa.delete(job).where(job.c.instance_id == instance_id, job.c.kind == JobKind.CONTINUE))


def hold_message(connection: Connection, job_id: str, *, instance_id: str) -> None:
    """Let a message on its way wait at a suspended instance, which the caller has locked."""
    change_job(connection, job_id, is_suspended=True, instance_id=instance_id)


def release_messages(connection: Connection, instance_id: str) -> None:
    """Send the messages that waited at an instance on their way again, as nobody's: they go to who waits for them now."""
    held = sa.and_(job.c.instance_id == instance_id, job.c.kind == JobKind.MESSAGE)
    connection.execute(sa.update(job).where(held).values(is_suspended=False, instance_id=None))


def remove_jobs_of_instance(connection: Connection, instance_id: str) -> None:
    """Remove every job of an instance."""
    connection.execute(sa.delete(job).where(job.c.instance_id == instance_id))


def take_job(connection: Connection, job_id: str, *, worker: str, fence: int | None, now: datetime, until: datetime) -> bool:
    """Take a job that waits and is due, or that its worker lost; tell whether it was taken."""
    free = sa.or_(
        sa.and_(job.c.status == JobStatus.WAITING, job.c.due_at <= now),
        sa.and_(job.c.status == JobStatus.TAKEN, job.c.locked_until <= now),
    )
    values = {"status": JobStatus.TAKEN.value, "worker": worker, "fence": fence, "locked_until": until, "attempts": job.c.attempts + 1}
    statement = sa.update(job).where(job.c.id == job_id, free, job.c.is_suspended.is_(False)).values(values)
    return connection.execute(statement).rowcount == 1


def change_job(connection: Connection, job_id: str, **values: Any) -> None:
    """Change a job that the caller holds."""
    connection.execute(sa.update(job).where(job.c.id == job_id).values(**values))
