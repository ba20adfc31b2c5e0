"""Calendars as stored: versions of data. A new version never changes what was computed by an older one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from engine.db import Json, UtcTime, metadata
from engine.errors import NotFound
from records.calendars import ALWAYS, AROUND_THE_CLOCK, Calendar, parse_calendar

business_calendar = sa.Table(
    "business_calendar",
    metadata,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("body", Json, nullable=False, comment="zone, week, exceptions, known_until, source"),
    sa.Column("created_at", UtcTime, nullable=False),
)

BODY = sa.cast(business_calendar.c.body, sa.Text).label("calendar_body")
LATEST = (
    sa.select(business_calendar.c.version, BODY)
    .where(business_calendar.c.key == sa.bindparam("of_key"))
    .order_by(business_calendar.c.version.desc())
    .limit(1)
)
ONE = LATEST.where(business_calendar.c.version == sa.bindparam("of_version"))


def store_calendar(connection: sa.Connection, body: Mapping[str, Any], *, key: str, now: datetime) -> Calendar:
    """Store a calendar as a new version, unless the latest says the same; return it. Raises Invalid."""
    latest = connection.execute(_versions(key).limit(1)).one_or_none()
    if latest is not None and latest.body == dict(body):
        return parse_calendar(key, latest.version, latest.body)
    version = 1 if latest is None else latest.version + 1
    made = parse_calendar(key, version, body)
    row = {"key": key, "version": version, "body": dict(body), "created_at": now}
    connection.execute(sa.insert(business_calendar).values(row))
    return made


def has_calendar(connection: sa.Connection, key: str) -> bool:
    """Tell whether a calendar is stored."""
    return connection.scalar(sa.select(sa.exists(_versions(key)))) is True


def load_calendar(connection: sa.Connection, key: str, *, version: int | None = None) -> Calendar:
    """Return a calendar, the latest version unless one is named. Raises NotFound."""
    if key == AROUND_THE_CLOCK:
        return ALWAYS
    row = connection.execute(LATEST if version is None else ONE, {"of_key": key, "of_version": version}).one_or_none()
    if row is None:
        raise NotFound(f"There is no calendar {key!r}: run `watchbill init`, or use {AROUND_THE_CLOCK}.")
    return read_calendar(key, row.version, row.calendar_body)


def _versions(key: str) -> sa.Select[tuple[int, Any]]:
    columns = sa.select(business_calendar.c.version, business_calendar.c.body)
    return columns.where(business_calendar.c.key == key).order_by(business_calendar.c.version.desc())


@lru_cache(maxsize=64)
def read_calendar(key: str, version: int, body: str) -> Calendar:
    """Return a version of a calendar from its body as text (BODY)."""
    return parse_calendar(key, version, json.loads(body))
