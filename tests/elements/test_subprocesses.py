"""Embedded subprocesses, event subprocesses, and called processes (BPMN 2.0, 13.3.4 and 13.5.4)."""

from __future__ import annotations

from datetime import timedelta

from engine.execution.model import FactKind
from tests.elements.play import START, Play, scenario


@scenario("subprocess")
def test_a_subprocess_shares_the_variables_of_its_process(play: Play) -> None:
    play.start(given=1)
    assert play.waiting == "deep_work"
    play.complete("deep_work", found=True)
    assert play.trace == "start outer_start set_it inner_start deep_work inner_end inner outer_end outer read_it end"
    assert play.variables == {"given": 1, "inside": 2, "found": True, "after": 3}


@scenario("subprocess-local-data")
def test_input_parameters_of_a_subprocess_are_local_to_it(play: Play) -> None:
    play.start(base=4, total=0)
    assert play.variables == {"base": 4, "total": 41, "result": 41}


@scenario("subprocess-parallel-inside")
def test_a_subprocess_ends_when_its_last_token_ends(play: Play) -> None:
    play.start()
    play.complete("two")
    assert play.is_active
    play.complete("one")
    assert play.trace == "start outer_start fork two two_end one one_end outer end"


@scenario("error-through-two-levels")
def test_an_error_travels_outwards_to_the_level_that_catches_it(play: Play) -> None:
    play.start()
    assert "caught_end" in play.trace.split()
    assert not {"other_end", "outer_end"} & set(play.trace.split())
    assert play.is_completed


def stays_silent(play: Play) -> None:
    """An event subprocess that never fires does not keep the instance open."""
    play.start(reactions=0, risk=1)
    play.complete("work")
    assert play.trace == "start work end"
    assert play.is_completed


def interrupts(play: Play) -> None:
    play.start(reactions=0, risk=1)
    if "conditional" in play.key:
        play.set(risk=9)
    else:
        play.fire("react_start")
    assert play.waiting == "answer"
    assert play.cancelled == "work"
    play.complete("answer")
    assert play.trace == "start react_start note answer react_end react"
    assert play.variables["reactions"] == 1
    assert play.is_completed


def runs_beside_each_time(play: Play) -> None:
    play.start(reactions=0, risk=1)
    play.fire("react_start")
    play.fire("react_start")
    assert play.waiting == "answer answer react_start work"
    play.complete("work")
    assert play.is_active
    play.complete("answer", nth=1)
    play.complete("answer")
    assert play.trace == "start react_start note react_start note work end answer react_end react answer react_end react"
    assert play.variables["reactions"] == 2
    assert play.is_completed


@scenario("event-subprocess-timer-interrupting")
def test_an_interrupting_timer_event_subprocess_takes_over(play: Play) -> None:
    interrupts(play)


@scenario("event-subprocess-timer-interrupting")
def test_an_unfired_timer_event_subprocess_does_not_keep_the_instance_open(play: Play) -> None:
    stays_silent(play)


@scenario("event-subprocess-message-interrupting")
def test_an_interrupting_message_event_subprocess_takes_over(play: Play) -> None:
    interrupts(play)


@scenario("event-subprocess-signal-interrupting")
def test_an_interrupting_signal_event_subprocess_takes_over(play: Play) -> None:
    interrupts(play)


@scenario("event-subprocess-conditional-interrupting")
def test_an_interrupting_conditional_event_subprocess_takes_over(play: Play) -> None:
    interrupts(play)


@scenario("event-subprocess-conditional-interrupting")
def test_an_unfired_conditional_event_subprocess_does_not_keep_the_instance_open(play: Play) -> None:
    stays_silent(play)


@scenario("event-subprocess-message-non-interrupting")
def test_a_message_event_subprocess_runs_beside_the_process_at_each_message(play: Play) -> None:
    runs_beside_each_time(play)


@scenario("event-subprocess-signal-non-interrupting")
def test_a_signal_event_subprocess_runs_beside_the_process_at_each_signal(play: Play) -> None:
    runs_beside_each_time(play)


@scenario("event-subprocess-timer-non-interrupting")
def test_a_timer_event_subprocess_runs_beside_the_process(play: Play) -> None:
    play.start(reactions=0)
    assert play.wait("react_start").due_at == START + timedelta(hours=4)
    play.fire("react_start")
    assert play.waiting == "answer work"
    play.complete("work")
    play.complete("answer")
    assert play.trace == "start react_start note work end answer react_end react"
    assert play.is_completed


