"""What is slow, broken or far behind holds up nobody else: schedules and instances each have their turn."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from threading import Event

import pytest

from engine import commands, queries
from engine.clock import SystemClock
from engine.errors import Conflict, Invalid
from engine.work import create_schedule, list_schedules, run_due, run_now, run_slots, set_enabled, take
from engine.work.dispatcher import Dispatcher
from tests.runtime import topics
from tests.runtime.conftest import ANN, OLGA
from tests.runtime.diagrams import PAUSE, TWO_STEPS, diagram, end, service, start
from tests.runtime.test_jobs import INLINE
from tests.work.test_schedules import daily, told

MANY = diagram(
    "many",
    start(),
    service(
        "work",
        "topics.send",
        inputs='<camunda:inputParameter name="text">x</camunda:inputParameter>',
        inner="<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>30</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>",
    ),
    end(),
    flows="start>work work>end",
)


@pytest.fixture
def other(house, deploy):
    """A sound schedule beside the one that is tried: a minute later, and last in order."""
    deploy(TWO_STEPS)
    create_schedule(house, "sound", definition_key="two_steps", rule="31 9 * * *", actor=OLGA)


def test_a_schedule_far_behind_lets_the_others_start(house, other, clock):
    daily(house, rule="* * * * *")
    clock.advance(timedelta(hours=12))
    run_slots(house)
    assert [status for _, status, _ in told(house, "sound")] == ["late"]
    assert {status for _, status, _ in told(house, "round")} == {"skipped"}
    run_due(house)
    assert list_schedules(house, actor=OLGA)[0].next_at == clock.now() + timedelta(minutes=1)


def test_a_process_that_breaks_at_its_start_is_skipped_with_its_reason(house, other, deploy, clock):
    def commits(context, _inputs):
        context.connection.commit()

    deploy(INLINE)
    daily(house, definition_key="works", variables={"text": "x"})
    object.__setattr__(house.handlers.get("topics.record"), "function", commits)
    clock.advance(timedelta(minutes=32))
    run_due(house)
    object.__setattr__(house.handlers.get("topics.record"), "function", topics.record)
    ((_, status, reason),) = told(house, "round")
    assert (status, "committed or rolled back" in reason) == ("skipped", True)
    assert len(told(house, "sound")) == 1


def test_a_moment_that_was_run_by_hand_is_not_run_again(house, other, clock):
    daily(house)
    clock.advance(timedelta(minutes=30))
    run_now(house, "round", actor=OLGA)
    with pytest.raises(Conflict, match="at this very moment"):
        run_now(house, "round", actor=OLGA)
    clock.advance(timedelta(minutes=5))
    run_due(house)
    assert [reason for _, _, reason in told(house, "round")] == ["run now by Olga"]
    assert len(told(house, "sound")) == 1


def test_a_clock_that_is_set_back_starts_no_slot_twice(house, other, clock):
    daily(house)
    clock.advance(timedelta(minutes=30))
    run_due(house)
    clock.advance(timedelta(minutes=-20))
    for is_enabled in (False, True):
        set_enabled(house, "round", is_enabled=is_enabled, actor=OLGA)
    clock.advance(timedelta(minutes=30))
    assert run_due(house).slots == 2
    assert [status for _, status, _ in told(house, "round")] == ["started"]
    assert {each.next_at > clock.now() for each in list_schedules(house, actor=OLGA)} == {True}


@pytest.mark.parametrize("rule", ["0 0 30 2 *", "R0/PT1H", "0 0 31 2,4 *"])
def test_a_rule_that_never_fires_is_refused(house, deploy, rule):
    deploy(TWO_STEPS)
    with pytest.raises(Invalid, match="names no moment"):
        daily(house, rule=rule)


def test_what_a_schedule_cannot_start_with_is_refused_at_once(house, deploy):
    deploy(TWO_STEPS)
    for variables in ({"x": object()}, {"x": float("nan")}, {"x": "\x00"}, {"x": "x" * 1_000_001}):
        with pytest.raises(Invalid):
            daily(house, variables=variables)
    for key in ("", "x" * 300, "a\x00", "\ud800"):
        with pytest.raises(Invalid):
            create_schedule(house, key, definition_key="two_steps", rule="30 9 * * *", actor=OLGA)
    assert list_schedules(house, actor=OLGA) == ()


def test_an_instance_with_many_slow_calls_lets_the_others_go_on(house, deploy, clock):
    deploy(MANY, PAUSE)
    house.settings = replace(house.settings, sweep_limit=10)
    commands.start(house, "many", actor=ANN)
    paused = commands.start(house, "pause", actor=ANN).instance_id
    clock.advance(timedelta(hours=1))
    over, seen = Event(), []
    topics.hooks.append(lambda: seen.append(over.wait(20)))
    real = house.executable

    def executable(definition_id):
        found = real(definition_id)
        if found.key == "pause":
            over.set()
        return found

    house.executable = executable
    dispatcher = Dispatcher(house, take(house.database, "tests", now=SystemClock().now(), ttl=timedelta(minutes=1)))
    dispatcher.start()
    assert over.wait(20)
    dispatcher.stop()
    assert seen[0] is True, "the timer fired while the first slow call was still being made"
    assert queries.instance(house, paused, actor=OLGA).view.status == "completed"
