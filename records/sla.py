"""SLA clocks (section 2.2): pure rules over a start, a target, a calendar and pauses. Intervals are kept, times are computed.

A clock's running time is cut by its pauses. `due` is the moment at which the working time of the running intervals reaches the target, so
a pause moves the deadline by what is left of the target after it, never by the length of the pause (rules 1 and 2).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from engine.errors import Conflict, Invalid
from records.calendars import Calendar, Due

WARN_AT = (50, 75, 100)
BY_TIME = "time"
BY_REPRIORITISATION = "re-prioritisation"
SECOND_PERSON_AFTER = 0.75


class ClockKind(StrEnum):
    """What a clock measures."""

    RESPOND = "respond"
    RESTORE = "restore"
    UPDATE = "update"


class ClockState(StrEnum):
    """How a clock stands."""

    NOT_STARTED = "not started"
    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    BREACHED_RUNNING = "breached-running"
    BREACHED_MET = "breached-met"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Pause:
    """A time in which a clock stood still: who paused it, why, on what evidence, and until when that was expected."""

    since: datetime
    reason: str
    by: str
    until: datetime | None = None
    evidence: str = ""
    expected_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock.

    `carried` is working time used before `counted_from` under an earlier calendar (rule 12); `told` the last percent told. `cycle` rises
    when it runs again after it was over.
    """

    kind: ClockKind
    calendar: Calendar
    target: timedelta
    started_at: datetime
    counted_from: datetime
    carried: timedelta = timedelta()
    pauses: tuple[Pause, ...] = ()
    stopped_at: datetime | None = None
    cancelled_at: datetime | None = None
    breached_at: datetime | None = None
    breach_cause: str | None = None
    cycle: int = 1
    told: int = 0

    @property
    def is_over(self) -> bool:
        """Tell whether it runs no more."""
        return self.stopped_at is not None or self.cancelled_at is not None

    @property
    def open_pause(self) -> Pause | None:
        """Return the pause it is in."""
        return self.pauses[-1] if self.pauses and self.pauses[-1].until is None else None


def start(kind: ClockKind, calendar: Calendar, target: timedelta, *, at: datetime) -> Clock:
    """Return a clock that starts at a moment; outside working time it begins to count at the next opening (rule 10)."""
    if target <= timedelta():
        raise Invalid(f"A {kind} clock needs a target above zero, not {target}.")
    return Clock(kind, calendar, target, at, at)


def running_intervals(clock: Clock) -> Iterator[tuple[datetime, datetime | None]]:
    """Yield when the clock ran, from where it is counted; the last interval may be open."""
    since: datetime | None = clock.counted_from
    for pause in clock.pauses:
        if since is not None and pause.since > since:
            yield since, pause.since
        since = None if pause.until is None else max(pause.until, clock.counted_from)
    if since is not None:
        yield since, clock.stopped_at or clock.cancelled_at


def used(clock: Clock, now: datetime) -> timedelta:
    """Return the working time of the running intervals until a moment (rule 1)."""
    total = clock.carried
    for since, until in running_intervals(clock):
        total += clock.calendar.between(since, now if until is None else min(until, now))
    return total


def percent(clock: Clock, now: datetime) -> float:
    """Return used / target in percent (rule 14)."""
    return 100 * (used(clock, now) / clock.target)


def due(clock: Clock, *, share: float = 1.0) -> Due | None:
    """Return when a share of the target is or was used up; None while that depends on the end of a pause, or never came before the stop.

    G8: Friday 16:00, 8 h, paused 17:00 to Monday 10:00, leaves 7 h and is due Tuesday 09:30.
    """
    left = clock.target * share - clock.carried
    for since, until in running_intervals(clock):
        if until is None:
            return clock.calendar.add(since, left)
        span = clock.calendar.between(since, until)
        if span >= left:
            return clock.calendar.add(since, left)
        left -= span
    return None


def state(clock: Clock, now: datetime) -> ClockState:
    """Return how a clock stands; a breach stays one, whatever is paused after it (rule 5)."""
    if clock.cancelled_at is not None:
        return ClockState.CANCELLED
    is_breached = breach_of(clock, now) is not None
    if clock.stopped_at is not None:
        return ClockState.BREACHED_MET if is_breached else ClockState.MET
    if now < clock.started_at:
        return ClockState.NOT_STARTED
    if is_breached:
        return ClockState.BREACHED_RUNNING
    return ClockState.RUNNING if clock.open_pause is None else ClockState.PAUSED


def breach_of(clock: Clock, now: datetime) -> datetime | None:
    """Return when the target was missed: what was noted once stays, else the deadline when it lies before the stop and before now."""
    if clock.breached_at is not None:
        return clock.breached_at
    deadline = due(clock)
    end = min(clock.stopped_at or now, now)
    return deadline.at if deadline is not None and deadline.at < end else None


def pause(clock: Clock, *, reason: str, by: str, now: datetime, evidence: str = "", expected_until: datetime | None = None) -> Clock:
    """Return a clock paused now (rule 2); a back-dated pause does not exist (rule 5). Raises Conflict, Invalid."""
    _require_running(clock)
    if clock.open_pause is not None:
        raise Conflict(f"The {clock.kind} clock is paused already, since {clock.open_pause.since.isoformat()}: resume it first.")
    if now < max([clock.started_at, *(each.until for each in clock.pauses if each.until is not None)]):
        raise Invalid(f"A pause cannot begin at {now.isoformat()}, before what is already counted.")
    if not reason:
        raise Invalid("A pause needs its reason.")
    opened = Pause(now, reason, by, evidence=evidence, expected_until=expected_until)
    return replace(noted(clock, now), pauses=(*clock.pauses, opened))


