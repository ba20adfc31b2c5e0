"""Reading an instance's history."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from engine.history.chain import Event
from engine.tables import history

COLUMNS = (
    history.c.instance_id,
    history.c.seq,
    history.c.at,
    history.c.kind,
    history.c.actor,
    history.c.on_behalf_of,
    history.c.element,
    history.c.token,
    history.c.data,
    history.c.hash,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """An event as it stands in the table."""

    instance_id: str
    seq: int
    event: Event
    hash: str


def history_of(connection: Connection, instance_id: str, *, after: int = 0, limit: int | None = None) -> Iterator[Entry]:
    """Return the events of an instance in order, after the given `seq`."""
    statement = sa.select(*COLUMNS).where(history.c.instance_id == instance_id, history.c.seq > after).order_by(history.c.seq)
    for row in connection.execute(statement.limit(limit)):
        yield as_entry(row)


def as_entry(row: Row[*tuple[Any, ...]]) -> Entry:
    """Return a row of COLUMNS (and perhaps more) as an entry."""
    event = Event(row.kind, row.at, row.actor, row.on_behalf_of, row.element, row.token, row.data)
    return Entry(row.instance_id, row.seq, event, row.hash)
