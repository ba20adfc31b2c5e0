"""Incidents (R03): the facts, and what may be written into them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from engine.db import Json, UtcTime, metadata
from engine.errors import Invalid, NotFound
from engine.ids import new_id
from records.numbering import next_number

PREFIX = "incident:"
CLOCK_SKEW = timedelta(minutes=5)
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)]


class IncidentState(StrEnum):
    """The states of an incident; suspension is an overlay, escalation a property."""

    NEW = "new"
    CLASSIFIED = "classified"
    DIAGNOSING = "diagnosing"
    RESTORED = "restored"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class ServiceLevel(StrEnum):
    """A customer's service level; gold is AAA."""

    AAA = "AAA"
    AA = "AA"
    A = "A"
    STANDARD = "standard"


class DetectedBy(StrEnum):
    """Who noticed it."""

    CUSTOMER = "customer"
    MONITOR = "monitor"
    INSPECTION = "inspection"


class Report(BaseModel):
    """What is said of an incident when it is reported."""

    model_config = ConfigDict(extra="forbid")

    symptom: Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=4000)]
    caller: Line | None = None
    customer: Line | None = None
    channel: Line = "phone"
    detected_by: DetectedBy = DetectedBy.CUSTOMER
    service_level: ServiceLevel = ServiceLevel.STANDARD
    category: Line | None = None
    subcategory: Line | None = None
    ci: Line | None = None
    location: Line | None = None
    source_number: Line | None = None
    occurred_at: AwareDatetime | None = None
    impact: int | None = Field(None, ge=1, le=3)
    urgency: int | None = Field(None, ge=1, le=3)


