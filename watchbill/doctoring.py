"""Examines a Watchbill: versions, where each package was imported from, database, migrations, work, disk."""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

import engine
import handlers
import records
import watchbill
import webui
from engine.clock import SystemClock
from engine.db import Database
from engine.errors import WatchbillError
from engine.tables import failure, process_instance
from engine.work import holder_of
from watchbill import migrating
from watchbill.house import has_database, open_database, said_by_database
from watchbill.settings import Settings

LEAST_FREE_BYTES = 500_000_000
LIBRARIES = ("SpiffWorkflow", "SQLAlchemy", "Flask", "APScheduler", "lxml", "alembic", "pydantic")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: what was found, whether it is well, and what to do if not."""

    name: str
    is_well: bool
    found: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """All that was looked at."""

    is_well: bool
    checks: tuple[Check, ...]


def examine(settings: Settings) -> Report:
    """Look at everything; what fails becomes a finding, never an exception."""
    checks = [
        Check("python", sys.version_info >= (3, 11), platform.python_version()),
        Check("watchbill", True, importlib.metadata.version("watchbill")),
        *[Check(name, True, importlib.metadata.version(name)) for name in LIBRARIES],
        *[
            Check(f"package {package.__name__}", True, _place(package.__file__))
            for package in (engine, records, handlers, webui, watchbill)
        ],
        _disk(settings.home),
        _clock(settings),
        *_database(settings),
    ]
    return Report(all(check.is_well for check in checks), tuple(checks))


def _place(file: str | None) -> str:
    return str(Path(file or "").parent)


def _disk(home: Path) -> Check:
    place = home if home.exists() else home.parent
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    return Check("disk", free > LEAST_FREE_BYTES, f"{free / 1e9:.1f} GB free at {place}", "" if free > LEAST_FREE_BYTES else "Make room.")


def _clock(settings: Settings) -> Check:
    """A clock file is for rehearsals: left on by accident, no timer would ever fire."""
    if settings.clock_file is None:
        return Check("clock", True, "the machine's")
    try:
        found = f"it stands at {settings.clock().now().isoformat()}, as {settings.clock_file} says"
    except WatchbillError as error:
        found = str(error)
    return Check("clock", False, found, "Rehearsals only: unset WATCHBILL_CLOCK_FILE, and clock_file in watchbill.toml.")


def _database(settings: Settings) -> list[Check]:
    shown = make_url(settings.url).render_as_string(hide_password=True)
    if not has_database(settings):
        return [Check("database", False, f"{shown} is not there", "Run watchbill init.")]
    try:
        database = open_database(settings)
        try:
            return [Check("database", True, shown), *_inside(database)]
        finally:
            database.dispose()
    except SQLAlchemyError as error:
        advice = "Start the database, or correct WATCHBILL_DATABASE_URL."
        return [Check("database", False, f"{shown}: {said_by_database(error)}", advice)]
    except WatchbillError as error:
        return [Check("database", False, f"{shown}: {error}")]


def _inside(database: Database) -> list[Check]:
    pending = migrating.pending(database)
    if pending:
        return [Check("migrations", False, f"pending: {', '.join(pending)}", "Run watchbill init.")]
    return [Check("migrations", True, "all applied"), *_work(database)]


def _work(database: Database) -> list[Check]:
    held = holder_of(database)
    now = SystemClock().now()
    alive = held is not None and held.expires_at > now
    told = f"{held.holder} under fence {held.fence}" if held is not None and alive else "nobody does the work"
    with database.read() as connection:
        failed = connection.scalar(sa.select(sa.func.count()).select_from(failure).where(failure.c.resolved_at.is_(None))) or 0
        active = (
            connection.scalar(sa.select(sa.func.count()).select_from(process_instance).where(process_instance.c.status == "active")) or 0
        )
    return [
        Check("work process", alive, told, "" if alive else "Run watchbill serve, or watchbill worker."),
        Check("instances", True, f"{active} active"),
        Check("failures", not failed, f"{failed} open", "Look at watchbill failures." if failed else ""),
    ]
