"""Pages of long answers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from engine.errors import Invalid

Item = TypeVar("Item")
MAX_LIMIT = 1000
MAX_OFFSET = 1_000_000_000
COUNTED = 1000


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some of the answers, and how many there are in all: exactly up to COUNTED, beyond that `is_more` says that there are more."""

    items: tuple[Item, ...]
    total: int
    offset: int
    is_more: bool = False


def count_up_to(
    connection: Connection, table: sa.FromClause, conditions: Sequence[sa.ColumnElement[bool]], *, most: int | None
) -> tuple[int, bool]:
    """Return how many rows there are, and whether there are more than `most` (None: count them all, however long that takes)."""
    found = sa.select(sa.literal(1)).select_from(table).where(*conditions)
    counted = (found if most is None else found.limit(most + 1)).subquery()
    total = connection.execute(sa.select(sa.func.count()).select_from(counted)).scalar_one()
    return (total, False) if most is None or total <= most else (most, True)


def checked_page(limit: int, offset: int) -> None:
    """Raise Invalid for a page that nobody could mean."""
    if not 1 <= limit <= MAX_LIMIT or not 0 <= offset <= MAX_OFFSET:
        raise Invalid(f"a page of {limit} from {offset}: use a limit of 1 to {MAX_LIMIT} and an offset of 0 to {MAX_OFFSET}")


@dataclass(frozen=True, slots=True)
class Sort:
    """One part of an order: the name of what is sorted by."""

    name: str
    is_descending: bool = False


def ordered(
    statement: sa.Select[Any], columns: Mapping[str, sa.ColumnElement[Any]], sorts: Collection[Sort], *, last: sa.ColumnElement[Any]
) -> sa.Select[Any]:
    """Return a statement in an order, empty values last; `last` decides between equals. Raises Invalid for a name that is no column."""
    for each in sorts:
        if each.name not in columns:
            raise Invalid(f"there is no order by {each.name!r}: use one of {', '.join(sorted(columns))}")
        column = columns[each.name]
        statement = statement.order_by((column.desc() if each.is_descending else column.asc()).nulls_last())
    return statement.order_by(last)
