"""The bundled processes behind `/api`: Sam is of the service desk; the others are those of the REST tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from engine.clock import MovedClock
from engine.commands import ProcessEngine
from engine.people import add_person, add_team
from engine.tables import person
from engine.work import run_due
from tests.rest.conftest import PEOPLE, Caller
from watchbill.house import bring_up_to_date, open_house
from watchbill.settings import Settings

TEAMS = ("desk", "operators", "process-owners", "integrations", "service-desk", "level-2")
REPORT = {"symptom": "The line to the branch is down.", "serviceLevel": "AA", "customer": "ACME", "detectedBy": "monitor"}


@pytest.fixture
def house(database_url: str, clock: MovedClock, hashed: str, tmp_path: Path) -> Iterator[ProcessEngine]:
    """An engine with the house's own handlers and processes."""
    opened = open_house(Settings(home=tmp_path, database_url=database_url), clock=clock, must_be_ready=False)
    bring_up_to_date(opened)
    with opened.database.write() as connection:
        for team in TEAMS:
            add_team(connection, team)
        for name, said in {**PEOPLE, "Sam": {"teams": ["service-desk"]}}.items():
            add_person(connection, name, now=clock.now(), **said)
        connection.execute(sa.update(person).values(password_hash=hashed))
    yield opened.engine
    opened.close()


@pytest.fixture
def sam(app: Flask) -> Caller:
    return Caller(app, "Sam")


@pytest.fixture
def reported(sam: Caller) -> Callable[..., str]:
    """A function that reports an incident and returns its number."""

    def report(**said: object) -> str:
        number: str = sam.post("/api/incidents", {**REPORT, **said}, expect=201)["number"]
        return number

    return report


@pytest.fixture
def classified(sam: Caller, house: ProcessEngine, reported: Callable[..., str]) -> str:
    """The number of an incident that was classified, so that its clocks run and its escalation has begun."""
    from engine import commands, queries
    from engine.people import SYSTEM

    number = reported()
    (task,) = queries.open_tasks(house, actor=SYSTEM, mine=False).items
    commands.complete(house, task.id, variables={"impact": 1, "urgency": 1}, actor=SYSTEM)
    run_due(house)
    return number
