"""Questions about incidents. Each asks first whether the reader may read records."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime

import sqlalchemy as sa

from engine.db import Database
from engine.errors import NotFound
from engine.people import HOUSE, Action, Actor, require
from records.escalations import escalation
from records.incidents import PREFIX, incident
from records.keyset import Slice, cut, order_of
from records.sla_clocks import sla_clock

SORTABLE = tuple(incident.c[name] for name in ("number", "reported_at", "occurred_at", "priority", "state", "restored_at", "closed_at"))


@dataclass(frozen=True, slots=True)
class IncidentView:
    """Everything that an incident's row says."""

    number: str
    source_number: str | None
    state: str
    symptom: str
    caller: str | None
    customer: str | None
    channel: str
    detected_by: str
    service_level: str
    category: str | None
    subcategory: str | None
    ci: str | None
    location: str | None
    service_effect: str | None
    impact: int | None
    urgency: int | None
    priority: str | None
    priority_reason: str | None
    is_major: bool | None
    is_suspended: bool
    team: str | None
    reassign_count: int
    reopen_count: int
    occurred_at: datetime
    reported_at: datetime
    responded_at: datetime | None
    restored_at: datetime | None
    confirmed_at: datetime | None
    closed_at: datetime | None
    cause_code: str | None
    solution: str | None
    is_drill: bool
    instance_id: str

    @property
    def record(self) -> str:
        """Return how others point at it."""
        return f"{PREFIX}{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentFilter:
    """Which incidents; what is None does not narrow. `state`, `priority` and `team` name several."""

    state: Collection[str] | None = None
    priority: Collection[str] | None = None
    team: Collection[str] | None = None
    customer: str | None = None
    service_level: str | None = None
    category: str | None = None
    ci: str | None = None
    location: str | None = None
    source_number: str | None = None
    is_major: bool | None = None
    is_suspended: bool | None = None
    is_drill: bool | None = None
    reported_from: datetime | None = None
    reported_before: datetime | None = None

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """Return the conditions in SQL."""
        given = {each.name: getattr(self, each.name) for each in fields(self) if getattr(self, each.name) is not None}
        spans = {"reported_from": incident.c.reported_at.__ge__, "reported_before": incident.c.reported_at.__lt__}
        return [spans[name](value) if name in spans else _is(incident.c[name], value) for name, value in given.items()]


COLUMNS = [incident.c[each.name] for each in fields(IncidentView)]


def _is(column: sa.Column[object], value: object) -> sa.ColumnElement[bool]:
    return column.in_(value) if isinstance(value, list | tuple) else column == value


def find_incidents(
    database: Database, wanted: IncidentFilter, *, actor: Actor, sort: str = "-reported_at", limit: int = 50, cursor: str | None = None
) -> Slice[IncidentView]:
    """Return incidents, the latest first unless sorted otherwise."""
    require(actor, Action.READ_RECORDS, HOUSE)
    order = order_of(sort, SORTABLE, key=incident.c.number)
    with database.read() as connection:
        statement = sa.select(*COLUMNS).where(*wanted.conditions())
        return cut(connection, statement, lambda row: IncidentView(*row), order=order, limit=limit, cursor=cursor)


def one_incident(database: Database, number: str, *, actor: Actor) -> IncidentView:
    """Return an incident by its number. Raises NotFound."""
    require(actor, Action.READ_RECORDS, HOUSE)
    with database.read() as connection:
        return read_incident(connection, number)


def incident_of(database: Database, instance_id: str, *, actor: Actor) -> IncidentView | None:
    """Return the incident that a process instance wrote down, None while it has none."""
    require(actor, Action.READ_RECORDS, HOUSE)
    with database.read() as connection:
        row = connection.execute(sa.select(*COLUMNS).where(incident.c.instance_id == instance_id)).one_or_none()
    return None if row is None else IncidentView(*row)


def read_incident(connection: sa.Connection, number: str) -> IncidentView:
    """Return an incident, unlocked. Raises NotFound."""
    row = connection.execute(sa.select(*COLUMNS).where(incident.c.number == number)).one_or_none()
    if row is None:
        raise NotFound(f"There is no incident {number!r}.")
    return IncidentView(*row)


@dataclass(frozen=True, slots=True)
class Related:
    """What belongs to an incident: its clocks and escalations, by id."""

    incident: IncidentView
    clocks: tuple[tuple[str, str], ...]
    escalations: tuple[tuple[str, str], ...]


def related_to(database: Database, number: str, *, actor: Actor) -> Related:
    """Return an incident with the ids of its clocks (and their kinds) and escalations (and their ladders). Raises NotFound."""
    require(actor, Action.READ_RECORDS, HOUSE)
    with database.read() as connection:
        found = read_incident(connection, number)
        clocks = sa.select(sla_clock.c.id, sla_clock.c.kind).where(sla_clock.c.record == found.record).order_by(sla_clock.c.id)
        ladders = sa.select(escalation.c.id, escalation.c.ladder).where(escalation.c.record == found.record).order_by(escalation.c.id)
        return Related(
            found,
            tuple((row.id, row.kind) for row in connection.execute(clocks)),
            tuple((row.id, row.ladder) for row in connection.execute(ladders)),
        )
