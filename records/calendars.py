"""Business calendars (section 2.3): working periods by weekday, exceptions by date, and how far the exceptions are known.

Everything here is pure; days are local to the calendar's zone, moments are aware.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError

from engine.errors import Invalid

Period = tuple[time, time]
DAY = timedelta(days=1)
MOST_DAYS = 3700
AROUND_THE_CLOCK = "24x7"
SPAN = TypeAdapter(timedelta)


class DayKind(StrEnum):
    """What kind of day a date is."""

    WORKDAY = "workday"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    MAKE_UP = "make-up"


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline; provisional (暂定) when it lies on or was reached through days whose holidays are not known yet."""

    at: datetime
    is_provisional: bool = False


@dataclass(frozen=True)
class Calendar:
    """A business calendar. `week` has the periods of Monday to Sunday; `exceptions` the periods of special dates, empty when off.

    `known_until` is the last date whose exceptions are known (None: there are none to know, as around the clock).
    """

    key: str
    version: int
    zone: ZoneInfo
    week: tuple[tuple[Period, ...], ...]
    exceptions: Mapping[date, tuple[Period, ...]] = field(default_factory=dict)
    known_until: date | None = None
    source: str = ""

    def periods(self, day: date) -> tuple[Period, ...]:
        """Return the working periods of a date."""
        found = self.exceptions.get(day)
        return self.week[day.weekday()] if found is None else found

    def day_kind(self, day: date) -> DayKind:
        """Return what kind of day a date is."""
        works = bool(self.week[day.weekday()])
        if day not in self.exceptions:
            return DayKind.WORKDAY if works else DayKind.WEEKEND
        if self.exceptions[day]:
            return DayKind.WORKDAY if works else DayKind.MAKE_UP
        return DayKind.HOLIDAY if works else DayKind.WEEKEND

    def is_known(self, day: date) -> bool:
        """Tell whether the exceptions of a date are known."""
        return self.known_until is None or day <= self.known_until

    @property
    def day_length(self) -> timedelta:
        """Return the working time of an ordinary working day: what one `wd` stands for."""
        lengths = [_length(periods) for periods in self.week if periods]
        return max(lengths, default=DAY)

    def add(self, start: datetime, span: timedelta) -> Due:
        """Return when a span of working time that begins at a moment is used up.

        G1: Friday 2026-02-13 17:30 and 4 h give Saturday 02-14 14:00, a make-up day. Nothing to use up is due at the next opening.
        Raises Invalid when the calendar has no such working time within ten years.
        """
        left = max(span, timedelta())
        for opens, closes in self.intervals(start):
            if closes - opens >= left:
                due = opens + left
                return Due(due, not self.is_known(due.astimezone(self.zone).date()))
            left -= closes - opens
        raise Invalid(f"The calendar {self.key!r} has no {span} of working time within ten years of {start.isoformat()}.")

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return the working time between two moments; zero when they are not in order."""
        total = timedelta()
        for opens, closes in self.intervals(start):
            if opens >= end:
                break
            total += min(closes, end) - opens
        return total

    def is_open(self, at: datetime) -> bool:
        """Tell whether a moment is working time; periods are half-open."""
        return any(opens <= at < closes for opens, closes in self._of_day(at.astimezone(self.zone).date()))

    def intervals(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield working intervals in UTC, the first cut to begin at the start, in order."""
        moment = start.astimezone(UTC)
        day = start.astimezone(self.zone).date()
        for _ in range(MOST_DAYS):
            for opens, closes in self._of_day(day):
                if closes > moment:
                    yield max(opens, moment), closes
            day += DAY

    def _of_day(self, day: date) -> list[tuple[datetime, datetime]]:
        return [(self._moment(day, opens), self._moment(day, closes, is_end=True)) for opens, closes in self.periods(day)]

    def _moment(self, day: date, at: time, *, is_end: bool = False) -> datetime:
        """Return a local time in UTC; midnight as an end is that of the next day."""
        if is_end and at == time.min:
            day += DAY
        return datetime.combine(day, at, self.zone).astimezone(UTC)


def _length(periods: tuple[Period, ...]) -> timedelta:
    base = date(2026, 1, 5)
    total = timedelta()
    for opens, closes in periods:
        end = datetime.combine(base, closes)
        total += (end + DAY if closes == time.min else end) - datetime.combine(base, opens)
    return total


def read_span(text: str, calendar: Calendar) -> timedelta:
    """Return a target such as `PT30M`, `P1D` (24 hours of working time) or `3wd` (working days of a calendar). Raises Invalid."""
    given = text.strip()
    if given.endswith("wd"):
        number = given.removesuffix("wd").strip()
        if not number.isdigit() or not 0 < int(number) <= 1000:
            raise Invalid(f"The target {text!r} is not a number of working days: write 3wd.")
        return calendar.day_length * int(number)
    try:
        found = SPAN.validate_python(given)
    except ValidationError as error:
        raise Invalid(f"The target {text!r} is no span of time: write PT30M, P1D or 3wd.") from error
    if found <= timedelta():
        raise Invalid(f"The target {text!r} is not above zero: write PT30M, P1D or 3wd.")
    return found


def parse_calendar(key: str, version: int, body: Mapping[str, Any]) -> Calendar:
    """Return a calendar from its stored body. Raises Invalid, saying which part is wrong."""
    try:
        week = tuple(_periods(body["week"][str(number)]) for number in range(1, 8))
        exceptions = {date.fromisoformat(day): _periods(periods) for day, periods in body.get("exceptions", {}).items()}
        known = body.get("known_until")
        known_until = date.fromisoformat(known) if known else None
        return Calendar(key, version, ZoneInfo(body["zone"]), week, exceptions, known_until, body.get("source", ""))
    except (KeyError, ValueError, TypeError) as error:
        raise Invalid(f"The calendar {key!r} cannot be read: {error!r}.") from error


def _periods(texts: list[str]) -> tuple[Period, ...]:
    """Read periods such as `09:00-12:00`, in order and apart; `00:00` as an end is midnight."""
    found: list[Period] = []
    for text in texts:
        opens, closes = (time.fromisoformat(part) for part in text.split("-"))
        last = found[-1][1] if found else time.min
        if (closes != time.min and closes <= opens) or (found and (opens < last or last == time.min)):
            raise ValueError(f"the period {text} is not after the one before, or ends before it begins")
        found.append((opens, closes))
    return tuple(found)


ALWAYS = Calendar(AROUND_THE_CLOCK, 1, ZoneInfo("UTC"), (((time.min, time.min),),) * 7)
