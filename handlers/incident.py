"""Incidents (R03): what the incident diagram does to the record. What a person entered wrongly goes back to that person's task."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, GetJsonSchemaHandler, TypeAdapter, ValidationError
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from engine.errors import BpmnError, Invalid
from engine.handling import Context, handler
from records.calendars import Calendar, read_span
from records.incidents import (
    Incident,
    IncidentState,
    Report,
    add_note,
    change_incident,
    check_restored,
    checked_report,
    lock_incident,
    open_incident,
)
from records.stored_calendars import load_calendar

INVALID = "incident.invalid"
MOMENT: TypeAdapter[AwareDatetime] = TypeAdapter(AwareDatetime)
OUTCOMES = ("resolved", "wait", "reassign", "escalate", "reclassify", "note")


@contextmanager
def _told_to_the_person() -> Iterator[None]:
    """Turn a refusal into the BPMN error that leads back to the task, with its reason as `problem`."""
    try:
        yield
    except Invalid as error:
        raise BpmnError(INVALID, str(error), problem=str(error)) from error


class OfIncident(BaseModel):
    """An incident by its record, `incident:INC-20260213-0007`."""

    record: str


class Opened(BaseModel):
    """The new incident."""

    record: str
    number: str
    service_level: str
    problem: str = ""


class ReportInputs(BaseModel):
    """What was reported, as it came: checked by the record's own rules."""

    model_config = ConfigDict(extra="allow")

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: CoreSchema, describe: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Describe the inputs as the record's own."""
        return describe(Report.__pydantic_core_schema__)


@handler("incident.open")
def open(context: Context, inputs: ReportInputs) -> Opened:  # noqa: A001  # the topic is incident.open
    """Write the incident down under a new number. Throws `incident.invalid` when the report cannot be written."""
    with _told_to_the_person():
        report = checked_report(inputs.model_extra or {}, now=context.now)
    made = open_incident(context.connection, report, instance_id=context.instance_id, is_drill=context.is_drill, now=context.now)
    add_note(context.connection, made, "reported", text=report.symptom, by=context.actor, now=context.now, is_public=True)
    context.name_record(made.record)
    return Opened(record=made.record, number=made.number, service_level=made.service_level)


class Classification(OfIncident):
    """What the incident is and how much it matters."""

    impact: int
    urgency: int
    priority: str
    category: str | None = None
    subcategory: str | None = None
    service_effect: str | None = None
    team: str | None = None
    reason: str | None = None


class Classified(BaseModel):
    """Who works on it."""

    team: str
    problem: str = ""


@handler("incident.set_priority")
def set_priority(context: Context, inputs: Classification) -> Classified:
    """Write class and priority. Throws `incident.invalid` for one that is restored already (R03)."""
    found = lock_incident(context.connection, inputs.record)
    with _told_to_the_person():
        if found.restored_at is not None:
            raise Invalid(f"{found.number} is restored: it is not classified anew to save the SLA.")
    values = inputs.model_dump(include={"impact", "urgency", "priority", "service_effect", "category", "subcategory"}, exclude_none=True)
    team = inputs.team or found.team or "level-2"
    values |= {"team": team, "priority_reason": inputs.reason, "state": IncidentState.CLASSIFIED.value}
    with _told_to_the_person():
        change_incident(context.connection, found, **values)
    text = f"{inputs.priority} (impact {inputs.impact}, urgency {inputs.urgency})"
    before = {"priority": found.priority, "impact": found.impact, "urgency": found.urgency}
    data = {"before": before, "after": {name: getattr(inputs, name) for name in before}}
    add_note(context.connection, found, "classified", text=text, by=context.actor, now=context.now, data=data)
    return Classified(team=team)


class MajorInputs(OfIncident):
    """What the duty manager decided; nobody's answer within the time promotes."""

    is_major: bool
    reason: str | None = None


