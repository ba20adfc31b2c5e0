"""SLA clocks (C01, section 2.2): each is a row that counts and a small process that waits for its next percentage."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from pydantic import AwareDatetime, BaseModel

from engine.errors import BpmnError
from engine.handling import Context, handler
from handlers.escalation import Opening
from handlers.escalation import start as start_escalation
from records import sla
from records.calendars import Calendar, read_span
from records.sla import Clock, ClockKind
from records.sla_clocks import StoredClock, clocks_of, insert_clock, read_clock, save_clock
from records.stored_calendars import load_calendar

PROCESS = "sla_clock"
CHANGED = "sla.changed"


class Targets(BaseModel):
    """The targets of a record's clocks, as `PT2H` or `3wd`; a clock without a target is not started, and one that runs is cancelled."""

    record: str
    priority: str
    calendar: str
    respond: str | None = None
    restore: str | None = None
    update: str | None = None
    is_approved: bool = False


@handler("sla_clock.start")
def start(context: Context, inputs: Targets) -> None:
    """Start the clocks of a record, or give those that run other targets, counted from their start (rules 6, 10 and 12).

    Throws `sla.second_person` when a target gets longer after 75 % of it, and nobody approved that (rule 7).
    """
    calendar = load_calendar(context.connection, inputs.calendar)
    present = clocks_of(context.connection, inputs.record)
    wanted = {ClockKind(name): getattr(inputs, name) for name in ("respond", "restore", "update")}
    targets = {kind: read_span(text, calendar) for kind, text in wanted.items() if text}
    if not inputs.is_approved:
        _require_second_person(present, targets, context.now)
    for kind, target in targets.items():
        if kind not in present:
            clock = sla.start(kind, calendar, target, at=context.now)
            _watch(context, insert_clock(context.connection, inputs.record, clock, is_drill=context.is_drill), priority=inputs.priority)
        elif present[kind].clock.cancelled_at is not None:
            clock = sla.revive(present[kind].clock, target=target, calendar=calendar, now=context.now)
            _watch(context, save_clock(context.connection, present[kind], clock), priority=inputs.priority)
        elif not present[kind].clock.is_over:
            _retarget(context, present[kind], target, calendar, priority=inputs.priority)
    for kind, stored in present.items():
        if kind not in targets and not stored.clock.is_over:
            _save(context, stored, sla.cancel(stored.clock, now=context.now), is_final=True)
            context.note(f"{kind} clock: {inputs.priority} has no such target")


def _require_second_person(present: dict[ClockKind, StoredClock], targets: dict[ClockKind, timedelta], now: datetime) -> None:
    for kind, target in targets.items():
        stored = present.get(kind)
        if stored is not None and not stored.clock.is_over and sla.needs_second_person(stored.clock, target=target, now=now):
            share = sla.percent(stored.clock, now)
            text = f"{share:.0f} % of the {kind} target is used: to make it longer needs a second person (rule 7)."
            raise BpmnError("sla.second_person", text, problem=text)


def _retarget(context: Context, stored: StoredClock, target: timedelta, calendar: Calendar, *, priority: str) -> None:
    before = stored.clock
    if (before.target, before.calendar.key) == (target, calendar.key):
        return
    clock = sla.retarget(before, target=target, calendar=calendar, now=context.now)
    _save(context, stored, clock, priority=priority)
    context.note(f"{clock.kind} clock: target {before.target} became {target}", breach=clock.breach_cause)


def _watch(context: Context, stored: StoredClock, *, priority: str) -> None:
    variables = {"clock": stored.id, "record": stored.record, "kind": stored.clock.kind.value, "cycle": stored.clock.cycle}
    variables["priority"] = priority
    context.start_process(PROCESS, business_key=stored.business_key, variables=variables)


def _save(context: Context, stored: StoredClock, clock: Clock, *, is_final: bool = False, priority: str | None = None) -> None:
    """Write a clock and tell the process that watches it, with the record's priority where that is new."""
    save_clock(context.connection, stored, clock, frozen_at=context.now if is_final else None)
    payload = {"priority": priority} if priority else {}
    context.queue_message(CHANGED, business_key=stored.business_key, payload=payload, ttl_s=86400)


class OfRecord(BaseModel):
    """The record whose clocks are meant; `kinds` empty means all."""

    record: str
    kinds: list[ClockKind] = []

    def running(self, context: Context) -> Iterable[StoredClock]:
        """Yield the clocks that are not over, locked."""
        for kind, stored in clocks_of(context.connection, self.record).items():
            if not stored.clock.is_over and (not self.kinds or kind in self.kinds):
                yield stored


class PauseInputs(OfRecord):
    """Why the clocks pause; `stops_clock` False records the wait only (rule 3)."""

    reason: str
    evidence: str | None = None
    expected_until: AwareDatetime | None = None
    stops_clock: bool = True


