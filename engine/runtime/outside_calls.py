"""Topics with outside effects: taken, called without a lock, and then settled under the fence.

1. A transaction takes the row: only one worker can, until the lease of the job runs out.
2. The handler is called, outside every transaction.
3. A transaction locks the instance, checks that the row is still this worker's, and moves the token on with the outputs; or throws the
   BPMN error at it; or records the failed try.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import Connection

from engine.errors import BpmnError, Fenced, HandlerFailed
from engine.execution.model import TopicCall
from engine.handling import Context, Queued, Requests
from engine.people import SYSTEM
from engine.runtime.failed_jobs import note_failed_try
from engine.runtime.fences import check_fence
from engine.runtime.instances import lock_instance
from engine.runtime.jobs import Job, JobStatus, read_job, remove_job, take_job
from engine.runtime.retrying import retry_plan
from engine.runtime.turn import Turn

if TYPE_CHECKING:
    from engine.runtime.process_engine import ProcessEngine

Settle = Callable[[Turn], None]


def run_outside(engine: ProcessEngine, job: Job, *, worker: str, fence: int | None) -> str:
    """Run a topic's job; say `done`, `failed`, `gone`, `busy`, `suspended` or `not due`."""
    if took_its_workers(engine, job):
        lost = HandlerFailed(f"{job.name} at {job.element}: its worker {job.worker} was lost in try {job.attempts}, the last one")
        return note_failed_try(engine, job, error=lost, fence=fence)
    taken = engine.transaction(lambda connection: take_outside(engine, connection, job.id, worker, fence))
    if isinstance(taken, str):
        return taken
    requests = Requests()
    try:
        outputs = engine.handlers.get(taken.name or "").run(_context(engine, taken, requests), (taken.payload or {}).get("inputs") or {})
        settle = partial(_complete, job=taken, outputs=outputs)
    except BpmnError as error:
        settle = partial(_throw, job=taken, error=error)
    except Exception as exc:  # noqa: BLE001  # the outside world fails in every way; each is a failed try
        return note_failed_try(engine, taken, error=exc, fence=fence)
    try:
        return _settle(engine, taken, requests.taken(), fence, settle)
    except Fenced:
        raise
    except Exception as exc:  # noqa: BLE001  # what the outputs or the error do in the diagram may fail too, and must be seen
        return note_failed_try(engine, taken, error=exc, fence=fence)


def took_its_workers(engine: ProcessEngine, job: Job) -> bool:
    """Tell whether a job's last try ended with its worker: without this, a call that kills who makes it would be made for ever."""
    is_lost = job.status == JobStatus.TAKEN and job.locked_until is not None and job.locked_until <= engine.clock.now()
    return is_lost and job.attempts >= retry_plan(engine, job.name, job.retry_cycle).tries


def take_outside(engine: ProcessEngine, connection: Connection, job_id: str, worker: str, fence: int | None) -> Job | str:
    """Take a job for a call that is made outside; say why it was not taken."""
    check_fence(connection, fence)
    now = engine.clock.now()
    got = take_job(connection, job_id, worker=worker, fence=fence, now=now, until=now + engine.settings.job_lease)
    found = read_job(connection, job_id)
    if found is None:
        return "gone"
    if got:
        return found
    if found.is_suspended:
        return "suspended"
    return "busy" if found.status == JobStatus.TAKEN else "not due"


def _context(engine: ProcessEngine, job: Job, requests: Requests) -> Context:
    return Context(
        topic=job.name or "",
        now=engine.clock.now(),
        instance_id=job.instance_id or "",
        token=job.token or "",
        element=job.element or "",
        actor=str((job.payload or {}).get("actor", SYSTEM.name)),
        business_key=job.business_key,
        is_drill=job.is_drill,
        attempt=job.attempts,
        requests=requests,
    )


def _complete(turn: Turn, *, job: Job, outputs: dict[str, Any]) -> None:
    turn.execution.complete(job.token or "", outputs)


def _throw(turn: Turn, *, job: Job, error: BpmnError) -> None:
    turn.execution.throw_error(job.token or "", error.code, error.message, dict(error.variables))


def _settle(engine: ProcessEngine, job: Job, requested: tuple[Queued, ...], fence: int | None, settle: Settle) -> str:
    """Move the token on if the job is still this worker's; the effect of a call is kept even while the instance is suspended."""

    def work(connection: Connection) -> str:
        check_fence(connection, fence)
        instance = lock_instance(connection, job.instance_id or "")
        found = read_job(connection, job.id, lock=True)
        if found is None:
            return "gone"
        if (found.worker, found.fence, found.attempts) != (job.worker, job.fence, job.attempts):
            raise Fenced(f"job {job.id} was taken over by {found.worker}: what {job.worker} did outside is not written")
        turn = Turn(engine, connection, instance=instance, actor=SYSTEM)
        if job.token not in turn.kinds():
            remove_job(connection, job.id)
            return "gone"
        turn.note("job.done", element=job.element, token=job.token, data={"topic": job.name, "attempt": job.attempts})
        call = TopicCall(job.name or "", job.element or "", job.token or "", {}, {})
        turn.host.requested.extend((call, request) for request in requested)
        settle(turn)
        turn.write()
        return "done"

    return engine.transaction(work)
