"""Many at once: what waits for the same rows and connections comes through, and nobody waits for each other."""

from __future__ import annotations

import time
from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import sqlalchemy as sa

from engine import commands, queries
from engine.commands import ProcessEngine
from engine.errors import Conflict
from engine.people import add_person, deactivate_person
from engine.tables import definition, person
from tests.runtime.conftest import ANN, OLGA, rows, run_due, task_at
from tests.runtime.diagrams import ALARM, TWO_STEPS, boundary, diagram, end, on_signal, start, throw, user
from tests.runtime.test_races import at_once

CROWD = 20
"""As many as a database has connections for commands."""
CHORUS = diagram(
    "chorus",
    start(),
    user("ready"),
    boundary("heard", "ready", on_signal("s_alarm"), interrupting=False),
    throw("raise_alarm", on_signal("s_alarm")),
    end(),
    end("heard_end"),
    flows="start>ready ready>raise_alarm raise_alarm>end heard>heard_end",
    roots=ALARM,
)


def test_instances_that_throw_a_signal_at_each_other_do_not_block_each_other(house, deploy):
    deploy(CHORUS)
    ids = [commands.start(house, "chorus", actor=ANN).instance_id for _ in range(8)]
    tasks = [task_at(house, "ready", instance_id=each) for each in ids]
    began = time.monotonic()
    answers = at_once(*(lambda task=task: commands.complete(house, task, actor=ANN) for task in tasks))
    assert time.monotonic() - began < 0.9, "PostgreSQL breaks a deadlock after a second"
    assert all(isinstance(answer, commands.TaskAnswer) for answer in answers), answers
    run_due(house)
    assert {queries.instance(house, each, actor=OLGA).view.status for each in ids} == {"completed"}


def test_all_connections_at_work_can_still_read_a_definition(house, deploy):
    deploy(TWO_STEPS)
    (deployed,) = rows(house, definition)
    cold = ProcessEngine(house.database, house.clock, house.handlers)
    crowd = 1 if house.database.is_sqlite else CROWD
    everybody = Barrier(crowd)

    def work(connection):
        connection.execute(sa.select(1))
        everybody.wait(10)
        return cold.executable(deployed.id).id

    answers = at_once(*(lambda: cold.transaction(work) for _ in range(crowd)))
    assert answers == [deployed.id] * crowd


def test_two_last_administrators_cannot_bar_each_other(house):
    with house.database.write() as connection:
        for name in ("Adam", "Abby"):
            add_person(connection, name, now=house.clock.now(), is_admin=True)
    both = Barrier(2)

    def bar(name):
        def work(connection):
            deactivate_person(connection, name)
            with suppress(BrokenBarrierError):
                both.wait(0.5)

        return lambda: house.transaction(work)

    answers = at_once(bar("Adam"), bar("Abby"))
    assert sorted(type(answer) for answer in answers if answer is not None) == [Conflict]
    assert len([row for row in rows(house, person) if row.is_admin and row.is_active]) == 1
