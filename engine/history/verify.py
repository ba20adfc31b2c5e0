"""Verifying: every chain is computed again, row by row, and compared with what is stored.

The steps:

1. Read all history rows by instance and `seq`, each with its instance's `history_seq` and `history_hash`, a thousand at a time.
2. Before each row: is it the next number? A missing one is a gap.
3. Compute the row's hash from the stored hash before it; a difference means that this row, or the one before it, was altered.
4. After an instance's last row: are its number and hash those in the instance's row? Else the end was cut off or added.
5. Instances whose row counts events but that have none lost them all.

Each of the two statements sees one consistent state, so writers may go on meanwhile. Who can rewrite the history *and* the instance's
row, consistently to the end, leaves no trace here: keep backups or exported end hashes elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Dialect, Row

from engine.db import Json, UtcTime
from engine.errors import Invalid
from engine.history.chain import EMPTY, Head, chain_hash
from engine.history.read import COLUMNS, Entry, as_entry
from engine.plain import plain
from engine.tables import history, process_instance

AT_A_TIME = 1000


class BreakKind(StrEnum):
    """How a chain can be broken."""

    CHANGED = "changed"
    GAP = "gap"
    CUT = "cut"
    ADDED = "added"
    END = "end"
    ORPHAN = "orphan"


@dataclass(frozen=True, slots=True)
class Break:
    """One place where the history is not what was written: the row `seq` of the instance, and what differs."""

    instance_id: str
    seq: int
    kind: BreakKind
    message: str

    def __str__(self) -> str:
        """Read as one line."""
        return f"instance {self.instance_id}, event {self.seq}: {self.message}"


def verify(connection: Connection, instance_id: str | None = None) -> Iterator[Break]:
    """Yield every break in the chains of all instances, or of one; memory does not grow with their number."""
    dialect = connection.dialect
    rows = connection.execute(_rows(instance_id, dialect), execution_options={"yield_per": AT_A_TIME})
    for key, group in groupby(rows, key=lambda row: str(row.instance_id)):
        yield from _breaks(key, group, dialect=dialect)
    for row in connection.execute(_emptied(instance_id), execution_options={"yield_per": AT_A_TIME}):
        yield Break(row.id, 1, BreakKind.CUT, f"all {row.history_seq} events are missing")


def _rows(instance_id: str | None, dialect: Dialect) -> sa.Select[*tuple[Any, ...]]:
    ends = (process_instance.c.id.label("owner"), process_instance.c.history_seq, process_instance.c.history_hash)
    joined = history.outerjoin(process_instance, process_instance.c.id == history.c.instance_id)
    columns = [_as_stored(column) for column in COLUMNS] if dialect.name == "sqlite" else COLUMNS
    statement = sa.select(*columns, *ends).select_from(joined).order_by(history.c.instance_id, history.c.seq)
    return statement if instance_id is None else statement.where(history.c.instance_id == instance_id)


def _as_stored(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    """Select SQLite's bare value: what nobody could have written must be found when the row is checked, not while it is fetched."""
    return sa.type_coerce(column, sa.types.NullType()).label(column.name)


def _entry(row: Row[*tuple[Any, ...]], dialect: Dialect) -> Entry:
    entry = as_entry(row)
    if dialect.name != "sqlite":
        return entry
    at, data = UtcTime().process_result_value(row.at, dialect), Json().process_result_value(row.data, dialect)
    if at is None:
        raise ValueError("it has no time")
    return replace(entry, event=replace(entry.event, at=at, data=data))


def _emptied(instance_id: str | None) -> sa.Select[*tuple[Any, ...]]:
    has_history = sa.exists().where(history.c.instance_id == process_instance.c.id)
    statement = sa.select(process_instance.c.id, process_instance.c.history_seq)
    statement = statement.where(process_instance.c.history_seq > 0, ~has_history).order_by(process_instance.c.id)
    return statement if instance_id is None else statement.where(process_instance.c.id == instance_id)


def _breaks(instance_id: str, rows: Iterator[Row[*tuple[Any, ...]]], *, dialect: Dialect) -> Iterator[Break]:
    head = Head()
    for row in rows:
        if not isinstance(row.seq, int):
            yield Break(instance_id, head.seq + 1, BreakKind.CHANGED, f"its number is {row.seq!r}, which was never written")
            return
        if row.seq != head.seq + 1:
            yield Break(instance_id, row.seq, BreakKind.GAP, _gap(head.seq + 1, row.seq))
        else:
            yield from _altered(row, head, dialect=dialect)
        head = Head(row.seq, row.hash)
    yield from _end(instance_id, row, head)


def _gap(expected: int, found: int) -> str:
    if found < expected:
        return f"its number is {found} where {expected} is due"
    missing = str(expected) if found == expected + 1 else f"{expected} to {found - 1}"
    return f"before it, {missing} is missing" if found == expected + 1 else f"before it, {missing} are missing"


def _altered(row: Row[*tuple[Any, ...]], head: Head, *, dialect: Dialect) -> Iterator[Break]:
    try:
        entry = _entry(row, dialect)
        due = chain_hash(head.hash, entry.instance_id, seq=entry.seq, event=entry.event, data=plain(entry.event.data))
    except (Invalid, TypeError, ValueError, RecursionError) as refusal:
        yield Break(row.instance_id, row.seq, BreakKind.CHANGED, f"it holds what was never written: {refusal}")
        return
    if due != entry.hash:
        subject = "this event" if head.hash == EMPTY else "this event, or the hash of the one before it,"
        reads = f"{entry.event.kind} by {entry.event.actor}"
        message = f"{subject} was changed or moved: hash {entry.hash[:12]} is stored, {due[:12]} is computed from {reads}"
        yield Break(entry.instance_id, entry.seq, BreakKind.CHANGED, message)


def _end(instance_id: str, row: Row[*tuple[Any, ...]], head: Head) -> Iterator[Break]:
    if row.owner is None:
        yield Break(instance_id, head.seq, BreakKind.ORPHAN, f"there is no such instance, but {head.seq} events of it")
    elif row.history_seq > head.seq:
        yield Break(instance_id, head.seq + 1, BreakKind.CUT, f"the instance counts {row.history_seq} events, the last is {head.seq}")
    elif row.history_seq < head.seq:
        yield Break(
            instance_id, row.history_seq + 1, BreakKind.ADDED, f"the instance counts {row.history_seq} events, the last is {head.seq}"
        )
    elif row.history_hash != head.hash:
        yield Break(
            instance_id,
            head.seq,
            BreakKind.END,
            f"the chain ends in hash {head.hash[:12]}, the instance's row says {row.history_hash[:12]}",
        )
