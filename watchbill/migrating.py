"""Brings a database to this program's version, with alembic."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

import engine.tables  # noqa: F401  # the tables register themselves
import records
from engine.db import Database, metadata
from engine.errors import Invalid

SET_UP_LOCK = 8033_0001
FOLDER = Path(__file__).parent / "migrations"

for _module in pkgutil.walk_packages(records.__path__, "records."):
    importlib.import_module(_module.name)


def one_at_a_time(connection: Connection) -> None:
    """Wait until no other program sets this database up; on SQLite who writes is alone anyhow."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(SET_UP_LOCK)))


def config(database: Database) -> Config:
    """Return alembic's configuration for a database."""
    made = Config()
    made.set_main_option("script_location", str(FOLDER))
    made.attributes["database"] = database
    return made


def upgrade(database: Database) -> None:
    """Apply every pending migration: all of them or, when one fails, none. There is no way down: restore a backup instead."""
    if pending(database):
        command.upgrade(config(database), "head")


def pending(database: Database) -> tuple[str, ...]:
    """Return the migrations that a database lacks, in order. Raises Invalid for the database of a later program."""
    known = [each.revision for each in ScriptDirectory.from_config(config(database)).walk_revisions()]
    with database.engine.connect() as connection:
        present = MigrationContext.configure(connection).get_current_revision()
    if present is None:
        return tuple(reversed(known))
    if present not in known:
        raise Invalid(f"The database is of version {present}, this program knows up to {known[0]}: run the later Watchbill.")
    return tuple(reversed(known[: known.index(present)]))


__all__ = ["config", "metadata", "one_at_a_time", "pending", "upgrade"]
