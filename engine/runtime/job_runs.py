"""Running jobs: what a due row does.

A timer, a signal, a message, a start or a continuation happens in one transaction, which also removes the row: so exactly once. A topic
with outside effects happens in three steps: a transaction takes the row; the call is made without any lock or transaction; a second
transaction, which checks that the row is still the caller's, moves the token on. So the call happens at least once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy.engine import Connection

from engine.errors import Fenced, NotFound, Passing, Suspended
from engine.people import SYSTEM
from engine.runtime.deliveries import run_delivery
from engine.runtime.failed_jobs import note_failed_try
from engine.runtime.fences import check_fence
from engine.runtime.instances import Instance, Status, lock_instance
from engine.runtime.jobs import Job, JobKind, JobStatus, change_job, hold_message, read_job, remove_job
from engine.runtime.messages import Message, deliver
from engine.runtime.outside_calls import run_outside
from engine.runtime.starting import find_definition, start_within
from engine.runtime.turn import Turn

if TYPE_CHECKING:
    from engine.runtime.process_engine import ProcessEngine


class Ran(StrEnum):
    """What became of a job that was run."""

    DONE = "done"
    GONE = "gone"
    NOT_DUE = "not due"
    BUSY = "busy"
    SUSPENDED = "suspended"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Runner:
    """Who runs a job: the worker's name, and the fence number under which it works (None: outside every lease)."""

    worker: str
    fence: int | None


def run_job(engine: ProcessEngine, job_id: str, *, worker: str, fence: int | None = None, seen: Job | None = None) -> Ran:
    """Run one due job and tell what became of it; a failed try is recorded and comes again later. `seen` is its row as a sweep saw it.

    Raises Fenced when the worker was taken for dead, Passing when the database was too busy.
    """
    job = seen or _seen(engine, job_id)
    if job is None:
        return Ran.GONE
    runner = Runner(worker, fence)
    if job.kind == JobKind.TOPIC and job.name is not None:
        return _as_ran(run_outside(engine, job, worker=worker, fence=fence))
    if job.kind == JobKind.NOTICE:
        return _as_ran(run_delivery(engine, job, worker=worker, fence=fence))
    try:
        return engine.transaction(lambda connection: _run(engine, connection, job, runner))
    except (Fenced, Passing):
        raise
    except Exception as exc:  # noqa: BLE001  # whatever a job meets, the sweep must go on to the next one
        return _as_ran(note_failed_try(engine, job, error=exc, fence=fence))


def _seen(engine: ProcessEngine, job_id: str) -> Job | None:
    with engine.database.read() as connection:
        return read_job(connection, job_id)


def _as_ran(word: str) -> Ran:
    return Ran(word)


def _run(engine: ProcessEngine, connection: Connection, seen: Job, runner: Runner) -> Ran:
    """Do a job in one transaction: lock its instance first, then the row, then see whether it is still to be done."""
    check_fence(connection, runner.fence)
    instance = None if seen.instance_id is None else lock_instance(connection, seen.instance_id)
    job = read_job(connection, seen.id, lock=True)
    if job is None:
        return Ran.GONE
    refusal = _refusal(engine, connection, job, instance)
    if refusal is not None:
        return refusal
    if instance is None or job.instance_id is None:
        try:
            _run_free(engine, connection, job)
        except Suspended as receiver:  # nothing is written yet, and the receiver is locked: it cannot be resumed unseen
            hold_message(connection, job.id, instance_id=receiver.instance_id)
            return Ran.SUSPENDED
    elif _run_in(Turn(engine, connection, instance=instance, actor=SYSTEM), job):
        return Ran.DONE
    remove_job(connection, job.id)
    return Ran.DONE


def _refusal(engine: ProcessEngine, connection: Connection, job: Job, instance: Instance | None) -> Ran | None:
    """Return why a job is not to be done now, None when it is."""
    now = engine.clock.now()
    if instance is not None and instance.is_ended:
        remove_job(connection, job.id)
        return Ran.GONE
    if job.is_suspended or (instance is not None and instance.status == Status.SUSPENDED):
        change_job(connection, job.id, is_suspended=True)
        return Ran.SUSPENDED
    if job.status in (JobStatus.FAILED, JobStatus.EXTERNAL) or job.due_at > now:
        return Ran.NOT_DUE
    if job.status == JobStatus.TAKEN and job.locked_until is not None and job.locked_until > now:
        return Ran.BUSY
    return None


def _run_in(turn: Turn, job: Job) -> bool:
    """Move an instance's token on: a timer, a signal, a continuation of one token or of the whole. Tell whether that removed the row."""
    kinds = turn.kinds()
    if job.kind == JobKind.CONTINUE:
        turn.write()
        return False
    if job.token is None or job.token not in kinds:
        return False
    if job.kind == JobKind.TOPIC:
        turn.execution.complete(job.token)
    elif job.kind == JobKind.TIMER:
        turn.note("timer.fired", element=job.element, token=job.token, data=_lateness(turn, job))
        turn.execution.fire(job.token)
    else:
        data = job.payload or {}
        turn.note("signal.received", element=job.element, token=job.token, data={"signal": job.name, "sender": data.get("sender")})
        turn.execution.fire(job.token, dict(data.get("payload") or {}))
    turn.write()
    return job.kind != JobKind.SIGNAL


def _lateness(turn: Turn, job: Job) -> dict[str, object]:
    """Say when a timer was due, and how late it fires if by a second or more."""
    late = turn.now - job.due_at
    told: dict[str, object] = {"due_at": job.due_at.isoformat()}
    if late >= timedelta(seconds=1):
        told["late_s"] = int(late.total_seconds())
    return told


def _run_free(engine: ProcessEngine, connection: Connection, job: Job) -> None:
    """Do a job that belongs to no instance yet: a message on its way, or a start."""
    data = job.payload or {}
    if job.kind == JobKind.MESSAGE:
        deliver(engine, connection, _message(engine, job), actor=SYSTEM)
    elif job.kind == JobKind.START:
        definition_id = data.get("definition_id") or find_definition(connection, data["key"])
        start_within(
            engine,
            connection,
            definition_id=definition_id,
            business_key=job.business_key,
            variables=data.get("variables"),
            is_drill=job.is_drill,
            super_instance_id=data.get("sender"),
            instance_id=data.get("instance_id"),
            element=job.element if "definition_id" in data else None,
            payload=data.get("payload"),
            origin={"signal": data["signal"]} if "signal" in data else {"due_at": job.due_at.isoformat()},
        )
    else:
        raise NotFound(f"job {job.id} is of the kind {job.kind!r}, which nobody here runs")


def _message(engine: ProcessEngine, job: Job) -> Message:
    """Return the message of a job; one with correlation keys is not narrowed by the sender's business key."""
    data = job.payload or {}
    ttl_s = data.get("ttl_s")
    correlation = data.get("correlation") or {}
    return Message(
        job.name or "",
        business_key=None if correlation else job.business_key,
        correlation=correlation,
        payload=data.get("payload") or {},
        ttl=engine.settings.message_ttl if ttl_s is None else timedelta(seconds=ttl_s),
        start_key=job.business_key,
        sender=data.get("sender"),
        is_drill=job.is_drill,
    )