@handler("incident.set_major")
def set_major(context: Context, inputs: MajorInputs) -> None:
    """Note whether it is a major incident, by whose decision."""
    found = lock_incident(context.connection, inputs.record)
    change_incident(context.connection, found, is_major=inputs.is_major)
    text = "major incident" if inputs.is_major else "no major incident"
    add_note(context.connection, found, "major", text=inputs.reason or text, by=context.actor, now=context.now)
    if inputs.is_major:
        context.notify("incident.major", record=found.record, priority=found.priority)


class WorkInputs(OfIncident):
    """What came of a turn of work on the incident."""

    outcome: str | None = None
    note: str | None = None
    answer: str | None = None
    team: str | None = None
    cause_code: str | None = None
    solution: str | None = None
    reason: str | None = None
    expected_until: str | None = None


class Worked(BaseModel):
    """Where it goes on: `team` has it next; `is_answered` when the customer was told something."""

    team: str
    is_answered: bool
    problem: str = ""


@handler("incident.record_work")
def record_work(context: Context, inputs: WorkInputs) -> Worked:
    """Write down what came of the work. Throws `incident.invalid` for what does not fit together."""
    found = lock_incident(context.connection, inputs.record)
    with _told_to_the_person():
        values = _after_work(found, inputs, context.now)
    answered = bool(inputs.answer)
    if answered and found.responded_at is None:
        values["responded_at"] = context.now
    with _told_to_the_person():
        change_incident(context.connection, found, **values)
    outcome = str(inputs.outcome)
    text = inputs.note or inputs.solution or inputs.reason or outcome
    data = inputs.model_dump(mode="json", include={"team", "reason", "cause_code", "expected_until"}, exclude_none=True)
    add_note(context.connection, found, outcome, text=text, by=context.actor, now=context.now, data=data)
    if inputs.answer:
        add_note(context.connection, found, "answer", text=inputs.answer, by=context.actor, now=context.now, is_public=True)
    return Worked(team=str(values.get("team") or found.team or "level-2"), is_answered=answered)


def _after_work(found: Incident, inputs: WorkInputs, now: datetime) -> dict[str, Any]:
    """Return what an outcome writes into the record. Raises Invalid."""
    values: dict[str, Any] = {"state": IncidentState.DIAGNOSING.value}
    match inputs.outcome:
        case "resolved":
            check_restored(found, cause_code=inputs.cause_code, solution=inputs.solution, now=now)
            values |= {"state": IncidentState.RESTORED.value, "restored_at": now}
            values |= {"cause_code": inputs.cause_code, "solution": inputs.solution}
        case "reassign" | "escalate":
            if not inputs.team or inputs.team == found.team:
                raise Invalid(f"{found.number} is handed to {inputs.team or 'nobody'}: name another team than {found.team}.")
            values |= {"team": inputs.team, "reassign_count": found.reassign_count + 1}
        case "wait":
            if not inputs.reason:
                raise Invalid(f"{found.number} waits for nothing: choose a reason.")
            if inputs.expected_until and _moment(inputs.expected_until) <= now:
                raise Invalid(f"{found.number} cannot wait until {inputs.expected_until}: that is over.")
        case "reclassify" | "note":
            pass
        case _:
            raise Invalid(f"{found.number} has no outcome {inputs.outcome!r}: choose one of {', '.join(OUTCOMES)}.")
    return values


def _moment(text: str) -> datetime:
    try:
        return MOMENT.validate_python(text)
    except ValidationError as error:
        raise Invalid(f"{text!r} is no moment: write it with its zone, as 2026-11-24T09:00+08:00.") from error


class SuspendInputs(OfIncident):
    """Why it waits, and for how long at most, as `3wd` or `PT72H` in a calendar."""

    reason: str
    longest: str
    calendar: str


class Suspended(BaseModel):
    """Until when it may wait; nothing ended the wait so far."""

    wait_until: str
    because: None = None


