"""What operators do with an instance: cancel, suspend, resume, retry, set variables, move a token, restart, advance."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from engine.errors import AlreadyDone, Conflict
from engine.people import SYSTEM, Action, Actor, InstanceThing, require
from engine.runtime.answers import InstanceAnswer, Retried, Started
from engine.runtime.checking import checked_reason, checked_variables, local_time
from engine.runtime.failures import Failure, FailureKind, read_failure, resolve_failure, resolve_stalls
from engine.runtime.instances import Instance, Status, lock_instance
from engine.runtime.jobs import JobStatus, change_job, read_job
from engine.runtime.retrying import retry_plan
from engine.runtime.starting import find_definition, start_within
from engine.runtime.suspension import mark_rows
from engine.runtime.turn import Turn
from engine.tables import history

if TYPE_CHECKING:
    from engine.runtime.process_engine import ProcessEngine

Change = Callable[[Turn], None]


def cancel(engine: ProcessEngine, instance_id: str, *, reason: str, actor: Actor, idempotency_key: str | None = None) -> InstanceAnswer:
    """End an instance for a reason: its open tasks are cancelled, its timers and subscriptions removed."""
    said = checked_reason(reason, what="cancel an instance")

    def change(turn: Turn) -> None:
        turn.instance.require_live()
        turn.execution.cancel()
        turn.instance.end_reason = said

    return _command(engine, instance_id, Action.CANCEL, actor=actor, key=idempotency_key, change=change)


def suspend(
    engine: ProcessEngine, instance_id: str, *, actor: Actor, reason: str = "", idempotency_key: str | None = None
) -> InstanceAnswer:
    """Stop an instance where it stands: nothing moves it until it is resumed or cancelled."""

    def change(turn: Turn) -> None:
        turn.instance.require_active()
        turn.instance.status = Status.SUSPENDED.value
        mark_rows(turn.connection, turn.instance.id, is_suspended=True)
        turn.note("instance.suspended", data={"reason": reason} if reason else None)

    return _command(engine, instance_id, Action.SUSPEND, actor=actor, key=idempotency_key, change=change)


def resume(engine: ProcessEngine, instance_id: str, *, actor: Actor, idempotency_key: str | None = None) -> InstanceAnswer:
    """Let a suspended instance go on; timers that fell due meanwhile fire late."""

    def change(turn: Turn) -> None:
        turn.instance.require_live()
        if turn.instance.status != Status.SUSPENDED:
            raise Conflict(f"instance {turn.instance.id} is not suspended: there is nothing to resume")
        _set_going(turn)

    return _command(engine, instance_id, Action.RESUME, actor=actor, key=idempotency_key, change=change)


def _set_going(turn: Turn) -> None:
    turn.instance.status = Status.ACTIVE.value
    mark_rows(turn.connection, turn.instance.id, is_suspended=False)
    resolve_stalls(turn.connection, turn.instance.id, actor=turn.actor.name, now=turn.now)
    turn.note("instance.resumed")
    assert turn.execution is not None


def set_variables(
    engine: ProcessEngine,
    instance_id: str,
    *,
    variables: Mapping[str, Any],
    remove: Collection[str] = (),
    actor: Actor,
    idempotency_key: str | None = None,
) -> InstanceAnswer:
    """Correct variables of an instance, suspended or not; conditions that wait are looked at again when it goes on."""
    given = checked_variables(engine, variables)

    def change(turn: Turn) -> None:
        turn.instance.require_live()
        turn.execution.set_variables(given)
        data = {"names": sorted(given), "removed": sorted(turn.execution.remove_variables(remove))}
        turn.note("variables.set", data={name: value for name, value in data.items() if value})

    return _command(engine, instance_id, Action.SET_VARIABLES, actor=actor, key=idempotency_key, change=change)


def move(
    engine: ProcessEngine,
    instance_id: str,
    *,
    token: str,
    to_element: str,
    reason: str,
    actor: Actor,
    idempotency_key: str | None = None,
) -> InstanceAnswer:
    """Take a token away and put one on another element of the diagram, for a reason; a suspended instance stays where that puts it."""
    said = checked_reason(reason, what="move a token")

    def change(turn: Turn) -> None:
        turn.instance.require_live()
        turn.note("token.move", token=token, data={"to": to_element, "reason": said})
        turn.execution.move(token, to_element)
        if turn.instance.status == Status.ACTIVE:
            resolve_stalls(turn.connection, turn.instance.id, actor=actor.name, now=turn.now)

    return _command(engine, instance_id, Action.MOVE, actor=actor, key=idempotency_key, change=change)


def advance(engine: ProcessEngine, instance_id: str) -> InstanceAnswer:
    """Run whatever is ready in an instance; advancing twice is advancing once."""

    def work(connection: Connection) -> InstanceAnswer:
        instance = lock_instance(connection, instance_id)
        if instance.status == Status.ACTIVE:
            turn = Turn(engine, connection, instance=instance, actor=SYSTEM)
            turn.kinds()
            turn.write()
        return InstanceAnswer(instance.id, instance.status)

    return engine.transaction(work)


def restart(engine: ProcessEngine, instance_id: str, *, actor: Actor, reason: str, idempotency_key: str | None = None) -> Started:
    """Start a new instance of the latest version with the variables that an ended one began with."""
    said = checked_reason(reason, what="restart an instance")

    def work(connection: Connection) -> Started:
        old = lock_instance(connection, instance_id)
        require(actor, Action.RESTART, old.thing())
        if not old.is_ended:
            raise Conflict(f"instance {old.id} is {old.status}: cancel it before it is started again")
        began = connection.scalar(sa.select(history.c.data).where(history.c.instance_id == old.id, history.c.seq == 1)) or {}
        started = start_within(
            engine,
            connection,
            definition_id=find_definition(connection, old.definition_key),
            business_key=old.business_key,
            variables=began.get("variables"),
            payload=began.get("payload"),
            element=began.get("start"),
            is_drill=old.is_drill,
            super_instance_id=old.id,
            actor=actor,
            check_right=False,
            origin={"restart_of": old.id, "reason": said},
        )
        turn = Turn(engine, connection, instance=old, actor=actor)
        turn.note("instance.restarted", data={"as": started.instance_id, "reason": said})
        turn.write()
        return started

    return engine.once("restart", actor=actor, key=idempotency_key, of=instance_id, kind=Started, work=work)


def retry(engine: ProcessEngine, failure_id: str, *, actor: Actor, idempotency_key: str | None = None) -> Retried:
    """Do again what failed: a step of an instance, a job whose tries are used up, or a stalled instance."""

    def work(connection: Connection) -> Retried:
        failure = read_failure(connection, failure_id)
        if failure.instance_id is None:
            require(actor, Action.RETRY, InstanceThing(""))
            _take_failure(engine, connection, failure, actor)
            _requeue(engine, connection, failure)
            return Retried(failure.id, None, None)
        instance = lock_instance(connection, failure.instance_id)
        require(actor, Action.RETRY, instance.thing())
        _take_failure(engine, connection, failure, actor)
        turn = Turn(engine, connection, instance=instance, actor=actor)
        _retry_in(turn, failure)
        turn.write()
        return Retried(failure.id, instance.id, instance.status)

    return engine.once("retry", actor=actor, key=idempotency_key, of=failure_id, kind=Retried, work=work)


def _take_failure(engine: ProcessEngine, connection: Connection, failure: Failure, actor: Actor) -> None:
    if resolve_failure(connection, failure.id, actor=actor.name, now=engine.clock.now()):
        return
    now = read_failure(connection, failure.id)
    raise AlreadyDone(f"this failure was dealt with by {now.resolved_by} at {local_time(engine, now.resolved_at)}")


def _retry_in(turn: Turn, failure: Failure) -> None:
    turn.instance.require_live()
    turn.note("failure.retried", element=failure.element, token=failure.token, data={"failure": failure.id, "message": failure.message})
    if failure.kind == FailureKind.STALLED:
        if turn.instance.status == Status.SUSPENDED:
            _set_going(turn)
        turn.kinds()
        return
    turn.instance.require_active()
    if failure.kind in (FailureKind.JOB, FailureKind.EXTERNAL):
        _requeue(turn.engine, turn.connection, failure)
    else:
        turn.execution.retry(failure.token or "")


def _requeue(engine: ProcessEngine, connection: Connection, failure: Failure) -> None:
    """Give a failed job all its tries again, the first now. Raises Conflict when it is gone."""
    job = read_job(connection, failure.job_id or "", lock=True)
    if job is None:
        raise Conflict("the work that failed is no longer wanted: the process went on without it")
    tries = retry_plan(engine, job.name, job.retry_cycle).tries
    status = JobStatus.EXTERNAL if job.is_external else JobStatus.WAITING
    values = {"status": status.value, "attempts": 0, "retries_left": tries, "due_at": min(job.due_at, engine.clock.now())}
    change_job(connection, job.id, error=None, error_details=None, worker_retries=None, worker=None, locked_until=None, **values)
    if status is JobStatus.EXTERNAL:
        engine.waiting_room.made_work(job.name or "")


def _command(engine: ProcessEngine, instance_id: str, action: Action, *, actor: Actor, key: str | None, change: Change) -> InstanceAnswer:
    """Lock an instance, check the right, and change it, all in one transaction."""

    def work(connection: Connection) -> InstanceAnswer:
        instance: Instance = lock_instance(connection, instance_id)
        require(actor, action, instance.thing())
        turn = Turn(engine, connection, instance=instance, actor=actor)
        change(turn)
        turn.write()
        return InstanceAnswer(instance.id, instance.status)

    return engine.once(action.value, actor=actor, key=key, of=instance_id, kind=InstanceAnswer, work=work)
