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
    statement = _versions(key) if version is None else _versions(key).where(business_calendar.c.version == version)
    row = connection.execute(statement.limit(1)).one_or_none()
    if row is None:
        raise NotFound(f"There is no calendar {key!r}: run `watchbill init`, or use {AROUND_THE_CLOCK}.")
    return _parsed(key, row.version, _frozen(row.body))


def _versions(key: str) -> sa.Select[tuple[int, Any]]:
    columns = sa.select(business_calendar.c.version, business_calendar.c.body)
    return columns.where(business_calendar.c.key == key).order_by(business_calendar.c.version.desc())


def _frozen(body: Mapping[str, Any]) -> str:
    return json.dumps(body, sort_keys=True)


@lru_cache(maxsize=64)
def _parsed(key: str, version: int, body: str) -> Calendar:
    return parse_calendar(key, version, json.loads(body))
