"""The rows of failures: what went wrong, where, and whether somebody dealt with it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from engine.errors import NotFound, printable
from engine.ids import new_id
from engine.tables import failure


class FailureKind(StrEnum):
    """What failed."""

    STEP = "step"
    JOB = "job"
    EXTERNAL = "external"
    STALLED = "stalled"


@dataclass(frozen=True, slots=True)
class Failure:
    """A failure as it stands in its row."""

    id: str
    kind: str
    instance_id: str | None
    definition_key: str | None
    business_key: str | None
    element: str | None
    token: str | None
    job_id: str | None
    message: str
    details: str | None
    created_at: datetime
    resolved_at: datetime | None
    resolved_by: str | None


FAILURE_COLUMNS = [failure.c[name] for name in Failure.__slots__]


def new_failure(
    kind: FailureKind,
    message: str,
    *,
    now: datetime,
    instance_id: str | None = None,
    definition_key: str | None = None,
    business_key: str | None = None,
    element: str | None = None,
    token: str | None = None,
    job_id: str | None = None,
    details: str | None = None,
) -> Failure:
    """Return a failure that nobody has dealt with."""
    place = (instance_id, definition_key, business_key, element, token, job_id)
    return Failure(new_id(), kind.value, *place, printable(message), details, now, None, None)


def insert_failures(connection: Connection, failures: Sequence[Failure]) -> None:
    """Insert failures in one statement."""
    if failures:
        connection.execute(sa.insert(failure), [{name: getattr(each, name) for name in Failure.__slots__} for each in failures])


def read_failure(connection: Connection, failure_id: str) -> Failure:
    """Return a failure. Raises NotFound."""
    row = connection.execute(sa.select(*FAILURE_COLUMNS).where(failure.c.id == failure_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no failure {failure_id!r}")
    return Failure(*row)


def resolve_failures(connection: Connection, tokens: Collection[str], *, actor: str, now: datetime) -> None:
    """Mark the open failures of tokens that moved on as resolved."""
    if tokens:
        condition = sa.and_(failure.c.token.in_(tokens), failure.c.resolved_at.is_(None))
        connection.execute(sa.update(failure).where(condition).values(resolved_at=now, resolved_by=actor))


def resolve_failure(connection: Connection, failure_id: str, *, actor: str, now: datetime) -> bool:
    """Mark one failure as resolved; tell whether it was still open."""
    condition = sa.and_(failure.c.id == failure_id, failure.c.resolved_at.is_(None))
    return connection.execute(sa.update(failure).where(condition).values(resolved_at=now, resolved_by=actor)).rowcount == 1


def resolve_failures_of_job(connection: Connection, job_id: str, *, actor: str, now: datetime) -> None:
    """Mark the open failures of a job as resolved."""
    condition = sa.and_(failure.c.job_id == job_id, failure.c.resolved_at.is_(None))
    connection.execute(sa.update(failure).where(condition).values(resolved_at=now, resolved_by=actor))


def resolve_all(connection: Connection, instance_id: str, *, actor: str, now: datetime) -> None:
    """Mark every open failure of an instance as resolved: it has ended."""
    condition = sa.and_(failure.c.instance_id == instance_id, failure.c.resolved_at.is_(None))
    connection.execute(sa.update(failure).where(condition).values(resolved_at=now, resolved_by=actor))


def resolve_stalls(connection: Connection, instance_id: str, *, actor: str, now: datetime) -> None:
    """Mark an instance's stalls as resolved: somebody set it going again."""
    condition = sa.and_(failure.c.instance_id == instance_id, failure.c.kind == FailureKind.STALLED, failure.c.resolved_at.is_(None))
    connection.execute(sa.update(failure).where(condition).values(resolved_at=now, resolved_by=actor))
