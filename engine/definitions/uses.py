"""What a process names outside itself."""

from __future__ import annotations

from dataclasses import dataclass

from engine.diagram.model import Node, NodeKind, Process
from engine.diagram.walk import nodes_of


@dataclass(frozen=True, slots=True)
class Uses:
    """What a process names outside itself: (name, node) pairs of topics, decisions, forms and called processes that are literal."""

    topics: tuple[tuple[str, Node], ...]
    decisions: tuple[tuple[str, Node], ...]
    forms: tuple[tuple[str, Node], ...]
    called: tuple[tuple[str, Node], ...]


def uses_of(process: Process) -> Uses:
    """Return what a process names outside itself."""
    nodes = list(nodes_of(process))
    decided = [(node.decision.literal, node) for node in nodes if node.decision is not None and not node.topic]
    events = [(event.topic, node) for node in nodes for event in node.events if event.topic]
    forms = [(node.human.form_ref, node) for node in nodes if node.human is not None and node.human.form_ref]
    starts = [node for node in process.scope.nodes.values() if node.kind is NodeKind.START_EVENT]
    if process.start_form and starts:
        forms.append((process.start_form, starts[0]))
    return Uses(
        topics=tuple([(node.topic, node) for node in nodes if node.topic] + events),
        decisions=tuple((key, node) for key, node in decided if key),
        forms=tuple(forms),
        called=tuple((node.called.literal, node) for node in nodes if node.called is not None and node.called.literal),
    )
