"""The lease and its fence: of two workers one works, and one that was taken for dead writes nothing any more."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine import commands
from engine.errors import Fenced
from engine.tables import job
from engine.work import holder_of, release, renew, run_due, take
from tests.runtime import topics
from tests.runtime.conftest import ANN, kinds, rows
from tests.runtime.diagrams import PAUSE
from tests.work.test_sweep import SENDS

TTL = timedelta(seconds=15)


def test_one_holds_the_lease_until_it_runs_out_and_the_fence_only_rises(house, clock):
    database = house.database
    first = take(database, "one", now=clock.now(), ttl=TTL)
    assert first is not None
    assert (first.fence, take(database, "two", now=clock.now(), ttl=TTL)) == (1, None)
    clock.advance(timedelta(seconds=10))
    assert renew(database, first, now=clock.now(), ttl=TTL)
    clock.advance(timedelta(seconds=10))
    assert take(database, "two", now=clock.now(), ttl=TTL) is None
    clock.advance(timedelta(seconds=5))
    second = take(database, "two", now=clock.now(), ttl=TTL)
    assert second is not None
    assert second.fence == 2
    assert not renew(database, first, now=clock.now(), ttl=TTL)
    assert holder_of(database) == second


def test_a_lease_given_back_is_free_at_once_under_a_higher_fence(house, clock):
    first = take(house.database, "one", now=clock.now(), ttl=TTL)
    release(house.database, first, now=clock.now())
    second = take(house.database, "two", now=clock.now(), ttl=TTL)
    assert (second.holder, second.fence) == ("two", 2)


def test_giving_back_a_lease_that_was_taken_over_leaves_it_alone(house, clock):
    first = take(house.database, "one", now=clock.now(), ttl=TTL)
    clock.advance(TTL)
    second = take(house.database, "two", now=clock.now(), ttl=TTL)
    release(house.database, first, now=clock.now())
    assert holder_of(house.database) == second


def test_who_was_taken_for_dead_cannot_commit(house, deploy, clock):
    deploy(PAUSE)
    started = commands.start(house, "pause", actor=ANN)
    clock.advance(timedelta(hours=1))
    old = take(house.database, "one", now=clock.now(), ttl=TTL)
    clock.advance(TTL)
    new = take(house.database, "two", now=clock.now(), ttl=TTL)
    before, happened = rows(house, job), kinds(house, started.instance_id)
    with pytest.raises(Fenced, match="under fence 2, this worker has 1"):
        run_due(house, worker="one", fence=old.fence)
    assert rows(house, job) == before
    assert kinds(house, started.instance_id) == happened
    assert run_due(house, worker="two", fence=new.fence).moved == 1


def test_an_outside_call_that_outlives_its_worker_writes_nothing(house, deploy, clock):
    """The call was made, but its worker is fenced out before it can write: the call comes again, the step happens once."""
    deploy(SENDS)
    started = commands.start(house, "sends", actor=ANN)
    old = take(house.database, "one", now=clock.now(), ttl=TTL)

    def die() -> None:
        topics.hooks.clear()
        clock.advance(timedelta(minutes=10))
        take(house.database, "two", now=clock.now(), ttl=TTL)

    topics.hooks.append(die)
    with pytest.raises(Fenced):
        run_due(house, worker="one", fence=old.fence)
    assert "instance.completed" not in kinds(house, started.instance_id)
    assert run_due(house, worker="two", fence=2).moved == 1
    assert kinds(house, started.instance_id).count("instance.completed") == 1
    assert len(topics.called) == 2
