"""What a replay found: figures that are the same each time, and how fast they came."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from records.escalations import escalation, escalation_step
from records.incidents import IncidentState, incident, incident_note
from records.sla import ClockKind, breach_of
from records.sla_clocks import StoredClock, read_clocks
from watchbill.house import House
from watchbill.replaying.driver import Replay
from watchbill.replaying.event_log import EventLog, RecordedIncident

MET, BREACHED = "met", "breached"


@dataclass(frozen=True, slots=True)
class Findings:
    """The figures of a replay; `as_json` is the object that the command prints."""

    incidents: int
    incidents_closed: int
    events: int
    tasks_completed: int
    priority_agreement: dict[str, Any]
    sla: dict[str, Any]
    escalations: dict[str, Any]
    pauses: dict[str, Any]
    unmatched_events: dict[str, int]
    skipped_rows: list[dict[str, Any]]
    steps: int
    seconds: float
    steps_per_second: float

    def as_json(self) -> dict[str, Any]:
        """Return the figures as JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Restored:
    """How an incident met its restore target here."""

    recorded: RecordedIncident
    clock: StoredClock
    is_met: bool
    reopened: int

    @property
    def was_met(self) -> bool:
        """Tell what was recorded at the end."""
        return self.recorded.events[-1].made_sla

    def difference(self) -> str | None:
        """Return why the record says otherwise, or None when it says the same."""
        if self.is_met == self.was_met:
            return None
        clock = self.clock.clock
        if not self.is_met:
            return "reopened: the time after the first restoration counts here" if self.reopened else "the target here is shorter"
        end = clock.stopped_at or clock.started_at
        without_pauses = clock.calendar.between(clock.started_at, end)
        return "the waiting for the customer does not count here" if without_pauses > clock.target else "the target here is longer"


def findings_of(replay: Replay, log: EventLog, *, seconds: float) -> Findings:
    """Read what became of every replayed incident."""
    tally = replay.tally
    restored = list(_restored(replay.house, log.incidents))
    return Findings(
        incidents=tally.incidents,
        incidents_closed=_closed(replay.house),
        events=tally.events,
        tasks_completed=tally.tasks_completed,
        priority_agreement=_priorities(replay.house, log.incidents),
        sla=_sla(restored),
        escalations=_escalations(replay.house),
        pauses=_pauses(restored),
        unmatched_events=dict(sorted(tally.unmatched.items())),
        skipped_rows=[asdict(row) for row in log.skipped],
        steps=tally.steps,
        seconds=round(seconds, 3),
        steps_per_second=round(tally.steps / seconds, 1) if seconds else 0.0,
    )


def _closed(house: House) -> int:
    with house.database.read() as connection:
        return int(connection.scalar(sa.select(sa.func.count()).where(incident.c.state == IncidentState.CLOSED.value)) or 0)


def _priorities(house: House, recorded: Iterable[RecordedIncident]) -> dict[str, Any]:
    """Compare the priority of the first classification with the recorded one, cell by cell of the matrix."""
    notes = sa.select(incident.c.source_number, incident_note.c.data).join_from(incident_note, incident)
    with house.database.read() as connection:
        latest_first = notes.where(incident_note.c.kind == "classified").order_by(incident_note.c.at.desc(), incident_note.c.id.desc())
        ours = {row.source_number: row.data["after"]["priority"] for row in connection.execute(latest_first)}
    cells: defaultdict[str, Counter[str]] = defaultdict(Counter)
    agree = total = 0
    for each in recorded:
        first, here = each.events[0], ours[each.number]
        agree += here == f"P{first.priority}"
        total += 1
        cells[f"impact {first.impact}, urgency {first.urgency}"][f"recorded P{first.priority}, here {here}"] += 1
    return {"agree": agree, "total": total, "cells": {cell: dict(counts) for cell, counts in sorted(cells.items())}}


def _restored(house: House, recorded: Iterable[RecordedIncident]) -> Iterable[Restored]:
    with house.database.read() as connection:
        records = {row.source_number: row for row in connection.execute(sa.select(incident))}
        clocks = read_clocks(connection, kind=ClockKind.RESTORE)
    now = house.engine.clock.now()
    for each in recorded:
        row = records[each.number]
        stored = clocks[f"incident:{row.number}"]
        yield Restored(each, stored, breach_of(stored.clock, now) is None, row.reopen_count)


def _sla(restored: list[Restored]) -> dict[str, Any]:
    counts = Counter((MET if each.is_met else BREACHED, MET if each.was_met else BREACHED) for each in restored)
    met = sum(each.is_met for each in restored)
    return {
        "met": met,
        "breached": len(restored) - met,
        "agrees_with_recorded": sum(each.is_met == each.was_met for each in restored),
        "cells": {f"here {ours}, recorded {theirs}": count for (ours, theirs), count in sorted(counts.items())},
        "differences": dict(sorted(Counter(why for each in restored if (why := each.difference()) is not None).items())),
    }


def _escalations(house: House) -> dict[str, Any]:
    with house.database.read() as connection:
        counted = connection.execute(sa.select(escalation.c.ladder, sa.func.count()).group_by(escalation.c.ladder))
        ladders: dict[str, int] = {row[0]: row[1] for row in counted}
        levels = sa.select(escalation.c.ladder, escalation_step.c.level, sa.func.count()).join_from(
            escalation_step, escalation, escalation.c.id == escalation_step.c.escalation_id
        )
        order = (escalation.c.ladder, escalation_step.c.level)
        steps = {f"{row[0]} step {row[1]}": row[2] for row in connection.execute(levels.group_by(*order).order_by(*order))}
    return {"total": sum(ladders.values()), "by_ladder": dict(sorted(ladders.items())), "steps": steps}


def _pauses(restored: list[Restored]) -> dict[str, Any]:
    """Return the pauses of the restore clocks by reason: how often, and how many working hours they took out."""
    counts: Counter[str] = Counter()
    spans: defaultdict[str, timedelta] = defaultdict(timedelta)
    for each in restored:
        clock = each.clock.clock
        for pause in clock.pauses:
            counts[pause.reason] += 1
            if pause.until is not None:
                spans[pause.reason] += clock.calendar.between(pause.since, pause.until)
    return {reason: {"count": count, "hours": round(spans[reason].total_seconds() / 3600, 1)} for reason, count in sorted(counts.items())}
