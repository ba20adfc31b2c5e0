"""Suspending and resuming the rows of an instance."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from engine.runtime.jobs import release_messages
from engine.tables import human_task, job


def mark_rows(connection: Connection, instance_id: str, *, is_suspended: bool) -> None:
    """Mark the open tasks and the jobs of an instance as suspended or not; what fell due or came meanwhile is late."""
    if not is_suspended:
        release_messages(connection, instance_id)
    tasks = sa.and_(human_task.c.instance_id == instance_id, human_task.c.status == "open")
    connection.execute(sa.update(human_task).where(tasks).values(is_suspended=is_suspended))
    connection.execute(sa.update(job).where(job.c.instance_id == instance_id).values(is_suspended=is_suspended))
