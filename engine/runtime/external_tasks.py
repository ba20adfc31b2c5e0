"""What external workers say of their tasks, and what operators change of them. Each command is one transaction.

A worker is heard as long as nobody else has fetched the task since, even when its lock ran out: what it did is done. For the same reason
it is heard while the instance is suspended, which then goes on when it is resumed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import Connection

from engine.errors import Invalid, NotFound, printable
from engine.people import HOUSE, Action, Actor, may, require
from engine.runtime.checking import checked_name, checked_variables
from engine.runtime.external_fetching import MAX_LOCK, checked_lock
from engine.runtime.failed_jobs import MAX_MESSAGE
from engine.runtime.failures import FailureKind, insert_failures, new_failure, resolve_failures_of_job
from engine.runtime.job_turns import lock_job
from engine.runtime.jobs import Job, JobStatus, change_job
from engine.runtime.turn import Turn

if TYPE_CHECKING:
    from engine.runtime.process_engine import ProcessEngine

MAX_DETAILS = 100_000
MAX_RETRIES = 2**31 - 1
Change = Callable[[Turn, Job], None]


@dataclass(frozen=True, slots=True)
class FailedTry:
    """What a worker says of a try that failed: how many are left (0: it is a failure for an operator), and when the next may begin."""

    message: str
    details: str | None = None
    retries: int = 0
    pause: timedelta = timedelta(0)
    variables: Mapping[str, Any] = field(default_factory=dict)
    local: Mapping[str, Any] = field(default_factory=dict)


def complete_external_task(
    engine: ProcessEngine,
    task_id: str,
    *,
    worker: str,
    actor: Actor,
    variables: Mapping[str, Any] | None = None,
    local: Mapping[str, Any] | None = None,
) -> None:
    """Move an instance on from a task that its worker did; the local variables are for the task's output parameters alone."""
    given, own = checked_variables(engine, variables), checked_variables(engine, local)

    def change(turn: Turn, job: Job) -> None:
        _note(turn, job, "job.done")
        turn.execution.finish(job.token or "", given, local=own)

    _as_worker(engine, task_id, worker, actor, change)


def throw_external_error(
    engine: ProcessEngine,
    task_id: str,
    *,
    worker: str,
    code: str,
    actor: Actor,
    message: str = "",
    variables: Mapping[str, Any] | None = None,
) -> None:
    """Throw a BPMN error at a task: the nearest handler catches it, else it is a failure."""
    checked_name(code, what="error code")
    given = checked_variables(engine, variables)
    said = printable(message)[:MAX_MESSAGE]

    def change(turn: Turn, job: Job) -> None:
        _note(turn, job, "job.done", error=code, message=said)
        turn.execution.throw_error(job.token or "", code, said, given)

    _as_worker(engine, task_id, worker, actor, change)


def fail_external_task(engine: ProcessEngine, task_id: str, *, worker: str, failed: FailedTry, actor: Actor) -> None:
    """Note a try that failed: the task is fetched again after the pause, or stays as a failure for an operator."""
    given, own = checked_variables(engine, failed.variables), checked_variables(engine, failed.local)
    if not timedelta(0) <= failed.pause <= MAX_LOCK:
        raise Invalid(f"a pause of {failed.pause}: use 0 to {MAX_LOCK.days} days")
    details = None if failed.details is None else printable(failed.details)[:MAX_DETAILS]
    message = printable(failed.message)[:MAX_MESSAGE] or f"worker {worker} said nothing of why it failed"

    def change(turn: Turn, job: Job) -> None:
        if given or own:
            turn.execution.set_variables(own, token=job.token, is_local=True)
            turn.execution.set_variables(given, token=job.token)
        again_at = turn.now + failed.pause
        told = {"again_at": again_at} if failed.retries else {}
        _note(turn, job, "job.failed", kind=job.kind, name=job.name, error=message, retries=failed.retries, **told)
        _leave_retries(turn, job, failed.retries, error=message, error_details=details, locked_until=again_at)

    _as_worker(engine, task_id, worker, actor, change)


def lock_external_task(engine: ProcessEngine, task_id: str, *, worker: str, lock: timedelta, actor: Actor) -> None:
    """Give a task to a worker that names it, unless another holds it."""
    require(actor, Action.DO_EXTERNAL_WORK, HOUSE)
    checked_name(worker, what="worker id")
    checked_lock(lock)

    def change(turn: Turn, job: Job) -> None:
        turn.instance.require_active()
        if _is_held(turn, job) and job.worker != worker:
            raise Invalid(f"external task {job.id} is locked by {job.worker}: wait until its lock runs out")
        change_job(turn.connection, job.id, worker=worker, locked_until=turn.now + lock)

    _change(engine, task_id, actor, change)


