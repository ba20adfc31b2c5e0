"""Questions about escalations. Each asks first whether the reader may read records."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.db import Database
from engine.errors import NotFound
from engine.people import HOUSE, Action, Actor, require
from records.escalations import escalation, escalation_step
from records.keyset import Slice, cut, order_of


@dataclass(frozen=True, slots=True)
class StepView:
    """A step of a ladder that was taken."""

    level: int
    at: datetime
    targets: tuple[str, ...]
    channel: str


@dataclass(frozen=True, slots=True)
class EscalationView:
    """An escalation with the steps that it took, lowest first."""

    id: str
    record: str
    ladder: str
    priority: str
    reason: str
    started_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    ended_at: datetime | None
    level: int
    is_drill: bool
    steps: tuple[StepView, ...] = ()


COLUMNS = [escalation.c[each.name] for each in fields(EscalationView) if each.name != "steps"]
SORTABLE = (escalation.c.started_at, escalation.c.ended_at, escalation.c.priority, escalation.c.level)


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationFilter:
    """Which escalations; what is None does not narrow."""

    record: str | None = None
    ladder: str | None = None
    priority: str | None = None
    is_drill: bool | None = None
    is_ended: bool | None = None
    is_acknowledged: bool | None = None

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """Return the conditions in SQL."""
        named = {"record": self.record, "ladder": self.ladder, "priority": self.priority, "is_drill": self.is_drill}
        found = [escalation.c[name] == value for name, value in named.items() if value is not None]
        states = ((escalation.c.ended_at, self.is_ended), (escalation.c.acknowledged_at, self.is_acknowledged))
        return found + [column.is_not(None) if wanted else column.is_(None) for column, wanted in states if wanted is not None]


def find_escalations(
    database: Database, wanted: EscalationFilter, *, actor: Actor, sort: str = "-started_at", limit: int = 50, cursor: str | None = None
) -> Slice[EscalationView]:
    """Return escalations with their steps, the latest first unless sorted otherwise."""
    require(actor, Action.READ_RECORDS, HOUSE)
    order = order_of(sort, SORTABLE, key=escalation.c.id)
    statement = sa.select(*COLUMNS).where(*wanted.conditions())
    with database.read() as connection:
        found = cut(connection, statement, lambda row: EscalationView(*row), order=order, limit=limit, cursor=cursor)
        return Slice(_with_steps(connection, found.items), found.cursor)


def one_escalation(database: Database, escalation_id: str, *, actor: Actor) -> EscalationView:
    """Return an escalation. Raises NotFound."""
    require(actor, Action.READ_RECORDS, HOUSE)
    with database.read() as connection:
        for found in _escalations(connection, escalation.c.id == escalation_id):
            return found
    raise NotFound(f"There is no escalation {escalation_id!r}.")


def escalations_of(connection: sa.Connection, record: str) -> tuple[EscalationView, ...]:
    """Return the escalations of a record, oldest first."""
    return _escalations(connection, escalation.c.record == record)


def _escalations(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> tuple[EscalationView, ...]:
    rows = connection.execute(sa.select(*COLUMNS).where(condition).order_by(escalation.c.started_at, escalation.c.id))
    return _with_steps(connection, tuple(EscalationView(*row) for row in rows))


def _with_steps(connection: sa.Connection, found: tuple[EscalationView, ...]) -> tuple[EscalationView, ...]:
    if not found:
        return ()
    statement = sa.select(escalation_step).where(escalation_step.c.escalation_id.in_([each.id for each in found]))
    steps: dict[str, tuple[StepView, ...]] = {}
    for row in connection.execute(statement.order_by(escalation_step.c.level)):
        steps[row.escalation_id] = (*steps.get(row.escalation_id, ()), _step(row))
    return tuple(replace(each, steps=steps.get(each.id, ())) for each in found)


def _step(row: sa.Row[*tuple[Any, ...]]) -> StepView:
    return StepView(row.level, row.at, tuple(row.targets), row.channel)
