"""Questions about business calendars. Each asks first whether the reader may read records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.db import Database
from engine.errors import NotFound
from engine.people import HOUSE, Action, Actor, require
from records.stored_calendars import business_calendar


@dataclass(frozen=True, slots=True)
class CalendarView:
    """A version of a calendar as it was stored: `body` has zone, week, exceptions, known_until and source."""

    key: str
    version: int
    body: dict[str, Any]
    created_at: datetime


COLUMNS = [business_calendar.c[name] for name in CalendarView.__slots__]
NEWER = business_calendar.alias()
IS_LATEST = ~sa.exists(sa.select(NEWER.c.key).where(NEWER.c.key == business_calendar.c.key, NEWER.c.version > business_calendar.c.version))


def find_calendars(database: Database, *, actor: Actor) -> tuple[CalendarView, ...]:
    """Return the latest version of each calendar, by key."""
    require(actor, Action.READ_RECORDS, HOUSE)
    with database.read() as connection:
        rows = connection.execute(sa.select(*COLUMNS).where(IS_LATEST).order_by(business_calendar.c.key))
        return tuple(CalendarView(*row) for row in rows)


def one_calendar(database: Database, key: str, *, actor: Actor, version: int | None = None) -> CalendarView:
    """Return a calendar, the latest version unless one is named. Raises NotFound."""
    require(actor, Action.READ_RECORDS, HOUSE)
    which = IS_LATEST if version is None else business_calendar.c.version == version
    with database.read() as connection:
        row = connection.execute(sa.select(*COLUMNS).where(business_calendar.c.key == key, which)).one_or_none()
    if row is None:
        raise NotFound(f"There is no calendar {key!r}" + ("." if version is None else f" in version {version}."))
    return CalendarView(*row)
