"""Messages that came before their catch, kept for a while.

A message that finds nobody and a token that begins to wait must not miss each other: on PostgreSQL both hold a lock on the message's
name, the waiting side a shared one, from before they look until their commit. SQLite has one writer at a time anyway.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from engine.ids import new_id
from engine.tables import message_inbox


@dataclass(frozen=True, slots=True)
class Kept:
    """A message in the inbox."""

    id: str
    name: str
    business_key: str | None
    correlation: Mapping[str, Any] | None
    payload: dict[str, Any]


KEPT = (
    sa.select(*(message_inbox.c[name] for name in Kept.__slots__))
    .where(message_inbox.c.name.in_(sa.bindparam("names", expanding=True)), message_inbox.c.expires_at > sa.bindparam("now"))
    .where(sa.or_(message_inbox.c.business_key.is_(None), message_inbox.c.business_key == sa.bindparam("of_key")))
    .order_by(message_inbox.c.received_at, message_inbox.c.id)
)


def hold_names(connection: Connection, names: Collection[str], *, shared: bool) -> None:
    """Keep others from keeping (or catching) messages of these names until the end of the transaction."""
    if connection.dialect.name != "postgresql" or not names:
        return
    lock = sa.func.pg_advisory_xact_lock_shared if shared else sa.func.pg_advisory_xact_lock
    hashes = [lock(sa.func.hashtext(f"message:{name}")) for name in sorted(names)]
    connection.execute(sa.select(*hashes))


def keep_message(
    connection: Connection,
    name: str,
    *,
    business_key: str | None,
    correlation: Mapping[str, Any],
    payload: Mapping[str, Any],
    now: datetime,
    until: datetime,
) -> str:
    """Keep a message until a moment and return its id."""
    row = {"id": new_id(), "name": name, "business_key": business_key, "correlation": dict(correlation) or None, "payload": dict(payload)}
    connection.execute(sa.insert(message_inbox), {**row, "received_at": now, "expires_at": until})
    return str(row["id"])


def kept_messages(connection: Connection, names: Collection[str], *, business_key: str | None, now: datetime) -> list[Kept]:
    """Return the messages kept under these names that an instance with this business key may receive, oldest first."""
    return [Kept(*row) for row in connection.execute(KEPT, {"names": sorted(names), "of_key": business_key, "now": now})]


def take_message(connection: Connection, message_id: str) -> bool:
    """Take a kept message out; tell whether nobody else did so before."""
    return connection.execute(sa.delete(message_inbox).where(message_inbox.c.id == message_id)).rowcount == 1


def drop_expired(connection: Connection, *, now: datetime) -> int:
    """Drop messages that nobody caught in time and return how many."""
    return connection.execute(sa.delete(message_inbox).where(message_inbox.c.expires_at <= now)).rowcount
