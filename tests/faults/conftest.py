"""An engine in the middle of everything, whose state can be put back, with identifiers that every run makes alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from engine import ids as identifiers
from engine.clock import MovedClock
from engine.commands import ProcessEngine
from engine.db import Database
from engine.handling import HandlerRegistry
from engine.people import add_membership, add_person, add_team
from tests.conftest import START
from tests.faults.scenes import Ids, Scene, prepare
from tests.faults.states import Numbered, State, put_back, taken, unguard
from tests.runtime import topics
from tests.runtime.conftest import ANN, BOB, EVE, OLGA


@dataclass
class Stage:
    """A database, the state in which every act begins, and the counter of identifiers."""

    database: Database
    numbered: Numbered
    now: datetime = START
    ids: Ids = field(default_factory=dict)
    first: State = field(default_factory=dict)

    def engine(self, database: Database | None = None) -> ProcessEngine:
        """Return a new engine, as a process that has just been started."""
        registry = HandlerRegistry()
        registry.add_module(topics)
        return ProcessEngine(database or self.database, MovedClock(self.now), registry, secret_key=lambda: b"k" * 32)

    def reset(self, engine: ProcessEngine, state: State | None = None) -> None:
        """Put the state back, and time with it."""
        put_back(self.database, state or self.first)
        engine.clock.set(self.now)  # type: ignore[attr-defined]
        topics.forget()

    def ready(self, scene: Scene) -> Callable[[ProcessEngine], Any]:
        """Bring about what a scene needs, from the first state on, and let engines begin at the time at which it is to be done."""
        self.now = START
        engine = self.engine()
        self.reset(engine)
        self.numbered.restart(2)
        for each in scene.before:
            each(engine, self.ids)
        self.now = engine.clock.now()

        def act(engine: ProcessEngine) -> Any:
            self.numbered.restart(3)
            return scene.act(engine, self.ids)

        return act


@pytest.fixture
def stage(database: Database, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A stage on each database."""
    numbered = Numbered()
    monkeypatch.setattr(identifiers, "new_uuid", numbered)
    made = Stage(database, numbered)
    engine = made.engine()
    with database.write() as connection:
        for team in ("desk", "operators", "process-owners"):
            add_team(connection, team)
        for actor in (ANN, BOB, EVE, OLGA):
            add_person(connection, actor.name, now=START)
            for group in actor.groups:
                add_membership(connection, actor.name, team_name=group)
    unguard(database)
    topics.forget()
    made.ids = prepare(engine)
    made.first = taken(database)
    return made
