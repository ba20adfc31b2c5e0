"""What cannot be run right is refused by name, before it is deployed: one diagram for each refusal."""

from __future__ import annotations

import pytest

from engine.definitions import read_files
from engine.errors import Problem
from tests.elements.play import DIAGRAMS

REFUSED = {
    "ad-hoc-subprocess": ("unsupported", "anyhow"),
    "ambiguous-choice": ("ambiguous-choice", "ask"),
    "boundary-on-gateway": ("boundary", "watch"),
    "boundary-with-flow-in": ("boundary", "watch"),
    "boundary-without-event": ("event-place", "watch"),
    "call-of-nothing": ("no-called-element", "ask"),
    "cancel-boundary-on-subprocess": ("cancel", "cancelled"),
    "cancel-outside-transaction": ("cancel", "called_off"),
    "cancel-without-boundary": ("cancel", "booking"),
    "catch-without-event": ("event-place", "wait_what"),
    "collection-and-cardinality": ("multi-instance", "review"),
    "compensation-handler-unmarked": ("compensation", "book"),
    "compensation-handler-with-flows": ("compensation", "undo_book"),
    "compensation-not-seen": ("compensation", "undo"),
    "compensation-not-waited-for": ("unsupported", "undo"),
    "compensation-of-nothing": ("compensation", "undo"),
    "compensation-with-an-error": ("event-mix", "undo_all"),
    "completion-quantity": ("unsupported", "review"),
    "complex-gateway": ("unsupported", "some"),
    "condition-in-another-language": ("foreign-code", "ask_to_one_end"),
    "condition-out-of-event": ("condition-ignored", "late_to_late_end"),
    "condition-out-of-fork": ("condition-ignored", "fork_to_one_end"),
    "conditional-start-of-a-process": ("event-place", "level_high"),
    "cron-timer": ("timer", "pause"),
    "cycle-of-no-times": ("timer", "pause"),
    "default-with-condition": ("default-flow", "ask"),
    "delegate-expression": ("foreign-code", "charge"),
    "duplicate-id": ("duplicate-id", "work"),
    "endless-fork": ("endless-loop", "fork"),
    "endless-loop": ("endless-loop", "again"),
    "error-catch": ("event-place", "wait_error"),
    "error-start-of-a-process": ("event-place", "react_start"),
    "error-start-that-does-not-interrupt": ("event-subprocess", "react_start"),
    "error-that-does-not-interrupt": ("boundary", "broken"),
    "error-throw": ("event-place", "break_it"),
    "error-throw-without-code": ("reference", "broken"),
    "error-without-code": ("reference", "broken"),
    "event-definition-missing": ("reference", "pause"),
    "event-gateway-shared-event": ("event-gateway", "what_comes"),
    "event-gateway-to-a-task": ("event-gateway", "what_comes"),
    "event-gateway-to-a-watched-event": ("event-gateway", "what_comes"),
    "event-gateway-with-one-way": ("event-gateway", "what_comes"),
    "event-subprocess-with-flows": ("event-subprocess", "react"),
    "event-subprocess-with-loop": ("event-subprocess", "react"),
    "event-subprocess-without-event": ("subprocess-start", "react"),
    "execution-listener": ("foreign-code", "review"),
    "execution-of-another-engine": ("expression", "review"),
    "flow-across-scopes": ("flow-end", "start_to_one"),
    "flow-into-start": ("flow-into-start", "start"),
    "flow-out-of-end": ("flow-out-of-end", "end"),
    "form-field-of-unknown-type": ("form", "review"),
    "gateway-without-way-out": ("dead-end", "ask"),
    "hostile-condition": ("expression", "ask_to_other_end"),
    "hostile-timer": ("expression", "pause"),
    "instantiating-event-gateway": ("unsupported", "first_of"),
    "instantiating-receive-task": ("unsupported", "arrives"),
    "java-class": ("foreign-code", "charge"),
    "link-caught-twice": ("link", "leave"),
    "link-passed-by": ("link", "leave"),
    "link-without-catch": ("link", "leave"),
    "link-without-throw": ("link", "arrive"),
    "local-mapping": ("unsupported", "ask"),
    "loop-without-end": ("endless-loop", "review"),
    "message-missing": ("reference", "wait_reply"),
    "mixed-events": ("event-mix", "watch"),
    "multi-instance-behavior": ("multi-instance-behavior", "review"),
    "multi-instance-over-nothing": ("multi-instance", "review"),
    "negative-duration": ("timer", "pause"),
    "no-start": ("no-start", "no_start"),
    "nobodys-task": ("nobody", "work"),
    "parallel-event-gateway": ("unsupported", "all_of"),
    "parallel-multiple-start-of-a-process": ("unsupported", "start"),
    "parameter-too-long": ("too-long", "review"),
    "parameters-said-twice": ("said-twice", "review"),
    "receive-without-message": ("reference", "hear"),
    "rule-without-decision": ("no-decision", "decide"),
    "script-in-parameter": ("foreign-code", "review"),
    "script-that-runs-code": ("script", "run"),
    "send-without-message": ("reference", "tell"),
    "service-without-topic": ("no-topic", "charge"),
    "signal-missing": ("reference", "wait_alarm"),
    "signal-without-name": ("reference", "Signal_alarm"),
    "subprocess-start-with-event": ("subprocess-start", "work"),
    "subprocess-with-two-starts": ("subprocess-start", "work"),
    "subprocess-without-start": ("subprocess-start", "work"),
    "task-listener": ("foreign-code", "review"),
    "terminate-throw": ("event-place", "stop"),
    "text-as-condition": ("expression", "ask_to_other_end"),
    "timer-end": ("event-place", "tick"),
    "timer-throw": ("event-place", "tick"),
    "timer-without-a-time": ("timer", "pause"),
    "token-quantities": ("unsupported", "review"),
    "topic-by-expression": ("topic", "charge"),
    "two-plain-starts": ("many-starts", "two_plain_starts"),
    "unclosed-expression": ("expression", "review"),
    "unreachable-task": ("unreachable", "alone"),
    "unreadable-duration": ("timer", "pause"),
    "unreadable-retry-cycle": ("retry-cycle", "charge"),
    "variable-that-is-no-name": ("variable", "decide"),
}
"""Which rule refuses each diagram of tests/diagrams/refused, and at which element."""


def problems_of(diagram: str) -> tuple[Problem, ...]:
    """Return the problems of a refused diagram."""
    name = f"{diagram}.bpmn"
    return read_files({name: (DIAGRAMS / "refused" / name).read_bytes()}).problems


@pytest.mark.parametrize("diagram", REFUSED)
def test_a_diagram_that_cannot_run_right_is_refused_by_name(diagram: str) -> None:
    rule, element = REFUSED[diagram]
    [problem] = [each for each in problems_of(diagram) if each.rule == rule][:1]
    assert problem.element == element
    assert problem.file == f"{diagram}.bpmn"
    assert problem.line > 0 or rule == "no-start"
    assert problem.message
    assert problem.hint


def test_every_refused_diagram_is_tested() -> None:
    assert {path.stem for path in (DIAGRAMS / "refused").glob("*.bpmn")} == set(REFUSED)
