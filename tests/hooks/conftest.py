"""An engine whose webhooks may go to this machine, with a process that gives a notice of the kind `mail`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine import commands
from engine.clock import MovedClock
from engine.commands import ProcessEngine
from engine.config import EngineSettings
from engine.db import Database
from engine.handling import HandlerRegistry
from engine.hooks import HookOut, add_hook_out
from engine.people import SYSTEM, add_person
from tests.runtime import topics
from tests.runtime.test_jobs import INLINE

KEY = b"k" * 32


@pytest.fixture
def house(database: Database, clock: MovedClock) -> ProcessEngine:
    """The engine."""
    registry = HandlerRegistry()
    registry.add_module(topics)
    with database.write() as connection:
        for name in ("Ann", "Eve"):
            add_person(connection, name, now=clock.now())
    topics.forget()
    settings = EngineSettings(private_webhooks=True)
    made = ProcessEngine(database, clock, registry, settings=settings, secret_key=lambda: KEY)
    commands.deploy(made, {"inline.bpmn": INLINE}, name="tests", actor=SYSTEM)
    return made


@pytest.fixture
def tell(house: ProcessEngine) -> Callable[..., HookOut]:
    """A function that lets an address be told of notices."""

    def add(url: str, *events: str, name: str = "desk") -> HookOut:
        return add_hook_out(
            house.database, name, url=url, events=events or ("mail",), may_be_private=True, actor=SYSTEM, now=house.clock.now()
        )

    return add
