"""The rules for names: of variables, which expressions must be able to read, and of what the database keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from engine.definitions.finding import Finding
from engine.definitions.structure import MOST_CHARACTERS
from engine.diagram.model import Node, NodeKind, Process, Scope

HINT = "Use letters, digits and _."


def variables_can_be_named(scope: Scope, _holder: Node | None) -> Iterator[Finding]:
    """A variable that an element sets has a name that expressions can read."""
    for node in scope.nodes.values():
        named = [node.result_variable, *(name for name, _ in node.assignments)]
        named += [node.loop.item, node.loop.output_collection] if node.loop is not None else []
        named += [name for event in node.events for name in (event.code_variable, event.message_variable, *dict(event.payload))]
        for name in named:
            if name is not None and not name.isidentifier():
                yield Finding(node.line, node.id, "variable", f"'{node.id}' sets the variable {name!r}, which is no name.", HINT)


def starters_can_be_named(process: Process) -> Iterator[Finding]:
    """The variable that receives the starter has a name that expressions can read."""
    if process.initiator is not None and not process.initiator.isidentifier():
        line = next((node.line for node in process.scope.nodes.values() if node.kind is NodeKind.START_EVENT), 0)
        yield Finding(line, process.key, "variable", f"The initiator of '{process.key}' is {process.initiator!r}, which is no name.", HINT)


def topics_are_fixed(scope: Scope, _holder: Node | None) -> Iterator[Finding]:
    """A topic is a name and no expression: its handler is looked up when the diagram is deployed."""
    for node in scope.nodes.values():
        for topic in (node.topic, *(event.topic for event in node.events)):
            if topic is not None and any(sign in topic for sign in "${}#"):
                yield Finding(
                    node.line, node.id, "topic", f"The topic of '{node.id}' is an expression, {topic!r}.", "Write a topic's name."
                )


def names_fit(scope: Scope, _holder: Node | None) -> Iterator[Finding]:
    """Names that the database keeps are not longer than its columns."""
    for node in scope.nodes.values():
        texts = [node.topic, node.human.form_ref if node.human else None, *(e.name.literal for e in node.events if e.name is not None)]
        texts += [value.literal for value in (node.decision, node.called) if value is not None]
        for text in texts:
            if text is not None and len(text) > MOST_CHARACTERS:
                message = f"'{node.id}' uses a name of {len(text)} characters; {MOST_CHARACTERS} are allowed."
                yield Finding(node.line, node.id, "too-long", message, "Shorten it.")


NAME_RULES: tuple[Callable[[Scope, Node | None], Iterator[Finding]], ...] = (variables_can_be_named, topics_are_fixed, names_fit)
