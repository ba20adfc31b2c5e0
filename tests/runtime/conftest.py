"""A wired engine with small processes, and the people: Ann operates, Bob approves, Eve may nothing, Olga looks after instances."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from engine import commands, queries
from engine.clock import MovedClock
from engine.commands import ProcessEngine
from engine.db import Database
from engine.handling import HandlerRegistry
from engine.history import verify
from engine.people import Actor, add_membership, add_person, add_team
from engine.tables import job
from tests.runtime import topics

ANN = Actor("Ann", frozenset({"desk"}))
BOB = Actor("Bob", frozenset({"desk"}))
EVE = Actor("Eve")
OLGA = Actor("Olga", frozenset({"operators", "process-owners"}))


@pytest.fixture
def house(database: Database, clock: MovedClock) -> Iterator[ProcessEngine]:
    """An engine on each database, with the topics of this folder; after each test every chain of history is whole."""
    registry = HandlerRegistry()
    registry.add_module(topics)
    with database.write() as connection:
        for team in ("desk", "operators", "process-owners"):
            add_team(connection, team)
        for actor in (ANN, BOB, EVE, OLGA):
            add_person(connection, actor.name, now=clock.now())
            for group in actor.groups:
                add_membership(connection, actor.name, team_name=group)
    topics.forget()
    yield ProcessEngine(database, clock, registry)
    with database.read() as connection:
        assert list(verify(connection)) == []


@pytest.fixture
def deploy(house: ProcessEngine) -> Callable[..., None]:
    """A function that deploys diagrams."""

    def put(*diagrams: bytes) -> None:
        for number, content in enumerate(diagrams):
            commands.deploy(house, {f"{number}.bpmn": content}, name="tests", actor=OLGA)

    return put


def run_due(house: ProcessEngine) -> list[str]:
    """Run what is due, once each, until nothing is."""
    ran: list[str] = []
    while True:
        due = sa.select(job.c.id).where(job.c.status == "waiting", job.c.due_at <= house.clock.now(), job.c.is_suspended.is_(False))
        with house.database.read() as connection:
            ids = list(connection.scalars(due.order_by(job.c.due_at, job.c.id)))
        if not ids:
            return ran
        ran.extend(str(commands.run_job(house, each, worker="tests")) for each in ids)


def task_at(house: ProcessEngine, element: str, *, instance_id: str | None = None) -> str:
    """The id of the one open task on an element."""
    (found,) = queries.open_tasks(house, actor=OLGA, mine=False, element=element, instance_id=instance_id).items
    return found.id


def kinds(house: ProcessEngine, instance_id: str) -> list[str]:
    """The kinds of what happened, in order."""
    return [entry.event.kind for entry in queries.history_of(house, instance_id, actor=OLGA)]


def rows(house: ProcessEngine, table: sa.Table) -> list[sa.Row]:
    """All rows of a table."""
    with house.database.read() as connection:
        return list(connection.execute(sa.select(table)))