@handler("incident.suspend")
def suspend(context: Context, inputs: SuspendInputs) -> Suspended:
    """Mark the incident as waiting, and say when that is over by rule (rule 4)."""
    found = lock_incident(context.connection, inputs.record)
    change_incident(context.connection, found, is_suspended=True)
    return Suspended(wait_until=_deadline(context, inputs.longest, inputs.calendar))


def _deadline(context: Context, span: str, calendar: str) -> str:
    days: Calendar = load_calendar(context.connection, calendar)
    return days.add(context.now, read_span(span, days)).at.isoformat()


class ResumeInputs(OfIncident):
    """What ended the wait; nothing when the customer's reply or the longest time did."""

    because: str | None = None


@handler("incident.resume")
def resume(context: Context, inputs: ResumeInputs) -> None:
    """Mark the incident as worked on again."""
    found = lock_incident(context.connection, inputs.record)
    change_incident(context.connection, found, is_suspended=False)
    add_note(context.connection, found, "resumed", text=inputs.because or "the wait is over", by=context.actor, now=context.now)


class RemindInputs(OfIncident):
    """What is waited for."""

    reason: str


@handler("incident.remind")
def remind(context: Context, inputs: RemindInputs) -> None:
    """Remind of what is waited for (rule 4)."""
    context.notify("incident.waiting", record=inputs.record, reason=inputs.reason)


class ConfirmInputs(OfIncident):
    """How long the customer has to answer, as `3wd`."""

    within: str
    calendar: str


class Confirming(BaseModel):
    """When the incident closes without an answer; nobody answered so far."""

    confirm_until: str
    tries: int = 0
    confirmation: None = None
    confirmation_note: None = None


@handler("incident.ask_customer")
def ask_customer(context: Context, inputs: ConfirmInputs) -> Confirming:
    """Ask the customer whether it works again, and say when no answer closes the incident."""
    context.notify("incident.restored", record=inputs.record)
    return Confirming(confirm_until=_deadline(context, inputs.within, inputs.calendar))


class ReopenInputs(OfIncident):
    """Why it is not over."""

    reason: str | None = None


class Reopened(BaseModel):
    """What was restored is not any more."""

    is_reopened: bool = True


@handler("incident.reopen")
def reopen(context: Context, inputs: ReopenInputs) -> Reopened:
    """Take a restored incident up again."""
    found = lock_incident(context.connection, inputs.record)
    change_incident(context.connection, found, state=IncidentState.DIAGNOSING.value, restored_at=None, reopen_count=found.reopen_count + 1)
    add_note(context.connection, found, "reopened", text=inputs.reason or "not solved", by=context.actor, now=context.now)
    return Reopened()


class CloseInputs(OfIncident):
    """How it was confirmed; nothing when the time ran out."""

    confirmation: str | None = None


@handler("incident.close")
def close(context: Context, inputs: CloseInputs) -> None:
    """Close the incident."""
    found = lock_incident(context.connection, inputs.record)
    confirmed = {"confirmed_at": context.now} if inputs.confirmation == "confirmed" else {}
    change_incident(context.connection, found, state=IncidentState.CLOSED.value, closed_at=context.now, **confirmed)
    text = inputs.confirmation or "no answer in time"
    add_note(context.connection, found, "closed", text=text, by=context.actor, now=context.now, is_public=True)


class WithdrawInputs(OfIncident):
    """Why it was none."""

    reason: str | None = None


@handler("incident.withdraw")
def withdraw(context: Context, inputs: WithdrawInputs) -> None:
    """Cancel the incident: a false alarm, or withdrawn by whoever reported it."""
    found = lock_incident(context.connection, inputs.record)
    change_incident(context.connection, found, state=IncidentState.CANCELLED.value, closed_at=context.now, is_suspended=False)
    add_note(context.connection, found, "withdrawn", text=inputs.reason or "withdrawn", by=context.actor, now=context.now, is_public=True)
