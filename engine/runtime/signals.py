"""Signals: broadcast to everybody who waits at that moment, each in a transaction of its own, so that a broken one stops no other.

What an instance throws stays on its side of the line between drills and the real thing (U4).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import Connection

from engine.history import plain
from engine.ids import new_id
from engine.people import HOUSE, Action, Actor, require
from engine.runtime.answers import Delivered
from engine.runtime.checking import checked_name, checked_variables
from engine.runtime.jobs import Job, JobKind, insert_jobs, new_job
from engine.runtime.subscriptions import Subscription, waiting_for

if TYPE_CHECKING:
    from engine.runtime.process_engine import ProcessEngine


def signal(
    engine: ProcessEngine,
    name: str,
    *,
    payload: Mapping[str, Any] | None = None,
    actor: Actor,
    is_drill: bool | None = None,
    idempotency_key: str | None = None,
) -> Delivered:
    """Broadcast a signal to every instance that waits for it and every start event; `is_drill` narrows it to drills, or to the others.

    Each goes on by a job of its own, due now; the answer tells who will.
    """
    checked_name(name, what="signal")
    variables = checked_variables(engine, payload)

    def work(connection: Connection) -> Delivered:
        require(actor, Action.SIGNAL, HOUSE)
        jobs = signal_jobs(engine, connection, signals={name: variables}, now=engine.clock.now(), is_drill=is_drill, actor=actor.name)
        insert_jobs(connection, jobs)
        received = sorted({job.instance_id for job in jobs if job.instance_id is not None})
        started = [str((job.payload or {})["instance_id"]) for job in jobs if job.kind == JobKind.START]
        return Delivered(tuple(received), tuple(started))

    return engine.once("signal", actor=actor, key=idempotency_key, of=name, kind=Delivered, work=work)


def signal_jobs(
    engine: ProcessEngine,
    connection: Connection,
    *,
    signals: Mapping[str, Mapping[str, Any]],
    now: datetime,
    sender: str | None = None,
    is_drill: bool | None = None,
    actor: str = "system",
) -> list[Job]:
    """Return a job for each token of another instance than the sender, and for each start event, that waits for one of the signals."""
    waiting = waiting_for(connection, "signal", names=signals.keys(), is_drill=is_drill)
    found = [each for each in waiting if each.is_start or each.instance_id != sender]
    return [_job(engine, each, payload=signals[each.name], now=now, sender=sender, is_drill=bool(is_drill), actor=actor) for each in found]


def _job(
    engine: ProcessEngine,
    waiting: Subscription,
    *,
    payload: Mapping[str, Any],
    now: datetime,
    sender: str | None,
    is_drill: bool,
    actor: str,
) -> Job:
    data: dict[str, Any] = {"payload": plain(payload), "sender": sender, "actor": actor}
    retries = engine.settings.retries
    if waiting.is_start:
        data |= {"definition_id": waiting.definition_id, "instance_id": new_id(), "signal": waiting.name}
        return new_job(JobKind.START, now=now, retries=retries, element=waiting.element, payload=data, is_drill=is_drill)
    return new_job(
        JobKind.SIGNAL,
        now=now,
        retries=retries,
        name=waiting.name,
        instance_id=waiting.instance_id,
        token=waiting.id,
        element=waiting.element,
        business_key=waiting.business_key,
        payload=data,
        is_drill=bool(waiting.is_drill),
    )
