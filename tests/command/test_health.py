"""What watches a Watchbill asks /healthz whether it lives, and /readyz whether it can answer."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest

from tests.command.conftest import Command
from watchbill import migrating
from watchbill.house import House, open_house
from watchbill.settings import load_settings
from webui import App, create_app


@pytest.fixture
def house(watchbill: Command) -> Iterator[House]:
    opened = open_house(load_settings(watchbill.environment()))
    yield opened
    opened.close()


@pytest.fixture
def pages(house: House) -> App:
    return create_app(house.engine, is_ready=lambda: not migrating.pending(house.database), secret_key=b"s" * 32)


def asked(pages: App, path: str) -> tuple[int, Any]:
    answer = pages.test_client().get(path)
    return answer.status_code, answer.get_json()


def change(house: House, statement: str) -> None:
    connection = sqlite3.connect(house.settings.home / "watchbill.db")
    connection.execute(statement)
    connection.commit()
    connection.close()


def test_a_healthy_one_says_so(pages: App) -> None:
    assert asked(pages, "/healthz") == (200, {"status": "ok"})
    assert asked(pages, "/readyz") == (200, {"status": "ready"})


def test_one_that_lacks_migrations_lives_but_is_not_ready(house: House, pages: App) -> None:
    change(house, "DELETE FROM alembic_version")
    assert asked(pages, "/readyz") == (
        503,
        {"status": "not ready", "reason": "the database lacks migrations: run watchbill init"},
    )
    assert asked(pages, "/healthz") == (200, {"status": "ok"})


def test_one_whose_database_is_of_a_later_program_is_not_ready(house: House, pages: App) -> None:
    change(house, "UPDATE alembic_version SET version_num = '9999'")
    status, told = asked(pages, "/readyz")
    assert status == 503
    assert "of version 9999" in told["reason"]


def test_one_whose_database_does_not_answer_is_not_ready(house: House, pages: App) -> None:
    house.database.dispose()
    (house.settings.home / "watchbill.db").write_bytes(bytes(range(256)) * 20)
    assert asked(pages, "/readyz") == (503, {"status": "not ready", "reason": "the database does not answer: DatabaseError"})
    assert asked(pages, "/healthz") == (200, {"status": "ok"})


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/nothing"])
def test_every_answer_forbids_to_guess_and_to_embed(pages: App, path: str) -> None:
    headers = pages.test_client().get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src" in headers["Content-Security-Policy"]