def resume(clock: Clock, *, now: datetime) -> Clock:
    """Return a clock that runs again from now, with what was left (rule 2). Raises Conflict when it is not paused."""
    opened = clock.open_pause
    if opened is None or clock.is_over:
        raise Conflict(f"The {clock.kind} clock is not paused.")
    return replace(clock, pauses=(*clock.pauses[:-1], replace(opened, until=max(now, opened.since))))


def retarget(clock: Clock, *, target: timedelta, calendar: Calendar, now: datetime) -> Clock:
    """Return a clock with another target, counted from its original start with all pauses kept (rule 6).

    A breach that becomes true by the change is "by re-prioritisation". G9: 8 h from 09:00, 2 h at 14:00: due 11:00.
    """
    _require_running(clock)
    before = noted(clock, now)
    if target <= timedelta():
        raise Invalid(f"A {clock.kind} clock needs a target above zero, not {target}.")
    changed = replace(before, target=target, calendar=calendar, counted_from=clock.started_at, carried=timedelta(), told=0)
    if before.breached_at is not None:
        return changed
    missed = breach_of(changed, now)
    return changed if missed is None else replace(changed, breached_at=missed, breach_cause=BY_REPRIORITISATION)


def needs_second_person(clock: Clock, *, target: timedelta, now: datetime) -> bool:
    """Tell whether a longer target needs a second person: after 75 % of the present one (rule 7)."""
    return target > clock.target and used(clock, now) >= clock.target * SECOND_PERSON_AFTER


def recalendar(clock: Clock, calendar: Calendar, *, now: datetime) -> Clock:
    """Return a running clock under a new version of its calendar: what is used stays, what comes is counted anew (rule 12)."""
    _require_running(clock)
    return replace(noted(clock, now), calendar=calendar, carried=used(clock, now), counted_from=max(now, clock.started_at))


def stop(clock: Clock, *, now: datetime) -> Clock:
    """Return a clock that met its end now; an open pause ends with it. Raises Conflict when it is over."""
    _require_running(clock)
    running = clock if clock.open_pause is None else resume(clock, now=now)
    return replace(noted(running, now), stopped_at=now)


def cancel(clock: Clock, *, now: datetime) -> Clock:
    """Return a cancelled clock, which counts nowhere (rule 11)."""
    _require_running(clock)
    return replace(clock, cancelled_at=now)


def reopen(clock: Clock, *, now: datetime) -> Clock:
    """Return a stopped clock that goes on in a new cycle; the time since its stop counts as used (rule 8)."""
    if clock.stopped_at is None or clock.cancelled_at is not None:
        raise Conflict(f"The {clock.kind} clock is not stopped: there is nothing to reopen.")
    return noted(replace(clock, stopped_at=None, cycle=clock.cycle + 1), now)


def restart(clock: Clock, *, now: datetime) -> Clock:
    """Return an update clock that begins again, as it does at each note that the customer sees (rule 9)."""
    _require_running(clock)
    return replace(clock, started_at=now, counted_from=now, carried=timedelta(), pauses=(), breached_at=None, breach_cause=None,
                   told=0)  # fmt: skip


def revive(clock: Clock, *, target: timedelta, calendar: Calendar, now: datetime) -> Clock:
    """Return a cancelled clock that is wanted again, in a new cycle that begins now. Raises Conflict when it was not cancelled."""
    if clock.cancelled_at is None:
        raise Conflict(f"The {clock.kind} clock was not cancelled: there is nothing to revive.")
    return replace(start(clock.kind, calendar, target, at=now), cycle=clock.cycle + 1)


def absorb(parent: Clock, child: Clock, *, now: datetime) -> tuple[Clock, Clock]:
    """Return both clocks after a merge: the parent keeps the earliest start, the child's is cancelled (rule 11)."""
    earliest = min(parent.started_at, child.started_at)
    return replace(parent, started_at=earliest, counted_from=min(parent.counted_from, earliest)), cancel(child, now=now)


def noted(clock: Clock, now: datetime) -> Clock:
    """Return a clock that remembers its breach, if it has missed its target by now."""
    if clock.breached_at is not None:
        return clock
    missed = breach_of(clock, now)
    return clock if missed is None else replace(clock, breached_at=missed, breach_cause=BY_TIME)


@dataclass(frozen=True, slots=True)
class Tick:
    """A percentage that is told at a moment."""

    percent: int
    at: datetime


def next_tick(clock: Clock) -> Tick | None:
    """Return the next percentage to tell of, those that were told left out; None while paused, when over, or when all are told."""
    if clock.is_over:
        return None
    for share in WARN_AT:
        if share > clock.told:
            reached = due(clock, share=share / 100)
            return None if reached is None else Tick(share, reached.at)
    return None


def _require_running(clock: Clock) -> None:
    if clock.is_over:
        how = "stopped" if clock.stopped_at is not None else "cancelled"
        raise Conflict(f"The {clock.kind} clock is {how} already.")
