"""Reads event definitions and what they refer to: messages, signals, errors, escalations, correlation keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from lxml import etree

from engine.definitions.problems import Problems, owner
from engine.definitions.xml import ZEEBE, bpmn, camunda, children, local
from engine.diagram.model import Event, EventKind, TimerKind, Value
from engine.errors import ExpressionError
from engine.expressions import Cycle, parse_cycle, parse_duration, parse_moment

KINDS = {
    "timerEventDefinition": EventKind.TIMER,
    "messageEventDefinition": EventKind.MESSAGE,
    "signalEventDefinition": EventKind.SIGNAL,
    "errorEventDefinition": EventKind.ERROR,
    "escalationEventDefinition": EventKind.ESCALATION,
    "conditionalEventDefinition": EventKind.CONDITIONAL,
    "linkEventDefinition": EventKind.LINK,
    "terminateEventDefinition": EventKind.TERMINATE,
    "compensateEventDefinition": EventKind.COMPENSATION,
    "cancelEventDefinition": EventKind.CANCEL,
}
CATCHING = frozenset({"startEvent", "intermediateCatchEvent", "boundaryEvent", "receiveTask"})
PARSERS: dict[TimerKind, Callable[[str], object]] = {
    TimerKind.DATE: parse_moment,
    TimerKind.DURATION: parse_duration,
    TimerKind.CYCLE: parse_cycle,
}


@dataclass
class Definitions:
    """The root elements that events refer to, by id.

    `correlation` holds for each message its properties: (id, key's name, retrieval expression); `bindings` how the process itself knows a
    property's value when it waits for a message (a correlation subscription).
    """

    roots: dict[str, etree._Element] = field(default_factory=dict)
    correlation: dict[str, list[tuple[str, str, etree._Element]]] = field(default_factory=dict)
    bindings: dict[str, etree._Element] = field(default_factory=dict)

    @classmethod
    def of(cls, root: etree._Element) -> Definitions:
        """Gather the root elements of a document, and for each message its correlation keys with the expression that reads each."""
        found = cls({str(child.get("id")): child for child in children(root) if child.get("id")})
        keys: dict[str, str] = {}
        for key in root.iter(bpmn("correlationKey")):
            references = [(each.text or "").strip() for each in children(key, "correlationPropertyRef")]
            if len(references) == 1:
                keys[references[0]] = str(key.get("name") or key.get("id"))
        for binding in root.iter(bpmn("correlationPropertyBinding")):
            found.bindings[str(binding.get("correlationPropertyRef"))] = binding
        for prop in children(root, "correlationProperty"):
            name = keys.get(str(prop.get("id"))) or str(prop.get("name") or prop.get("id"))
            for retrieval in children(prop, "correlationPropertyRetrievalExpression"):
                message = str(retrieval.get("messageRef"))
                found.correlation.setdefault(message, []).append((str(prop.get("id")), name, retrieval))
        return found

    def named(self, reference: str | None, tag: str) -> etree._Element | None:
        """Return a root element by reference, if it has the expected tag."""
        element = self.roots.get((reference or "").rsplit(":", 1)[-1])
        return element if element is not None and local(element) == tag else None

    def message_of(self, element: etree._Element, problems: Problems) -> tuple[Event, ...]:
        """Read the message of a send or receive task."""
        if element.get("instantiate") == "true":
            here = owner(element)
            problems.add(element, here, "unsupported", f"'{here}' starts the process.", "Use a message start event.")
        reference = element.get("messageRef")
        if reference is None:
            here = owner(element)
            problems.add(element, here, "reference", f"'{here}' names no message.", "Choose a message, or give it a topic.")
            return ()
        return (self.message(element, reference, problems),)

    def message(self, element: etree._Element, reference: str | None, problems: Problems) -> Event:
        """Read a message event's name and correlation."""
        message = self.named(reference, "message")
        if message is None:
            _missing(element, problems, "message", reference)
            return Event(EventKind.MESSAGE)
        keys = []
        for prop, name, retrieval in self.correlation.get(str(message.get("id")), []):
            path = retrieval.findtext(bpmn("messagePath"))
            if prop in self.bindings and _catches(element):
                path = self.bindings[prop].findtext(bpmn("dataPath"))
            source = problems.expression(retrieval, path, what="correlation key")
            if source is None:
                text = f"Correlation property '{name}' reads nothing."
                problems.add(retrieval, str(message.get("id")), "reference", text, "Fill its path.")
            keys.append((name, source or "null"))
        zeebe = message.find(f"{bpmn('extensionElements')}/{{{ZEEBE}}}subscription")
        if zeebe is not None:
            keys.append(("key", problems.expression(zeebe, zeebe.get("correlationKey"), what="correlation key") or "null"))
        name_of = problems.value(message, message.get("name"), what="message name")
        if name_of is None:
            problems.add(message, str(message.get("id")), "reference", "A message has no name.", "Name it.")
        return Event(EventKind.MESSAGE, name=name_of, correlation=tuple(keys))


def _catches(element: etree._Element) -> bool:
    """Tell whether a message's event definition, or a task, waits for it."""
    node = element.getparent() if local(element) in KINDS else element
    return node is not None and local(node) in CATCHING


def _missing(element: etree._Element, problems: Problems, what: str, reference: str | None) -> None:
    here = owner(element)
    problems.add(element, here, "reference", f"'{here}' refers to the {what} {reference!r}, which is not there.", f"Choose a {what}.")


def read_events(node: etree._Element, definitions: Definitions, problems: Problems) -> tuple[Event, ...]:
    """Read a node's event definitions, those by reference included."""
    found = []
    for child in children(node):
        definition = child
        if local(child) == "eventDefinitionRef":
            referred = definitions.roots.get((child.text or "").strip())
            if referred is None or local(referred) not in KINDS:
                _missing(child, problems, "event definition", child.text)
                continue
            definition = referred
        if local(definition) in KINDS:
            found.append(_read(node, definition, KINDS[local(definition)], definitions, problems))
    return tuple(found)


def _read(node: etree._Element, element: etree._Element, kind: EventKind, definitions: Definitions, problems: Problems) -> Event:
    if kind is EventKind.TIMER:
        return _timer(node, element, problems)
    if kind is EventKind.MESSAGE:
        topic = element.get(camunda("topic"))
        return Event(kind, topic=topic) if topic else definitions.message(element, element.get("messageRef"), problems)
    if kind is EventKind.SIGNAL:
        signal = definitions.named(element.get("signalRef"), "signal")
        if signal is None:
            _missing(element, problems, "signal", element.get("signalRef"))
            return Event(kind)
        if not (signal.get("name") or "").strip():
            problems.add(signal, str(signal.get("id")), "reference", "A signal has no name.", "Name it.")
        return Event(kind, name=problems.value(signal, signal.get("name"), what="signal name"), payload=_payload(element, problems))
    if kind in (EventKind.ERROR, EventKind.ESCALATION):
        return _coded(node, element, kind, definitions, problems)
    if kind is EventKind.CONDITIONAL:
        condition = problems.condition(element, element.findtext(bpmn("condition")), what="condition")
        if condition is None:
            problems.add(element, owner(node), "event", f"The condition of '{owner(node)}' is empty.", "Write an expression.")
        return Event(kind, condition=condition)
    if kind is EventKind.LINK:
        return Event(kind, link=element.get("name"))
    if kind is EventKind.COMPENSATION:
        if element.get("waitForCompletion") in ("false", "0"):
            here = owner(node)
            problems.add(element, here, "unsupported", f"'{here}' does not wait for what it undoes.", "Let it wait, or fork before it.")
        return Event(kind, activity=element.get("activityRef"))
    return Event(kind)


def _payload(element: etree._Element, problems: Problems) -> tuple[tuple[str, str], ...]:
    """Read what a signal carries (camunda:in inside its definition)."""
    found = []
    for each in element.findall(f"{bpmn('extensionElements')}/{camunda('in')}"):
        source = problems.expression(each, each.get("sourceExpression") or each.get("source"), what="signal's variable")
        if each.get("target") and source:
            found.append((str(each.get("target")), source))
    return tuple(found)


def _coded(node: etree._Element, element: etree._Element, kind: EventKind, definitions: Definitions, problems: Problems) -> Event:
    what = kind.value
    reference = element.get(f"{what}Ref")
    referred = definitions.named(reference, what)
    code = None if referred is None else referred.get(f"{what}Code") or None
    if reference is not None and referred is None:
        _missing(element, problems, what, reference)
    elif code is None and local(node) not in CATCHING:
        text = f"'{owner(node)}' throws an {what} without a code."
        problems.add(element, owner(node), "reference", text, f"Choose an {what} that has a code.")
    message = None if referred is None else referred.get(camunda("errorMessage"))
    return Event(
        kind,
        code=code,
        message=problems.value(element, message, what="error message"),
        code_variable=element.get(camunda(f"{what}CodeVariable")),
        message_variable=element.get(camunda("errorMessageVariable")),
    )


def _timer(node: etree._Element, element: etree._Element, problems: Problems) -> Event:
    here = owner(node)
    for kind in TimerKind:
        text = element.findtext(bpmn(kind.value))
        if text is None or not text.strip():
            continue
        value = problems.value(element, text, what="timer") or Value(literal="")
        if value.literal is not None:
            try:
                read = PARSERS[kind](value.literal)
                if isinstance(read, Cycle) and read.repetitions == 0:
                    problems.add(element, here, "timer", f"The timer of '{here}' never fires: {value.literal!r}.", "Write R1/... or more.")
            except ExpressionError as error:
                problems.add(element, here, "timer", f"The timer of '{here}' cannot be read: {error}", "Write ISO 8601.")
        return Event(EventKind.TIMER, timer_kind=kind, timer=value)
    problems.add(element, here, "timer", f"The timer of '{here}' says no time.", "Give it a date, a duration or a cycle.")
    return Event(EventKind.TIMER, timer_kind=TimerKind.DURATION, timer=Value(literal="PT0S"))
