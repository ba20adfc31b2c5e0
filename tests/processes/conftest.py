"""The bundled processes on a real house: people work, the clock moves, and what falls due in between is done at its time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from engine import commands, queries
from engine.clock import MovedClock
from engine.history import verify
from engine.people import SYSTEM, Actor, add_person, add_team
from engine.tables import outbox
from engine.work import look, run_due
from records import sla
from records.escalations import escalation, escalation_step
from records.incidents import incident, incident_note
from records.sla_clocks import StoredClock, clocks_of
from watchbill.house import House, bring_up_to_date, open_house
from watchbill.settings import Settings

DESK = Actor("Ann", frozenset({"service-desk"}))
LEVEL_2 = Actor("Bob", frozenset({"level-2"}))
LEVEL_3 = Actor("Cai", frozenset({"level-3"}))
DUTY = Actor("Dai", frozenset({"duty-managers"}))
EVE = Actor("Eve")
STAFF = (DESK, LEVEL_2, LEVEL_3, DUTY, EVE)
REPORT = {"symptom": "The line to the branch is down.", "service_level": "A", "customer": "ACME"}


@dataclass
class Shift:
    """A house at work."""

    house: House
    clock: MovedClock
    instance: str = ""

    def report(self, *, is_drill: bool = False, **said: Any) -> None:
        """Start an incident."""
        variables = {**REPORT, **said}
        self.instance = commands.start(self.house.engine, "incident", variables=variables, actor=DESK, is_drill=is_drill).instance_id

    def variables(self) -> dict[str, Any]:
        """Return the incident's variables."""
        return queries.instance(self.house.engine, self.instance, actor=SYSTEM).variables

    def message(self, name: str, **payload: Any) -> None:
        """Tell the incident something, and do what falls due at once."""
        commands.message(self.house.engine, name, business_key=self.record, payload=payload, actor=SYSTEM)
        run_due(self.house.engine)

    def task(self, element: str, *, instance: str | None = None) -> queries.Task:
        """Return the one open task on an element."""
        (found,) = self.tasks(element=element, instance_id=instance)
        return found

    def tasks(self, **wanted: Any) -> tuple[queries.Task, ...]:
        """Return the open tasks."""
        wanted = {name: value for name, value in wanted.items() if value is not None}
        return queries.open_tasks(self.house.engine, actor=SYSTEM, mine=False, limit=100, **wanted).items

    def open(self) -> list[str]:
        """Return where people are asked."""
        return sorted(task.element for task in self.tasks())

    def do(self, element: str, by: Actor, *, instance: str | None = None, **said: Any) -> None:
        """Complete the task on an element, and do what falls due at once."""
        commands.complete(self.house.engine, self.task(element, instance=instance).id, variables=said, actor=by)
        run_due(self.house.engine)

    def classify(self, impact: int, urgency: int, *, by: Actor = DESK, **said: Any) -> None:
        """Classify as the service desk."""
        self.do("classify", by, impact=impact, urgency=urgency, **said)

    def work(self, outcome: str, by: Actor = LEVEL_2, **said: Any) -> None:
        """Say what came of the work."""
        self.do("diagnose", by, outcome=outcome, **said)

    def resolve(self) -> None:
        """Restore the service."""
        self.work("resolved", cause_code="hardware", solution="A new card.", answer="It works again.")

    def pass_time(self, **span: float) -> None:
        """Let time pass; what falls due is done at its moment."""
        self.pass_until(self.clock.now() + timedelta(**span))

    def pass_until(self, end: datetime) -> None:
        """Let time pass until a moment."""
        due = look(self.house.engine, limit=1).next_at
        while due is not None and due <= end:
            self.clock.set(max(due, self.clock.now()))
            due = run_due(self.house.engine).next_at
        self.clock.set(end)

    def rows(self, table: sa.Table, **where: Any) -> list[sa.Row[Any]]:
        """Return the rows of a table."""
        conditions = [table.c[name] == value for name, value in where.items()]
        with self.house.database.read() as connection:
            return list(connection.execute(sa.select(table).where(*conditions)))

    @property
    def incident(self) -> sa.Row[Any]:
        """Return the one incident."""
        (row,) = self.rows(incident)
        return row

    @property
    def record(self) -> str:
        """Return how others point at the incident."""
        return f"incident:{self.incident.number}"

    def notes(self) -> list[str]:
        """Return the kinds of the incident's notes."""
        return [row.kind for row in sorted(self.rows(incident_note), key=lambda row: (row.at, row.id))]

    def clocks(self) -> dict[str, StoredClock]:
        """Return the incident's clocks by kind."""
        with self.house.database.write() as connection:
            return {kind.value: stored for kind, stored in clocks_of(connection, self.record).items()}

    def state(self, kind: str) -> sla.ClockState:
        """Return the state of one of the incident's clocks."""
        return sla.state(self.clocks()[kind].clock, self.clock.now())

    def told(self) -> list[tuple[str, dict[str, Any]]]:
        """Return what was to be told to people in earnest, in order."""
        return [(row.kind, row.payload) for row in sorted(self.rows(outbox, is_drill=False), key=lambda row: row.id)]

    def escalations(self) -> list[sa.Row[Any]]:
        """Return the escalations, oldest first."""
        return sorted(self.rows(escalation), key=lambda row: row.id)

    def steps(self) -> list[tuple[int, list[str]]]:
        """Return the steps that escalations took: level and teams."""
        return [(row.level, row.targets) for row in sorted(self.rows(escalation_step), key=lambda row: (row.at, row.level))]

    def running(self, key: str | None = None) -> list[str]:
        """Return the processes that still run."""
        found = queries.instances(self.house.engine, actor=SYSTEM, limit=100).items
        return sorted(each.definition_key for each in found if each.status == "active" and key in (None, each.definition_key))


@pytest.fixture
def shift(database_url: str, clock: MovedClock, tmp_path: Path) -> Iterator[Shift]:
    """A house with the bundled processes; after each test every chain of history is whole and nothing has failed."""
    house = open_house(Settings(home=tmp_path, database_url=database_url), clock=clock, must_be_ready=False)
    bring_up_to_date(house)
    with house.database.write() as connection:
        for actor in STAFF:
            for team in actor.groups:
                add_team(connection, team)
            add_person(connection, actor.name, now=clock.now(), teams=tuple(actor.groups))
    yield Shift(house, clock)
    failed = queries.failures(house.engine, actor=SYSTEM).items
    with house.database.read() as connection:
        broken = list(verify(connection))
    house.close()
    assert (failed, broken) == ((), [])
