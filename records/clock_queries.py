"""Questions about SLA clocks. Each asks first whether the reader may read records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.db import Database
from engine.errors import NotFound
from engine.people import HOUSE, Action, Actor, require
from records.keyset import Slice, cut, order_of
from records.sla import Pause, percent, state
from records.sla_clocks import SELECT, read_rows, sla_clock

SORTABLE = (sla_clock.c.due_at, sla_clock.c.started_at, sla_clock.c.breached_at, sla_clock.c.record)


@dataclass(frozen=True, slots=True)
class ClockView:
    """A clock as it stands at a moment: `percent` of the target is used; `due_at` is None while a pause decides."""

    id: str
    record: str
    kind: str
    state: str
    percent: float
    calendar: str
    calendar_version: int
    target_s: int
    started_at: datetime
    due_at: datetime | None
    is_provisional: bool
    stopped_at: datetime | None
    cancelled_at: datetime | None
    breached_at: datetime | None
    breach_cause: str | None
    cycle: int
    pauses: tuple[Pause, ...]
    is_drill: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockFilter:
    """Which clocks; what is None does not narrow. One is over when it was stopped or cancelled."""

    record: str | None = None
    kind: str | None = None
    is_over: bool | None = None
    is_breached: bool | None = None
    is_drill: bool | None = None
    due_before: datetime | None = None

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """Return the conditions in SQL; a breach that nobody noted yet counts from the next look at the clock."""
        named = {"record": self.record, "kind": self.kind, "is_drill": self.is_drill}
        found = [sla_clock.c[name] == value for name, value in named.items() if value is not None]
        over = sa.or_(sla_clock.c.stopped_at.is_not(None), sla_clock.c.cancelled_at.is_not(None))
        if self.is_over is not None:
            found.append(over if self.is_over else sa.not_(over))
        if self.is_breached is not None:
            found.append(sla_clock.c.breached_at.is_not(None) if self.is_breached else sla_clock.c.breached_at.is_(None))
        if self.due_before is not None:
            found.append(sla_clock.c.due_at < self.due_before)
        return found


def find_clocks(
    database: Database,
    wanted: ClockFilter,
    *,
    actor: Actor,
    now: datetime,
    sort: str = "due_at",
    limit: int = 50,
    cursor: str | None = None,
) -> Slice[ClockView]:
    """Return clocks as they stand now, those that are due first at the top unless sorted otherwise."""
    require(actor, Action.READ_RECORDS, HOUSE)
    order = order_of(sort, SORTABLE, key=sla_clock.c.id)
    with database.read() as connection:
        return cut(connection, SELECT.where(*wanted.conditions()), lambda row: _view(row, now), order=order, limit=limit, cursor=cursor)


def one_clock(database: Database, clock_id: str, *, actor: Actor, now: datetime) -> ClockView:
    """Return a clock as it stands now. Raises NotFound."""
    require(actor, Action.READ_RECORDS, HOUSE)
    with database.read() as connection:
        for row in connection.execute(SELECT.where(sla_clock.c.id == clock_id)):
            return _view(row, now)
    raise NotFound(f"There is no clock {clock_id!r}.")


def _view(row: sa.Row[*tuple[Any, ...]], now: datetime) -> ClockView:
    [stored] = read_rows([row])
    clock = stored.clock
    return ClockView(
        stored.id, stored.record, clock.kind.value, state(clock, now).value, round(percent(clock, now), 1), clock.calendar.key,
        clock.calendar.version, row.target_s, clock.started_at, row.due_at, row.is_provisional, clock.stopped_at, clock.cancelled_at,
        clock.breached_at, clock.breach_cause, clock.cycle, clock.pauses, stored.is_drill,
    )  # fmt: skip
