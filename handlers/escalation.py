"""Escalation (C02, section 2.4): the steps of a ladder, each told once, until somebody takes it on or the record ends."""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import BaseModel

from engine.handling import Context, handler
from records.calendars import SPAN
from records.escalations import acknowledge as note_acknowledged
from records.escalations import end_escalation, open_escalation, open_escalations, take_step

PROCESS = "escalation"
ENDED = "escalation.ended"


class Opening(BaseModel):
    """What is escalated, on which ladder, and why."""

    record: str
    ladder: str
    priority: str
    reason: str


@handler("escalation.start")
def start(context: Context, inputs: Opening) -> None:
    """Begin to escalate, unless the record is escalated on this ladder already, and for no lower priority; that goes on instead.

    One whose process an operator cancelled is over: it keeps nobody from being told.
    """
    for ladder, found in open_escalations(context.connection, inputs.record):
        if ladder == inputs.ladder and context.has_ended(found):
            end_escalation(context.connection, found, now=context.now)
    made = open_escalation(context.connection, **inputs.model_dump(), is_drill=context.is_drill, now=context.now)
    if made is None:
        return
    if made.replaced is not None:
        _end(context, inputs.record, inputs.ladder, made.replaced)
    variables = {**inputs.model_dump(), "escalation": made.id, "opened_at": made.since.isoformat(), "level": 0}
    context.start_process(PROCESS, business_key=_key(inputs.record, inputs.ladder, made.id), variables=variables, instance_id=made.id)


def _key(record: str, ladder: str, escalation: str) -> str:
    """Return a key that no later escalation has: an end that comes too late for one must not end the next."""
    return f"{record}#{ladder}/{escalation}"


def _end(context: Context, record: str, ladder: str, escalation: str) -> None:
    context.queue_message(ENDED, business_key=_key(record, ladder, escalation), ttl_s=86400)


class OfRecord(BaseModel):
    """The record whose escalations are meant."""

    record: str


@handler("escalation.end_all")
def end_all(context: Context, inputs: OfRecord) -> None:
    """End every escalation of a record: it is over."""
    for ladder, found in open_escalations(context.connection, inputs.record):
        end_escalation(context.connection, found, now=context.now)
        if not context.has_ended(found):
            _end(context, inputs.record, ladder, found)


class Step(BaseModel):
    """A step of the ladder: `after` the opening, told to `targets` (teams, comma separated) over a channel."""

    escalation: str
    record: str
    ladder: str
    priority: str
    reason: str
    level: int
    targets: str
    channel: str


@handler("escalation.tell")
def tell(context: Context, inputs: Step) -> None:
    """Tell the teams of a step, and note it."""
    teams = [team.strip() for team in inputs.targets.split(",") if team.strip()]
    take_step(context.connection, inputs.escalation, level=inputs.level, targets=teams, channel=inputs.channel, now=context.now)
    told = inputs.model_dump(include={"record", "ladder", "priority", "reason", "level", "channel"})
    context.notify("escalation.step", targets=teams, **told)
    context.note(f"step {inputs.level} told {', '.join(teams)} by {inputs.channel}")


class Following(BaseModel):
    """When the step after this one is due, counted from the opening."""

    opened_at: str
    after: str


class FollowingAt(BaseModel):
    """The moment of the next step."""

    step_at: str


@handler("escalation.schedule")
def schedule(context: Context, inputs: Following) -> FollowingAt:
    """Say when a step is due; a ladder that starts late does not skip steps, it takes them at once and in order."""
    opened = datetime.fromisoformat(inputs.opened_at)
    wait: timedelta = SPAN.validate_python(inputs.after)
    return FollowingAt(step_at=max(opened + wait, context.now).isoformat())


class Acknowledged(BaseModel):
    """The escalation that somebody took on."""

    escalation: str


@handler("escalation.acknowledge")
def acknowledge(context: Context, inputs: Acknowledged) -> None:
    """Note who took it on; that ends the telling, not the clock."""
    note_acknowledged(context.connection, inputs.escalation, by=context.actor, now=context.now)
    end_escalation(context.connection, inputs.escalation, now=context.now)


@handler("escalation.end")
def end(context: Context, inputs: Acknowledged) -> None:
    """Note that an escalation is over."""
    end_escalation(context.connection, inputs.escalation, now=context.now)
