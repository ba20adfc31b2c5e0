"""Fence numbers: they only rise, and a commit under an old one is refused."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from engine.errors import Fenced
from engine.tables import lease

WORK_LEASE = "work"
"""The lease of whoever runs due jobs."""


def check_fence(connection: Connection, fence: int | None) -> None:
    """Raise Fenced when somebody holds the work under a higher number; the lease's row stays as it is until the commit."""
    if fence is None:
        return
    current = connection.scalar(sa.select(lease.c.fence).where(lease.c.name == WORK_LEASE).with_for_update(read=True))
    if current is not None and current > fence:
        raise Fenced(f"the work is held under fence {current}, this worker has {fence}: it was taken for dead, and must stop")
