"""Timers of each form in each place, and nodes with several events (BPMN 2.0, 10.5.6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.elements.play import START, Play, scenario


@scenario("start-timers")
def test_a_date_starts_a_process(play: Play) -> None:
    play.start(at="on_a_date")
    assert play.trace == "on_a_date note end"


@scenario("start-timers")
def test_a_duration_starts_a_process(play: Play) -> None:
    play.start(at="in_an_hour")
    assert play.trace == "in_an_hour note end"


@scenario("start-timers")
def test_a_cycle_starts_a_process(play: Play) -> None:
    play.start(at="every_day")
    assert play.trace == "every_day note end"


@scenario("boundary-timers")
def test_boundary_timers_with_dates_and_cycles(play: Play) -> None:
    play.start()
    assert play.wait("closing").due_at == datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
    assert play.wait("at_noon").due_at == datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
    play.fire("at_noon")
    assert play.waiting == "closing third_call work"
    play.fire("closing")
    assert play.trace == "start at_noon note noon_end closing closed_end"


@scenario("boundary-timers")
def test_an_interrupting_cycle_fires_once(play: Play) -> None:
    play.start()
    assert play.wait("third_call").due_at == START + timedelta(hours=2)
    play.fire("third_call")
    assert play.trace == "start third_call called_end"
    assert play.is_completed


@scenario("event-subprocess-timers")
def test_event_subprocesses_with_dates(play: Play) -> None:
    play.start()
    play.fire("noon_start")
    assert play.waiting == "closing_start first_call_start work"
    play.fire("closing_start")
    assert play.trace == "start noon_start noon_end noon closing_start closing_end closing"
    assert play.is_completed


@scenario("event-subprocess-timers")
def test_an_interrupting_event_subprocess_with_a_cycle_starts_once(play: Play) -> None:
    play.start()
    play.fire("first_call_start")
    assert play.trace == "start first_call_start first_call_end first_call"
    assert play.is_completed


@scenario("boundary-multiple-interrupting")
def test_an_interrupting_multiple_boundary_event_ends_its_task_at_the_first_of_its_events(play: Play) -> None:
    play.start()
    assert play.waiting == "either either work"
    play.fire("either", nth=1)
    assert play.trace == "start either either_end"
    assert play.is_completed


@scenario("event-subprocess-multiple")
def test_an_event_subprocess_may_start_at_each_of_several_events(play: Play) -> None:
    play.start(reactions=0)
    play.fire("react_start", nth=0)
    play.fire("react_start", nth=1)
    play.fire("react_start", nth=0)
    assert play.variables["reactions"] == 3
    assert "work" in play.waiting.split()
    play.complete("work")
    assert play.is_completed


@scenario("event-subprocess-multiple")
def test_an_interrupting_event_subprocess_may_start_at_the_first_of_several_events(play: Play) -> None:
    play.start(reactions=0)
    play.fire("give_up_start")
    assert play.trace == "start give_up_start give_up_end give_up"
    assert play.is_completed


@scenario("event-subprocess-multiple")
def test_a_parallel_multiple_start_of_an_event_subprocess_waits_for_all_its_events(play: Play) -> None:
    play.start(reactions=0)
    play.fire("hand_over_start", nth=1)
    assert "work" in play.waiting.split()
    play.fire("hand_over_start")
    assert play.trace == "start hand_over_start hand_over_end hand_over"
    assert play.is_completed


@scenario("start-multiple")
def test_a_start_event_may_have_several_events(play: Play) -> None:
    play.start(at="either")
    assert play.trace == "either note end"


@scenario("catch-parallel-multiple-conditional")
def test_a_parallel_multiple_catch_may_hold_a_condition(play: Play) -> None:
    play.start(temperature=50)
    play.set(temperature=20)
    assert play.waiting == "both"
    play.set(temperature=50)
    play.fire("both")
    assert play.trace == "start both end"
