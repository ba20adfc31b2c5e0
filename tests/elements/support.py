"""Writes docs/bpmn-support.md from the scenarios that execute each element: `python -m tests.elements.support`.

An element counts as supported when a scenario's instance completed it; an entry links to a diagram that did.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Iterator
from pathlib import Path

from engine.definitions.event_rules import ALLOWED, ALWAYS_INTERRUPTING, START, SUBPROCESS_START
from engine.diagram.model import Event, EventKind, Node, NodeKind, Scope
from engine.execution.model import FactKind
from tests.elements.play import Scenario, Way, library
from tests.elements.test_refusals import REFUSED, problems_of

PAGE = Path(__file__).parents[2] / "docs" / "bpmn-support.md"
MODULES = (
    "test_boundary_events",
    "test_compensation",
    "test_events",
    "test_former_traps",
    "test_gateways",
    "test_loops",
    "test_modeler_traps",
    "test_subprocesses",
    "test_tasks",
    "test_timers",
    "test_traps",
)
POSITIONS = {
    "start": (NodeKind.START_EVENT, START | {EventKind.NONE}),
    "event subprocess": (NodeKind.START_EVENT, SUBPROCESS_START),
    "event subprocess, not interrupting": (NodeKind.START_EVENT, SUBPROCESS_START - ALWAYS_INTERRUPTING - {EventKind.COMPENSATION}),
    "catch": (NodeKind.CATCH_EVENT, ALLOWED[NodeKind.CATCH_EVENT]),
    "boundary": (NodeKind.BOUNDARY_EVENT, ALLOWED[NodeKind.BOUNDARY_EVENT]),
    "boundary, not interrupting": (
        NodeKind.BOUNDARY_EVENT,
        ALLOWED[NodeKind.BOUNDARY_EVENT] - ALWAYS_INTERRUPTING - {EventKind.COMPENSATION},
    ),
    "throw": (NodeKind.THROW_EVENT, ALLOWED[NodeKind.THROW_EVENT] | {EventKind.NONE}),
    "end": (NodeKind.END_EVENT, ALLOWED[NodeKind.END_EVENT] | {EventKind.NONE}),
}
"""Each place an event can stand, and the kinds that the rules of deployment allow there."""
EVENTS = frozenset({
    NodeKind.START_EVENT, NodeKind.END_EVENT, NodeKind.CATCH_EVENT, NodeKind.THROW_EVENT, NodeKind.BOUNDARY_EVENT,
})  # fmt: skip
INTRODUCTION = """# What of BPMN 2.0 runs

This page is written by `make docs` from the scenarios in `tests/elements`: an element is listed when a test has executed it, four ways
(straight; saved and loaded after every step; with finished tokens kept; one step at a time), and its name leads to the diagram.
What cannot be run right is refused at deploy, with the file, the line, the element and what to do; the last table lists the refusals.
"""


@functools.cache
def scenarios() -> tuple[Scenario, ...]:
    """Return every scenario of the test modules, in order."""
    modules = [importlib.import_module(f"tests.elements.{name}") for name in MODULES]
    return tuple(each.scenario for module in modules for each in vars(module).values() if hasattr(each, "scenario"))


@functools.cache
def executed() -> dict[str, list[str]]:
    """Return for each feature the diagrams in which a scenario executed it."""
    found: dict[str, set[str]] = {}
    for scenario in scenarios():
        completed = {fact.element for fact in scenario.play(Way.STRAIGHT).facts if fact.kind is FactKind.COMPLETED}
        for process in library(*scenario.files).processes.values():
            for node, holder in nodes(process.scope, None):
                if node.id in completed or node.compensated_by in completed or attached_undo(process.scope, node) in completed:
                    for feature in features(node, holder):
                        found.setdefault(feature, set()).add(Path(process.file).stem)
    return {feature: sorted(diagrams, key=lambda name: (len(name), name)) for feature, diagrams in found.items()}


def nodes(scope: Scope, holder: Node | None) -> Iterator[tuple[Node, Node | None]]:
    """Yield every node with the subprocess that holds it."""
    for node in scope.nodes.values():
        yield node, holder
        if node.scope is not None:
            yield from nodes(node.scope, node)


def attached_undo(scope: Scope, node: Node) -> str | None:
    """Return what undoes the activity that a compensation boundary event is attached to."""
    if node.kind is not NodeKind.BOUNDARY_EVENT or not any(event.kind is EventKind.COMPENSATION for event in node.events):
        return None
    return next((other.compensated_by for other, _ in nodes(scope, None) if other.id == node.attached_to), None)


def features(node: Node, holder: Node | None) -> Iterator[str]:
    """Yield what a node shows when it is executed."""
    yield node.kind.value
    if node.kind in EVENTS:
        position = position_of(node, holder)
        yield from (f"{position}: {kind_of(event)}" for event in node.events or (Event(EventKind.NONE),))
        if len(node.events) > 1:
            yield f"{position}: {'parallel ' if node.parallel_multiple else ''}multiple"
    yield from flow_features(node)
    yield from loop_features(node)
    yield from work_features(node)


def position_of(node: Node, holder: Node | None) -> str:
    """Return where an event stands, as the table's column."""
    places = {NodeKind.CATCH_EVENT: "catch", NodeKind.THROW_EVENT: "throw", NodeKind.END_EVENT: "end", NodeKind.BOUNDARY_EVENT: "boundary"}
    inside = holder is not None and holder.triggered_by_event
    place = places.get(node.kind, "event subprocess" if inside else "start")
    return place if node.interrupting else f"{place}, not interrupting"


