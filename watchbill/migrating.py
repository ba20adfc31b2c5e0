"""Brings a database to this program's version, with alembic."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import engine.tables  # noqa: F401  # the tables register themselves
import records
from engine.db import Database, metadata

FOLDER = Path(__file__).parent / "migrations"

for _module in pkgutil.walk_packages(records.__path__, "records."):
    importlib.import_module(_module.name)


def config(database: Database) -> Config:
    """Return alembic's configuration for a database."""
    made = Config()
    made.set_main_option("script_location", str(FOLDER))
    made.attributes["database"] = database
    return made


def upgrade(database: Database) -> None:
    """Apply every pending migration."""
    command.upgrade(config(database), "head")


def pending(database: Database) -> tuple[str, ...]:
    """Return the migrations that a database lacks, in order."""
    script = ScriptDirectory.from_config(config(database))
    with database.engine.connect() as connection:
        present = MigrationContext.configure(connection).get_current_heads()
    lacking = []
    for revision in script.walk_revisions():
        if revision.revision in present:
            break
        lacking.append(revision.revision)
    return tuple(reversed(lacking))


__all__ = ["config", "metadata", "pending", "upgrade"]
