"""Calls of webhooks: each alert becomes a message, which starts a process or goes on with one; what was told before has no effect.

The steps of a call:

1. Who calls proves to know the hook's secret, and does not call too often.
2. The body is read into alerts; one that cannot be read is refused as a whole.
3. Each alert, in a transaction of its own, is noted as seen and sent as a message. One that is refused is not noted, so that it counts
   when it is sent again; the others go on.
4. A signed call is noted by its id, so that a repetition of it has no effect.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy.engine import Connection

from engine.errors import Conflict, Invalid, NotFound, Unidentified
from engine.hooks.alerts import Mapped, mapped, read_alerts
from engine.hooks.incoming import HookIn, count_call, note_seen, read_hook_in, was_seen
from engine.hooks.monitors import Alert, HookKind, State
from engine.hooks.signing import Signed, secret_of
from engine.people import Actor, load_actor
from engine.runtime.checking import checked_key, checked_name, checked_variables
from engine.runtime.messages import Message, deliver

if TYPE_CHECKING:
    from engine.runtime.process_engine import ProcessEngine

REQUEST = "request"


class Became(StrEnum):
    """What became of an alert."""

    STARTED = "started"
    DELIVERED = "delivered"
    KEPT = "kept"
    DUPLICATE = "duplicate"
    NOTED = "noted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an alert: the instances that it started or reached, or why it was refused."""

    fingerprint: str
    state: State
    became: Became
    instances: tuple[str, ...] = ()
    reason: str | None = None


def receive(engine: ProcessEngine, name: str, call: Signed) -> tuple[Outcome, ...]:
    """Do what a call of a hook asks; nothing, for a signed call that was made before.

    Raises Unidentified, also for a hook that is not there; TooManyTries; Forbidden; Invalid for a body that cannot be read, or when no
    alert in it can be used; Passing when it is worth another try.
    """
    hook = _proven(engine, name)
    now = engine.clock.now()
    message_id = call.check(secret_of(engine.secret_key(), hook_id=hook.id, salt=hook.salt), now_s=int(now.timestamp()))
    engine.transaction(lambda connection: count_call(connection, hook, now=now))
    with engine.database.read() as connection:
        if message_id is not None and was_seen(connection, hook, message_id, REQUEST):
            return ()
        actor = load_actor(connection, hook.person, now=now)
    alerts, payload = read_alerts(hook.kind, call.body, hook.mapping, now=now)
    outcomes = tuple(_taken(engine, hook, each, payload, actor) for each in alerts)
    if outcomes and all(each.became is Became.REFUSED for each in outcomes):
        raise Invalid("; ".join(f"{each.fingerprint[:64]}: {each.reason}" for each in outcomes[:10]))
    if message_id is not None:
        engine.transaction(lambda connection: note_seen(connection, hook, message_id, REQUEST, now=now))
    return outcomes


def _proven(engine: ProcessEngine, name: str) -> HookIn:
    """Return an enabled hook; to whoever knows no secret, one that is not there looks like any other."""
    try:
        with engine.database.read() as connection:
            found = read_hook_in(connection, name)
    except (NotFound, Invalid) as error:
        raise Unidentified("this is not the hook's secret") from error
    if not found.is_enabled:
        raise Unidentified("this is not the hook's secret")
    return found


def _taken(engine: ProcessEngine, hook: HookIn, alert: Alert, payload: object, actor: Actor) -> Outcome:
    try:
        parts = mapped(HookKind(hook.kind), alert, payload, hook.mapping, now=engine.clock.now())
        checked_name(alert.fingerprint, what="fingerprint")
        sent = _message(engine, hook, alert, parts)
        return engine.transaction(lambda connection: _take(engine, connection, hook, alert, sent, actor))
    except (Invalid, Conflict, NotFound) as error:
        return Outcome(alert.fingerprint, alert.state, Became.REFUSED, reason=str(error))


def _message(engine: ProcessEngine, hook: HookIn, alert: Alert, parts: Mapped) -> Message | None:
    """Return the message of an alert. One that tells of an end finds its instance by its variables, and waits a while for its catch."""
    is_end = alert.state is State.RESOLVED
    name = hook.resolved_message if is_end else hook.message
    if name is None:
        return None
    key = checked_key(parts.business_key)
    return Message(
        name,
        business_key=key,
        correlation=checked_variables(engine, parts.correlation),
        payload=checked_variables(engine, parts.variables),
        ttl=engine.settings.message_ttl if is_end else None,
        start_key=key,
        by_variables=is_end,
    )


def _take(
    engine: ProcessEngine, connection: Connection, hook: HookIn, alert: Alert, sent: Message | None, actor: Actor
) -> Outcome:  # fmt: skip
    other = State.FIRING if alert.state is State.RESOLVED else State.RESOLVED
    is_new = note_seen(connection, hook, alert.fingerprint, alert.state, now=engine.clock.now(), instead_of=other)
    if not is_new:
        return Outcome(alert.fingerprint, alert.state, Became.DUPLICATE)
    if sent is None:
        return Outcome(alert.fingerprint, alert.state, Became.NOTED)
    done = deliver(engine, connection, sent, actor=actor)
    became = Became.KEPT if done.kept else Became.STARTED if done.started else Became.DELIVERED
    return Outcome(alert.fingerprint, alert.state, became, (*done.started, *done.instances))
