"""The ways to use a database: one state for each reading, single glances, and connections that went away while they rested."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest
import sqlalchemy as sa

from engine import db
from engine.db import Database
from engine.tables import team

ADD = sa.insert(team)
NAMES = sa.select(team.c.name).order_by(team.c.name)


def add(database: Database, name: str) -> None:
    with database.write() as connection:
        connection.execute(ADD, {"name": name, "display_name": name})


def test_a_reading_sees_one_state_whatever_is_committed_meanwhile(database: Database) -> None:
    add(database, "a")
    with database.read() as connection:
        before = connection.scalars(NAMES).all()
        other = Database(database.url.render_as_string(hide_password=False))
        add(other, "b")
        other.dispose()
        assert connection.scalars(NAMES).all() == before == ["a"]
    with database.read() as connection:
        assert connection.scalars(NAMES).all() == ["a", "b"]


def test_a_glance_sees_what_is_committed_at_each_statement(database: Database) -> None:
    with database.glance() as connection:
        assert connection.scalars(NAMES).all() == []
        other = Database(database.url.render_as_string(hide_password=False))
        add(other, "a")
        other.dispose()
        assert connection.scalars(NAMES).all() == ["a"]
    add(database, "b")
    with database.read() as connection:
        assert connection.scalars(NAMES).all() == ["a", "b"]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_connection_that_was_lost_while_it_rested_is_replaced(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "ASKED_AFTER_S", 0.0)
    with database.glance() as connection:
        mine = connection.scalar(sa.select(sa.func.pg_backend_pid()))
    other = Database(database.url.render_as_string(hide_password=False))
    with other.glance() as connection:
        assert connection.scalar(sa.select(sa.func.pg_terminate_backend(mine, 5000)))
    other.dispose()
    with database.glance() as connection:
        assert connection.scalar(sa.select(sa.func.pg_backend_pid())) != mine


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_process_that_keeps_its_turn_is_passed_by(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "BUSY_S", 0.05)
    with Path(f"{database.url.database}-turn").open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        add(database, "a")
    with database.read() as connection:
        assert connection.scalars(NAMES).all() == ["a"]
