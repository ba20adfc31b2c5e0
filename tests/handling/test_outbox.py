"""The outbox: what leaves the house does so once its step is committed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.db import Database
from engine.ids import new_id
from engine.outbox import Notice, mark_sent, put, put_all, unsent

NOW = datetime(2026, 11, 24, 1, tzinfo=UTC)


def test_notices_are_sent_oldest_first_and_marked_once(database: Database) -> None:
    with database.write() as connection:
        late = put(connection, "mail", payload={"to": ["ann@example.org"]}, now=NOW + timedelta(seconds=1), instance_id="i", is_drill=True)
        early = put(connection, "chat", payload={}, now=NOW)
    with database.write() as connection:
        assert [notice.id for notice in unsent(connection, 10)] == [early, late]
        assert [notice.id for notice in unsent(connection, 1)] == [early]
        assert mark_sent(connection, [early], now=NOW) == 1
        assert mark_sent(connection, [early, late], now=NOW) == 1
        assert mark_sent(connection, [], now=NOW) == 0
        assert unsent(connection, 10) == ()


def test_a_notice_comes_back_as_it_was_put(database: Database) -> None:
    notice = Notice(new_id(), "mail", "i", {"to": ["王芳"], "n": 1}, True, NOW)
    with database.write() as connection:
        put_all(connection, [notice])
        put_all(connection, [])
    with database.read() as connection:
        assert unsent(connection, 10) == (notice,)


def test_a_step_that_fails_sends_nothing(database: Database) -> None:
    def step() -> None:
        with database.write() as connection:
            put(connection, "mail", payload={}, now=NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        step()
    with database.read() as connection:
        assert unsent(connection, 10) == ()
