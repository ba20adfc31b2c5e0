"""A turn that begins at a job: its instance locked first, then the job, so that nobody who locks both waits for the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.engine import Connection

from engine.errors import NotFound
from engine.people import Actor
from engine.runtime.instances import lock_instance
from engine.runtime.jobs import Job, read_job
from engine.runtime.turn import Turn

if TYPE_CHECKING:
    from engine.runtime.process_engine import ProcessEngine


def lock_job(engine: ProcessEngine, connection: Connection, job_id: str, *, actor: Actor, is_external: bool) -> tuple[Job, Turn | None]:
    """Lock a job and its instance (None: it belongs to none). Raises NotFound, also for a job of the other sort."""
    seen = read_job(connection, job_id)
    instance = None if seen is None or seen.instance_id is None else lock_instance(connection, seen.instance_id)
    job = None if seen is None else read_job(connection, job_id, lock=True)
    if job is None or job.is_external != is_external:
        raise NotFound(f"there is no {'external task' if is_external else 'job'} {job_id!r}")
    return job, None if instance is None else Turn(engine, connection, instance=instance, actor=actor)
