"""Processes killed with `kill -9` at random moments of a replay: what comes of it is what an undisturbed replay yields."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from alembic import command as alembic

from engine.clock import FileClock, MovedClock
from engine.history import verify
from engine.tables import failure
from engine.work import holder_of
from tests.killing.content import Content, content_of, difference
from tests.killing.hand import Hand
from tests.killing.processes import Processes
from tests.killing.replays import Disturbed, Quiet
from tests.killing.siege import Siege
from tests.killing.wave import write_wave
from watchbill import migrating
from watchbill.house import House, bring_up_to_date, open_house
from watchbill.replaying import EventLog, read_event_log
from watchbill.settings import Settings

pytestmark = pytest.mark.proof

SEED = 20261124
AFTERWARDS = timedelta(days=1)


class Plan(NamedTuple):
    """Who is killed how often, and how often the hand that does people's commands."""

    victims: Mapping[str, int]
    hands: int


FIFTY = Plan({"serve": 5, "web": 2, "work": 6, "worker": 6, "holder": 17}, hands=14)
TWENTY = Plan({"serve": 2, "web": 1, "work": 2, "worker": 2, "holder": 7}, hands=6)


def run_to_the_end(replay: Quiet, log: EventLog) -> None:
    """Replay a log; the house's clock then stands at the last event."""
    for _ in replay.run(log.incidents):
        pass


def ending(replay: Quiet) -> Content:
    """Let a day pass, forget what has expired, and return all that there is then."""
    replay.pass_until(replay.house.engine.clock.now() + AFTERWARDS)
    replay.house.engine.tidy()
    return content_of(replay.house.database)


@pytest.fixture
def plan(database_url: str) -> Plan:
    """Fifty deaths on SQLite; what PostgreSQL does differently, twenty show."""
    return FIFTY if database_url.startswith("sqlite") else TWENTY


@pytest.fixture
def log(tmp_path: Path) -> EventLog:
    return read_event_log(write_wave(tmp_path / "log.csv"), zone=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def undisturbed(log: EventLog, tmp_path: Path) -> Iterator[Quiet]:
    """The same log in one process, where nobody is killed and due work is done in its order."""
    clock = MovedClock(min(each.opened_at for each in log.incidents))
    house = open_house(Settings(home=tmp_path / "undisturbed"), clock=clock, must_be_ready=False)
    migrating.upgrade(house.database)
    bring_up_to_date(house)
    yield Quiet(house, clock)
    house.close()


@pytest.fixture
def house(database_url: str, log: EventLog, tmp_path: Path) -> Iterator[House]:
    """A house on each database whose clock several processes read."""
    clock_file = tmp_path / "clock"
    FileClock(clock_file).set(min(each.opened_at for each in log.incidents))
    settings = Settings(home=tmp_path, database_url=database_url, clock_file=clock_file, lease_s=0.6, turn_budget_s=60)
    opened = open_house(settings, must_be_ready=False)
    alembic.stamp(migrating.config(opened.database), "head")
    bring_up_to_date(opened)
    yield opened
    opened.close()


@pytest.fixture
def processes(house: House, tmp_path: Path) -> Iterator[Processes]:
    """Serve and a worker, ready."""
    started = Processes(house.settings, tmp_path / "said.txt")
    for name in ("serve", "worker"):
        started.start(name)
    try:
        started.wait_until_ready()
        yield started
    finally:
        started.end()


@pytest.fixture
def luck() -> Random:
    return Random(SEED)


@pytest.fixture
def hand(house: House, luck: Random) -> Iterator[Hand]:
    started = Hand(house.settings, luck)
    yield started
    started.kill()


def test_killing_processes_during_a_replay_changes_nothing_of_what_it_ends_in(
    undisturbed: Quiet, log: EventLog, plan: Plan, luck: Random, house: House, processes: Processes, hand: Hand
) -> None:
    run_to_the_end(undisturbed, log)
    siege = Siege(processes, house.database, victims=plan.victims, luck=luck)
    last_orders = set(luck.sample(range(1, undisturbed.commands + 1), plan.hands))
    disturbed = Disturbed(house, siege=siege, hand=hand, last_orders=last_orders)
    run_to_the_end(disturbed, log)
    assert (siege.victims, hand.died) == ([], plan.hands)

    for name in ("serve", "worker"):
        processes.kill(name)
    processes.wait_until_gone()
    processes.start_again()
    processes.wait_until_ready()

    assert difference(ending(undisturbed), ending(disturbed)) == ""
    assert (disturbed.tally.tasks_completed, disturbed.tally.unmatched) == (undisturbed.tally.tasks_completed, Counter())
    held = holder_of(house.database)
    assert held is not None
    assert held.fence > plan.victims["holder"]
    with house.database.read() as connection:
        assert list(verify(connection)) == []
        assert connection.execute(sa.select(failure)).all() == []
    assert processes.stop()["serve"] == 0
    processes.wait_until_gone()
    assert "Traceback" not in processes.said()
