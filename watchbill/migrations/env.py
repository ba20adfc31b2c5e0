"""Runs migrations on the database that `watchbill.migrating` names, in one transaction, one program at a time."""

from __future__ import annotations

from alembic import context

from engine.db import Database, metadata
from watchbill.migrating import one_at_a_time

database: Database = context.config.attributes["database"]

with database.write() as connection:
    one_at_a_time(connection)
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=database.is_sqlite, compare_type=True)
    context.run_migrations()