@scenario("event-subprocess-conditional-non-interrupting")
def test_a_conditional_event_subprocess_runs_each_time_its_condition_becomes_true(play: Play) -> None:
    play.start(reactions=0, risk=1)
    play.set(risk=8)
    play.set(risk=1)
    play.set(risk=7)
    assert play.variables["reactions"] == 2
    assert play.waiting == "answer answer react_start work"


@scenario("event-subprocess-timer-cycle")
def test_an_event_subprocess_may_start_with_a_cycle(play: Play) -> None:
    play.start(reactions=0)
    for hour in range(1, 6):
        assert play.wait("every_hour").due_at == START + timedelta(hours=hour)
        play.fire("every_hour")
    assert play.variables["reactions"] == 5
    play.complete("work")
    assert play.is_completed


@scenario("event-subprocess-escalation-interrupting")
def test_an_interrupting_escalation_event_subprocess_takes_over(play: Play) -> None:
    play.start(reactions=0)
    play.complete("call")
    assert play.waiting == "answer"
    assert play.variables == {"reactions": 1, "which": "chief"}
    play.complete("answer")
    assert "called_end" not in play.trace.split()
    assert play.thrown == []
    assert play.is_completed


@scenario("event-subprocess-escalation-non-interrupting")
def test_an_escalation_event_subprocess_runs_beside_the_process(play: Play) -> None:
    play.start(reactions=0)
    play.complete("call")
    assert play.waiting == "answer work"
    assert "called_end" in play.trace.split()
    play.complete("work")
    play.complete("answer")
    assert play.is_completed


@scenario("event-subprocess-error-interrupting")
def test_an_error_event_subprocess_takes_over_and_not_at_the_processs_start(play: Play) -> None:
    play.start(reactions=0)
    assert play.waiting == "call work"
    assert play.variables == {"reactions": 0}
    play.complete("call")
    assert play.waiting == "answer"
    assert play.variables == {"reactions": 1, "which": "broken"}
    play.complete("answer")
    assert play.trace.split()[-3:] == ["answer", "react_end", "react"]
    assert play.is_completed


@scenario("event-subprocess-error-interrupting")
def test_an_unfired_error_event_subprocess_leaves_no_trace(play: Play) -> None:
    play.start(reactions=0)
    play.complete("work")
    assert "react" not in play.trace.split()


@scenario("event-subprocess-inside-interrupting")
def test_an_interrupting_event_subprocess_ends_its_subprocess_and_the_process_goes_on(play: Play) -> None:
    play.start()
    play.fire("react_start")
    assert play.waiting == "answer"
    assert play.cancelled == "other work"
    play.complete("answer")
    assert play.waiting == "afterwards"
    play.complete("afterwards")
    assert play.trace == "start outer_start fork react_start answer react_end react outer afterwards end"


@scenario("event-subprocess-inside-non-interrupting")
def test_a_subprocess_waits_for_its_event_subprocesses(play: Play) -> None:
    play.start()
    play.fire("react_start")
    play.complete("work")
    play.complete("other")
    assert play.waiting.split()[0] == "answer"
    play.complete("answer")
    assert play.waiting == "afterwards"


@scenario("event-subprocess-inside-error")
def test_an_error_event_subprocess_inside_a_subprocess_catches_its_errors(play: Play) -> None:
    play.start()
    play.complete("other")
    assert play.waiting == "answer"
    play.complete("answer")
    play.complete("afterwards")
    assert play.trace.split()[-6:] == ["answer", "react_end", "react", "outer", "afterwards", "end"]


@scenario("event-subprocess-inside-escalation")
def test_an_escalation_event_subprocess_inside_a_subprocess_runs_beside_it(play: Play) -> None:
    play.start()
    play.complete("other")
    assert play.waiting == "answer work"
    play.complete("work")
    play.complete("answer")
    assert play.waiting == "afterwards"


@scenario("event-subprocess-error-inside-handler")
def test_an_error_inside_an_event_subprocess_is_caught_outside_and_not_by_itself(play: Play) -> None:
    play.start()
    assert play.trace.split()[-1] == "outside_end"
    assert "end" not in play.trace.split()
    assert play.is_completed


