"""The SLA clocks of records, as stored: one row a clock, its pauses inside; read under a lock before it is changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine.db import Json, UtcTime, metadata
from engine.errors import NotFound
from engine.ids import new_id
from records.calendars import ALWAYS, AROUND_THE_CLOCK
from records.sla import Clock, ClockKind, Pause, due, noted, used
from records.stored_calendars import BODY, business_calendar, read_calendar

sla_clock = sa.Table(
    "sla_clock",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("record", sa.String(255), nullable=False, comment="such as incident:INC-20260213-0007"),
    sa.Column("kind", sa.String(8), nullable=False, comment="respond, restore or update"),
    sa.Column("calendar", sa.String(64), nullable=False),
    sa.Column("calendar_version", sa.Integer, nullable=False),
    sa.Column("target_s", sa.Integer, nullable=False, comment="working seconds"),
    sa.Column("started_at", UtcTime, nullable=False),
    sa.Column("counted_from", UtcTime, nullable=False),
    sa.Column("carried_s", sa.Float, nullable=False),
    sa.Column("pauses", Json, nullable=False),
    sa.Column("due_at", UtcTime, nullable=True, comment="as of the last change; null while a pause decides"),
    sa.Column("is_provisional", sa.Boolean, nullable=False, comment="the deadline lies where holidays are not known yet"),
    sa.Column("stopped_at", UtcTime, nullable=True),
    sa.Column("cancelled_at", UtcTime, nullable=True),
    sa.Column("breached_at", UtcTime, nullable=True),
    sa.Column("breach_cause", sa.String(32), nullable=True),
    sa.Column("used_s", sa.Float, nullable=True, comment="frozen when the record closes"),
    sa.Column("cycle", sa.Integer, nullable=False),
    sa.Column("told", sa.Integer, nullable=False, comment="last percentage told"),
    sa.Column("is_drill", sa.Boolean, nullable=False),
    sa.UniqueConstraint("record", "kind"),
    sa.Index(None, "stopped_at", "due_at"),
)


SELECT = sa.select(sla_clock, BODY).outerjoin(
    business_calendar,
    sa.and_(business_calendar.c.key == sla_clock.c.calendar, business_calendar.c.version == sla_clock.c.calendar_version),
)
OF_RECORD_UNLOCKED = SELECT.where(sla_clock.c.record == sa.bindparam("of_record")).order_by(sla_clock.c.kind)
OF_RECORD = OF_RECORD_UNLOCKED.with_for_update(of=sla_clock)
UPDATE = sa.update(sla_clock).where(sla_clock.c.id == sa.bindparam("of_id"))
BY_ID = SELECT.where(sla_clock.c.id == sa.bindparam("clock_id")).with_for_update(of=sla_clock)


@dataclass(frozen=True, slots=True)
class StoredClock:
    """A clock with its row's id and its record."""

    id: str
    record: str
    clock: Clock
    is_drill: bool

    @property
    def business_key(self) -> str:
        """Return the business key of the process that watches this cycle of the clock: an earlier one may not have seen its end yet."""
        key = f"{self.record}#{self.clock.kind}"
        return key if self.clock.cycle == 1 else f"{key}/{self.clock.cycle}"


def insert_clock(connection: sa.Connection, record: str, clock: Clock, *, is_drill: bool) -> StoredClock:
    """Insert a clock of a record, which has at most one of a kind."""
    stored = StoredClock(new_id(), record, clock, is_drill)
    connection.execute(sa.insert(sla_clock).values(id=stored.id, record=record, is_drill=is_drill, **_columns(clock)))
    return stored


def save_clock(connection: sa.Connection, stored: StoredClock, clock: Clock, *, frozen_at: datetime | None = None) -> StoredClock:
    """Write a changed clock back; `frozen_at` also writes its used time for good (rule 1)."""
    frozen = {"used_s": None if frozen_at is None else used(noted(clock, frozen_at), frozen_at).total_seconds()}
    connection.execute(UPDATE, {"of_id": stored.id, **_columns(clock), **frozen})
    return StoredClock(stored.id, stored.record, clock, stored.is_drill)


def clocks_of(connection: sa.Connection, record: str) -> dict[ClockKind, StoredClock]:
    """Return a record's clocks by kind, locked until the end of the transaction."""
    return {found.clock.kind: found for found in read_rows(connection.execute(OF_RECORD, {"of_record": record}).all())}


def read_clocks(connection: sa.Connection, *, kind: ClockKind) -> dict[str, StoredClock]:
    """Return every clock of a kind by its record, unlocked: for reports."""
    rows = connection.execute(SELECT.where(sla_clock.c.kind == kind.value).order_by(sla_clock.c.record))
    return {found.record: found for found in read_rows(rows)}


def read_clock(connection: sa.Connection, clock_id: str) -> StoredClock:
    """Return a clock, locked until the end of the transaction. Raises NotFound."""
    for found in read_rows(connection.execute(BY_ID, {"clock_id": clock_id}).all()):
        return found
    raise NotFound(f"There is no clock {clock_id!r}.")


def _columns(clock: Clock) -> dict[str, Any]:
    deadline = due(clock)
    return {
        "kind": clock.kind.value,
        "calendar": clock.calendar.key,
        "calendar_version": clock.calendar.version,
        "target_s": int(clock.target.total_seconds()),
        "started_at": clock.started_at,
        "counted_from": clock.counted_from,
        "carried_s": clock.carried.total_seconds(),
        "pauses": [_pause_row(pause) for pause in clock.pauses],
        "due_at": None if deadline is None else deadline.at,
        "is_provisional": deadline is not None and deadline.is_provisional,
        "stopped_at": clock.stopped_at,
        "cancelled_at": clock.cancelled_at,
        "breached_at": clock.breached_at,
        "breach_cause": clock.breach_cause,
        "cycle": clock.cycle,
        "told": clock.told,
    }


def _pause_row(pause: Pause) -> dict[str, Any]:
    moments = {"since": pause.since, "until": pause.until, "expected_until": pause.expected_until}
    written = {name: None if moment is None else moment.isoformat() for name, moment in moments.items()}
    return {**written, "reason": pause.reason, "by": pause.by, "evidence": pause.evidence}


def _pause(row: Mapping[str, Any]) -> Pause:
    def moment(name: str) -> datetime | None:
        return None if row[name] is None else datetime.fromisoformat(row[name])

    return Pause(datetime.fromisoformat(row["since"]), row["reason"], row["by"], moment("until"), row["evidence"], moment("expected_until"))


def read_rows(rows: Iterable[sa.Row[*tuple[Any, ...]]]) -> Iterable[StoredClock]:
    """Yield the clocks in rows of SELECT."""
    for row in rows:
        calendar = ALWAYS if row.calendar == AROUND_THE_CLOCK else read_calendar(row.calendar, row.calendar_version, row.calendar_body)
        clock = Clock(
            ClockKind(row.kind), calendar, timedelta(seconds=row.target_s), row.started_at, row.counted_from,
            timedelta(seconds=row.carried_s), tuple(_pause(each) for each in row.pauses), row.stopped_at, row.cancelled_at,
            row.breached_at, row.breach_cause, row.cycle, row.told,
        )  # fmt: skip
        yield StoredClock(row.id, row.record, clock, row.is_drill)
