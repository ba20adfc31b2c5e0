"""Where the stock engine does an element right, ours passes the same elements; where it does not, the defect is shown here.

The remedies live in `engine.execution`; each scenario of the neighbouring modules proves ours.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer  # type: ignore[import-untyped]
from SpiffWorkflow.util.task import TaskState  # type: ignore[import-untyped]

from tests.elements.play import Play, Scenario, Way, library
from tests.elements.stock import StockPlay

Steps = tuple[tuple[str, dict[str, Any]], ...]

ALIKE: dict[str, tuple[dict[str, Any], Steps]] = {
    "none-events": ({}, ()),
    "several-ends": ({}, (("two", {}), ("one", {}))),
    "exclusive-merge": ({"rounds": 0}, ()),
    "parallel": ({}, (("three", {}), ("one", {}), ("two", {}))),
    "parallel-join-and-fork": ({}, (("one", {}), ("two", {}), ("four", {}), ("three", {}))),
    "parallel-unbalanced": ({}, (("three", {}), ("one", {}), ("two", {}))),
    "parallel-in-loop": ({"rounds": 0}, ()),
    "inclusive": ({"wants_power": True, "wants_water": False, "wants_crew": True}, (("crew", {}), ("power", {}))),
    "subprocess": ({"given": 1}, (("deep_work", {}),)),
    "subprocess-parallel-inside": ({}, (("one", {}), ("two", {}))),
    "subprocess-twice-at-once": ({"times": 0}, (("left", {}), ("right", {}), ("left", {}), ("right", {}))),
    "end-terminate": ({}, (("decide", {}),)),
    "long-loop": ({"rounds": 0, "most": 4}, (("turn", {}),) * 4),
    "call-nested": ({"a": 1}, (("deep_work", {}),)),
}


@pytest.mark.parametrize("diagram", ALIKE)
def test_ours_passes_the_elements_that_the_stock_engine_passes(diagram: str) -> None:
    variables, steps = ALIKE[diagram]
    stock = StockPlay(diagram, **variables)

    def scene(play: Play) -> None:
        play.start(**variables)
        for element, given in steps:
            play.complete(element, **given)

    for element, given in steps:
        stock.complete(element, **given)
    ours = Scenario((f"{diagram}.bpmn",), {}, scene).play(Way.STRAIGHT)
    gateways = {node for process in library(f"{diagram}.bpmn").processes.values() for node in process.scope.nodes if "join" in node}
    gateways |= {"both", "ready"}
    passed = {element: count for element, count in stock.passed.items() if element not in gateways}
    assert passed == {element: count for element, count in Counter(ours.trace.split()).items() if element not in gateways}
    assert stock.workflow.completed
    assert ours.is_completed


def test_the_stock_engine_asks_an_exclusive_gateway_in_the_drawings_order() -> None:
    assert "medium_end" in StockPlay("exclusive-order", n=500).passed


def test_the_stock_engine_calls_an_uncaught_error_a_success() -> None:
    assert StockPlay("end-error-uncaught", true=True).workflow.success


def test_the_stock_engine_goes_on_inside_a_subprocess_that_an_error_ended() -> None:
    assert {"caught_end", "outer_end"} <= set(StockPlay("error-through-two-levels").passed)


def test_the_stock_engine_goes_on_inside_a_subprocess_that_an_escalation_interrupts() -> None:
    assert "after_call" in StockPlay("boundary-escalation-interrupting", reactions=0, true=True).passed


def test_the_stock_engine_catches_one_error_twice() -> None:
    play = StockPlay("boundary-error")
    play.complete("try_it", result="jammed")
    assert {"jammed_end", "other_end"} <= set(play.passed)


def test_the_stock_engine_runs_what_a_terminate_end_cancelled() -> None:
    assert {"one", "two"} & set(StockPlay("terminate-same-pass", ran=0).passed)


def test_the_stock_engine_corrupts_lists_at_a_parallel_join() -> None:
    assert StockPlay("parallel-lists", items=[1, 2]).workflow.data["items"] != [1, 2, 2, 2]


def test_the_stock_engine_loses_a_link() -> None:
    play = StockPlay("link", way="a")
    assert "arrive" not in play.passed
    assert not play.workflow.completed


def test_the_stock_engine_catches_a_non_interrupting_signal_once() -> None:
    play = StockPlay("boundary-signal-non-interrupting", reactions=0)
    assert play.fire("watch")
    assert not play.fire("watch")


def test_the_stock_engine_stalls_in_a_loop_without_an_error() -> None:
    play = StockPlay("automatic-loop", rounds=0, most=600)
    assert not play.workflow.completed
    assert not play.workflow.get_tasks(state=TaskState.ERROR)


def test_the_stock_engine_ignores_the_condition_of_an_activitys_only_flow() -> None:
    play = StockPlay("one-conditional-flow")
    play.complete("assess", approved=False)
    assert play.workflow.completed


def test_the_stock_engine_takes_a_definition_by_reference_for_no_event() -> None:
    assert StockPlay("event-definition-by-reference").workflow.completed


def test_the_stock_engine_throws_nothing_at_a_signal_end() -> None:
    play = StockPlay("throw-multiple")
    assert not [event for event in play.workflow.get_events() if event.event_definition.name == "bye_all"]


def test_the_stock_engine_runs_an_error_event_subprocess_at_the_processs_start() -> None:
    assert "react_start" in StockPlay("event-subprocess-error-interrupting", reactions=0).passed


def test_the_stock_engines_serialiser_is_poisoned_by_a_variables_name() -> None:
    play = StockPlay("typename-key")
    play.workflow.get_tasks(state=TaskState.READY)[0].data["typename"] = "UUID"
    serialiser = BpmnWorkflowSerializer()
    text = serialiser.serialize_json(play.workflow)
    with pytest.raises((KeyError, TypeError, ValueError)):
        serialiser.deserialize_json(text)


@pytest.mark.parametrize("diagram", ["several-flows-out", "conditional-flows", "compensation-all", "catch-timer-duration"])
def test_the_stock_engine_cannot_read_what_modelers_write(diagram: str) -> None:
    with pytest.raises(Exception):  # noqa: B017, PT011  # each in its own way
        StockPlay(diagram, log=[], pause="PT1S").complete("assess", severity=9)
