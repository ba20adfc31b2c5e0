"""Combinations at which engines stumble: scopes inside scopes, several tokens, failures beside timers, undoing of what undoes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from engine.errors import BpmnError, HandlerFailed
from engine.execution.model import TopicCall
from tests.elements.play import START, Play, scenario


@scenario("terminate-in-event-subprocess")
def test_a_terminate_end_in_an_event_subprocess_ends_only_that(play: Play) -> None:
    play.start()
    play.fire("react_start")
    play.complete("answer")
    assert play.cancelled == "ask_around"
    assert play.waiting == "react_start work"
    play.complete("work")
    assert play.is_completed


@scenario("terminate-with-event-subprocess")
def test_a_terminate_end_ends_running_event_subprocesses_too(play: Play) -> None:
    play.start()
    play.fire("react_start")
    play.complete("work")
    assert play.cancelled == "answer react"
    assert play.is_completed


@scenario("event-subprocess-nested")
def test_an_event_subprocess_may_hold_another(play: Play) -> None:
    play.start()
    play.fire("outer_react_start")
    assert play.waiting == "answer inner_react_start outer_react_start work"
    play.fire("inner_react_start")
    assert play.variables == {"hurried": True}
    assert play.cancelled == "answer"
    assert play.waiting == "outer_react_start work"
    play.complete("work")
    assert play.is_completed


@scenario("event-subprocess-in-multi-instance")
def test_each_instance_has_its_own_event_subprocess(play: Play) -> None:
    play.start(items=["a", "b", "c"], skipped=[])
    assert play.waiting == "react_start react_start react_start work work work"
    play.fire("react_start", nth=1)
    assert play.variables["skipped"] == ["b"]
    assert play.waiting == "react_start react_start work work"
    play.complete("work")
    play.complete("work")
    assert play.is_completed


@scenario("interrupting-event-subprocess-twice")
def test_an_interrupting_event_subprocess_stops_the_others_of_its_scope_but_not_the_boundary(play: Play) -> None:
    play.start()
    assert play.waiting == "pause_start recalled stop_start work"
    play.fire("stop_start")
    assert play.waiting == "recalled tidy_up"
    play.fire("recalled")
    assert play.trace.split()[-2:] == ["recalled", "recalled_end"]
    assert play.is_completed


@scenario("subprocess-twice-at-once")
def test_two_tokens_in_one_subprocess_join_each_with_their_own(play: Play) -> None:
    play.start(times=0)
    assert play.waiting == "left left right right"
    play.complete("left", nth=0)
    play.complete("left", nth=0)
    assert play.variables["times"] == 0
    play.complete("right", nth=0)
    play.complete("right", nth=0)
    assert play.variables["times"] == 2
    assert play.is_completed


@scenario("parallel-double-flow")
def test_two_flows_between_the_same_gateways_are_two(play: Play) -> None:
    play.start(times=0)
    assert play.variables["times"] == 1
    assert play.is_completed


CALLS: list[str] = []


def count_up(call: TopicCall) -> dict[str, Any]:
    CALLS.append(call.element)
    return {"number": 41}


@scenario("output-that-fails", topics={"counter.up": count_up})
def test_a_failed_output_is_retried_without_doing_the_work_again(play: Play) -> None:
    CALLS.clear()
    play.start()
    assert "there is no variable 'correction'" in play.failed
    play.set(correction=1)
    play.retry("count_up")
    assert play.variables == {"correction": 1, "result": 42}
    assert CALLS == ["count_up"]
    assert play.is_completed


@scenario("boundary-timer-that-fails")
def test_a_boundary_timer_that_cannot_be_read_fails_while_its_task_can_be_done(play: Play) -> None:
    play.start()
    assert play.failed.startswith("watch:")
    play.set(allowed="PT2H")
    play.retry("watch")
    assert play.wait("watch").due_at == START + timedelta(hours=2)
    play.fire("watch")
    assert play.trace == "start watch late_end"


@scenario("boundary-timer-that-fails")
def test_a_task_whose_boundary_timer_failed_can_be_completed(play: Play) -> None:
    play.start()
    play.complete("work")
    assert play.trace == "start work end"
    assert play.is_completed


@scenario("boundary-on-job")
def test_the_boundary_events_of_a_failed_job_go_on_watching(play: Play) -> None:
    play.start()
    play.fail("send_out", "The parcel service does not answer.")
    assert play.waiting == "send_out too_long"
    assert play.wait("too_long").due_at == START + timedelta(minutes=10)
    play.fire("too_long")
    assert play.trace == "start too_long late_end"
    assert play.is_completed


@scenario("boundary-on-job")
def test_a_retried_job_keeps_its_boundary_timers_due_time(play: Play) -> None:
    play.start()
    play.after(minutes=7)
    play.fail("send_out", "The parcel service does not answer.")
    play.retry("send_out")
    assert play.wait("too_long").due_at == START + timedelta(minutes=10)
    play.complete("send_out")
    assert play.is_completed


def page(call: TopicCall) -> dict[str, Any]:
    if call.inputs["who"] == call.variables.get("deaf"):
        raise HandlerFailed(f"{call.inputs['who']} does not hear.")
    return {"receipt": call.inputs["who"]}


@scenario("multi-service-failure", topics={"crew.page": page})
def test_one_failed_instance_is_retried_beside_the_others(play: Play) -> None:
    play.start(crew=["ann", "bob", "eve"], deaf="bob")
    assert play.failed == "notify: bob does not hear."
    play.set(deaf="")
    play.retry("notify")
    assert play.variables["receipts"] == ["ann", "bob", "eve"]
    assert play.is_completed


@scenario("multi-completion-at-once")
def test_instances_that_a_completion_condition_ended_never_run(play: Play) -> None:
    play.start(total=0)
    assert play.variables["total"] == 2
    assert play.is_completed


@scenario("call-escalation-to-event-subprocess")
def test_an_escalation_of_a_called_process_reaches_the_callers_event_subprocess(play: Play) -> None:
    play.start()
    assert play.waiting == "answer go_on"
    assert play.variables == {"which": "chief"}
    play.complete("go_on")
    assert play.is_active
    play.complete("answer")
    assert play.is_completed


@scenario("call-signal")
def test_a_signal_of_a_called_process_reaches_its_caller(play: Play) -> None:
    play.start()
    assert play.trace.split()[-2:] == ["join", "end"]
    assert play.is_completed


@scenario("compensation-by-subprocess")
def test_what_undoes_may_be_a_subprocess_that_waits(play: Play) -> None:
    play.start(log=[])
    assert play.waiting == "check"
    play.complete("check")
    assert play.variables["log"] == ["one", "first", "second"]
    assert play.trace.split()[-3:] == ["undo_one", "undo_all", "end"]
    assert play.is_completed


@scenario("compensation-of-subprocess")
def test_a_subprocess_with_its_own_undoing_is_not_undone_from_the_inside(play: Play) -> None:
    play.start(log=[])
    assert play.variables["log"] == ["one", "undo_work"]
    assert play.is_completed


@scenario("compensation-of-unfinished")
def test_an_interrupted_subprocess_is_not_undone(play: Play) -> None:
    play.start(log=[])
    play.fire("stopped")
    assert play.variables["log"] == ["one"]
    assert play.trace.split()[-2:] == ["undo_all", "stopped_end"]
    assert play.is_completed


@scenario("compensation-in-a-loop")
def test_an_activity_that_ran_several_times_is_undone_as_often(play: Play) -> None:
    play.start(log=[], rounds=0)
    assert play.variables["log"] == ["one"] * 3 + ["undo_one"] * 3
    assert play.is_completed


@scenario("transaction-nested")
def test_a_cancelled_transaction_undoes_the_subprocesses_inside(play: Play) -> None:
    play.start(log=[])
    assert play.variables["log"] == ["one", "two", "undo_two", "undo_one"]
    assert play.trace.split()[-2:] == ["cancelled", "cancelled_end"]
    assert play.is_completed


@scenario("transaction-undone-later")
def test_a_completed_transaction_is_undone_from_the_inside(play: Play) -> None:
    play.start(log=[])
    assert play.variables["log"] == ["one", "undo_one"]
    assert play.is_completed


@scenario("transaction")
def test_an_error_leaves_a_transaction_without_undoing(play: Play) -> None:
    play.start(log=[])
    play.error("pay", "hazard")
    assert play.trace.split()[-2:] == ["failed", "failed_end"]
    assert play.variables["log"] == ["book_hotel", "book_ferry"]
    assert play.is_completed


def charge(call: TopicCall) -> dict[str, Any]:
    if call.variables["tries"] == 2:
        raise BpmnError("declined")
    return {"tries": call.variables["tries"] + 1}


@scenario("error-from-loop", topics={"card.charge": charge})
def test_an_error_in_a_loop_ends_the_loop(play: Play) -> None:
    play.start(tries=0)
    assert play.trace == "start charge charge declined declined_end"
    assert play.is_completed


@scenario("inclusive-and-event-gateway")
def test_an_inclusive_join_waits_for_an_event_gateway(play: Play) -> None:
    play.start()
    play.complete("work")
    assert play.is_active
    play.fire("late")
    assert play.trace.split()[-3:] == ["merge", "ready", "end"]
    assert play.is_completed


@scenario("transaction-multi-instance")
def test_a_transaction_of_several_instances_is_left_as_a_whole_when_one_is_cancelled(play: Play) -> None:
    play.start(log=[], people=["ann", "bob", "eve"])
    play.complete("pay", paid=True)
    play.complete("pay", paid=False)
    assert play.variables["log"] == ["one"] * 3 + ["undo_one"] * 3
    assert play.trace.split()[-2:] == ["cancelled", "cancelled_end"]
    assert play.is_completed


def take_back(call: TopicCall) -> dict[str, Any]:
    if call.variables.get("is_closed"):
        raise HandlerFailed("The counter is closed.")
    return {"given_back": True}


@scenario("compensation-that-fails", topics={"seat.give_back": take_back})
def test_what_undoes_may_fail_and_be_retried(play: Play) -> None:
    play.start(is_closed=True)
    assert play.failed == "undo_one: The counter is closed."
    play.set(is_closed=False)
    play.retry("undo_one")
    assert play.trace == "start one undo_one undo_all end"
    assert play.is_completed


@scenario("call-output-that-fails")
def test_a_failed_output_of_a_called_process_is_retried(play: Play) -> None:
    play.start()
    play.complete("quick_work")
    assert "there is no variable 'answer'" in play.failed
    [token] = [wait.token for wait in play.execution.waits()]
    play.execution.set_variables({"answer": 1}, token=token)
    play.retry("quick")
    assert play.variables == {"next": 2}
    assert play.is_completed


@scenario("escalation-from-event-subprocess")
def test_an_escalation_inside_an_event_subprocess_is_caught_outside(play: Play) -> None:
    play.start()
    play.fire("react_start")
    play.fire("react_start")
    assert play.trace.split().count("chief_end") == 2
    play.complete("work")
    assert play.is_completed


@scenario("interrupted-by-its-own-signal")
def test_a_throw_may_interrupt_itself(play: Play) -> None:
    play.start()
    assert play.waiting == "report"
    assert "ring_end" not in play.trace.split()
    play.complete("report")
    assert play.is_completed


@scenario("inclusive-two-in-a-row")
def test_an_inclusive_join_waits_for_the_join_before_it(play: Play) -> None:
    play.start(passes=0)
    play.complete("three")
    play.complete("one")
    assert play.variables["passes"] == 0
    play.complete("two")
    assert play.variables["passes"] == 1
    assert play.is_completed
