"""Messages: each goes to exactly one instance, or starts one, or is kept for a while.

The steps of a correlation:

1. Everybody who waits for the name, narrowed by business key and correlation keys.
2. One instance: its oldest matching token receives it. Several: refused, unless a start event waits for the name too.
3. None: the start event starts an instance; without one the message is kept if it may live, else refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import Connection

from engine.errors import Conflict, Passing
from engine.people import HOUSE, SYSTEM, Action, Actor, may, require
from engine.runtime import inbox
from engine.runtime.answers import Delivered
from engine.runtime.checking import checked_key, checked_name, checked_variables
from engine.runtime.correlation import digests_within, is_for
from engine.runtime.instances import Instance, lock_instance, read_instance, thing_with_people
from engine.runtime.starting import start_within
from engine.runtime.subscriptions import Subscription, waiting_for
from engine.runtime.turn import Turn

if TYPE_CHECKING:
    from engine.runtime.process_engine import ProcessEngine

MOST_COMPARED = 200


@dataclass(frozen=True, slots=True)
class Message:
    """A message on its way.

    `start_key` is the business key of an instance that it starts; `is_drill` None reaches both sides (U4). `instance_id` and `token` narrow
    the receivers to one. With `by_variables` the correlation keys of a receiver that declares none are its variables.
    """

    name: str
    business_key: str | None = None
    correlation: Mapping[str, Any] = field(default_factory=dict)
    payload: Mapping[str, Any] = field(default_factory=dict)
    ttl: timedelta | None = None
    start_key: str | None = None
    sender: str | None = None
    is_drill: bool | None = None
    instance_id: str | None = None
    token: str | None = None
    by_variables: bool = False


def message(
    engine: ProcessEngine,
    name: str,
    *,
    business_key: str | None = None,
    correlation: Mapping[str, Any] | None = None,
    payload: Mapping[str, Any] | None = None,
    actor: Actor,
    ttl: timedelta | None = None,
    instance_id: str | None = None,
    token: str | None = None,
    by_variables: bool = False,
    idempotency_key: str | None = None,
) -> Delivered:
    """Deliver a message to the one instance that waits for it, or start one; with `ttl` it is kept when nobody waits yet.

    `instance_id` or `token` names who receives it; with `by_variables` the correlation keys that a receiver does not declare are compared
    with its variables. Raises Conflict when several instances match, or when nobody does and there is no `ttl`.
    """
    sent = Message(
        checked_name(name, what="message"),
        checked_key(business_key),
        checked_variables(engine, correlation),
        checked_variables(engine, payload),
        ttl,
        checked_key(business_key),
        instance_id=instance_id,
        token=token,
        by_variables=by_variables,
    )
    return engine.once(
        "message",
        actor=actor,
        key=idempotency_key,
        of=name,
        kind=Delivered,
        work=lambda connection: deliver(engine, connection, sent, actor=actor),
    )


def deliver(engine: ProcessEngine, connection: Connection, sent: Message, *, actor: Actor) -> Delivered:
    """Deliver a message inside the caller's transaction, which holds no instance yet."""
    instances, starts = _receivers(engine, connection, sent)
    if len(instances) > 1 and not starts:
        for instance_id in instances:
            _require_right(connection, read_instance(connection, instance_id), actor=actor)
        listed = ", ".join(instances)
        raise Conflict(f"{len(instances)} instances wait for {_described(sent)}: {listed}. Name a business key or correlation keys.")
    if len(instances) == 1:
        return _give(engine, connection, next(iter(instances.values())), sent=sent, actor=actor)
    if starts:
        return _start(engine, connection, starts, sent=sent, actor=actor)
    require(actor, Action.MESSAGE, HOUSE)
    if sent.ttl is None:
        raise Conflict(f"nobody waits for {_described(sent)}: check the name and the keys, or give it a time to live")
    return _keep(engine, connection, sent)


