"""Boundary events of each kind, interrupting and not (BPMN 2.0, 13.5.3)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from engine.errors import BpmnError
from engine.execution.model import TopicCall, WaitKind
from tests.elements.play import START, Play, scenario


def ends_the_task(play: Play) -> None:
    play.start(reactions=0, risk=1)
    if "conditional" in play.key:
        play.set(risk=9)
    else:
        play.fire("watch")
    assert play.trace == "start watch react react_end"
    assert play.cancelled == "work"
    assert play.variables["reactions"] == 1
    assert play.is_completed


def leaves_the_task(play: Play) -> None:
    play.start(reactions=0, risk=1)
    play.complete("work")
    assert play.trace == "start work end"
    assert play.waiting == ""
    assert play.is_completed


def fires_again_and_again(play: Play) -> None:
    play.start(reactions=0, risk=1)
    for _ in range(3):
        play.fire("watch")
    assert play.waiting == "watch work"
    play.complete("work")
    assert play.trace == "start " + "watch react react_end " * 3 + "work end"
    assert play.variables["reactions"] == 3
    assert play.is_completed


@scenario("boundary-timer-interrupting")
def test_an_interrupting_timer_ends_its_task(play: Play) -> None:
    ends_the_task(play)


@scenario("boundary-timer-interrupting")
def test_a_completed_task_takes_its_boundary_timer_along(play: Play) -> None:
    leaves_the_task(play)


@scenario("boundary-message-interrupting")
def test_an_interrupting_message_ends_its_task(play: Play) -> None:
    ends_the_task(play)


@scenario("boundary-message-interrupting")
def test_a_completed_task_takes_its_boundary_message_along(play: Play) -> None:
    leaves_the_task(play)


@scenario("boundary-signal-interrupting")
def test_an_interrupting_signal_ends_its_task(play: Play) -> None:
    ends_the_task(play)


@scenario("boundary-conditional-interrupting")
def test_an_interrupting_condition_ends_its_task(play: Play) -> None:
    ends_the_task(play)


@scenario("boundary-conditional-interrupting")
def test_a_completed_task_takes_its_boundary_condition_along(play: Play) -> None:
    leaves_the_task(play)


@scenario("boundary-timer-non-interrupting")
def test_a_non_interrupting_duration_fires_once_beside_its_task(play: Play) -> None:
    play.start(reactions=0)
    assert (play.wait("watch").kind, play.wait("watch").due_at) == (WaitKind.TIMER, START + timedelta(hours=4))
    assert play.wait("watch").host_token == play.wait("work").token
    play.fire("watch")
    assert play.trace == "start watch react react_end"
    assert play.waiting == "work"
    play.complete("work")
    assert play.is_completed


@scenario("boundary-message-non-interrupting")
def test_a_non_interrupting_message_is_caught_each_time(play: Play) -> None:
    fires_again_and_again(play)


@scenario("boundary-signal-non-interrupting")
def test_a_non_interrupting_signal_is_caught_each_time(play: Play) -> None:
    fires_again_and_again(play)


@scenario("boundary-conditional-non-interrupting")
def test_a_non_interrupting_condition_fires_each_time_it_becomes_true(play: Play) -> None:
    play.start(reactions=0, risk=1)
    play.set(risk=8)
    assert play.variables["reactions"] == 1
    play.set(risk=9)
    assert play.variables["reactions"] == 1
    play.set(risk=2)
    play.set(risk=6)
    assert play.variables["reactions"] == 2
    play.complete("work")
    assert play.trace == "start watch react react_end watch react react_end work end"
    assert play.is_completed


@scenario("boundary-escalation-interrupting")
def test_an_interrupting_escalation_ends_its_subprocess_at_once(play: Play) -> None:
    play.start(reactions=0)
    assert sorted(play.trace.split()) == ["react", "react_end", "start", "watch", "work_fork", "work_start"]
    assert "went_on" not in play.variables
    assert play.is_completed


@scenario("boundary-escalation-non-interrupting")
def test_a_non_interrupting_escalation_lets_its_subprocess_go_on(play: Play) -> None:
    play.start(reactions=0)
    assert play.variables == {"reactions": 1, "went_on": True}
    assert play.waiting == "side_work"
    play.complete("side_work")
    assert play.trace.endswith("side_work side_end work end")
    assert play.is_completed


@scenario("boundary-error")
def test_an_error_is_caught_by_the_boundary_event_with_its_code(play: Play) -> None:
    play.start()
    play.complete("try_it", result="jammed")
    assert play.trace == "start work_start work_fork try_it how is_jammed jammed jammed_end"
    assert play.cancelled == "side_work work"
    assert play.is_completed


@scenario("boundary-error")
def test_a_boundary_error_event_names_its_code_before_the_one_that_catches_all(play: Play) -> None:
    play.start()
    play.complete("try_it", result="broken")
    assert "broken_end" in play.trace.split()
    assert "code" not in play.variables


@scenario("boundary-error")
def test_an_error_without_its_own_boundary_event_is_caught_by_the_one_for_all(play: Play) -> None:
    play.start()
    play.complete("try_it", result="lost")
    assert "other_end" in play.trace.split()
    assert play.variables["code"] == "lost"
    assert play.is_completed


@scenario("boundary-error")
def test_a_subprocess_without_an_error_leaves_its_boundary_error_events(play: Play) -> None:
    play.start()
    play.complete("try_it", result="fine")
    play.complete("side_work")
    assert play.trace == "start work_start work_fork try_it how work_end side_work side_end work end"
    assert play.is_completed


@scenario("boundary-timer-cycle")
def test_a_non_interrupting_cycle_fires_as_often_as_it_says_and_each_time_later(play: Play) -> None:
    play.start(reactions=0)
    for hour in (1, 2, 3):
        assert play.wait("remind").due_at == START + timedelta(hours=hour)
        play.fire("remind")
    assert play.variables["reactions"] == 3
    assert play.waiting == "work"
    play.complete("work")
    assert play.is_completed


@scenario("boundary-several")
def test_several_boundary_events_watch_one_task(play: Play) -> None:
    play.start()
    assert play.waiting == "give_up remind withdrawn work"
    play.fire("remind")
    assert play.waiting == "give_up withdrawn work"
    play.fire("withdrawn")
    assert play.trace == "start remind remind_end withdrawn withdrawn_end"
    assert play.is_completed


@scenario("boundary-multiple")
def test_a_non_interrupting_multiple_boundary_event_fires_at_each_of_its_events(play: Play) -> None:
    play.start(reactions=0)
    play.fire("either")
    assert play.variables["reactions"] == 1
    play.fire("either")
    assert play.variables["reactions"] == 2
    play.complete("work")
    assert play.is_completed


@scenario("boundary-parallel-multiple")
def test_a_parallel_multiple_boundary_event_fires_when_all_its_events_came(play: Play) -> None:
    play.start()
    play.fire("both")
    assert play.waiting == "both work"
    play.fire("both")
    assert play.trace == "start both both_end"
    assert play.is_completed


@scenario("boundary-on-receive-task")
def test_a_boundary_timer_watches_a_receive_task(play: Play) -> None:
    play.start()
    assert play.waiting == "too_long wait_parts"
    play.fire("too_long")
    assert play.trace == "start too_long late_end"
    assert play.is_completed


@scenario("boundary-on-receive-task")
def test_a_receive_task_that_gets_its_message_goes_on(play: Play) -> None:
    play.start()
    play.fire("wait_parts", count=3)
    assert play.trace == "start wait_parts end"
    assert play.variables == {"count": 3}


@scenario("boundary-on-job")
def test_a_boundary_timer_watches_a_job(play: Play) -> None:
    play.start()
    assert play.waiting == "send_out too_long"
    play.fire("too_long")
    assert play.trace == "start too_long late_end"
    assert play.is_completed


@scenario("boundary-on-job")
def test_an_error_that_a_jobs_worker_throws_takes_the_boundary_event(play: Play) -> None:
    play.start()
    play.error("send_out", "no_address", "Unknown street", street="Main Street")
    assert play.trace == "start no_address address_end"
    assert play.variables == {"why": "Unknown street", "street": "Main Street"}
    assert play.is_completed


@scenario("boundary-on-subprocess")
def test_an_interrupting_event_on_a_subprocess_ends_all_inside(play: Play) -> None:
    play.start()
    play.fire("recalled")
    assert play.trace == "start outer_start inner_start recalled recalled_end"
    assert play.cancelled == "deep_work inner outer"
    assert play.is_completed


@scenario("boundary-on-subprocess")
def test_a_non_interrupting_event_on_a_subprocess_leaves_the_inside_alone(play: Play) -> None:
    play.start()
    play.fire("asked")
    play.fire("asked")
    assert play.waiting == "asked deep_work recalled"
    play.complete("deep_work")
    assert play.trace.endswith("asked asked_end asked asked_end deep_work inner_end inner outer_end outer end")
    assert play.is_completed


@scenario("boundary-back-to-its-task")
def test_an_interrupted_task_that_is_led_back_starts_anew(play: Play) -> None:
    play.start()
    first = play.wait("work").token
    play.fire("redo")
    assert play.waiting == "redo work"
    assert play.wait("work").token != first
    play.complete("work")
    assert play.trace == "start redo work end"


@scenario("interrupted-from-inside")
def test_nothing_inside_runs_on_after_a_throw_that_interrupts_its_own_subprocess(play: Play) -> None:
    play.start(log=[])
    assert play.variables["log"] == ["first", "note"]
    assert play.is_completed


def decline(call: TopicCall) -> dict[str, Any]:
    if call.variables["amount"] > 100:
        raise BpmnError("declined", "Too much", limit=100)
    if call.variables["amount"] > 50:
        raise BpmnError("odd")
    return {"charged": call.variables["amount"]}


@scenario("service-error", topics={"card.charge": decline})
def test_a_bpmn_error_of_a_handler_takes_the_boundary_event_with_its_code_and_variables(play: Play) -> None:
    play.start(amount=101)
    assert play.trace == "start declined declined_end"
    assert play.variables == {"amount": 101, "code": "declined", "text": "Too much", "limit": 100}
    assert play.is_completed


@scenario("service-error", topics={"card.charge": decline})
def test_a_bpmn_error_with_another_code_takes_the_boundary_event_for_all(play: Play) -> None:
    play.start(amount=51)
    assert play.trace == "start any_error any_end"
    assert play.variables == {"amount": 51, "code": "odd"}


@scenario("service-error", topics={"card.charge": decline})
def test_a_handler_without_an_error_goes_on(play: Play) -> None:
    play.start(amount=5)
    assert play.trace == "start charge end"
    assert play.variables == {"amount": 5, "charged": 5}
