"""A stall is settled by whoever moves the instance on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa

from engine import commands, queries
from engine.tables import human_task
from engine.work import note_stalled
from tests.runtime.conftest import ANN, OLGA, run_due
from tests.runtime.diagrams import ENDLESS, TWO_STEPS


def test_moving_a_token_settles_the_stall(house, deploy, clock):
    deploy(TWO_STEPS)
    instance = commands.start(house, "two_steps", actor=ANN).instance_id
    with house.database.write() as connection:
        connection.execute(sa.delete(human_task))
    clock.advance(timedelta(minutes=2))
    assert note_stalled(house) == 1
    (token,) = queries.instance(house, instance, actor=OLGA).tokens
    commands.move(house, instance, token=token.token, to_element="approve", reason="its task is lost", actor=OLGA)
    assert queries.failures(house, actor=OLGA).items == ()
    (settled,) = queries.failures(house, actor=OLGA, with_resolved=True).items
    assert (settled.kind, settled.resolved_by) == ("stalled", "Olga")
    clock.advance(timedelta(minutes=2))
    assert note_stalled(house) == 0


def test_a_suspended_instance_stays_stalled_until_it_is_resumed(house, deploy):
    """Moved, it still stands still: it would be forgotten."""
    deploy(ENDLESS)
    house.settings = replace(house.settings, turn_budget_s=0.001, max_turns_in_row=3)
    instance = commands.start(house, "endless", variables={"n": 0}, actor=ANN).instance_id
    run_due(house)
    (token,) = queries.instance(house, instance, actor=OLGA).tokens
    commands.move(house, instance, token=token.token, to_element="end", reason="it counts for ever", actor=OLGA)
    assert len(queries.failures(house, actor=OLGA).items) == 1
    commands.resume(house, instance, actor=OLGA)
    assert queries.failures(house, actor=OLGA).items == ()
    assert queries.instance(house, instance, actor=OLGA).view.status == "completed"
