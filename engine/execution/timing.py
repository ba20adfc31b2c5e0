"""Timers: when they are due, read once when they start. Values are ISO 8601, as modelers write them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.diagram.model import TimerKind
from engine.errors import Invalid
from engine.expressions import parse_cycle, parse_duration, parse_moment


@dataclass(frozen=True, slots=True)
class Due:
    """When a timer fires next; a cycle's `period` (ISO 8601) and how many times are `left` after that (None: for ever)."""

    at: datetime
    period: str | None = None
    left: int | None = 0


def moment(text: str, *, now: datetime, zone: str) -> datetime:
    """Return a date-time, or now plus a duration."""
    return parse_duration(text).add(now) if text.strip().startswith("P") else parse_moment(text, zone)


def first_due(kind: TimerKind, text: str, *, now: datetime, zone: str) -> Due:
    """Return when a timer that starts now fires first."""
    text = text.strip()
    if kind is TimerKind.DATE:
        return Due(parse_moment(text, zone))
    if kind is TimerKind.DURATION:
        return Due(parse_duration(text).add(now))
    cycle = parse_cycle(text)
    if cycle.repetitions == 0:
        raise Invalid(f"The timer cycle {text!r} never fires: give at least one repetition (R1/...).")
    first = cycle.start or cycle.duration.add(now)
    left = None if cycle.repetitions is None else cycle.repetitions - 1
    return Due(first, text.rsplit("/", 1)[-1], left)


def next_due(due: Due) -> Due | None:
    """Return when a cycle fires after it fired at `due`, or None when it is over."""
    if due.period is None or due.left == 0:
        return None
    following = parse_duration(due.period).add(due.at)
    if following - due.at < timedelta(seconds=1):
        raise Invalid(f"The timer period {due.period!r} is shorter than a second.")
    return Due(following, due.period, None if due.left is None else due.left - 1)
