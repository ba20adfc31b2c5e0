"""Runs migrations on the database that `watchbill.migrating` names."""

from __future__ import annotations

from alembic import context

from engine.db import Database, metadata

database: Database = context.config.attributes["database"]

with database.engine.connect() as connection:
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=database.is_sqlite, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
