"""Hooks that other systems call: their rows, how often each was called, and what was seen already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from engine.db import Database
from engine.errors import Conflict, Invalid, NotFound, StaleWrite, TooManyTries
from engine.hooks.alerts import checked_mapping
from engine.hooks.monitors import HookKind
from engine.hooks.signing import digest, new_salt, secret_of
from engine.ids import new_id
from engine.people import HOUSE, Action, Actor, PersonThing, person_named, require
from engine.tables import webhook_in, webhook_seen

MOST_A_MINUTE = 600
SEEN_FOR = timedelta(days=30)
NAME_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")


@dataclass(frozen=True, slots=True)
class HookIn:
    """A hook that may be called: what it is told becomes a message of the person as whom it acts.

    `resolved_message` is what it sends when something is resolved (None: that is only noted).
    """

    id: str
    name: str
    kind: HookKind
    salt: str
    person: str
    message: str
    resolved_message: str | None
    mapping: dict[str, Any]
    is_enabled: bool
    created_by: str
    created_at: datetime


COLUMNS = [webhook_in.c[name] for name in HookIn.__slots__]


def add_hook_in(
    database: Database,
    name: str,
    *,
    kind: HookKind,
    person: str,
    message: str,
    resolved_message: str | None = None,
    mapping: Mapping[str, Any] | None = None,
    actor: Actor,
    now: datetime,
) -> HookIn:
    """Add a hook. It acts as oneself, or, for administrators, as anybody. Raises Invalid, NotFound, Conflict, Forbidden."""
    require(actor, Action.MANAGE_HOOKS, HOUSE)
    require(actor, Action.MANAGE_TOKENS, PersonThing(person))
    checked_hook_name(name)
    for text in (message, resolved_message):
        if text is not None and not 1 <= len(text) <= 255:
            raise Invalid(f"the message {text[:40]!r} has {len(text)} characters: use 1 to 255")
    made = HookIn(
        new_id(), name, kind, new_salt(), person, message, resolved_message, checked_mapping(kind, mapping or {}), True, actor.name, now
    )  # fmt: skip
    try:
        with database.write() as connection:
            person_named(connection, person)
            connection.execute(sa.insert(webhook_in).values({each: getattr(made, each) for each in HookIn.__slots__}))
    except IntegrityError as error:
        raise Conflict(f"there is a hook {name!r} already: remove it, or choose another name") from error
    return made


def checked_hook_name(name: str) -> str:
    """Return a name that can be part of an address. Raises Invalid."""
    if not 1 <= len(name) <= 64 or not NAME_CHARACTERS.issuperset(name):
        raise Invalid(f"{name[:70]!r} cannot name a hook: use 1 to 64 small letters, digits, '-' and '_'")
    return name


def list_hooks_in(database: Database, *, actor: Actor) -> tuple[HookIn, ...]:
    """Return the hooks that may be called, by name."""
    require(actor, Action.READ_HOOKS, HOUSE)
    with database.read() as connection:
        return tuple(_hook(row) for row in connection.execute(sa.select(*COLUMNS).order_by(webhook_in.c.name)))


def hook_in_named(database: Database, name: str, *, actor: Actor) -> HookIn:
    """Return a hook by name. Raises NotFound."""
    require(actor, Action.READ_HOOKS, HOUSE)
    with database.read() as connection:
        return read_hook_in(connection, name)


def change_hook_in(database: Database, name: str, *, is_enabled: bool, actor: Actor, seen: HookIn | None = None) -> HookIn:
    """Let a hook be called, or not. Raises StaleWrite when it is not any more as the caller has `seen` it."""
    require(actor, Action.MANAGE_HOOKS, HOUSE)
    with database.write() as connection:
        found = read_hook_in(connection, name, lock=True)
        if seen is not None and found != seen:
            raise StaleWrite(f"the hook {name!r} was changed since it was read: read it again")
        connection.execute(sa.update(webhook_in).where(webhook_in.c.id == found.id).values(is_enabled=is_enabled))
        return read_hook_in(connection, name)


def remove_hook_in(database: Database, name: str, *, actor: Actor) -> None:
    """Remove a hook, with what it has seen. Raises NotFound."""
    require(actor, Action.MANAGE_HOOKS, HOUSE)
    with database.write() as connection:
        connection.execute(sa.delete(webhook_in).where(webhook_in.c.id == read_hook_in(connection, name, lock=True).id))


def secret_of_hook_in(hook: HookIn, key: bytes, *, actor: Actor) -> str:
    """Return a hook's secret, for whoever sets up the other side."""
    require(actor, Action.MANAGE_HOOKS, HOUSE)
    return secret_of(key, hook_id=hook.id, salt=hook.salt)


def read_hook_in(connection: Connection, name: str, *, lock: bool = False) -> HookIn:
    """Return a hook by name. Raises NotFound."""
    statement = sa.select(*COLUMNS).where(webhook_in.c.name == name)
    row = connection.execute(statement.with_for_update() if lock else statement).one_or_none()
    if row is None:
        raise NotFound(f"there is no hook {name[:70]!r}")
    return _hook(row)


def count_call(connection: Connection, hook: HookIn, *, now: datetime) -> None:
    """Count a call of a hook. Raises TooManyTries when there were too many in this minute."""
    minute = now.replace(second=0, microsecond=0)
    so_far = sa.case((webhook_in.c.window_at == minute, webhook_in.c.window_count), else_=0)
    statement = sa.update(webhook_in).where(webhook_in.c.id == hook.id).values(window_at=minute, window_count=so_far + 1)
    if (connection.scalar(statement.returning(webhook_in.c.window_count)) or 0) > MOST_A_MINUTE:
        raise TooManyTries(f"{hook.name} was called more than {MOST_A_MINUTE} times in this minute: wait", retry_after_s=60 - now.second)


def note_seen(connection: Connection, hook: HookIn, fingerprint: str, state: str, *, now: datetime, instead_of: str | None = None) -> bool:
    """Note that something was seen in a state, and forget it in the state `instead_of`; tell whether it is new."""
    key = {"hook_id": hook.id, "fingerprint": digest(fingerprint)}
    if instead_of is not None:
        gone = (webhook_seen.c.hook_id == hook.id, webhook_seen.c.fingerprint == key["fingerprint"], webhook_seen.c.state == instead_of)
        connection.execute(sa.delete(webhook_seen).where(*gone))
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    new = insert(webhook_seen).values(**key, state=state, first_at=now, last_at=now, times=1)
    again = new.on_conflict_do_update(
        index_elements=["hook_id", "fingerprint", "state"], set_={"last_at": now, "times": webhook_seen.c.times + 1}
    )
    return bool(connection.scalar(again.returning(webhook_seen.c.times)) == 1)


def was_seen(connection: Connection, hook: HookIn, fingerprint: str, state: str) -> bool:
    """Tell whether something was seen in a state."""
    found = (webhook_seen.c.hook_id == hook.id, webhook_seen.c.fingerprint == digest(fingerprint), webhook_seen.c.state == state)
    return connection.scalar(sa.select(sa.exists().where(*found))) is True


def forget_seen(connection: Connection, *, now: datetime) -> int:
    """Forget what was not seen for long, and return how much."""
    return connection.execute(sa.delete(webhook_seen).where(webhook_seen.c.last_at <= now - SEEN_FOR)).rowcount


def _hook(row: sa.Row[*tuple[Any, ...]]) -> HookIn:
    values = dict(zip(HookIn.__slots__, row, strict=True))
    return HookIn(**{**values, "kind": HookKind(values["kind"])})
