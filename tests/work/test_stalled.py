"""The detector of instances that make no progress and wait for nothing."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from engine import commands, queries
from engine.tables import human_task, job
from engine.work import note_stalled
from tests.runtime.conftest import ANN, OLGA
from tests.runtime.diagrams import LATE, LISTENS, PAUSE, TWO_STEPS


def test_who_waits_for_something_is_not_stalled(house, deploy, clock):
    deploy(TWO_STEPS, PAUSE, LATE, LISTENS)
    for key in ("two_steps", "pause", "late", "listens"):
        commands.start(house, key, actor=ANN)
    clock.advance(timedelta(days=1))
    assert note_stalled(house) == 0


def test_an_instance_that_lost_what_it_waited_for_is_told_once(house, deploy, clock):
    deploy(TWO_STEPS, PAUSE)
    tasked, timed = (commands.start(house, key, actor=ANN).instance_id for key in ("two_steps", "pause"))
    with house.database.write() as connection:
        connection.execute(sa.delete(human_task))
        connection.execute(sa.delete(job))
    assert note_stalled(house) == 0, "what has just begun may be between two steps"
    clock.advance(timedelta(minutes=2))
    assert (note_stalled(house), note_stalled(house)) == (2, 0)
    told = queries.failures(house, actor=OLGA).items
    assert {each.instance_id for each in told} == {tasked, timed}
    assert all("waits for nobody and nothing" in each.message for each in told)
