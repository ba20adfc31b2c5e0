"""Sweeps: due work in the order in which it was due, and nothing stops the rest."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from engine import commands, queries
from engine.commands import Ran
from engine.tables import failure, job
from engine.work import look, run_due
from engine.work.sweep import DUE, NEXT
from tests.runtime import topics
from tests.runtime.conftest import ANN, OLGA, kinds, rows
from tests.runtime.diagrams import ENDLESS, PAUSE, TWO_STEPS, diagram, end, service, start

SENDS = diagram("sends", start(), service("send", "topics.send", inputs='<camunda:inputParameter name="text">x</camunda:inputParameter>'),
                end(), flows="start>send send>end")  # fmt: skip


def test_due_work_comes_in_the_order_in_which_it_was_due(house, deploy, clock):
    deploy(PAUSE)
    begun = []
    for _ in range(3):
        begun.append(commands.start(house, "pause", actor=ANN).instance_id)
        clock.advance(timedelta(minutes=-10))
    clock.advance(timedelta(hours=3))
    due = look(house, limit=10)
    assert [each.instance_id for each in due.jobs] == begun[::-1]
    assert due.next_at == due.jobs[0].due_at
    assert not due.has_slots


def test_nothing_is_due_before_its_moment_and_a_look_says_when(house, deploy, clock):
    deploy(PAUSE)
    assert look(house, limit=10).next_at is None
    commands.start(house, "pause", actor=ANN)
    moment = clock.now() + timedelta(hours=1)
    clock.set(moment - timedelta(microseconds=1))
    assert (look(house, limit=10).jobs, look(house, limit=10).next_at) == ((), moment)
    swept = run_due(house)
    assert (swept.moved, swept.next_at) == (0, moment)
    clock.set(moment)
    assert run_due(house).jobs == {Ran.DONE: 1}


def test_a_job_that_fails_stops_no_other(house, deploy, clock):
    deploy(SENDS, PAUSE)
    commands.start(house, "sends", actor=ANN)
    waiting = commands.start(house, "pause", actor=ANN)
    clock.advance(timedelta(hours=1))
    topics.answers.append(RuntimeError("the line is dead"))
    swept = run_due(house)
    assert swept.jobs == {Ran.FAILED: 1, Ran.DONE: 1}
    assert queries.instance(house, waiting.instance_id, actor=OLGA).view.status == "completed"
    assert rows(house, failure) == []
    assert timedelta(minutes=1) <= swept.next_at - clock.now() <= timedelta(minutes=1.2), "a minute, and some jitter"


def test_a_limit_bounds_a_sweep_and_the_next_goes_on(house, deploy, clock):
    deploy(PAUSE)
    for _ in range(5):
        commands.start(house, "pause", actor=ANN)
    clock.advance(timedelta(hours=1))
    assert [run_due(house, limit=2).moved for _ in range(4)] == [2, 2, 1, 0]


def test_work_of_a_suspended_instance_rests_and_comes_when_it_is_resumed(house, deploy, clock):
    deploy(PAUSE)
    started = commands.start(house, "pause", actor=ANN)
    commands.suspend(house, started.instance_id, actor=OLGA)
    clock.advance(timedelta(hours=2))
    assert run_due(house).moved == 0
    commands.resume(house, started.instance_id, actor=OLGA)
    assert run_due(house).jobs == {Ran.DONE: 1}
    assert kinds(house, started.instance_id)[-1] == "instance.completed"


def test_a_large_instance_never_blocks_the_others(house, deploy, clock):
    deploy(ENDLESS, PAUSE)
    house.settings = type(house.settings)(turn_budget_s=0.005, max_turns_in_row=6)
    commands.start(house, "endless", variables={"n": 0}, actor=ANN)
    small = commands.start(house, "pause", actor=ANN)
    clock.advance(timedelta(hours=1))
    assert run_due(house, limit=2).jobs == {Ran.DONE: 2}
    assert queries.instance(house, small.instance_id, actor=OLGA).view.status == "completed"


def test_an_instance_that_computes_for_ever_is_suspended_with_a_reason(house, deploy):
    deploy(ENDLESS)
    house.settings = type(house.settings)(turn_budget_s=0.002, max_turns_in_row=3)
    started = commands.start(house, "endless", variables={"n": 0}, actor=ANN)
    run_due(house)
    assert queries.instance(house, started.instance_id, actor=OLGA).view.status == "suspended"
    (told,) = rows(house, failure)
    assert "4 turns in a row ended on their budget of 0.002 s" in told.message
    assert run_due(house).moved == 0


@pytest.mark.parametrize(("statement", "name"), [(DUE, "due"), (NEXT, "next")])
def test_a_look_uses_indexes(sqlite_database, statement, name, clock):
    sent = []
    sa.event.listen(sqlite_database.engine, "before_cursor_execute", lambda _c, _cur, text, values, *_rest: sent.append((text, values)))
    with sqlite_database.read() as connection:
        connection.execute(statement, {"now": clock.now(), "most": 10, "busy": ["one", "two"]})
        text, values = sent[-1]
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)]
    looked = [step for step in plan if " job" in step or " schedule" in step]
    assert looked
    assert [step for step in looked if "USING" not in step] == []


def test_a_sweep_of_nothing_costs_one_statement(house, deploy, counted):
    deploy(TWO_STEPS)
    commands.start(house, "two_steps", actor=ANN)
    seen = counted(house.database)
    assert run_due(house).moved == 0
    assert len([text for text in seen if text.startswith("SELECT")]) == 1


def test_work_that_its_worker_lost_comes_again(house, deploy, clock):
    deploy(SENDS)
    commands.start(house, "sends", actor=ANN)
    lost_until = clock.now() + timedelta(minutes=5)
    with house.database.write() as connection:
        connection.execute(sa.update(job).values(status="taken", worker="gone", locked_until=lost_until))
    assert (run_due(house).moved, look(house, limit=1).next_at) == (0, lost_until)
    clock.set(lost_until)
    assert run_due(house).jobs == {Ran.DONE: 1}
    assert len(topics.called) == 1
