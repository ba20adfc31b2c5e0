"""The timeline of an incident: what its notes, clocks, escalations and processes say, merged by time.

Each source yields what comes after a place, in order, and no more than wanted, so a slice costs the same wherever it begins. The place of
an entry is its moment, its source, and its id within the source.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Any

import sqlalchemy as sa

from engine.db import Database
from engine.errors import Invalid
from engine.history import history_about
from engine.people import HOUSE, Action, Actor, require
from records.escalation_queries import EscalationView, escalations_of
from records.incident_queries import IncidentView, read_incident
from records.incidents import incident_note
from records.keyset import Slice, as_cursor, checked_limit, read_cursor, read_place
from records.sla_clocks import OF_RECORD_UNLOCKED, StoredClock, read_rows

Place = tuple[datetime, str, str]
SEQ_DIGITS = 10


class Source(StrEnum):
    """Where an entry comes from; at one moment in this order."""

    CLOCK = "clock"
    ESCALATION = "escalation"
    NOTE = "note"
    PROCESS = "process"


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One thing that happened: `kind` says what, within its source; `subject` is the clock, the ladder, or the diagram's element."""

    at: datetime
    source: Source
    id: str
    kind: str
    by: str | None = None
    text: str | None = None
    subject: str | None = None
    instance_id: str | None = None
    is_public: bool = False

    @property
    def place(self) -> Place:
        """Return where it stands in the timeline."""
        return (self.at, self.source.value, self.id)


def timeline(database: Database, number: str, *, actor: Actor, limit: int = 50, cursor: str | None = None) -> Slice[TimelineEntry]:
    """Return what happened to an incident, in order. Raises NotFound.

    Of its processes it tells what happened where, by whom and when; the data are in the instance's history, for those who may read it.
    """
    require(actor, Action.READ_RECORDS, HOUSE)
    checked_limit(limit)
    place = None if cursor is None else _place(cursor)
    with database.read() as connection:
        found = read_incident(connection, number)
        clocks = list(read_rows(connection.execute(OF_RECORD_UNLOCKED, {"of_record": found.record}).all()))
        escalated = escalations_of(connection, found.record)
        sources = (
            _after(place, (entry for clock in clocks for entry in _of_clock(clock))),
            _after(place, (entry for each in escalated for entry in _of_escalation(each))),
            _notes(connection, found, place, limit + 1),
            _events(connection, keys_of(found, clocks, escalated), place, limit + 1),
        )
        entries = tuple(islice(heapq.merge(*sources, key=lambda entry: entry.place), limit + 1))
    more = as_cursor(*entries[limit - 1].place) if len(entries) > limit else None
    return Slice(entries[:limit], more)


def keys_of(found: IncidentView, clocks: Iterable[StoredClock], escalated: Iterable[EscalationView]) -> list[str]:
    """Return the business keys of an incident's processes: its own, those that watch its clocks, those that escalate."""
    watching = [
        f"{found.record}#{each.clock.kind}" + (f"/{cycle}" if cycle > 1 else "")
        for each in clocks
        for cycle in range(1, each.clock.cycle + 1)
    ]
    return [found.record, *watching, *(f"{found.record}#{each.ladder}/{each.id}" for each in escalated)]


def _place(cursor: str) -> Place:
    at, source, entry = read_cursor(cursor, parts=3)
    if source not in tuple(Source) or not isinstance(entry, str):
        raise Invalid(f"the cursor {cursor[:40]!r} is none of a timeline: take it from the answer before, as it is")
    return (read_place(at), source, entry)


def _after(place: Place | None, entries: Iterable[TimelineEntry]) -> list[TimelineEntry]:
    """Return entries that lie after a place, in order; for sources that are small."""
    return sorted((entry for entry in entries if place is None or entry.place > place), key=lambda entry: entry.place)


def _of_clock(stored: StoredClock) -> Iterator[TimelineEntry]:
    clock = stored.clock

    def entry(kind: str, at: datetime | None, by: str | None = None, text: str | None = None) -> Iterator[TimelineEntry]:
        if at is not None:
            yield TimelineEntry(at, Source.CLOCK, f"{stored.id}:{at.isoformat()}:{kind}", kind, by, text, clock.kind.value)

    yield from entry("started", clock.started_at)
    for pause in clock.pauses:
        yield from entry("paused", pause.since, pause.by, pause.reason)
        yield from entry("resumed", pause.until)
    yield from entry("breached", clock.breached_at, text=clock.breach_cause)
    yield from entry("stopped", clock.stopped_at)
    yield from entry("cancelled", clock.cancelled_at)


def _of_escalation(found: EscalationView) -> Iterator[TimelineEntry]:
    def entry(kind: str, at: datetime | None, by: str | None = None, text: str | None = None) -> Iterator[TimelineEntry]:
        if at is not None:
            yield TimelineEntry(at, Source.ESCALATION, f"{found.id}:{kind}", kind, by, text, found.ladder)

    yield from entry("started", found.started_at, text=found.reason)
    for step in found.steps:
        yield from entry(f"step {step.level}", step.at, text=f"{', '.join(step.targets)} by {step.channel}")
    yield from entry("acknowledged", found.acknowledged_at, by=found.acknowledged_by)
    yield from entry("ended", found.ended_at)


def _notes(connection: sa.Connection, found: IncidentView, place: Place | None, limit: int) -> Iterator[TimelineEntry]:
    at, note_id = incident_note.c.at, incident_note.c.id
    statement = sa.select(incident_note).where(incident_note.c.incident == found.number)
    statement = statement.where(*_later(place, Source.NOTE, at, lambda after: note_id > after)).order_by(at, note_id).limit(limit)
    for row in connection.execute(statement):
        yield TimelineEntry(row.at, Source.NOTE, row.id, row.kind, row.by, row.text, is_public=row.is_public)


def _later(
    place: Place | None, source: Source, at: sa.Column[datetime], is_later: Callable[[str], sa.ColumnElement[bool]]
) -> list[sa.ColumnElement[bool]]:
    """Return the condition for what a source has after a place."""
    if place is None:
        return []
    moment, of, entry = place
    if of == source:
        return [sa.or_(at > moment, sa.and_(at == moment, is_later(entry)))]
    return [at >= moment if source > of else at > moment]


def _events(connection: sa.Connection, keys: list[str], place: Place | None, limit: int) -> Iterator[TimelineEntry]:
    for entry in history_about(connection, keys, after=_event_place(place), limit=limit):
        event = entry.event
        entry_id = f"{entry.instance_id}:{entry.seq:0{SEQ_DIGITS}d}"
        text = _said(event.data)
        yield TimelineEntry(event.at, Source.PROCESS, entry_id, event.kind, event.actor, text, event.element, entry.instance_id)


def _event_place(place: Place | None) -> tuple[datetime, str, int] | None:
    """Return the event after which to go on. What is of another source stands before all events of its moment."""
    if place is None:
        return None
    at, source, entry = place
    if source != Source.PROCESS:
        return (at, "", 0)
    instance_id, _, seq = entry.partition(":")
    if not seq.isdecimal() or len(seq) != SEQ_DIGITS:
        raise Invalid(f"the cursor names the event {entry[:60]!r}, which cannot be: take it from the answer before, as it is")
    return (at, instance_id, min(int(seq), 2**31 - 1))


def _said(data: Mapping[str, Any] | None) -> str | None:
    """Return the text of a note that a handler wrote into the history."""
    text = (data or {}).get("text")
    return text if isinstance(text, str) else None
