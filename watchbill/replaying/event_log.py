"""Reads an incident event log as ServiceNow's audit yields it: one row for each change, with the whole record as it then was.

The columns are those of the UCI data set "Incident management process enriched event log" (number, incident_state, sys_updated_at, ...).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from engine.errors import Invalid

Read = TypeVar("Read")
UNKNOWN = "?"
TIMES = "%d-%m-%Y %H:%M"
NEEDED = (
    "number", "incident_state", "made_sla", "caller_id", "opened_by", "opened_at", "sys_updated_by", "sys_updated_at", "contact_type",
    "location", "category", "subcategory", "u_symptom", "cmdb_ci", "impact", "urgency", "priority", "assignment_group", "assigned_to",
    "closed_code",
)  # fmt: skip


class RecordedState(StrEnum):
    """The states of the log."""

    NEW = "New"
    ACTIVE = "Active"
    AWAITING_USER = "Awaiting User Info"
    AWAITING_PROBLEM = "Awaiting Problem"
    AWAITING_VENDOR = "Awaiting Vendor"
    AWAITING_EVIDENCE = "Awaiting Evidence"
    RESOLVED = "Resolved"
    CLOSED = "Closed"


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """A row: how the record stood after somebody changed it at a moment. What is unknown is empty."""

    line: int
    at: datetime
    by: str
    state: RecordedState
    impact: int
    urgency: int
    priority: int
    group: str
    assigned_to: str
    category: str
    subcategory: str
    closed_code: str
    made_sla: bool


@dataclass(frozen=True, slots=True)
class RecordedIncident:
    """An incident of the log with its events in the order of their times."""

    number: str
    opened_at: datetime
    opened_by: str
    caller: str
    channel: str
    location: str
    symptom: str
    ci: str
    events: tuple[RecordedEvent, ...]


@dataclass(frozen=True, slots=True)
class SkippedRow:
    """A row that cannot be read, and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class EventLog:
    """What a log holds."""

    incidents: tuple[RecordedIncident, ...]
    skipped: tuple[SkippedRow, ...]


def read_event_log(path: Path, *, zone: tzinfo, limit: int | None = None) -> EventLog:
    """Read a log whose times are of a zone, at most its first `limit` incidents. Raises Invalid when it is no such log."""
    rows: dict[str, list[tuple[Mapping[str, str], RecordedEvent, datetime]]] = {}
    skipped: list[SkippedRow] = []
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, strict=True)
            _require_columns(path, reader.fieldnames or ())
            for row in reader:
                number = (row.get("number") or "").strip()
                if limit is not None and number not in rows and len(rows) >= limit:
                    continue
                try:
                    event, opened = _event(row, reader.line_num, zone)
                except (ValueError, KeyError) as error:
                    skipped.append(SkippedRow(reader.line_num, str(error)))
                else:
                    rows.setdefault(number, []).append((row, event, opened))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Invalid(f"{path} cannot be read as a log: {error}.") from error
    return EventLog(tuple(_incident(number, found) for number, found in rows.items()), tuple(skipped))


def _require_columns(path: Path, present: Collection[str]) -> None:
    missing = [name for name in NEEDED if name not in present]
    if missing:
        raise Invalid(f"{path} is no incident event log: it lacks the columns {', '.join(missing)}.")


def _event(row: Mapping[str, str], line: int, zone: tzinfo) -> tuple[RecordedEvent, datetime]:
    if None in row or None in row.values():
        raise ValueError("it has too many or too few columns")
    if not row["number"].strip():
        raise ValueError("it has no incident number")
    event = RecordedEvent(
        line=line,
        at=_read(row, "sys_updated_at", lambda text: datetime.strptime(text, TIMES).replace(tzinfo=zone)),
        by=_known(row, "sys_updated_by"),
        state=_read(row, "incident_state", RecordedState),
        impact=_read(row, "impact", _level),
        urgency=_read(row, "urgency", _level),
        priority=_read(row, "priority", _level),
        group=_known(row, "assignment_group"),
        assigned_to=_known(row, "assigned_to"),
        category=_known(row, "category"),
        subcategory=_known(row, "subcategory"),
        closed_code=_known(row, "closed_code"),
        made_sla=_read(row, "made_sla", {"TRUE": True, "FALSE": False}.__getitem__),
    )
    return event, _read(row, "opened_at", lambda text: datetime.strptime(text, TIMES).replace(tzinfo=zone))


def _read(row: Mapping[str, str], column: str, reader: Callable[[str], Read]) -> Read:
    try:
        return reader(row[column].strip())
    except (ValueError, KeyError) as error:
        raise ValueError(f"{column} is {row[column]!r}") from error


def _level(text: str) -> int:
    found = re.fullmatch(r"([1-5]) - \w+", text)
    if found is None:
        raise ValueError(text)
    return int(found[1])


def _known(row: Mapping[str, str], column: str) -> str:
    text = " ".join(row[column].split())
    return "" if text == UNKNOWN else text


def _incident(number: str, found: list[tuple[Mapping[str, str], RecordedEvent, datetime]]) -> RecordedIncident:
    row, first, opened = found[0]
    return RecordedIncident(
        number=number,
        opened_at=opened,
        opened_by=_known(row, "opened_by") or first.by or "unknown",
        caller=_known(row, "caller_id"),
        channel=_known(row, "contact_type").lower() or "phone",
        location=_known(row, "location"),
        symptom=_known(row, "u_symptom") or "Not recorded.",
        ci=_known(row, "cmdb_ci"),
        events=tuple(sorted((event for _, event, _ in found), key=lambda event: (event.at, event.line))),
    )