@scenario("event-subprocess-before-boundary")
def test_an_event_subprocess_that_catches_all_comes_before_the_boundary_event_outside(play: Play) -> None:
    play.start()
    assert play.trace.split()[-3:] == ["react", "outer", "end"]
    assert "outside" not in play.trace.split()


@scenario("event-subprocess-message-non-interrupting")
def test_instances_of_one_shared_process_do_not_touch_each_other(play: Play) -> None:
    play.start(reactions=0)
    first = play.execution
    play.start(reactions=10)
    second = play.execution
    play.fire("react_start")
    assert play.variables["reactions"] == 11
    assert second is not None
    assert first.variables()["reactions"] == 0
    assert sorted(wait.element for wait in first.waits()) == ["react_start", "work"]
    play.complete("answer")
    play.complete("work")
    assert play.is_completed


@scenario("call-mapped", "helper-process.bpmn")
def test_a_call_activity_maps_variables_in_and_out_and_keeps_the_rest_apart(play: Play) -> None:
    play.start(order=5, amount=10)
    assert play.waiting == "helper_work"
    play.complete("helper_work", note="done")
    assert play.trace == "start helper_start helper_work helper_script helper_end ask end"
    assert play.variables == {"order": 5, "amount": 10, "reply": 25, "next": 26}


@scenario("call-all", "helper-process.bpmn")
def test_a_call_activity_may_map_everything_and_choose_its_process_by_an_expression(play: Play) -> None:
    play.start(number=1, double=2)
    play.complete("helper_work", note="done")
    assert play.variables == {"number": 1, "double": 2, "note": "done", "answer": 3, "secret": 1}
    assert play.is_completed


@scenario("call-isolated")
def test_a_called_process_sees_nothing_that_is_not_mapped(play: Play) -> None:
    play.start(here={"x": 1})
    assert play.failed.startswith("look:")
    assert "there is no variable 'here'" in play.failed
    assert play.variables == {"here": {"x": 1}}


@scenario("call-error")
def test_errors_and_escalations_of_a_called_process_reach_the_call_activitys_boundary(play: Play) -> None:
    play.start()
    assert {"chief_end", "broken_end"} <= set(play.trace.split())
    assert "end" not in play.trace.split()
    assert play.is_completed


@scenario("call-nested")
def test_calls_may_be_nested(play: Play) -> None:
    play.start(a=1)
    play.complete("deep_work", b=2)
    assert play.trace == "start middle_start inner_start deep_work inner_end inner_call middle_end outer_call end"
    assert play.variables == {"a": 1, "b": 2}


@scenario("call-nested")
def test_facts_of_a_called_process_name_it(play: Play) -> None:
    play.start()
    [fact] = [fact for fact in play.facts if fact.kind is FactKind.ENTERED and fact.element == "deep_work"]
    assert fact.data["in_process"] == "innermost"


@scenario("call-itself")
def test_a_process_may_call_itself(play: Play) -> None:
    play.start(depth=0, most=5)
    assert play.variables["reached"] == 5
    assert play.is_completed


@scenario("call-itself")
def test_a_process_that_calls_itself_without_end_fails(play: Play) -> None:
    play.start(depth=0, most=1000)
    assert "they call each other without end" in play.failed


@scenario("call-interrupted", "helper-process.bpmn")
def test_an_interrupting_event_on_a_call_activity_ends_the_called_process(play: Play) -> None:
    play.start()
    play.fire("too_long")
    assert play.trace == "start helper_start too_long late_end"
    assert play.cancelled == "ask helper_work"
    assert play.is_completed


@scenario("call-terminates")
def test_a_terminate_end_in_a_called_process_ends_only_that(play: Play) -> None:
    play.start()
    assert play.cancelled == "never_done"
    assert play.waiting == "afterwards"
    play.complete("afterwards")
    assert play.is_completed


@scenario("call-with-event-subprocess")
def test_two_calls_of_one_process_have_each_its_own_event_subprocess(play: Play) -> None:
    play.start()
    assert play.waiting == "react_start react_start work work"
    play.fire("react_start", nth=1)
    assert play.waiting == "answer react_start react_start work work"
    play.complete("work")
    play.complete("work")
    assert "end" not in play.trace.split()
    play.complete("answer")
    assert play.trace.split()[-2:] == ["join", "end"]
    assert play.is_completed
