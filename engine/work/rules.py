"""When a schedule fires: a cron line of five fields, or an ISO 8601 repeating interval."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apscheduler.triggers.cron import CronTrigger

from engine.errors import ExpressionError, Invalid
from engine.expressions import Cycle, parse_cycle

NEAR_H = 3
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


def check_rule(rule: str, zone: str) -> None:
    """Raise Invalid when a rule or a zone cannot be read."""
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise Invalid(f"There is no time zone {zone!r}: write one like Asia/Shanghai.") from error
    next_time(rule, zone, after=datetime(2026, 1, 1, tzinfo=UTC), anchor=datetime(2026, 1, 1, tzinfo=UTC))


def next_time(rule: str, zone: str, *, after: datetime, anchor: datetime) -> datetime | None:
    """Return the first moment of a rule after another, in UTC; None when there is none any more.

    An interval without a start counts from `anchor`. A local time that a change of the clocks leaves out fires at the next that exists; one
    that comes twice fires once, unless the rule names every hour or every so many. Raises Invalid.
    """
    if rule.strip().startswith("R"):
        try:
            return _next_of_cycle(parse_cycle(rule, zone), after, anchor)
        except ExpressionError as error:
            raise Invalid(f"The schedule's rule {rule!r} cannot be read: {error}") from error
    return _next_of_cron(_cron(rule), ZoneInfo(zone), after, names_hours=not rule.split()[1].startswith("*"))


def _next_of_cron(cron: CronTrigger, zone: ZoneInfo, after: datetime, *, names_hours: bool) -> datetime | None:
    """Walk the wall clock's times, and where the clocks change find the earliest moment among those that are near."""
    best: datetime | None = None
    wall = _wall(after, zone) - _change(after, zone)
    while (wall := cron.get_next_fire_time(None, wall + timedelta(microseconds=1))) is not None:
        if best is not None and wall > _wall(best, zone) + _change(best, zone):
            break
        later = [moment for moment in _moments(wall, zone, names_hours=names_hours) if moment > after]
        best = min(later if best is None else [best, *later], default=None)
    return best


def _wall(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return what a clock on the wall shows, as if it were UTC: APScheduler never ends on a time that the zone leaves out."""
    return moment.astimezone(zone).replace(tzinfo=UTC)


def _change(moment: datetime, zone: ZoneInfo) -> timedelta:
    """Return by how much the clocks change around a moment."""
    before, later = (_wall(moment + timedelta(hours=hours), zone) - moment for hours in (-NEAR_H, NEAR_H))
    return abs(later - before - timedelta(hours=2 * NEAR_H))


def _moments(wall: datetime, zone: ZoneInfo, *, names_hours: bool) -> list[datetime]:
    """Return when a clock on the wall shows a time: once, twice, or never and then as long after the change as it would have been."""
    first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    is_left_out = _wall(first, zone) != wall
    if names_hours:
        return [first]
    return [] if is_left_out else sorted({first, second})


def _next_of_cycle(cycle: Cycle, after: datetime, anchor: datetime) -> datetime | None:
    """Find the first repetition after a moment by halving: repetitions only grow later."""
    first = 0 if cycle.start is not None else 1
    origin = cycle.start or anchor
    low, high = first, first + 1
    while cycle.duration.add(origin, times=high) <= after:
        low, high = high, high * 2
    while low < high:
        middle = (low + high) // 2
        if cycle.duration.add(origin, times=middle) > after:
            high = middle
        else:
            low = middle + 1
    if cycle.repetitions is not None and low >= first + cycle.repetitions:
        return None
    return cycle.duration.add(origin, times=low)


def _cron(rule: str) -> CronTrigger:
    fields = rule.split()
    if len(fields) != 5:
        raise Invalid(f"The schedule's rule {rule!r} has {len(fields)} fields: a cron line has five (minute hour day month weekday).")
    minute, hour, day, month, weekday = fields
    if day != "*" and weekday != "*":
        raise Invalid(f"The schedule's rule {rule!r} names days of the month and of the week: name one of them, the other is '*'.")
    try:
        return CronTrigger(minute=minute, hour=hour, day=day, month=month.lower(), day_of_week=_weekdays(weekday), timezone=UTC)
    except ValueError as error:
        raise Invalid(f"The schedule's rule {rule!r} cannot be read: {error}.") from error


def _weekdays(field: str) -> str:
    """Spell weekdays as names: cron counts from Sunday 0 (and 7), APScheduler from Monday 0."""
    names: list[str] = []
    for part in field.lower().split(","):
        found = re.fullmatch(r"(\*|\d|[a-z]{3})(?:-(\d|[a-z]{3}))?(?:/(\d+))?", part)
        if found is None:
            raise ValueError(f"unknown weekday {part!r}")
        first, last, step = found.groups()
        if first == "*" and step is None:
            return "*"
        start = 0 if first == "*" else _day(first)
        end = 6 if first == "*" else _day(last) if last else start
        span = (end - start) % 7
        names += [DAYS[(start + offset) % 7] for offset in range(0, span + 1, int(step or 1))]
    return ",".join(dict.fromkeys(names))


def _day(text: str) -> int:
    number = int(text) % 8 % 7 if text.isdigit() else DAYS.index(text)
    if text.isdigit() and int(text) > 7:
        raise ValueError(f"unknown weekday {text!r}")
    return number
