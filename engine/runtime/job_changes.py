"""What operators do with a job: run it now, say how many tries it has left or when it is due, suspend it, discard it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.engine import Connection

from engine.errors import Conflict, Fenced, Invalid
from engine.people import Action, Actor, InstanceThing, require
from engine.runtime.failures import FailureKind, insert_failures, new_failure, resolve_failures_of_job
from engine.runtime.job_runs import Ran, run_job
from engine.runtime.job_turns import lock_job
from engine.runtime.job_views import TIMERS
from engine.runtime.jobs import Job, JobKind, JobStatus, change_job, read_job, remove_job
from engine.runtime.retrying import retry_plan
from engine.runtime.turn import Turn

if TYPE_CHECKING:
    from engine.runtime.process_engine import ProcessEngine

Change = Callable[[Connection, Job, Turn | None], None]


def execute_job(engine: ProcessEngine, job_id: str, *, actor: Actor) -> None:
    """Run a job now, due or not, and once more if its tries were used up. Raises Conflict when that fails, saying why."""

    def change(connection: Connection, job: Job, turn: Turn | None) -> None:
        _require_free(engine, job, turn)
        _note(turn, job, "job.executed")
        if job.status == JobStatus.FAILED:
            resolve_failures_of_job(connection, job.id, actor=actor.name, now=engine.clock.now())
        attempts = min(job.attempts, _tries(engine, job) - 1)
        due_at = min(job.due_at, engine.clock.now())
        change_job(connection, job.id, status=JobStatus.WAITING.value, attempts=attempts, due_at=due_at)

    _command(engine, job_id, Action.RETRY, actor, change)
    try:
        ran = run_job(engine, job_id, worker=f"rest:{actor.name}")
    except Fenced as error:
        raise Conflict(f"job {job_id} was taken over while it ran: {error}") from error
    if ran is Ran.FAILED:
        with engine.database.read() as connection:
            job = read_job(connection, job_id)
        raise Conflict(f"job {job_id} failed: {job.error if job else 'it is gone'}")


def set_job_retries(engine: ProcessEngine, job_id: str, retries: int, *, actor: Actor, due_at: datetime | None = None) -> None:
    """Say how many tries a job has left: with some a failed one is tried again, with none it is a failure for an operator."""

    def change(connection: Connection, job: Job, turn: Turn | None) -> None:
        tries = _tries(engine, job)
        if not 0 <= retries <= tries:
            raise Invalid(f"{retries} retries: this job is tried at most {tries} times; use 0 to {tries}")
        _require_free(engine, job, turn)
        _note(turn, job, "job.retries", retries=retries)
        was_over, is_over, now = job.status == JobStatus.FAILED, retries == 0, engine.clock.now()
        status = JobStatus.FAILED if is_over else JobStatus.WAITING
        values = {"status": status.value, "retries_left": retries, "attempts": tries - retries}
        change_job(connection, job.id, due_at=due_at or (min(job.due_at, now) if was_over else job.due_at), **values)
        if was_over and not is_over:
            resolve_failures_of_job(connection, job.id, actor=actor.name, now=now)
        if is_over and not was_over:
            place = {"instance_id": job.instance_id, "element": job.element, "token": job.token, "business_key": job.business_key}
            key = None if turn is None else turn.instance.definition_key
            message = job.error or f"{actor.name} left it no try"
            insert_failures(connection, [new_failure(FailureKind.JOB, message, now=now, definition_key=key, job_id=job.id, **place)])

    _command(engine, job_id, Action.RETRY, actor, change)


def set_job_due(engine: ProcessEngine, job_id: str, due_at: datetime | None, *, actor: Actor) -> None:
    """Let a timer fire at another moment (None: now); one that repeats goes on from when it was to fire before."""

    def change(connection: Connection, job: Job, turn: Turn | None) -> None:
        if job.kind not in TIMERS:
            raise Invalid(f"job {job.id} is a {job.kind} and no timer: it has no due date to change")
        moment = due_at or engine.clock.now()
        _note(turn, job, "timer.moved", due_at=job.due_at.isoformat(), to=moment.isoformat())
        change_job(connection, job.id, due_at=moment)

    _command(engine, job_id, Action.RETRY, actor, change)


def set_job_suspended(engine: ProcessEngine, job_id: str, *, is_suspended: bool, actor: Actor) -> None:
    """Hold one job back, or let it go on; resuming its whole instance lets it go on too. Raises Conflict when the instance is suspended."""

    def change(connection: Connection, job: Job, turn: Turn | None) -> None:
        if turn is not None:
            turn.instance.require_active()
        _note(turn, job, "job.suspended" if is_suspended else "job.resumed")
        change_job(connection, job.id, is_suspended=is_suspended)

    _command(engine, job_id, Action.SUSPEND if is_suspended else Action.RESUME, actor, change)


def discard_job(engine: ProcessEngine, job_id: str, *, actor: Actor) -> None:
    """Drop a message on its way or a start to come. Raises Conflict for a job that a token waits for."""

    def change(connection: Connection, job: Job, turn: Turn | None) -> None:
        if turn is not None and job.kind != JobKind.MESSAGE:
            raise Conflict(f"instance {turn.instance.id} waits for job {job.id}: cancel the instance, or move its token elsewhere")
        resolve_failures_of_job(connection, job.id, actor=actor.name, now=engine.clock.now())
        remove_job(connection, job.id)

    _command(engine, job_id, Action.CANCEL, actor, change)


def _tries(engine: ProcessEngine, job: Job) -> int:
    return retry_plan(engine, job.name if job.kind == "topic" else None, job.retry_cycle).tries


def _require_free(engine: ProcessEngine, job: Job, turn: Turn | None) -> None:
    """Raise Conflict for a job that is suspended, or that somebody runs right now."""
    if turn is not None:
        turn.instance.require_active()
    if job.is_suspended:
        raise Conflict(f"job {job.id} is suspended: resume it first")
    if job.status == JobStatus.TAKEN and job.locked_until is not None and job.locked_until > engine.clock.now():
        raise Conflict(f"job {job.id} is being run by {job.worker}: wait for its end")


def _note(turn: Turn | None, job: Job, event: str, **data: object) -> None:
    if turn is not None:
        turn.note(event, element=job.element, token=job.token, data={"kind": job.kind, **data})


def _command(engine: ProcessEngine, job_id: str, action: Action, actor: Actor, change: Change) -> None:
    """Lock a job and its instance, check the right, and change it, all in one transaction."""

    def work(connection: Connection) -> None:
        job, turn = lock_job(engine, connection, job_id, actor=actor, is_external=False)
        require(actor, action, InstanceThing("") if turn is None else turn.instance.thing())
        change(connection, job, turn)
        if turn is not None:
            turn.write()

    engine.transaction(work)
