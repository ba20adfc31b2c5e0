"""What happened: append-only, guarded by the database itself."""

from __future__ import annotations

import sqlalchemy as sa

from engine.db import Json, UtcTime, metadata
from engine.tables.columns import ID, NAME

history = sa.Table(
    "history",
    metadata,
    sa.Column("instance_id", ID, primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True, comment="from 1, without gaps"),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("actor", NAME, nullable=False),
    sa.Column("on_behalf_of", NAME, nullable=True),
    sa.Column("element", NAME, nullable=True),
    sa.Column("token", ID, nullable=True),
    sa.Column("data", Json, nullable=True),
    sa.Column("hash", sa.String(64), nullable=False, comment="SHA-256 over the previous hash and this event"),
    sa.Index(None, "at"),
    sa.Index(None, "element", "kind"),
)

HISTORY_IS_APPEND_ONLY = "history is append-only: a row may not be changed or removed"
_RAISE = f"BEGIN RAISE EXCEPTION '{HISTORY_IS_APPEND_ONLY}'; END"
_EACH = "FOR EACH STATEMENT EXECUTE FUNCTION history_refuses()"
HISTORY_GUARDS: dict[str, tuple[str, ...]] = {
    "sqlite": tuple(
        f"CREATE TRIGGER history_refuses_{verb.lower()} BEFORE {verb} ON history BEGIN SELECT RAISE(ABORT, '{HISTORY_IS_APPEND_ONLY}'); END"
        for verb in ("UPDATE", "DELETE")
    ),
    "postgresql": (
        f"CREATE OR REPLACE FUNCTION history_refuses() RETURNS trigger LANGUAGE plpgsql AS $$ {_RAISE} $$",
        f"CREATE TRIGGER history_refuses_change BEFORE UPDATE OR DELETE OR TRUNCATE ON history {_EACH}",
    ),
}
"""The triggers that keep history append-only, by dialect. `create_all` runs them; a migration that creates the table executes them too."""

for _dialect, _statements in HISTORY_GUARDS.items():
    for _statement in _statements:
        sa.event.listen(history, "after_create", sa.DDL(_statement).execute_if(dialect=_dialect))  # type: ignore[no-untyped-call]  # SQLAlchemy's