def kind_of(event: Event) -> str:
    """Return an event's kind, a timer's with its sort."""
    return f"timer, {event.timer_kind.value}" if event.timer_kind is not None else event.kind.value


def flow_features(node: Node) -> Iterator[str]:
    """Yield what a node shows of its flows."""
    if node.kind.value.endswith("Gateway"):
        yield f"{node.kind.value}: {'fork' if len(node.outgoing) > 1 else 'merge'}"
        if node.default:
            yield f"{node.kind.value}: default flow"
        return
    if len(node.outgoing) > 1:
        yield "several flows out of an activity or event"
    if node.default:
        yield "default flow out of an activity"
    if len(node.incoming) > 1:
        yield "several flows into an activity or event"


def loop_features(node: Node) -> Iterator[str]:
    """Yield what a node shows of repetition."""
    loop = node.loop
    if loop is None:
        return
    if loop.standard:
        yield f"standard loop, tested {'before' if loop.test_before else 'after'} each round"
        if loop.maximum is not None:
            yield "standard loop, maximum"
        return
    yield f"multi-instance, {'parallel' if loop.parallel else 'sequential'}: {node.kind.value}"
    parts = {"collection": loop.collection, "cardinality": loop.cardinality, "completion condition": loop.completion}
    yield from (f"multi-instance, {name}" for name, part in {**parts, "output collection": loop.output_collection}.items() if part)


def work_features(node: Node) -> Iterator[str]:
    """Yield what a node shows of its work."""
    if node.topic or any(event.topic for event in node.events):
        yield f"{node.kind.value}: topic"
    if node.decision is not None:
        yield f"businessRuleTask: mapDecisionResult {node.map_decision_result}"
    if node.inputs or node.outputs:
        yield "input and output parameters"
    if node.triggered_by_event:
        yield "subProcess: triggered by an event"
    if node.lane:
        yield "lane as candidate group"
    if node.async_before:
        yield "asyncBefore"
    if any(mapping.everything for mapping in (*node.call_in, *node.call_out)):
        yield "callActivity: variables all"
    elif node.call_in or node.call_out:
        yield "callActivity: variables mapped in and out"


def missing() -> list[str]:
    """Return the events that deployment allows but no scenario executes."""
    found = executed()
    return [
        f"{position}: {kind}"
        for position, (_, kinds) in POSITIONS.items()
        for kind in kinds
        if not any(feature == f"{position}: {kind}" or feature.startswith(f"{position}: {kind}, ") for feature in found)
    ]


def page() -> str:
    """Return the whole page."""
    return "\n".join((INTRODUCTION, "## Events\n", events_table(), "## Activities, gateways and flows\n", other_table(), refused_table()))


def link(diagrams: list[str]) -> str:
    """Return links to the first two diagrams."""
    return ", ".join(f"[{name}](../tests/diagrams/{name}.bpmn)" for name in diagrams[:2])


def events_table() -> str:
    """Return the table of events: a row for each kind, a column for each place."""
    found = executed()
    shown = {feature.split(": ")[1] for feature in found if feature.split(": ")[0] in POSITIONS}
    order = [kind.value for kind in EventKind]
    kinds = sorted(shown, key=lambda kind: (order.index(kind.split(", ")[0]) if "multiple" not in kind else len(order), kind))
    rows = [f"| event | {' | '.join(POSITIONS)} |", "|---|" + "---|" * len(POSITIONS)]
    for kind in kinds:
        cells = (f"[yes](../tests/diagrams/{each[0]}.bpmn)" if (each := found.get(f"{place}: {kind}")) else "" for place in POSITIONS)
        rows.append(f"| {kind} | {' | '.join(cells)} |")
    note = "\nAn empty field: BPMN has no such event there; one that stands there is refused.\n"
    return "\n".join((*rows, note))


def other_table() -> str:
    """Return the table of everything but events."""
    found = executed()
    names = sorted(name for name in found if name.split(": ")[0] not in POSITIONS and name not in {kind.value for kind in EVENTS})
    rows = [f"| {name} | {link(found[name])} |" for name in names]
    return "\n".join(("| element | executed in |", "|---|---|", *rows, ""))


def refused_table() -> str:
    """Return the table of refusals."""
    rows = []
    for diagram, (rule, _) in sorted(REFUSED.items(), key=lambda pair: (pair[1][0], pair[0])):
        problem = next(each for each in problems_of(diagram) if each.rule == rule)
        message = problem.message.replace("|", "\\|").replace("<", "&lt;")
        rows.append(f"| `{rule}` | [{diagram.replace('-', ' ')}](../tests/diagrams/refused/{diagram}.bpmn) | {message} |")
    return "\n".join(("## Refused at deploy\n", "| rule | example | what the author reads |", "|---|---|---|", *rows, ""))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
