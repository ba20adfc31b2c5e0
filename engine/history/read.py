"""Reading an instance's history."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from engine.history.chain import Event
from engine.tables import history, process_instance

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


def history_about(
    connection: Connection, business_keys: Collection[str], *, after: tuple[datetime, str, int] | None = None, limit: int
) -> Iterator[Entry]:
    """Return the events of all instances with one of these business keys, by time, after the event at (moment, instance, `seq`)."""
    instances = sa.select(process_instance.c.id).where(process_instance.c.business_key.in_(business_keys))
    statement = sa.select(*COLUMNS).where(history.c.instance_id.in_(instances))
    if after is not None:
        at, instance_id, seq = after
        later = sa.or_(history.c.instance_id > instance_id, sa.and_(history.c.instance_id == instance_id, history.c.seq > seq))
        statement = statement.where(sa.or_(history.c.at > at, sa.and_(history.c.at == at, later)))
    for row in connection.execute(statement.order_by(history.c.at, history.c.instance_id, history.c.seq).limit(limit)):
        yield as_entry(row)


def as_entry(row: Row[*tuple[Any, ...]]) -> Entry:
    """Return a row of COLUMNS (and perhaps more) as an entry."""
    event = Event(row.kind, row.at, row.actor, row.on_behalf_of, row.element, row.token, row.data)
    return Entry(row.instance_id, row.seq, event, row.hash)
