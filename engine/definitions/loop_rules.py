"""The rules for activities that run several times."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from engine.definitions.finding import Finding
from engine.diagram.model import Node, Scope


def loops_end(scope: Scope, _holder: Node | None) -> Iterator[Finding]:
    """A standard loop has a condition or a maximum; one without would never end."""
    for node in scope.nodes.values():
        if node.loop is not None and node.loop.standard and node.loop.condition is None and node.loop.maximum is None:
            text = f"'{node.id}' repeats for ever: its loop has neither a condition nor a maximum."
            yield Finding(node.line, node.id, "endless-loop", text, "Give it a loop condition or loopMaximum.")


def loops_count_one_way(scope: Scope, _holder: Node | None) -> Iterator[Finding]:
    """A multi-instance activity counts by a collection or by a cardinality; with both, one would be ignored."""
    for node in scope.nodes.values():
        if node.loop is not None and node.loop.collection is not None and node.loop.cardinality is not None:
            text = f"'{node.id}' repeats over a collection and by a cardinality."
            yield Finding(node.line, node.id, "multi-instance", text, "Keep one of them.")


LOOP_RULES: tuple[Callable[[Scope, Node | None], Iterator[Finding]], ...] = (loops_end, loops_count_one_way)
