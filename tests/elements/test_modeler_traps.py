"""What modelers write and engines are tempted to pass over: async events, errors without codes, conditions that are texts, equal names."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.execution import workflow
from engine.execution.model import Outcome, WaitKind
from tests.elements.play import START, Play, Scenario, Way, scenario


@scenario("async-events")
def test_async_before_does_not_make_an_event_watch_later(play: Play) -> None:
    play.start()
    assert play.wait("late").due_at == START + timedelta(hours=4)
    assert play.wait("react_start").kind is WaitKind.SIGNAL
    play.fire("late")
    play.fire("react_start")
    play.complete("react_start", nth=1)
    assert play.trace == "start late late_end react_start react_end react"
    play.complete("work")
    play.complete("hear")
    assert {wait.kind for wait in play.execution.waits() if wait.element == "hear"} == {WaitKind.MESSAGE, WaitKind.SIGNAL}
    play.fire("hear")
    assert play.is_completed


@scenario("error-with-message")
def test_a_caught_error_without_a_code_catches_all_and_learns_the_thrown_message(play: Play) -> None:
    play.start(part="pump")
    assert play.variables == {"part": "pump", "code": "broken", "text": "The pump is broken"}
    assert play.trace.split()[-1] == "broken_end"
    assert play.is_completed


@scenario("condition-of-a-text")
def test_a_condition_that_is_a_text_is_neither_true_nor_false(play: Play) -> None:
    play.start(approved="false")
    assert play.failed == "ask: The condition 'approved' at 'ask' is 'false', neither true nor false: correct it."
    play.set(approved=None)
    play.retry("ask")
    assert play.trace == "start ask end"
    assert play.is_completed


@scenario("condition-of-a-text")
def test_a_condition_that_is_true_holds(play: Play) -> None:
    play.start(approved=True)
    assert play.trace == "start ask yes_end"


@scenario("business-rule-without-variable", "rules.dmn")
def test_several_rows_without_a_variable_to_keep_them_fail(play: Play) -> None:
    play.start(urgency=2)
    assert play.failed.startswith("one_row: The decision of 'one_row' gave 2 rows and no variable to keep them")
    play.set(urgency=4)
    play.retry("one_row")
    assert play.variables["crew"] == "deck"
    assert play.is_completed


@scenario("business-rule-collects-two-outputs", "rules.dmn")
def test_entries_of_several_outputs_are_not_mixed_into_one_list(play: Play) -> None:
    play.start(urgency=2)
    assert play.failed.startswith("collect: The decision of 'collect' gave the outputs ['call', 'hours'] where collectEntries collects one")


@scenario("names-used-twice")
def test_a_form_field_may_be_named_like_an_element_and_an_undoing_event_may_have_a_note(play: Play) -> None:
    play.start(other="deck")
    play.complete("work", wanted_it=False)
    assert play.trace == "start work wanted undo_work undo_all undone_end"
    assert play.variables["report"] is None
    assert play.is_completed


@scenario("names-used-twice")
def test_a_list_inside_a_map_is_a_parameters_value(play: Play) -> None:
    play.start(other="deck")
    play.complete("work", wanted_it=True)
    assert play.variables["report"] == {"parts": ["hull", "deck"]}
    assert play.trace == "start work wanted end"


@scenario("forks-without-end")
def test_a_loop_that_forks_may_end(play: Play) -> None:
    play.start(enough=True)
    assert play.trace == "start again fork left right left_end right_end"
    assert play.is_completed


def test_a_loop_that_forks_for_ever_rests_as_failed_before_the_instance_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workflow, "MOST_TOKENS", 100)

    def scene(play: Play) -> None:
        play.start(enough=False)
        waits = play.execution.waits()
        assert {(wait.element, wait.kind) for wait in waits} == {("fork", WaitKind.FAILED)}
        assert 90 <= len(waits) <= 100
        play.retry("fork")
        assert play.waiting.split() == ["fork"] * len(waits)
        play.execution.cancel()
        assert play.execution.outcome is Outcome.CANCELLED

    Scenario(("forks-without-end.bpmn",), {}, scene).play(Way.STRAIGHT)
