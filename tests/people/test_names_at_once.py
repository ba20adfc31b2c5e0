"""Names that differ only in letter case are one name, also when both are added at the same moment."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from threading import Barrier, BrokenBarrierError

import pytest
import sqlalchemy as sa

from engine.db import Database
from engine.errors import Conflict
from engine.people import add_person, add_team, list_people, list_teams
from tests.runtime.test_races import at_once

NOW = datetime(2026, 11, 24, 1, tzinfo=UTC)


def new_person(connection: sa.Connection, name: str) -> str:
    return add_person(connection, name, now=NOW)


@pytest.mark.parametrize(("add", "listed", "what"), [(new_person, list_people, "person"), (add_team, list_teams, "team")])
@pytest.mark.parametrize(("one", "other"), [("ann", "Ann"), ("ann", "ann")])
def test_one_of_two_names_is_refused(database: Database, add, listed, what, one, other) -> None:
    """Each transaction ends only when both names are added, or one waits for the other."""
    both = Barrier(2)

    def run(name):
        with database.write() as connection:
            kept = add(connection, name)
            with suppress(BrokenBarrierError):
                both.wait(0.5)
        return kept

    answers = at_once(lambda: run(one), lambda: run(other))
    (refused,) = [answer for answer in answers if isinstance(answer, Exception)]
    (kept,) = [answer for answer in answers if isinstance(answer, str)]
    assert isinstance(refused, Conflict)
    assert str(refused).startswith(f"there is a {what} {kept!r} already: choose another name than")
    with database.read() as connection:
        assert [each.name for each in listed(connection)] == [kept]
