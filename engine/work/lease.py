"""The lease of whoever does the work: taken by a conditional update, renewed by a heartbeat, its fence number rising at each take-over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from engine.db import Database
from engine.runtime.fences import WORK_LEASE
from engine.tables import lease


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease as it stands."""

    name: str
    holder: str
    fence: int
    expires_at: datetime


def take(database: Database, holder: str, *, now: datetime, ttl: timedelta, name: str = WORK_LEASE) -> Lease | None:
    """Take a lease that is free or has run out; return it with a higher fence, or None while somebody else holds it."""
    free = sa.or_(lease.c.expires_at <= now, lease.c.holder == holder)
    values = {"holder": holder, "fence": lease.c.fence + 1, "expires_at": now + ttl}
    try:
        with database.write() as connection:
            row = connection.execute(sa.update(lease).where(lease.c.name == name, free).values(values).returning(*lease.c)).one_or_none()
            if row is None and connection.scalar(sa.select(lease.c.name).where(lease.c.name == name)) is None:
                first = {"name": name, "holder": holder, "fence": 1, "expires_at": now + ttl}
                row = connection.execute(sa.insert(lease).values(first).returning(*lease.c)).one()
    except IntegrityError:
        return None
    return None if row is None else Lease(row.name, row.holder, row.fence, row.expires_at)


def renew(database: Database, held: Lease, *, now: datetime, ttl: timedelta) -> bool:
    """Prolong a lease; False when it was taken over."""
    mine = (lease.c.name == held.name) & (lease.c.holder == held.holder) & (lease.c.fence == held.fence)
    with database.write() as connection:
        return connection.execute(sa.update(lease).where(mine).values(expires_at=now + ttl)).rowcount == 1


def release(database: Database, held: Lease, *, now: datetime) -> None:
    """Give a lease back, so that the next holder need not wait for it to run out; its fence stays."""
    mine = (lease.c.name == held.name) & (lease.c.holder == held.holder) & (lease.c.fence == held.fence)
    with database.write() as connection:
        connection.execute(sa.update(lease).where(mine).values(expires_at=now))


def holder_of(database: Database, *, name: str = WORK_LEASE) -> Lease | None:
    """Return who holds a lease, or held it last."""
    with database.read() as connection:
        row = connection.execute(sa.select(*lease.c).where(lease.c.name == name)).one_or_none()
    return None if row is None else Lease(row.name, row.holder, row.fence, row.expires_at)
