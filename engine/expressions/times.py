"""Dates, durations and cycles in ISO 8601, read strictly: what is not one of its forms is refused, never guessed."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import total_ordering
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.errors import ExpressionError
from engine.expressions.spelling import quoted

DURATION = re.compile(
    r"P(?=.)(?:(?P<weeks>\d+)W|(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<days>\d+)D)?"
    r"(?:T(?=.)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:[.,]\d{1,6})?)S)?)?)",
    re.ASCII,
)
MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)?(?:Z|[+-]\d\d:?\d\d)?(?:\[[A-Za-z_/+-]+\]|@[A-Za-z_/+-]+)?", re.ASCII
)
CYCLE = re.compile(r"R(?P<times>\d{0,9})/(?:(?P<start>[^/P][^/]*)/)?(?P<duration>P[^/]+)", re.ASCII)
ZONE = "Asia/Shanghai"
MOST_YEARS = 1000


@total_ordering
@dataclass(frozen=True, slots=True)
class Duration:
    """A span of calendar months and of exact time; `months` are added first, a day that a month lacks becomes its last."""

    months: int = 0
    exact: timedelta = timedelta()

    def __lt__(self, other: Duration) -> bool:
        """Tell whether this is shorter. Raises ExpressionError where only the calendar could tell, as for P1M and P30D."""
        if (self.months < other.months and self.exact > other.exact) or (self.months > other.months and self.exact < other.exact):
            raise ExpressionError(f"{self} and {other} cannot be compared: a month is of no fixed length.")
        return (self.months, self.exact) < (other.months, other.exact)

    @property
    def fixed(self) -> timedelta:
        """The exact time alone. Raises ExpressionError when there are months."""
        if self.months:
            raise ExpressionError(f"{self} is of no fixed length: a month has 28 to 31 days.")
        return self.exact

    def add(self, to: datetime, *, times: int = 1, zone: str = ZONE) -> datetime:
        """Return a moment this much later (or earlier, with `times` -1); months count on the calendar of `zone`.

        Raises ExpressionError outside the years 1 to 9999.
        """
        try:
            start = self._months_later(to.astimezone(ZoneInfo(zone)), times).astimezone(to.tzinfo) if self.months else to
            return start + self.exact * times
        except (ValueError, OverflowError) as error:
            sign = "plus" if times > 0 else "minus"
            raise ExpressionError(f"{to.isoformat()} {sign} {self} lies outside the years 1 to 9999.") from error

    def _months_later(self, to: datetime, times: int) -> datetime:
        year, month = divmod(to.year * 12 + to.month - 1 + self.months * times, 12)
        return to.replace(year=year, month=month + 1, day=min(to.day, calendar.monthrange(year, month + 1)[1]))

    def __str__(self) -> str:
        """Write the duration as ISO 8601, a negative one with its sign in front."""
        if not self.months and self.exact < timedelta():
            return f"-{Duration(exact=-self.exact)}"
        years, months = divmod(self.months, 12)
        days, rest = divmod(self.exact, timedelta(days=1))
        hours, rest = divmod(rest, timedelta(hours=1))
        minutes, rest = divmod(rest, timedelta(minutes=1))
        seconds = f"{rest.total_seconds():.6f}".rstrip("0").rstrip(".")
        date = "".join(f"{n}{unit}" for n, unit in ((years, "Y"), (months, "M"), (days, "D")) if n)
        time = "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M")) if n) + (f"{seconds}S" if rest else "")
        return f"P{date}{'T' + time if time else ''}" if date or time else "PT0S"


@dataclass(frozen=True, slots=True)
class Cycle:
    """A repeating interval: how many times (None: for ever), from when (None: one duration from now), how far apart."""

    repetitions: int | None
    start: datetime | None
    duration: Duration


def parse_duration(text: str) -> Duration:
    """Read a duration such as PT4H, P1DT12H or P2W. Signs, fractions of anything but seconds and empty parts are refused."""
    found = DURATION.fullmatch(text.strip())
    if found is None or not any(found.groupdict().values()):
        raise ExpressionError(f"{quoted(text)} is not an ISO 8601 duration: write it like PT30M, PT4H, P3D or P2W.")
    part = {name: float((value or "0").replace(",", ".")) for name, value in found.groupdict().items()}
    if part["years"] > MOST_YEARS or part["months"] > MOST_YEARS * 12 or part["weeks"] + part["days"] > MOST_YEARS * 366:
        raise ExpressionError(f"{quoted(text)} is longer than {MOST_YEARS} years.")
    try:
        exact = timedelta(weeks=part["weeks"], days=part["days"], hours=part["hours"], minutes=part["minutes"], seconds=part["seconds"])
    except OverflowError as error:
        raise ExpressionError(f"{quoted(text)} is too long.") from error
    return Duration(int(part["years"]) * 12 + int(part["months"]), exact)


def parse_moment(text: str, zone: str = ZONE) -> datetime:
    """Read a date or date-time as aware UTC; one without an offset is meant in `zone`."""
    text = text.strip()
    if not MOMENT.fullmatch(text):
        raise ExpressionError(f"{quoted(text)} is not an ISO 8601 date-time: write it like 2026-11-24T09:00:00+08:00.")
    bare = re.split(r"[\[@]", text)
    try:
        moment = datetime.fromisoformat(bare[0])
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(bare[1].rstrip("]") if len(bare) > 1 else zone))
        return moment.astimezone(UTC)
    except (ValueError, OverflowError, ZoneInfoNotFoundError) as error:
        raise ExpressionError(f"{quoted(text)} is not a date-time that exists ({error}).") from error


def parse_cycle(text: str, zone: str = ZONE) -> Cycle:
    """Read a repeating interval such as R3/PT10M, R/P1D or R5/2026-12-01T09:00:00+08:00/P1W."""
    found = CYCLE.fullmatch(text.strip())
    if found is None:
        raise ExpressionError(
            f"{quoted(text)} is not an ISO 8601 repeating interval: write it like R3/PT10M or R/2026-12-01T09:00:00+08:00/P1D."
        )
    duration = parse_duration(found["duration"])
    if duration.months == 0 and duration.exact < timedelta(seconds=1):
        raise ExpressionError(f"{quoted(text)} repeats more often than once a second: make the interval longer.")
    return Cycle(int(found["times"]) if found["times"] else None, parse_moment(found["start"], zone) if found["start"] else None, duration)
