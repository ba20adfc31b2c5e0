"""At most one escalation is open for a ladder of a record, also when two begin at the same moment (section 2.4)."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Barrier, BrokenBarrierError

import pytest
import sqlalchemy as sa

from engine.db import Database
from records.escalations import Opened, escalation, open_escalation
from tests.runtime.test_races import at_once

NOW = datetime(2026, 11, 24, 1, tzinfo=UTC)


def open_one(connection: sa.Connection, priority: str, *, ladder: str = "breach", now: datetime = NOW) -> Opened | None:
    return open_escalation(connection, "incident:1", ladder=ladder, priority=priority, reason="late", is_drill=False, now=now)


def rows(database: Database) -> list[sa.Row]:
    with database.read() as connection:
        return list(connection.execute(sa.select(escalation).order_by(escalation.c.id)))


def race(database: Database, *priorities: str) -> list[Opened | None]:
    """Open one for each priority, each in a transaction that ends only when all have opened theirs, or wait for another."""
    everybody = Barrier(len(priorities))

    def run(priority):
        with database.write() as connection:
            made = open_one(connection, priority)
            with suppress(BrokenBarrierError):
                everybody.wait(0.5)
        return made

    answers = at_once(*(lambda priority=priority: run(priority) for priority in priorities))
    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    return answers


def test_two_that_begin_at_once_are_one(database: Database) -> None:
    answers = race(database, "P2", "P2")
    (made,) = [answer for answer in answers if answer is not None]
    assert [(row.id, row.ended_at) for row in rows(database)] == [(made.id, None)]


def test_of_two_at_once_the_more_urgent_stays(database: Database) -> None:
    for _ in range(4):
        with database.write() as connection:
            connection.execute(sa.delete(escalation))
        race(database, "P3", "P1")
        assert [row.priority for row in rows(database) if row.ended_at is None] == ["P1"]


def test_two_that_replace_one_at_once_replace_it_once(database: Database) -> None:
    with database.write() as connection:
        first = open_one(connection, "P3", now=NOW - timedelta(hours=1))
    assert first is not None
    answers = race(database, "P1", "P1")
    (made,) = [answer for answer in answers if answer is not None]
    assert (made.replaced, made.since) == (first.id, NOW - timedelta(hours=1))
    assert [(row.id, row.ended_at) for row in rows(database)] == [(first.id, NOW), (made.id, None)]


def test_other_ladders_and_what_is_over_do_not_count(database: Database) -> None:
    with database.write() as connection:
        assert open_one(connection, "P1") is not None
        assert open_one(connection, "P1", ladder="page") is not None
        connection.execute(sa.update(escalation).values(ended_at=NOW))
        assert open_one(connection, "P1") is not None
    with pytest.raises(sa.exc.IntegrityError), database.write() as connection:
        connection.execute(sa.update(escalation).values(ended_at=None))
