"""Long lists in slices: each ends with a cursor that says where the next one begins, so none is skipped or shown twice while rows come.

A cursor is the last row's value of the sorted column, and its key. It is opaque to callers: base64 over JSON, checked when it comes back.
Empty values come last, in either direction.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from engine.db import UtcTime
from engine.errors import Invalid

Item = TypeVar("Item")
MAX_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Slice(Generic[Item]):
    """Some of the answers; `cursor` begins the next slice, None when this is the last."""

    items: tuple[Item, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Order:
    """An order by one column; `key` decides between equals and is never empty. Both are columns of the rows."""

    column: sa.Column[Any]
    key: sa.Column[Any]
    is_descending: bool = False

    @property
    def name(self) -> str:
        """Return how a caller writes it: `-priority` descends."""
        return f"{'-' if self.is_descending else ''}{self.column.name}"


def order_of(text: str, columns: tuple[sa.Column[Any], ...], *, key: sa.Column[Any]) -> Order:
    """Return the order that a caller wrote, such as `-reported_at`. Raises Invalid."""
    for column in columns:
        if text.removeprefix("-") == column.name:
            return Order(column, key, text.startswith("-"))
    raise Invalid(f"there is no order by {text!r}: use one of {', '.join(column.name for column in columns)}, or one of them after a '-'")


def cut(
    connection: sa.Connection, statement: sa.Select[Any], made: Callable[[Any], Item], *, order: Order, limit: int, cursor: str | None
) -> Slice[Item]:
    """Return a slice of a statement's rows, each `made` of its row. Raises Invalid for a cursor that was not given out for this list."""
    checked_limit(limit)
    if cursor is not None:
        statement = statement.where(_after(order, *_place(order, cursor)))
    ends = [order.column.desc(), order.key.desc()] if order.is_descending else [order.column.asc(), order.key.asc()]
    rows = connection.execute(statement.order_by(ends[0].nulls_last(), ends[1]).limit(limit + 1)).all()
    shown = rows[:limit]
    last = None if len(rows) <= limit else shown[-1]._mapping
    following = None if last is None else as_cursor(order.name, last[order.column.name], last[order.key.name])
    return Slice(tuple(made(row) for row in shown), following)


def checked_limit(limit: int) -> None:
    """Raise Invalid for a slice that nobody could mean."""
    if not 1 <= limit <= MAX_LIMIT:
        raise Invalid(f"a slice of {limit}: use 1 to {MAX_LIMIT}")


def as_cursor(*parts: Any) -> str:
    """Return the place after which the next slice begins."""
    plain = [part.isoformat() if isinstance(part, datetime) else part for part in parts]
    return base64.urlsafe_b64encode(json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()).decode().rstrip("=")


def read_cursor(cursor: str, *, parts: int) -> list[Any]:
    """Return what a cursor says. Raises Invalid."""
    try:
        found = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (ValueError, RecursionError) as error:
        raise _strange(cursor) from error
    if not isinstance(found, list) or len(found) != parts or not all(part is None or isinstance(part, str | int) for part in found):
        raise _strange(cursor)
    return found


def read_place(text: Any) -> datetime:
    """Return a moment of a cursor. Raises Invalid."""
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise _strange(text) from error
    if moment.tzinfo is None:
        raise _strange(text)
    return moment


def _place(order: Order, cursor: str) -> tuple[Any, Any]:
    name, value, key = read_cursor(cursor, parts=3)
    if name != order.name:
        raise Invalid(f"the cursor was given out for the order {name!r}: begin again to sort by {order.name!r}")
    kind = datetime if isinstance(order.column.type, UtcTime) else order.column.type.python_type
    if value is not None and kind is datetime:
        value = read_place(value)
    if not isinstance(key, str) or not (value is None or type(value) is kind):
        raise _strange(cursor)
    return value, key


def _after(order: Order, value: Any, key: Any) -> sa.ColumnElement[bool]:
    column = order.column
    later_key = order.key < key if order.is_descending else order.key > key
    if value is None:
        return sa.and_(column.is_(None), later_key)
    later = column < value if order.is_descending else column > value
    return sa.or_(later, sa.and_(column == value, later_key), column.is_(None))


def _strange(cursor: Any) -> Invalid:
    return Invalid(f"the cursor {str(cursor)[:40]!r} is none of ours: take it from the answer before, as it is")
