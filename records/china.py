"""China's public holidays and make-up working days, as the State Council's office announced them: data for the default calendar.

Each year's notice comes out about November of the year before; `KNOWN_UNTIL` is the end of the last year that is in.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

KEY = "office"
SOURCE = "国务院办公厅关于2026年部分节假日安排的通知"
KNOWN_UNTIL = date(2026, 12, 31)
HOURS = ["09:00-12:00", "13:30-18:00"]
HOLIDAYS = (
    (date(2026, 1, 1), date(2026, 1, 3)),
    (date(2026, 2, 15), date(2026, 2, 23)),
    (date(2026, 4, 4), date(2026, 4, 6)),
    (date(2026, 5, 1), date(2026, 5, 5)),
    (date(2026, 6, 19), date(2026, 6, 21)),
    (date(2026, 9, 25), date(2026, 9, 27)),
    (date(2026, 10, 1), date(2026, 10, 7)),
)
MAKE_UP_DAYS = (
    date(2026, 1, 4),
    date(2026, 2, 14),
    date(2026, 2, 28),
    date(2026, 5, 9),
    date(2026, 9, 20),
    date(2026, 10, 10),
)


def office_calendar() -> dict[str, Any]:
    """Return the body of the default calendar: office hours in Shanghai on working days, make-up days included."""
    off: dict[str, list[str]] = {day.isoformat(): [] for first, last in HOLIDAYS for day in _days(first, last)}
    on = {day.isoformat(): HOURS for day in MAKE_UP_DAYS}
    return {
        "zone": "Asia/Shanghai",
        "week": {str(number): HOURS if number <= 5 else [] for number in range(1, 8)},
        "exceptions": {**off, **on},
        "known_until": KNOWN_UNTIL.isoformat(),
        "source": SOURCE,
    }


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
