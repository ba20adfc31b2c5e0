"""Hooks that Watchbill calls: their rows, and the deliveries that notices become."""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from engine.db import Database
from engine.errors import Conflict, Invalid, NotFound, StaleWrite
from engine.hooks.addresses import checked_url
from engine.hooks.incoming import checked_hook_name
from engine.hooks.signing import new_salt, secret_of
from engine.ids import new_id
from engine.outbox import Notice
from engine.people import HOUSE, Action, Actor, require
from engine.plain import iso
from engine.tables import webhook_delivery, webhook_out

PATTERN = re.compile(r"[a-z0-9_.*]{1,64}")
MOST_PATTERNS = 20
MOST_LISTED = 200
KEPT_FOR = timedelta(days=30)
TRIES = "PT10S,PT1M,PT5M,PT30M,PT2H,PT6H"
"""How long to wait after each failed try of a delivery; up to a tenth is added at random."""


class Delivered(StrEnum):
    """How a delivery stands."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class HookOut:
    """An address that is told of notices whose kind fits one of its patterns."""

    id: str
    name: str
    url: str
    events: tuple[str, ...]
    salt: str
    is_enabled: bool
    created_by: str
    created_at: datetime

    def is_for(self, kind: str) -> bool:
        """Tell whether it wants notices of a kind."""
        return any(fnmatch.fnmatchcase(kind, pattern) for pattern in self.events)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A notice on its way to a hook, or there: `status_code`, `answer` and `error` are those of the last try."""

    id: str
    hook: str
    kind: str
    body: str
    status: Delivered
    attempts: int
    created_at: datetime
    last_at: datetime | None
    status_code: int | None
    answer: str | None
    error: str | None


COLUMNS = [webhook_out.c[name] for name in HookOut.__slots__]
DELIVERY = [webhook_out.c.name.label("hook") if name == "hook" else webhook_delivery.c[name] for name in Delivery.__slots__]
WITH_HOOK = webhook_delivery.join(webhook_out, webhook_out.c.id == webhook_delivery.c.hook_id)
ENABLED = sa.select(*COLUMNS).where(webhook_out.c.is_enabled).with_for_update(read=True, key_share=True)
"""Held against removal until the deliveries, which point at them, are committed."""


def add_hook_out(
    database: Database, name: str, *, url: str, events: Collection[str], may_be_private: bool, actor: Actor, now: datetime
) -> HookOut:
    """Add a hook that is told of notices. Raises Invalid, Conflict, Forbidden."""
    require(actor, Action.MANAGE_HOOKS, HOUSE)
    patterns = tuple(dict.fromkeys(events))
    if not 1 <= len(patterns) <= MOST_PATTERNS or not all(PATTERN.fullmatch(each) for each in patterns):
        raise Invalid(f"{', '.join(patterns)[:80]!r} are no kinds of notices: name 1 to {MOST_PATTERNS}, such as sla.breach or sla.*")
    made = HookOut(
        new_id(), checked_hook_name(name), checked_url(url, may_be_private=may_be_private), patterns, new_salt(), True, actor.name, now
    )  # fmt: skip
    row = {each: getattr(made, each) for each in HookOut.__slots__}
    try:
        with database.write() as connection:
            connection.execute(sa.insert(webhook_out).values({**row, "events": list(patterns)}))
    except IntegrityError as error:
        raise Conflict(f"there is a hook {name!r} already: remove it, or choose another name") from error
    return made


def list_hooks_out(database: Database, *, actor: Actor) -> tuple[HookOut, ...]:
    """Return the hooks that are told of notices, by name."""
    require(actor, Action.READ_HOOKS, HOUSE)
    with database.read() as connection:
        return tuple(_hook(row) for row in connection.execute(sa.select(*COLUMNS).order_by(webhook_out.c.name)))


def hook_out_named(database: Database, name: str, *, actor: Actor) -> HookOut:
    """Return a hook by name. Raises NotFound."""
    require(actor, Action.READ_HOOKS, HOUSE)
    with database.read() as connection:
        return _read(connection, name)


def change_hook_out(database: Database, name: str, *, is_enabled: bool, actor: Actor, seen: HookOut | None = None) -> HookOut:
    """Tell a hook of what comes, or not; what waits already goes out. Raises StaleWrite when it is not as the caller has `seen` it."""
    require(actor, Action.MANAGE_HOOKS, HOUSE)
    with database.write() as connection:
        found = _read(connection, name, lock=True)
        if seen is not None and found != seen:
            raise StaleWrite(f"the hook {name!r} was changed since it was read: read it again")
        connection.execute(sa.update(webhook_out).where(webhook_out.c.id == found.id).values(is_enabled=is_enabled))
        return _read(connection, name)


