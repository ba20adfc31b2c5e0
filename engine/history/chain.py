"""Appending: each event's hash covers the hash before it, so nothing can be changed, removed or moved without a trace."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from engine.history.canonical import text_of
from engine.plain import Plain, iso, plain
from engine.tables import history

EMPTY = "0" * 64
"""The hash before the first event."""
INSERT = sa.insert(history)


class Head(NamedTuple):
    """The end of an instance's chain: `process_instance.history_seq` and `.history_hash`."""

    seq: int = 0
    hash: str = EMPTY


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened; `data` is JSON data. `on_behalf_of` is the absent person for whom the actor stood in."""

    kind: str
    at: datetime
    actor: str
    on_behalf_of: str | None = None
    element: str | None = None
    token: str | None = None
    data: Mapping[str, Any] | None = None


def append(connection: Connection, instance_id: str, *, seq: int, last_hash: str, events: Sequence[Event]) -> Head:
    """Append events after `seq` (0 and EMPTY for a new instance) in one statement and return the chain's new end.

    The caller writes the returned `seq` and `hash` into the instance's row in the same transaction, under the same lock.
    """
    head = Head(seq, last_hash)
    rows = []
    for event in events:
        data = None if event.data is None else plain(event.data)
        head = Head(head.seq + 1, chain_hash(head.hash, instance_id, seq=head.seq + 1, event=event, data=data))
        rows.append(_row(instance_id, event, head=head, data=data))
    if rows:
        connection.execute(INSERT, rows)
    return head


def chain_hash(previous: str, instance_id: str, *, seq: int, event: Event, data: Plain) -> str:
    """Return SHA-256 over the previous hash and the event's canonical text; `data` is the event's, made plain."""
    text = text_of(
        {
            "instance": instance_id,
            "seq": seq,
            "kind": event.kind,
            "at": iso(event.at),
            "actor": event.actor,
            "on_behalf_of": event.on_behalf_of,
            "element": event.element,
            "token": event.token,
            "data": data,
        }
    )
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()


def _row(instance_id: str, event: Event, *, head: Head, data: Plain) -> dict[str, object]:
    return {
        "instance_id": instance_id,
        "seq": head.seq,
        "at": event.at,
        "kind": event.kind,
        "actor": event.actor,
        "on_behalf_of": event.on_behalf_of,
        "element": event.element,
        "token": event.token,
        "data": data,
        "hash": head.hash,
    }