def extend_external_lock(engine: ProcessEngine, task_id: str, *, worker: str, lock: timedelta, actor: Actor) -> None:
    """Let a worker hold its task for so long from now on."""
    checked_lock(lock)

    def change(turn: Turn, job: Job) -> None:
        if not _is_held(turn, job):
            raise Invalid(f"the lock of external task {job.id} ran out: fetch it again")
        change_job(turn.connection, job.id, locked_until=turn.now + lock)

    _as_worker(engine, task_id, worker, actor, change)


def unlock_external_task(engine: ProcessEngine, task_id: str, *, actor: Actor) -> None:
    """Take a task from its worker, so that any may fetch it now."""

    def change(turn: Turn, job: Job) -> None:
        _require_steering(turn, actor)
        if _is_held(turn, job):
            _note(turn, job, "job.unlocked")
        change_job(turn.connection, job.id, worker=None, locked_until=None)
        turn.engine.waiting_room.made_work(job.name or "")

    _change(engine, task_id, actor, change)


def set_external_retries(engine: ProcessEngine, task_ids: Collection[str], retries: int, *, actor: Actor) -> None:
    """Say how many tries tasks have left, one after the other: some make a failed task fetchable again, none make it a failure."""

    def change(turn: Turn, job: Job) -> None:
        _require_steering(turn, actor)
        _note(turn, job, "job.retries", retries=retries)
        _leave_retries(turn, job, retries)
        turn.engine.waiting_room.made_work(job.name or "")

    for task_id in task_ids:
        _change(engine, task_id, actor, change)


def set_external_priority(engine: ProcessEngine, task_id: str, priority: int, *, actor: Actor) -> None:
    """Say how urgent a task is: workers that ask for it get the highest first."""

    def change(turn: Turn, job: Job) -> None:
        _require_steering(turn, actor)
        _note(turn, job, "job.priority", priority=priority)
        change_job(turn.connection, job.id, priority=priority)

    _change(engine, task_id, actor, change)


def _leave_retries(turn: Turn, job: Job, retries: int, **values: Any) -> None:
    """Write how many tries are left, and open or resolve the failure that says that none is."""
    if not 0 <= retries <= MAX_RETRIES:
        raise Invalid(f"{retries} retries: use 0 to {MAX_RETRIES}")
    was_over, is_over = job.status == JobStatus.FAILED, retries == 0
    status = JobStatus.FAILED if is_over else JobStatus.EXTERNAL
    change_job(turn.connection, job.id, status=status.value, worker_retries=retries, **values)
    if was_over and not is_over:
        resolve_failures_of_job(turn.connection, job.id, actor=turn.actor.name, now=turn.now)
    if is_over and not was_over:
        message = values.get("error") or job.error or f"{turn.actor.name} left it no try"
        place = {"element": job.element, "token": job.token, "job_id": job.id, "business_key": turn.instance.business_key}
        place |= {"instance_id": turn.instance.id, "definition_key": turn.instance.definition_key, "details": values.get("error_details")}
        insert_failures(turn.connection, [new_failure(FailureKind.EXTERNAL, message, now=turn.now, **place)])


def _note(turn: Turn, job: Job, event: str, **data: Any) -> None:
    told = {"topic": job.name, "attempt": job.attempts, "worker": job.worker, **data}
    turn.note(event, element=job.element, token=job.token, data={name: value for name, value in told.items() if value is not None})


def _is_held(turn: Turn, job: Job) -> bool:
    return job.locked_until is not None and job.locked_until > turn.now


def _require_steering(turn: Turn, actor: Actor) -> None:
    if not may(actor, Action.DO_EXTERNAL_WORK, HOUSE):
        require(actor, Action.RETRY, turn.instance.thing())


def _as_worker(engine: ProcessEngine, task_id: str, worker: str, actor: Actor, change: Change) -> None:
    """Do what a worker says of a task that it was the last to fetch. Raises Invalid for another's."""
    require(actor, Action.DO_EXTERNAL_WORK, HOUSE)

    def checked(turn: Turn, job: Job) -> None:
        if job.worker != worker:
            held = f"by {job.worker}" if job.worker else "by nobody"
            raise Invalid(f"external task {job.id} is locked {held}, not by {worker!r}: fetch it again")
        change(turn, job)

    _change(engine, task_id, actor, checked)


def _change(engine: ProcessEngine, task_id: str, actor: Actor, change: Change) -> None:
    def work(connection: Connection) -> None:
        job, turn = lock_job(engine, connection, task_id, actor=actor, is_external=True)
        if turn is None:
            raise NotFound(f"there is no external task {task_id!r}")
        change(turn, job)
        if turn.events:
            turn.write()

    engine.transaction(work)
