"""Applies what a turn changed to the tables: tasks, jobs, subscriptions, failures. What did not change costs no statement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.execution.model import Changes, Thrown, ThrownKind, Wait, WaitKind
from engine.history import plain
from engine.runtime.failures import FailureKind, insert_failures, new_failure, resolve_failures
from engine.runtime.instances import Status
from engine.runtime.jobs import Job, JobKind, JobStatus, new_job, remove_jobs_of
from engine.runtime.retrying import retry_plan
from engine.runtime.signals import signal_jobs
from engine.runtime.subscriptions import insert_subscriptions, remove_subscriptions
from engine.runtime.tasks import cancel_tasks, insert_tasks, remove_tasks

if TYPE_CHECKING:
    from engine.runtime.turn import Turn

JOBS = (WaitKind.TIMER, WaitKind.JOB)
SUBSCRIPTIONS = (WaitKind.MESSAGE, WaitKind.SIGNAL, WaitKind.CONDITION)


def apply_changes(turn: Turn, changes: Changes) -> None:
    """Write what closed, then what opened, then what was thrown; jobs to insert are added to the turn."""
    _close(turn, changes)
    _open(turn, changes)
    _throw(turn, changes.thrown)


def _close(turn: Turn, changes: Changes) -> None:
    closed: dict[WaitKind, list[str]] = {}
    for token in changes.closed:
        if token in turn.kinds_before:
            closed.setdefault(turn.kinds_before[token], []).append(token)
    cancelled = [token for token in closed.get(WaitKind.HUMAN, ()) if token not in turn.finished_tokens]
    cancel_tasks(turn.connection, cancelled, now=turn.now)
    failed = remove_jobs_of(turn.connection, [token for kind in JOBS for token in closed.get(kind, ())])
    remove_subscriptions(turn.connection, [token for kind in SUBSCRIPTIONS for token in closed.get(kind, ())])
    resolve_failures(turn.connection, [*failed, *closed.get(WaitKind.FAILED, ())], actor=turn.actor.name, now=turn.now)


def _open(turn: Turn, changes: Changes) -> None:
    by_kind: dict[WaitKind, list[Wait]] = {}
    for wait in changes.opened:
        by_kind.setdefault(wait.kind, []).append(wait)
    people = by_kind.get(WaitKind.HUMAN, [])
    remove_tasks(turn.connection, [wait.token for wait in people if wait.token in turn.kinds_before])
    insert_tasks(turn.connection, turn.instance, waits=people, now=turn.now)
    jobs = [_job(turn, wait) for kind in JOBS for wait in by_kind.get(kind, ())]
    turn.jobs.extend(jobs)
    for job in jobs:
        if job.status == JobStatus.EXTERNAL:
            turn.engine.waiting_room.made_work(job.name or "")
    waiting = [wait for kind in SUBSCRIPTIONS for wait in by_kind.get(kind, ())]
    insert_subscriptions(turn.connection, turn.instance, waits=waiting, now=turn.now)
    instance = turn.instance
    place = {"instance_id": instance.id, "definition_key": instance.definition_key, "business_key": instance.business_key}
    failures = [
        new_failure(FailureKind.STEP, wait.error or "", now=turn.now, element=wait.element, token=wait.token, **place)
        for wait in by_kind.get(WaitKind.FAILED, ())
    ]
    insert_failures(turn.connection, failures)


def _job(turn: Turn, wait: Wait) -> Job:
    """Return the job of a token: a timer, a topic (external when it has no handler here), or a continuation of one token."""
    settings, instance = turn.engine.settings, turn.instance
    is_timer = wait.kind is WaitKind.TIMER
    external = wait.name is not None and not is_timer and wait.name not in turn.engine.handlers
    payload = None if is_timer else {"inputs": plain(wait.inputs or {}, where=f"inputs of {wait.element}"), "actor": turn.actor.name}
    return new_job(
        JobKind.TIMER if is_timer else JobKind.TOPIC,
        now=turn.now,
        due_at=wait.due_at,
        retries=settings.retries if is_timer else retry_plan(turn.engine, wait.name, wait.retry_cycle).tries,
        status=JobStatus.EXTERNAL.value if external else JobStatus.WAITING.value,
        instance_id=instance.id,
        token=wait.token,
        element=wait.element,
        name=None if is_timer else wait.name,
        business_key=instance.business_key,
        payload=payload,
        retry_cycle=wait.retry_cycle,
        is_suspended=instance.status == Status.SUSPENDED,
        is_drill=instance.is_drill,
    )


def _throw(turn: Turn, thrown: tuple[Thrown, ...]) -> None:
    """Queue what leaves the instance: a message to correlate, a signal for each other that waits for it now."""
    for each in thrown:
        if each.kind is ThrownKind.MESSAGE:
            payload = {"payload": each.payload, "correlation": dict(each.correlation), "sender": turn.instance.id}
            turn.add_job(
                JobKind.MESSAGE, name=each.name, element=each.element, business_key=turn.instance.business_key, payload=plain(payload)
            )
    signals = {each.name: each.payload for each in thrown if each.kind is ThrownKind.SIGNAL}
    if signals:
        own, is_drill = turn.instance.id, turn.instance.is_drill
        turn.jobs.extend(signal_jobs(turn.engine, turn.connection, signals=signals, now=turn.now, sender=own, is_drill=is_drill))
