"""Runs migrations on the database that `watchbill.migrating` names, in one transaction, one program at a time."""

from __future__ import annotations

from alembic import context

from engine.db import Database, metadata

LOCK = 8033_0001
database: Database = context.config.attributes["database"]

with database.write() as connection:
    if not database.is_sqlite:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=database.is_sqlite, compare_type=True)
    context.run_migrations()
