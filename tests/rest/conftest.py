"""The web application on an engine with small processes, spoken to by its own client and over real HTTP.

Ann operates, Bob approves, Eve may nothing (she is a customer's user), Olga looks after instances and owns processes, Ada administers.
Each one's password is PASSWORD; their tokens are made as they are needed.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from engine import commands
from engine.clock import MovedClock
from engine.commands import ProcessEngine
from engine.db import Database
from engine.handling import HandlerRegistry
from engine.people import SYSTEM, add_person, add_team
from engine.people.passwords import hash_password
from engine.tables import person
from tests.conftest import empty_database
from tests.runtime import topics
from webui import create_app

PASSWORD = "correct horse battery"
PEOPLE = {
    "Ann": {"teams": ["desk"]},
    "Bob": {"teams": ["desk"]},
    "Eve": {"customer": "acme"},
    "Olga": {"teams": ["operators", "process-owners"]},
    "Wanda": {"teams": ["integrations"]},
    "Ada": {"is_admin": True},
}


@pytest.fixture(scope="session")
def hashed() -> str:
    """The hash of everybody's password, made once: it is slow on purpose."""
    return hash_password(PASSWORD, name="nobody")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.proof)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database; what is proven on both in the engine's own tests is proven so again through REST."""
    yield from empty_database(request, tmp_path)


@pytest.fixture
def house(database: Database, clock: MovedClock, hashed: str) -> ProcessEngine:
    """An engine on each database, with the topics of the runtime's tests."""
    return make_house(database, clock, hashed)


def make_house(database: Database, clock: MovedClock, hashed: str) -> ProcessEngine:
    """Return an engine with the people and the topics of the runtime's tests."""
    registry = HandlerRegistry()
    registry.add_module(topics)
    with database.write() as connection:
        for team in ("desk", "operators", "process-owners", "integrations"):
            add_team(connection, team)
        for name, said in PEOPLE.items():
            add_person(connection, name, now=clock.now(), **said)
        connection.execute(sa.update(person).values(password_hash=hashed))
    topics.forget()
    return ProcessEngine(database, clock, registry)


@pytest.fixture
def app(house: ProcessEngine) -> Flask:
    """The application."""
    return create_app(house, is_ready=lambda: True, secret_key=b"k" * 32)


@dataclass
class Caller:
    """Somebody who calls the application in this process, by HTTP Basic."""

    app: Flask
    name: str | None

    def __call__(self, method: str, path: str, **given: Any) -> TestResponse:
        """Call, and return the answer."""
        headers = dict(given.pop("headers", {}))
        if self.name is not None:
            said = base64.b64encode(f"{self.name}:{PASSWORD}".encode()).decode()
            headers.setdefault("Authorization", f"Basic {said}")
        return self.app.test_client(use_cookies=False).open(path, method=method, headers=headers, **given)

    def get(self, path: str, *, expect: int = 200, **query: Any) -> Any:
        """Read JSON; the status must be the expected one."""
        return self._told(self("GET", path, query_string=query or None), expect)

    def post(self, path: str, body: Any = None, *, expect: int = 200) -> Any:
        """Send JSON (none: an empty body); the status must be the expected one."""
        return self._told(self("POST", path, **({} if body is None else {"json": body})), expect)

    def put(self, path: str, body: Any = None, *, expect: int = 204) -> Any:
        """Send JSON; the status must be the expected one."""
        return self._told(self("PUT", path, json=body), expect)

    def delete(self, path: str, *, expect: int = 204, **query: Any) -> Any:
        """Delete; the status must be the expected one."""
        return self._told(self("DELETE", path, query_string=query), expect)

    def _told(self, answer: TestResponse, expect: int) -> Any:
        assert answer.status_code == expect, f"{answer.status_code}: {answer.get_data(as_text=True)}"
        return answer.get_json(silent=True)


@pytest.fixture
def calls(app: Flask) -> Callable[[str | None], Caller]:
    """A function that returns a person as a caller; None is nobody."""
    return lambda name: Caller(app, name)


@pytest.fixture
def ann(app: Flask) -> Caller:
    return Caller(app, "Ann")


@pytest.fixture
def olga(app: Flask) -> Caller:
    return Caller(app, "Olga")


@pytest.fixture
def wanda(app: Flask) -> Caller:
    return Caller(app, "Wanda")


@pytest.fixture
def eve(app: Flask) -> Caller:
    return Caller(app, "Eve")


@pytest.fixture
def deploy(house: ProcessEngine) -> Callable[..., None]:
    """A function that deploys diagrams (and what goes with them, by file name)."""

    def put(*diagrams: bytes, **files: bytes) -> None:
        named = {f"{number}.bpmn": content for number, content in enumerate(diagrams)}
        commands.deploy(
            house, {**named, **{name.replace("_", "."): content for name, content in files.items()}}, name="tests", actor=SYSTEM
        )

    return put


@pytest.fixture
def server(app: Flask) -> Iterator[str]:
    """The address of the application over real HTTP."""
    serving = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=serving.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{serving.server_port}"
    serving.shutdown()
    thread.join()
    serving.server_close()


def rows(house: ProcessEngine, table: sa.Table) -> list[sa.Row]:
    """All rows of a table."""
    with house.database.read() as connection:
        return list(connection.execute(sa.select(table)))