def remove_hook_out(database: Database, name: str, *, actor: Actor) -> None:
    """Remove a hook with its deliveries; what waits does not go out any more. Raises NotFound."""
    require(actor, Action.MANAGE_HOOKS, HOUSE)
    with database.write() as connection:
        connection.execute(sa.delete(webhook_out).where(webhook_out.c.id == _read(connection, name, lock=True).id))


def secret_of_hook_out(hook: HookOut, key: bytes, *, actor: Actor) -> str:
    """Return a hook's secret, for whoever sets up the receiver."""
    require(actor, Action.MANAGE_HOOKS, HOUSE)
    return secret_of(key, hook_id=hook.id, salt=hook.salt)


def deliveries(
    database: Database,
    *,
    actor: Actor,
    hook: str | None = None,
    status: Delivered | None = None,
    before: str | None = None,
    limit: int = 50,
) -> tuple[Delivery, ...]:
    """Return deliveries, newest first: of one hook or all, in one state or all, and older than the delivery `before`."""
    require(actor, Action.READ_HOOKS, HOUSE)
    if not 1 <= limit <= MOST_LISTED:
        raise Invalid(f"{limit} deliveries: ask for 1 to {MOST_LISTED}")
    conditions: list[sa.ColumnElement[bool]] = [] if status is None else [webhook_delivery.c.status == status.value]
    conditions += [] if before is None else [webhook_delivery.c.id < before]
    with database.read() as connection:
        if hook is not None:
            conditions.append(webhook_delivery.c.hook_id == _read(connection, hook).id)
        statement = sa.select(*DELIVERY).select_from(WITH_HOOK).where(*conditions).order_by(webhook_delivery.c.id.desc()).limit(limit)
        return tuple(_delivery(row) for row in connection.execute(statement))


def queue_deliveries(connection: Connection, notices: Collection[Notice]) -> list[tuple[str, str]]:
    """Write a delivery for each notice and each hook that wants it; return the ids of deliveries and hooks."""
    if not notices:
        return []
    hooks = [_hook(row) for row in connection.execute(ENABLED)]
    rows = [_row(notice, hook) for notice in notices for hook in hooks if hook.is_for(notice.kind)]
    if rows:
        connection.execute(sa.insert(webhook_delivery), rows)
    return [(row["id"], row["hook_id"]) for row in rows]


def read_delivery(connection: Connection, delivery_id: str) -> tuple[Delivery, HookOut] | None:
    """Return a delivery with its hook; None when the hook was removed."""
    row = connection.execute(sa.select(*DELIVERY).select_from(WITH_HOOK).where(webhook_delivery.c.id == delivery_id)).one_or_none()
    return None if row is None else (_delivery(row), _read(connection, row.hook))


def note_try(connection: Connection, delivery_id: str, **values: Any) -> None:
    """Note what came of a try."""
    connection.execute(sa.update(webhook_delivery).where(webhook_delivery.c.id == delivery_id).values(**values))


def forget_deliveries(connection: Connection, *, now: datetime) -> int:
    """Forget deliveries that ended long ago, and return how many."""
    ended = webhook_delivery.c.status != Delivered.WAITING.value
    return connection.execute(sa.delete(webhook_delivery).where(ended, webhook_delivery.c.created_at <= now - KEPT_FOR)).rowcount


def _row(notice: Notice, hook: HookOut) -> dict[str, Any]:
    told = {
        "type": notice.kind,
        "timestamp": iso(notice.created_at),
        "id": notice.id,
        "instanceId": notice.instance_id,
        "isDrill": notice.is_drill,
        "data": dict(notice.payload),
    }
    fixed = {"status": Delivered.WAITING.value, "attempts": 0, "created_at": notice.created_at}
    return {"id": new_id(), "hook_id": hook.id, "kind": notice.kind, "body": json.dumps(told, ensure_ascii=False), **fixed}


def _read(connection: Connection, name: str, *, lock: bool = False) -> HookOut:
    statement = sa.select(*COLUMNS).where(webhook_out.c.name == name)
    row = connection.execute(statement.with_for_update() if lock else statement).one_or_none()
    if row is None:
        raise NotFound(f"there is no hook {name[:70]!r}")
    return _hook(row)


def _hook(row: sa.Row[*tuple[Any, ...]]) -> HookOut:
    values = dict(zip(HookOut.__slots__, row, strict=True))
    return HookOut(**{**values, "events": tuple(values["events"])})


def _delivery(row: sa.Row[*tuple[Any, ...]]) -> Delivery:
    values = dict(zip(Delivery.__slots__, row, strict=True))
    return Delivery(**{**values, "status": Delivered(values["status"])})
