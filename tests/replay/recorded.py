"""Event logs as ServiceNow writes them, small enough to read."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

from watchbill.replaying.event_log import NEEDED

USUAL = {
    "made_sla": "TRUE",
    "caller_id": "Caller 7",
    "opened_by": "Opened by  8",
    "sys_updated_by": "Updated by 21",
    "contact_type": "Phone",
    "location": "Location 143",
    "category": "Category 55",
    "subcategory": "Subcategory 170",
    "u_symptom": "Symptom 72",
    "cmdb_ci": "?",
    "impact": "2 - Medium",
    "urgency": "2 - Medium",
    "priority": "3 - Moderate",
    "assignment_group": "Group 56",
    "assigned_to": "?",
    "closed_code": "?",
}


def events(number: str, opened_at: str, *changes: tuple[str, str, Mapping[str, str]]) -> list[dict[str, str]]:
    """Return the rows of an incident: each change is (when, state, what else the record then said), and what was said once stays."""
    rows, row = [], {**USUAL, "number": number, "opened_at": opened_at}
    for at, state, said in changes:
        row = {**row, **said, "sys_updated_at": at, "incident_state": state}
        rows.append(row)
    return rows


def write_log(path: Path, rows: Iterable[Mapping[str, str]]) -> Path:
    """Write rows as a log."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, NEEDED)
        writer.writeheader()
        writer.writerows(rows)
    return path


WAITING = events(
    "INC0000045",
    "2-3-2026 09:16",
    ("2-3-2026 09:16", "New", {}),
    ("2-3-2026 09:30", "Active", {"assignment_group": "Group 24", "assigned_to": "Resolver 89"}),
    ("2-3-2026 10:00", "Awaiting User Info", {}),
    ("2-3-2026 16:00", "Active", {}),
    ("2-3-2026 17:00", "Resolved", {"closed_code": "code 5"}),
    ("7-3-2026 12:00", "Closed", {}),
)
REOPENED = events(
    "INC0000047",
    "3-3-2026 10:00",
    ("3-3-2026 10:05", "Active", {"impact": "1 - High", "urgency": "1 - High", "priority": "1 - Critical"}),
    ("3-3-2026 11:00", "Active", {"assigned_to": "Resolver 12"}),
    ("3-3-2026 12:00", "Active", {"assigned_to": "Resolver 13"}),
    ("3-3-2026 13:00", "Resolved", {"closed_code": "code 9"}),
    ("3-3-2026 15:00", "Active", {"made_sla": "FALSE"}),
    ("4-3-2026 09:30", "Resolved", {}),
    ("9-3-2026 09:30", "Closed", {}),
)
LATE = events(
    "INC0000060",
    "4-3-2026 08:30",
    ("4-3-2026 09:00", "Resolved", {"closed_code": "code 1"}),
    ("9-3-2026 09:30", "Closed", {"caller_id": "Caller 9"}),
)
