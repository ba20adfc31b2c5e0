"""What was escalated to whom: one row for each step of a ladder that was taken (section 2.4).

The process that climbs the ladder bears the escalation's id.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from engine.db import Json, UtcTime, metadata
from engine.ids import new_id

escalation = sa.Table(
    "escalation",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("record", sa.String(255), nullable=False),
    sa.Column("ladder", sa.String(32), nullable=False, comment="page or breach"),
    sa.Column("priority", sa.String(8), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("started_at", UtcTime, nullable=False),
    sa.Column("acknowledged_at", UtcTime, nullable=True),
    sa.Column("acknowledged_by", sa.String(255), nullable=True),
    sa.Column("ended_at", UtcTime, nullable=True),
    sa.Column("level", sa.Integer, nullable=False, comment="steps taken; never falls"),
    sa.Column("is_drill", sa.Boolean, nullable=False),
    sa.Index(None, "record", "ended_at"),
)
OPEN = escalation.c.ended_at.is_(None)
sa.Index(
    "uq_escalation_record_ladder", escalation.c.record, escalation.c.ladder, unique=True, sqlite_where=OPEN, postgresql_where=OPEN
)  # at most one is open for a ladder of a record
escalation_step = sa.Table(
    "escalation_step",
    metadata,
    sa.Column("escalation_id", sa.String(32), sa.ForeignKey("escalation.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("level", sa.Integer, primary_key=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("targets", Json, nullable=False, comment="teams that were told"),
    sa.Column("channel", sa.String(32), nullable=False),
)


@dataclass(frozen=True, slots=True)
class Opened:
    """A new escalation: it counts from `since`, when the one that it `replaced` was opened, if any."""

    id: str
    since: datetime
    replaced: str | None


def open_escalation(
    connection: sa.Connection, record: str, *, ladder: str, priority: str, reason: str, is_drill: bool, now: datetime
) -> Opened | None:
    """Open an escalation; None while one on the same ladder is open for the record, which goes on instead.

    One of a lower priority is replaced by the new one, which takes the steps that are due since the first began: the level never falls.
    Who opens one at the same moment waits at the index for the first one's commit, and then looks again.
    """
    found = sa.select(escalation.c.id, escalation.c.priority, escalation.c.started_at)
    same = sa.and_(escalation.c.record == record, OPEN, escalation.c.ladder == ladder)
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    while True:
        running = connection.execute(found.where(same)).one_or_none()
        if running is not None and running.priority <= priority:
            return None
        if running is not None:
            end_escalation(connection, running.id, now=now)
        since, replaced = (now, None) if running is None else (running.started_at, running.id)
        made = new_id()
        row = {"id": made, "record": record, "ladder": ladder, "priority": priority, "reason": reason, "started_at": since}
        statement = insert(escalation).values(**row, level=0, is_drill=is_drill).on_conflict_do_nothing()
        if connection.scalar(statement.returning(escalation.c.id)) is not None:
            return Opened(made, since, replaced)


def open_escalations(connection: sa.Connection, record: str) -> list[tuple[str, str]]:
    """Return the escalations of a record that are open now: ladder and id."""
    running = sa.select(escalation.c.ladder, escalation.c.id).where(escalation.c.record == record, OPEN)
    return [(row.ladder, row.id) for row in connection.execute(running.order_by(escalation.c.id))]


def take_step(connection: sa.Connection, escalation_id: str, *, level: int, targets: Sequence[str], channel: str, now: datetime) -> None:
    """Note a step that is taken; the level only rises."""
    step = {"escalation_id": escalation_id, "level": level, "at": now, "targets": list(targets), "channel": channel}
    connection.execute(sa.insert(escalation_step).values(step))
    connection.execute(sa.update(escalation).where(escalation.c.id == escalation_id, escalation.c.level < level).values(level=level))


def acknowledge(connection: sa.Connection, escalation_id: str, *, by: str, now: datetime) -> None:
    """Note who took it on; the first stays."""
    first = sa.and_(escalation.c.id == escalation_id, escalation.c.acknowledged_at.is_(None))
    connection.execute(sa.update(escalation).where(first).values(acknowledged_at=now, acknowledged_by=by))


def end_escalation(connection: sa.Connection, escalation_id: str, *, now: datetime) -> None:
    """End an escalation."""
    running = sa.and_(escalation.c.id == escalation_id, OPEN)
    connection.execute(sa.update(escalation).where(running).values(ended_at=now))
