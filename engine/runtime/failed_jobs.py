"""A try of a job that failed: it comes again after a pause, and after the last one it is a failure for an operator."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.engine import Connection

from engine.errors import printable
from engine.people import SYSTEM
from engine.runtime.failures import FailureKind, insert_failures, new_failure
from engine.runtime.fences import check_fence
from engine.runtime.instances import lock_instance
from engine.runtime.jobs import Job, JobStatus, change_job, read_job
from engine.runtime.retrying import retry_plan
from engine.runtime.turn import Turn

if TYPE_CHECKING:
    from engine.runtime.process_engine import ProcessEngine

MAX_MESSAGE = 4000


def note_failed_try(engine: ProcessEngine, job: Job, *, error: Exception, fence: int | None) -> str:
    """Record a failed try in a transaction of its own; say `failed`, or `gone` when the job is no longer wanted."""

    def work(connection: Connection) -> str:
        check_fence(connection, fence)
        instance = None if job.instance_id is None else lock_instance(connection, job.instance_id)
        found = read_job(connection, job.id, lock=True)
        if found is None or found.worker != job.worker or found.attempts != job.attempts:
            return "gone"
        turn = None if instance is None else Turn(engine, connection, instance=instance, actor=SYSTEM)
        attempts = found.attempts if found.status == JobStatus.TAKEN else found.attempts + 1
        _record(engine, connection, found, attempts=attempts, message=_told(error), turn=turn)
        return "failed"

    return engine.transaction(work)


def _record(engine: ProcessEngine, connection: Connection, job: Job, *, attempts: int, message: str, turn: Turn | None) -> None:
    now = engine.clock.now()
    delay = retry_plan(engine, job.name if job.kind == "topic" else None, job.retry_cycle).next_delay(attempts)
    values = {"attempts": attempts, "error": message, "worker": None, "locked_until": None}
    if delay is None:
        change_job(connection, job.id, status=JobStatus.FAILED.value, retries_left=0, **values)
        place = {"instance_id": job.instance_id, "business_key": job.business_key, "element": job.element, "token": job.token}
        key = None if turn is None else turn.instance.definition_key
        insert_failures(connection, [new_failure(FailureKind.JOB, message, now=now, definition_key=key, job_id=job.id, **place)])
    else:
        left = max(job.retries_left - 1, 1)
        change_job(connection, job.id, status=JobStatus.WAITING.value, retries_left=left, due_at=now + delay, **values)
    if turn is not None:
        data = {
            "kind": job.kind,
            "name": job.name,
            "attempt": attempts,
            "error": message,
            "again_at": None if delay is None else now + delay,
        }
        turn.note(
            "job.failed", element=job.element, token=job.token, data={name: value for name, value in data.items() if value is not None}
        )
        turn.write()


def _told(error: Exception) -> str:
    return printable(str(error) or type(error).__name__)[:MAX_MESSAGE]
