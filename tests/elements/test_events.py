"""Start, end, catching and throwing events, each executed from its diagram (BPMN 2.0, 13.5)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from engine.execution.model import FactKind, ThrownKind, TopicCall, WaitKind
from tests.elements.play import START, Play, scenario


@scenario("none-events")
def test_none_events_and_the_plain_task_are_passed(play: Play) -> None:
    play.start()
    assert play.trace == "start milestone plain_task end"
    assert play.is_completed


@scenario("several-ends")
def test_a_process_ends_when_its_last_token_ends(play: Play) -> None:
    play.start()
    play.complete("two")
    assert play.is_active
    play.complete("one")
    assert play.trace == "start fork two second_end one first_end"
    assert play.is_completed


@scenario("no-end")
def test_a_process_without_an_end_event_completes(play: Play) -> None:
    play.start()
    assert play.trace == "start note"
    assert play.is_completed


@scenario("start-message")
def test_a_message_start_begins_an_instance_with_the_messages_payload(play: Play) -> None:
    play.start(at="ordered", payload={"item": "rope"})
    assert play.waiting == "pack"
    assert play.variables == {"item": "rope"}
    play.complete("pack")
    assert play.trace == "ordered pack end"


@scenario("start-signal")
def test_a_signal_start_begins_an_instance(play: Play) -> None:
    play.start(at="alarmed", payload={"deck": 3})
    play.complete("muster")
    assert play.trace == "alarmed muster end"
    assert play.variables == {"deck": 3}


@scenario("starts-of-each-kind")
def test_of_several_starts_only_the_named_one_runs(play: Play) -> None:
    play.start(at="by_signal")
    assert play.trace == "by_signal note end"


@scenario("starts-of-each-kind")
def test_of_several_starts_the_plain_one_serves_a_start_by_hand(play: Play) -> None:
    play.start()
    assert play.trace == "by_hand note end"


@scenario("starts-of-each-kind")
def test_of_several_starts_the_message_start_runs(play: Play) -> None:
    play.start(at="by_message")
    assert play.trace == "by_message note end"


@scenario("catch-timer-date")
def test_a_date_timer_is_due_at_its_date_and_one_without_a_zone_in_the_houses_zone(play: Play) -> None:
    play.start(deadline="2026-11-24T14:00:00+08:00")
    assert play.wait("until_noon").due_at == datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
    play.fire("until_noon")
    assert play.wait("until_local").due_at == datetime(2026, 11, 24, 5, 30, tzinfo=UTC)
    play.fire("until_local")
    assert play.wait("until_variable").due_at == datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
    play.fire("until_variable")
    assert play.trace == "start until_noon until_local until_variable end"


@scenario("catch-timer-duration")
def test_a_duration_timer_counts_from_when_it_starts_and_may_be_written_bare(play: Play) -> None:
    play.start(pause="PT90S")
    assert play.wait("four_hours").kind is WaitKind.TIMER
    assert play.wait("four_hours").due_at == START + timedelta(hours=4)
    play.fire("four_hours")
    assert play.wait("one_month").due_at == datetime(2026, 12, 24, 5, 0, tzinfo=UTC)
    play.fire("one_month")
    play.after(hours=1)
    assert play.wait("as_agreed").due_at == datetime(2026, 12, 24, 5, 1, 30, tzinfo=UTC)
    play.fire("as_agreed")
    assert play.is_completed


@scenario("catch-timer-duration")
def test_a_timer_value_is_read_once_when_the_timer_starts(play: Play) -> None:
    play.start(pause="PT90S")
    play.fire("four_hours")
    play.fire("one_month")
    due = play.wait("as_agreed").due_at
    play.set(pause="PT1H")
    assert play.wait("as_agreed").due_at == due


@scenario("catch-timer-cycle")
def test_an_intermediate_cycle_timer_fires_once(play: Play) -> None:
    play.start()
    assert play.wait("next_round").due_at == START + timedelta(minutes=10)
    play.fire("next_round")
    assert play.trace == "start next_round end"
    assert play.is_completed


@scenario("catch-message")
def test_a_message_catch_waits_for_its_name_and_correlation(play: Play) -> None:
    play.start(team="deck", ticket="T-7")
    wait = play.wait("wait_reply")
    assert (wait.kind, wait.name, dict(wait.correlation)) == (WaitKind.MESSAGE, "reply-deck", {"ticket": "T-7"})
    play.fire("wait_reply", text="done")
    assert play.variables == {"team": "deck", "ticket": "T-7", "text": "done"}
    assert play.is_completed


@scenario("catch-signal")
def test_a_signal_catch_waits_for_its_name(play: Play) -> None:
    play.start()
    assert (play.wait("wait_alarm").kind, play.wait("wait_alarm").name) == (WaitKind.SIGNAL, "alarm")
    play.fire("wait_alarm", deck=2)
    assert play.trace == "start wait_alarm end"
    assert play.variables == {"deck": 2}


@scenario("catch-conditional")
def test_a_conditional_catch_goes_on_as_soon_as_a_variable_makes_it_true(play: Play) -> None:
    play.start(temperature=80)
    assert play.waiting == "measure wait_cool"
    play.complete("measure", temperature=40)
    assert play.waiting == "wait_cool"
    play.set(temperature=20)
    assert play.trace == "start fork measure wait_cool join end"
    assert play.is_completed


@scenario("catch-conditional")
def test_a_condition_that_holds_already_does_not_wait(play: Play) -> None:
    play.start(temperature=20)
    assert play.waiting == "measure"
    play.complete("measure")
    assert play.is_completed


@scenario("catch-conditional")
def test_a_condition_waits_for_the_variables_that_it_names(play: Play) -> None:
    play.start()
    assert play.waiting == "measure wait_cool"
    play.complete("measure")
    assert play.waiting == "wait_cool"
    play.set(temperature=20)
    assert play.is_completed


@scenario("catch-conditional")
def test_a_condition_that_cannot_be_told_fails_its_own_token_and_no_other(play: Play) -> None:
    play.start(temperature="cold")
    assert play.failed.startswith("wait_cool: temperature")
    play.complete("measure", temperature=20)
    assert play.waiting == "wait_cool"
    play.retry("wait_cool")
    assert play.is_completed


@scenario("link")
def test_a_link_throw_leads_to_the_catch_of_its_name(play: Play) -> None:
    play.start(way="a")
    assert play.trace == "start which leave_a arrive note end"
    assert play.variables["arrived"] is True


@scenario("link")
def test_two_link_throws_lead_to_one_catch(play: Play) -> None:
    play.start(way="b")
    assert play.trace == "start which leave_b arrive note end"
    assert play.is_completed


@scenario("catch-multiple")
def test_the_first_of_several_events_is_enough(play: Play) -> None:
    play.start()
    assert play.waiting == "whichever whichever whichever"
    play.fire("whichever", nth=1)
    assert play.trace == "start whichever end"
    assert play.is_completed


@scenario("catch-parallel-multiple")
def test_a_parallel_multiple_catch_waits_for_all_its_events(play: Play) -> None:
    play.start()
    play.fire("all_of_them", nth=1, cleared=True)
    play.fire("all_of_them", nth=1)
    assert play.is_active
    play.fire("all_of_them", paper="A4")
    assert play.trace == "start all_of_them end"
    assert play.variables == {"cleared": True, "paper": "A4"}


@scenario("event-definition-by-reference")
def test_an_event_definition_by_reference_is_what_it_refers_to(play: Play) -> None:
    play.start()
    assert play.wait("pause").due_at == START + timedelta(hours=1)
    play.fire("pause")
    assert play.trace == "start pause end"


@scenario("throw-message-inside")
def test_a_message_reaches_a_catch_of_its_own_instance_and_does_not_leave(play: Play) -> None:
    play.start()
    assert sorted(play.trace.split()) == ["end", "fork", "hand_over", "join", "start", "wait_handover"]
    assert play.thrown == []
    assert play.is_completed


@scenario("throw-message-outside")
def test_messages_thrown_by_events_tasks_and_ends_leave_the_instance(play: Play) -> None:
    play.start()
    assert play.trace == "start order_parts tell_customer told_end"
    assert [(each.kind, each.name) for each in play.thrown] == [
        (ThrownKind.MESSAGE, "parts_wanted"),
        (ThrownKind.MESSAGE, "customer_told"),
        (ThrownKind.MESSAGE, "closed"),
    ]


def mail(call: TopicCall) -> dict[str, Any]:
    return {"mailed": call.inputs["to"]}


@scenario("throw-message-by-topic", topics={"crew.mail": mail})
def test_a_message_with_a_topic_is_sent_by_its_handler(play: Play) -> None:
    play.start(crew="deck")
    assert (play.wait("page_crew").kind, play.wait("page_crew").name) == (WaitKind.JOB, "crew.page")
    play.complete("page_crew")
    assert play.variables["mailed"] == "deck"
    play.complete("closed_end")
    assert play.trace == "start page_crew mail_crew closed_end"
    assert play.is_completed


@scenario("throw-signal")
def test_a_signal_reaches_every_catch_of_its_instance_and_leaves_too(play: Play) -> None:
    play.start(deck=4)
    play.complete("ring")
    assert play.trace == "start fork ring first_ear second_ear call_all join signal_end"
    assert play.variables["place"] == 4
    assert [(each.kind, each.name, each.payload) for each in play.thrown] == [
        (ThrownKind.SIGNAL, "muster", {"place": 4}),
        (ThrownKind.SIGNAL, "over", {}),
    ]


@scenario("throw-escalation")
def test_an_escalation_is_caught_outside_while_its_subprocess_goes_on(play: Play) -> None:
    play.start()
    assert play.waiting == "decide go_on"
    assert play.variables == {"which": "chief"}
    play.complete("go_on")
    play.complete("decide")
    assert play.trace == "start handle_start chief_called ask_chief go_on handle_end handle end decide decided_end"
    assert play.thrown == []


@scenario("escalation-uncaught")
def test_an_uncaught_escalation_is_noted_and_the_process_goes_on(play: Play) -> None:
    play.start()
    play.complete("go_on")
    assert play.trace == "start shout go_on last_shout"
    assert [(each.kind, each.name) for each in play.thrown] == [
        (ThrownKind.ESCALATION, "nobody_hears"),
        (ThrownKind.ESCALATION, "still_nobody"),
    ]
    assert play.is_completed


@scenario("throw-multiple")
def test_a_throw_with_several_events_throws_each(play: Play) -> None:
    play.start()
    assert [each.name for each in play.thrown] == ["note", "note_all", "note_up", "bye", "bye_all"]
    assert play.trace == "start tell_everybody tell_again"


@scenario("end-error-uncaught")
def test_an_uncaught_error_end_rests_as_a_failure_and_the_process_does_not_succeed(play: Play) -> None:
    play.start()
    assert play.trace == "start note"
    assert play.failed.startswith("broken: BPMN error 'broken' at 'broken' is not caught")
    assert play.is_active
    assert [fact.element for fact in play.facts if fact.kind is FactKind.FAILED] == ["broken"]


@scenario("end-terminate")
def test_a_terminate_end_ends_the_whole_process(play: Play) -> None:
    play.start()
    play.complete("decide")
    assert play.trace == "start fork decide stop_all"
    assert play.cancelled == "work"
    assert play.is_completed


@scenario("end-terminate-subprocess")
def test_a_terminate_end_in_a_subprocess_ends_that_subprocess_only(play: Play) -> None:
    play.start()
    play.complete("decide")
    assert play.trace == "start inside_start fork decide stop_inside inside"
    assert play.cancelled == "work"
    assert play.waiting == "afterwards"
    play.complete("afterwards")
    assert play.is_completed


@scenario("terminate-same-pass")
def test_what_was_ready_when_a_terminate_end_came_never_runs(play: Play) -> None:
    play.start(ran=0)
    assert play.trace == "start fork stop_all"
    assert play.variables == {"ran": 0}
    assert play.cancelled == "one two"
    assert play.is_completed