def _receivers(engine: ProcessEngine, connection: Connection, sent: Message) -> tuple[dict[str, Subscription], list[Subscription]]:
    """Return the oldest matching token of each instance, and the start events."""
    instances: dict[str, Subscription] = {}
    starts = []
    is_narrowed = sent.instance_id is not None or sent.token is not None
    keys = digests_within(sent.correlation)
    for each in waiting_for(connection, "message", names=[sent.name], business_key=sent.business_key, digests=keys, is_drill=sent.is_drill):
        if each.is_start:
            starts += [] if is_narrowed else [each]
        elif sent.instance_id in (None, each.instance_id) and sent.token in (None, each.id) and is_for(each.correlation, sent.correlation):
            instances.setdefault(each.instance_id or "", each)
    if sent.by_variables and sent.correlation:
        instances = {
            key: each for key, each in instances.items() if each.correlation or _has_variables(engine, connection, key, sent, instances)
        }
    return instances, starts


def _has_variables(
    engine: ProcessEngine, connection: Connection, instance_id: str, sent: Message, among: Mapping[str, Subscription]
) -> bool:
    """Tell whether an instance's variables are the message's correlation keys. Raises Conflict when that would mean to read very many."""
    if len(among) > MOST_COMPARED:
        raise Conflict(f"{len(among)} instances wait for {_described(sent)} without keys of their own: name a business key")
    turn = Turn(engine, connection, instance=read_instance(connection, instance_id), actor=SYSTEM)
    return is_for(sent.correlation, turn.execution.variables())


def _give(engine: ProcessEngine, connection: Connection, receiver: Subscription, *, sent: Message, actor: Actor) -> Delivered:
    instance = lock_instance(connection, receiver.instance_id or "")
    _require_right(connection, instance, actor=actor)
    turn = Turn(engine, connection, instance=instance, actor=actor)
    if instance.is_ended or receiver.id not in turn.kinds():
        raise Passing(f"the receiver of {_described(sent)} went on meanwhile: look again")
    instance.require_active()
    turn.note("message.received", element=receiver.element, token=receiver.id, data={"message": sent.name, **_origin(sent)})
    turn.execution.fire(receiver.id, dict(sent.payload))
    turn.write()
    return Delivered(instances=(instance.id,))


def _require_right(connection: Connection, instance: Instance, *, actor: Actor) -> None:
    if not may(actor, Action.MESSAGE, HOUSE):
        require(actor, Action.MESSAGE, thing_with_people(connection, instance))


def _start(engine: ProcessEngine, connection: Connection, starts: list[Subscription], *, sent: Message, actor: Actor) -> Delivered:
    if len(starts) > 1:
        listed = ", ".join(sorted(str(each.definition_id) for each in starts))
        raise Conflict(f"{len(starts)} processes start with {_described(sent)}: {listed}. Give each message a name of its own.")
    require(actor, Action.MESSAGE, HOUSE)
    started = start_within(
        engine,
        connection,
        definition_id=starts[0].definition_id or "",
        business_key=sent.start_key,
        is_drill=bool(sent.is_drill),
        super_instance_id=sent.sender,
        element=starts[0].element,
        payload=sent.payload,
        actor=actor,
        check_right=False,
        origin={"message": sent.name},
    )
    return Delivered(started=(started.instance_id,))


def _keep(engine: ProcessEngine, connection: Connection, sent: Message) -> Delivered:
    inbox.hold_names(connection, [sent.name], shared=False)
    if any(_receivers(engine, connection, sent)):
        raise Passing(f"somebody began to wait for {_described(sent)} meanwhile: look again")
    now = engine.clock.now()
    kept = inbox.keep_message(
        connection,
        sent.name,
        business_key=sent.business_key,
        correlation=sent.correlation,
        payload=sent.payload,
        now=now,
        until=now + (sent.ttl or timedelta()),
    )
    return Delivered(kept=kept)


def _origin(sent: Message) -> dict[str, Any]:
    return {} if sent.sender is None else {"sender": sent.sender}


def _described(sent: Message) -> str:
    keys = [f"business key {sent.business_key!r}"] if sent.business_key else []
    keys += [f"{name} = {value!r}" for name, value in sent.correlation.items()]
    return f"the message {sent.name!r}" + (f" with {', '.join(keys)}" if keys else "")
