"""A log whose incidents all come in one minute: at most moments many are worked on, and many timers fall due at once.

No change touches a clock twice, such as a new priority together with the first answer: workers may look at the clock in between, or not,
and each is right.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.replay.recorded import events, write_log

Change = tuple[str, str, Mapping[str, str]]
CRITICAL = {"impact": "1 - High", "urgency": "1 - High", "priority": "1 - Critical"}
HIGH = {"impact": "1 - High", "urgency": "2 - Medium", "priority": "2 - High"}
OPENED = "2-3-2026 09:00"
EACH = 3

WAITED_FOR: tuple[Change, ...] = (
    (OPENED, "New", {}),
    ("2-3-2026 09:20", "Active", {"assignment_group": "Group 24", "assigned_to": "Resolver 89"}),
    ("2-3-2026 10:10", "Awaiting User Info", {}),
    ("4-3-2026 16:10", "Active", {}),
    ("4-3-2026 17:10", "Resolved", {"closed_code": "code 5"}),
    ("8-3-2026 12:00", "Closed", {}),
)
"""Its user lets it wait for two days, with a reminder each day."""

REOPENED: tuple[Change, ...] = (
    (OPENED, "New", CRITICAL),
    ("2-3-2026 09:20", "Active", {"assigned_to": "Resolver 12"}),
    ("2-3-2026 11:10", "Active", {"assignment_group": "Group 70", "assigned_to": "Resolver 13"}),
    ("2-3-2026 19:10", "Resolved", {"closed_code": "code 9"}),
    ("3-3-2026 10:10", "Active", {"made_sla": "FALSE"}),
    ("3-3-2026 17:10", "Resolved", {}),
    ("8-3-2026 12:00", "Closed", {}),
)
"""It is paged, handed on, late, and comes back once."""

AT_THE_SUPPLIER: tuple[Change, ...] = (
    (OPENED, "New", {}),
    ("2-3-2026 09:20", "Active", {"assigned_to": "Resolver 89"}),
    ("2-3-2026 10:10", "Active", HIGH),
    ("2-3-2026 11:10", "Awaiting Vendor", {}),
)
"""It becomes more urgent, and still waits at the end."""

LEFT_OPEN: tuple[Change, ...] = ((OPENED, "New", HIGH), ("2-3-2026 11:10", "Active", {"assigned_to": "Resolver 12"}))
"""Somebody works on it to the end, while its targets pass."""

UNCONFIRMED: tuple[Change, ...] = ((OPENED, "New", CRITICAL), ("2-3-2026 09:20", "Resolved", {"closed_code": "code 1"}))
"""It is restored at once, and nobody says whether it works."""

SHAPES = (WAITED_FOR, REOPENED, AT_THE_SUPPLIER, LEFT_OPEN, UNCONFIRMED)


def write_wave(path: Path) -> Path:
    """Write the log: several incidents of each shape."""
    return write_log(path, (row for number, shape in enumerate(SHAPES * EACH) for row in events(f"INC{number:07}", OPENED, *shape)))
