"""What the stock engine does wrong beyond single elements: loops over every kind of activity, fresh specs, deep pasts, odd names."""

from __future__ import annotations

from typing import Any

import pytest

from engine.clock import MovedClock
from engine.execution import Execution, compile_process
from engine.execution.model import Outcome, WaitKind
from engine.execution.token import matches
from tests.elements.play import START, DiagramHost, Play, Scenario, Way, library, scenario

ROUNDS = 700
"""More than the depth of 1000 at which the stock engine's tree walks end."""


def do_all(play: Play) -> None:
    """Complete or fire whatever waits first, until nothing does."""
    while play.is_active:
        wait = play.execution.waits()[0]
        if wait.kind is WaitKind.HUMAN:
            play.complete(wait.element)
        else:
            play.fire(wait.element)


@scenario("multi-every-kind-parallel", "subprocess-without-end.bpmn", "rules.dmn")
def test_every_kind_of_activity_runs_for_each_item_at_once(play: Play) -> None:
    play.start(items=["a", "b", "c"], impact="wide", urgency=1)
    assert play.waiting == "by_hand by_hand by_hand"
    do_all(play)
    for element in ("plain", "by_hand", "tell", "hear", "decide", "call", "deal"):
        assert play.trace.split().count(element) == 4, element
    assert [each.name for each in play.thrown] == ["note"] * 3
    assert play.variables["priority"] == "P1"
    assert play.is_completed


@scenario("multi-every-kind-sequential", "subprocess-without-end.bpmn", "rules.dmn")
def test_every_kind_of_activity_runs_for_one_item_after_the_other(play: Play) -> None:
    play.start(items=["a", "b", "c"], impact="wide", urgency=1)
    assert play.waiting == "by_hand"
    do_all(play)
    for element in ("plain", "by_hand", "tell", "hear", "decide", "call", "deal"):
        assert play.trace.split().count(element) == 4, element
    assert [each.name for each in play.thrown] == ["note"] * 3
    assert play.is_completed


@scenario("subprocess-without-end")
def test_a_subprocess_without_an_end_event_ends_with_its_last_token(play: Play) -> None:
    play.start()
    play.complete("deep_work")
    assert play.trace == "start inside_start deep_work inside end"
    assert play.is_completed


@scenario("variables-named-like-functions")
def test_a_form_field_named_like_a_function_breaks_no_script(play: Play) -> None:
    play.start(values=[1, 2])
    play.complete("fill_in", sum=40, now="2026-11-24", len=False)
    assert play.variables["total"] == 43
    assert play.variables["late"] is True
    assert play.is_completed


@pytest.mark.parametrize(
    ("diagram", "variables"),
    [
        ("multi-sequential-user", {"people": ["ann", "bob"]}),
        ("multi-subprocess", {"items": [1, 2]}),
        ("loop-after", {}),
        ("event-subprocess-message-non-interrupting", {"reactions": 0}),
        ("transaction", {"log": []}),
    ],
)
def test_an_instance_goes_on_with_specs_that_were_compiled_anew(diagram: str, variables: dict[str, Any]) -> None:
    """After a restart the open loops, event subprocesses and transactions meet specs that no instance has used."""

    def told(is_fresh: bool) -> list[str]:
        files = library(f"{diagram}.bpmn")
        [executable] = files.executables.values()
        host = DiagramHost(MovedClock(START), files, {})
        execution = Execution.begin(executable, host=host, variables=dict(variables))
        found: list[str] = []
        for step in range(20):
            assert execution.pump()
            found += [f"{fact.kind} {fact.element}" for fact in execution.changes().facts]
            if execution.outcome is not Outcome.ACTIVE:
                return found
            executable = compile_process(executable.process) if is_fresh else executable
            execution = Execution.load(executable, execution.dump(), host=host)
            wait = next(each for each in execution.waits() if not each.element.startswith("react"))
            execution.complete(wait.token, {"answer": 1, "worked": step > 1, "paid": False})
        raise AssertionError(f"The instance does not end: {found}")

    assert told(is_fresh=True) == told(is_fresh=False)


def test_an_instance_with_a_long_past_is_cancelled_whole() -> None:
    def scene(play: Play) -> None:
        play.start(rounds=0, most=ROUNDS + 1)
        for _ in range(ROUNDS):
            play.complete("turn")
        play.execution.cancel()
        assert play.execution.outcome is Outcome.CANCELLED
        assert play.execution.tokens() == ()

    Scenario(("long-loop.bpmn",), {}, scene).play(Way.STRAIGHT)


@scenario("call-nested")
def test_cancelling_takes_called_processes_along(play: Play) -> None:
    play.start(a=1)
    assert play.waiting == "deep_work"
    play.execution.cancel()
    assert play.execution.outcome is Outcome.CANCELLED
    assert play.execution.tokens() == ()
    play.outcome = Outcome.CANCELLED


def test_every_correlation_key_must_match_and_not_just_one() -> None:
    wanted = {"customer": "C1", "order": 7}
    assert matches(wanted, {"customer": "C1", "order": 7, "more": True})
    assert not matches(wanted, {"customer": "C1", "order": 8})
    assert not matches(wanted, {"customer": "C1"})
    assert matches({}, {"customer": "C1"})