incident = sa.Table(
    "incident",
    metadata,
    sa.Column("number", sa.String(32), primary_key=True),
    sa.Column("source_number", sa.String(255), nullable=True, comment="its number in the system it came from"),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("symptom", sa.Text, nullable=False),
    sa.Column("caller", sa.String(255), nullable=True),
    sa.Column("customer", sa.String(255), nullable=True),
    sa.Column("channel", sa.String(255), nullable=False),
    sa.Column("detected_by", sa.String(16), nullable=False),
    sa.Column("service_level", sa.String(16), nullable=False),
    sa.Column("category", sa.String(255), nullable=True),
    sa.Column("subcategory", sa.String(255), nullable=True),
    sa.Column("ci", sa.String(255), nullable=True),
    sa.Column("location", sa.String(255), nullable=True),
    sa.Column("service_effect", sa.String(16), nullable=True, comment="blocked, degraded or at risk"),
    sa.Column("impact", sa.Integer, nullable=True),
    sa.Column("urgency", sa.Integer, nullable=True),
    sa.Column("priority", sa.String(8), nullable=True),
    sa.Column("priority_reason", sa.Text, nullable=True, comment="why it is not what the table says"),
    sa.Column("is_major", sa.Boolean, nullable=True, comment="null: nobody asked"),
    sa.Column("is_suspended", sa.Boolean, nullable=False),
    sa.Column("team", sa.String(255), nullable=True),
    sa.Column("reassign_count", sa.Integer, nullable=False),
    sa.Column("reopen_count", sa.Integer, nullable=False),
    sa.Column("occurred_at", UtcTime, nullable=False),
    sa.Column("reported_at", UtcTime, nullable=False),
    sa.Column("responded_at", UtcTime, nullable=True, comment="first answer by a person that the customer saw"),
    sa.Column("restored_at", UtcTime, nullable=True),
    sa.Column("confirmed_at", UtcTime, nullable=True),
    sa.Column("closed_at", UtcTime, nullable=True),
    sa.Column("cause_code", sa.String(255), nullable=True),
    sa.Column("solution", sa.Text, nullable=True),
    sa.Column("is_drill", sa.Boolean, nullable=False),
    sa.Column("instance_id", sa.String(32), nullable=False),
    sa.Index(None, "state", "priority"),
    sa.Index(None, "reported_at"),
    sa.Index(None, "source_number"),
    sa.Index(None, "instance_id"),
)
incident_note = sa.Table(
    "incident_note",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("incident", sa.String(32), sa.ForeignKey("incident.number", ondelete="CASCADE"), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("by", sa.String(255), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("is_public", sa.Boolean, nullable=False, comment="the customer sees it"),
    sa.Column("data", Json, nullable=True),
    sa.Index(None, "incident", "at"),
)


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident as it stands."""

    number: str
    state: IncidentState
    service_level: str
    impact: int | None
    urgency: int | None
    priority: str | None
    is_major: bool | None
    is_suspended: bool
    team: str | None
    reassign_count: int
    reopen_count: int
    occurred_at: datetime
    reported_at: datetime
    responded_at: datetime | None
    restored_at: datetime | None
    is_drill: bool

    @property
    def record(self) -> str:
        """Return how others point at it."""
        return f"{PREFIX}{self.number}"


LOCK = sa.select(*(incident.c[name] for name in Incident.__slots__)).where(incident.c.number == sa.bindparam("of_number")).with_for_update()
INSERT_NOTE = sa.insert(incident_note)


def checked_report(given: Mapping[str, Any], *, now: datetime) -> Report:
    """Return a report that can be written. Raises Invalid, naming each field that is wrong; what is left empty counts as not said."""
    try:
        report = Report(**{name: value for name, value in given.items() if value not in (None, "")})
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors(include_url=False))
        raise Invalid(f"The report is not complete: {wrong}.") from error
    if report.occurred_at is not None and report.occurred_at < EARLIEST:
        raise Invalid(f"The incident cannot have occurred at {report.occurred_at.isoformat()}: that is before {EARLIEST.year}.")
    if report.occurred_at is not None and report.occurred_at > now + CLOCK_SKEW:
        raise Invalid(f"The incident cannot have occurred at {report.occurred_at.isoformat()}: that is in the future.")
    return report


def open_incident(connection: sa.Connection, report: Report, *, instance_id: str, is_drill: bool, now: datetime) -> Incident:
    """Write a new incident under the next number."""
    number = next_number(connection, "DRILL" if is_drill else "INC", now=now)
    occurred = min(report.occurred_at or now, now)
    values = report.model_dump(exclude={"occurred_at"})
    fixed = {"state": IncidentState.NEW.value, "is_suspended": False, "reassign_count": 0, "reopen_count": 0}
    row = {**values, **fixed, "number": number, "occurred_at": occurred, "reported_at": now, "is_drill": is_drill}
    connection.execute(sa.insert(incident).values(**row, instance_id=instance_id))
    return lock_incident(connection, number)


def lock_incident(connection: sa.Connection, number: str) -> Incident:
    """Return an incident, locked until the end of the transaction. Raises NotFound."""
    bare = number.removeprefix(PREFIX)
    row = connection.execute(LOCK, {"of_number": bare}).one_or_none()
    if row is None:
        raise NotFound(f"There is no incident {bare!r}.")
    values = dict(zip(Incident.__slots__, row, strict=True))
    return Incident(**{**values, "state": IncidentState(values["state"])})


def change_incident(connection: sa.Connection, found: Incident, **values: Any) -> None:
    """Write values into an incident. Raises Invalid for a text that is longer than its column."""
    for name, value in values.items():
        most = getattr(incident.c[name].type, "length", None)
        if isinstance(value, str) and most is not None and len(value) > most:
            raise Invalid(f"{found.number}: the {name.replace('_', ' ')} has {len(value)} characters: use at most {most}.")
    connection.execute(sa.update(incident).where(incident.c.number == found.number).values(**values))


def add_note(
    connection: sa.Connection,
    found: Incident,
    kind: str,
    *,
    text: str,
    by: str,
    now: datetime,
    is_public: bool = False,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Add a line to an incident's timeline."""
    row = {"id": new_id(), "incident": found.number, "at": now, "kind": kind, "by": by, "text": text, "is_public": is_public}
    connection.execute(INSERT_NOTE, {**row, "data": dict(data) if data else None})


def check_restored(found: Incident, *, cause_code: str | None, solution: str | None, now: datetime) -> None:
    """Refuse what a restored incident must not lack (R03). Raises Invalid."""
    if not cause_code:
        raise Invalid(f"{found.number} is not restored without a cause code: choose one.")
    if not solution or len(solution.strip()) < 3:
        raise Invalid(f"{found.number} is not restored without a solution: say what helped.")
    if now < found.occurred_at:
        raise Invalid(f"{found.number} cannot be restored at {now.isoformat()}, before it occurred ({found.occurred_at.isoformat()}).")