@handler("sla_clock.pause")
def pause(context: Context, inputs: PauseInputs) -> None:
    """Pause a record's running clocks from now, with who and why (rules 2, 3 and 5)."""
    if not inputs.stops_clock:
        context.note(f"waits for {inputs.reason}: the clocks run on")
        return
    for stored in inputs.running(context):
        if stored.clock.open_pause is None:
            clock = sla.pause(
                stored.clock,
                reason=inputs.reason,
                by=context.actor,
                now=context.now,
                evidence=inputs.evidence or "",
                expected_until=inputs.expected_until,
            )
            _save(context, stored, clock)


@handler("sla_clock.resume")
def resume(context: Context, inputs: OfRecord) -> None:
    """Let a record's paused clocks run again, with what was left (rule 2)."""
    for stored in inputs.running(context):
        if stored.clock.open_pause is not None:
            _save(context, stored, sla.resume(stored.clock, now=context.now))


@handler("sla_clock.stop")
def stop(context: Context, inputs: OfRecord) -> None:
    """Stop a record's clocks: what they measure has happened."""
    _end(context, inputs, lambda clock: sla.stop(clock, now=context.now))


@handler("sla_clock.cancel")
def cancel(context: Context, inputs: OfRecord) -> None:
    """Cancel a record's clocks, so that they count nowhere (rule 11)."""
    _end(context, inputs, lambda clock: sla.cancel(clock, now=context.now))


def _end(context: Context, inputs: OfRecord, change: Callable[[Clock], Clock]) -> None:
    for stored in inputs.running(context):
        _save(context, stored, change(stored.clock), is_final=True)


class ReopenInputs(OfRecord):
    """The record that is reopened, and its priority."""

    priority: str


@handler("sla_clock.reopen")
def reopen(context: Context, inputs: ReopenInputs) -> None:
    """Let a record's stopped clocks go on in a new cycle; the time since the stop counts (rule 8)."""
    for kind, stored in clocks_of(context.connection, inputs.record).items():
        if stored.clock.stopped_at is not None and kind in (inputs.kinds or [ClockKind.RESTORE]):
            changed = save_clock(context.connection, stored, sla.reopen(stored.clock, now=context.now))
            _watch(context, changed, priority=inputs.priority)


@handler("sla_clock.answered")
def answered(context: Context, inputs: OfRecord) -> None:
    """A person gave an answer that the customer saw: the first response is given, the update clock begins again (rule 9)."""
    for stored in inputs.running(context):
        if stored.clock.kind is ClockKind.RESPOND:
            _save(context, stored, sla.stop(stored.clock, now=context.now), is_final=True)
        elif stored.clock.kind is ClockKind.UPDATE:
            _save(context, stored, sla.restart(stored.clock, now=context.now))


class ClockInputs(BaseModel):
    """A clock by its id, and which of its cycles is watched."""

    clock: str
    cycle: int


class Look(BaseModel):
    """What a clock asks for: `what` is wait, rest (until it changes), warn, breach or over; `next_at` when to look again."""

    what: str
    percent: int = 0
    next_at: str | None = None


@handler("sla_clock.look")
def look(context: Context, inputs: ClockInputs) -> Look:
    """Look at a clock: note a percentage that is reached, each once, in order; or say when the next will be (rule 14)."""
    stored = read_clock(context.connection, inputs.clock)
    clock = stored.clock
    tick = sla.next_tick(clock)
    if clock.is_over or clock.cycle != inputs.cycle:
        return Look(what="over")
    if tick is None:
        return Look(what="rest")
    if tick.at > context.now:
        return Look(what="wait", next_at=tick.at.isoformat())
    told = sla.noted(replace(clock, told=tick.percent), context.now)
    save_clock(context.connection, stored, told)
    late = context.now - tick.at
    context.note(f"{clock.kind}: {tick.percent} % of {clock.target} used", reached_at=tick.at.isoformat(), late_s=int(late.total_seconds()))
    return Look(what="breach" if tick.percent >= 100 else "warn", percent=tick.percent)


class TellInputs(BaseModel):
    """What to tell of a clock."""

    record: str
    kind: str
    priority: str
    percent: int


@handler("sla_clock.warn")
def warn(context: Context, inputs: TellInputs) -> None:
    """Tell that a part of a target is used up."""
    context.notify("sla.warning", record=inputs.record, clock=inputs.kind, percent=inputs.percent, priority=inputs.priority)


@handler("sla_clock.breach")
def breach(context: Context, inputs: TellInputs) -> None:
    """Tell that a target is missed and escalate to those who decide (section 2.4)."""
    context.notify("sla.breach", record=inputs.record, clock=inputs.kind, priority=inputs.priority)
    reason = f"The {inputs.kind} target of {inputs.record.rpartition(':')[2]} is missed."
    start_escalation(context, Opening(record=inputs.record, ladder="breach", priority=inputs.priority, reason=reason))
