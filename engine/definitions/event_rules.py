"""The rules for events: what may stand where (BPMN 2.0, table 10.93), and what hangs together."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from engine.definitions.finding import Finding
from engine.definitions.reading import ACTIVITIES
from engine.diagram.model import EventKind, Node, NodeKind, Scope
from engine.errors import ExpressionError
from engine.expressions import names_used

K = EventKind
START = frozenset({K.TIMER, K.MESSAGE, K.SIGNAL})
"""No condition: before an instance is there, nothing has variables, and nobody would look at it."""
SUBPROCESS_START = START | {K.CONDITIONAL, K.ERROR, K.ESCALATION, K.COMPENSATION}
ALLOWED: dict[NodeKind, frozenset[EventKind]] = {
    NodeKind.CATCH_EVENT: frozenset({K.TIMER, K.MESSAGE, K.SIGNAL, K.CONDITIONAL, K.LINK}),
    NodeKind.THROW_EVENT: frozenset({K.MESSAGE, K.SIGNAL, K.ESCALATION, K.COMPENSATION, K.LINK}),
    NodeKind.END_EVENT: frozenset({K.MESSAGE, K.SIGNAL, K.ERROR, K.ESCALATION, K.TERMINATE, K.COMPENSATION, K.CANCEL}),
    NodeKind.BOUNDARY_EVENT: frozenset({K.TIMER, K.MESSAGE, K.SIGNAL, K.CONDITIONAL, K.ERROR, K.ESCALATION, K.COMPENSATION, K.CANCEL}),
}
ALWAYS_INTERRUPTING = frozenset({K.ERROR, K.CANCEL})
LOOKED_UP = frozenset({K.ERROR, K.ESCALATION, K.COMPENSATION, K.CANCEL})
ALONE = frozenset({K.ERROR, K.COMPENSATION, K.CANCEL, K.TERMINATE, K.LINK})
"""What takes a throwing token away, or makes it wait: nothing else could be thrown after it."""


def events_stand_where_they_may(scope: Scope, holder: Node | None) -> Iterator[Finding]:
    """Each kind of event has its places."""
    inside = holder is not None and holder.triggered_by_event
    for node in scope.nodes.values():
        allowed = ALLOWED.get(node.kind)
        if node.kind is NodeKind.START_EVENT:
            allowed = SUBPROCESS_START if inside else START
        if allowed is None:
            continue
        for event in node.events:
            if event.kind not in allowed:
                text = f"A {node.kind} cannot be a {event.kind} event ('{node.id}')."
                yield Finding(node.line, node.id, "event-place", text, "Choose another event, or another place.")
        if not node.events and node.kind in (NodeKind.CATCH_EVENT, NodeKind.BOUNDARY_EVENT):
            yield Finding(node.line, node.id, "event-place", f"'{node.id}' waits for no event.", "Give it an event definition.")


def several_events_go_together(scope: Scope, holder: Node | None) -> Iterator[Finding]:
    """Several event definitions on one node all wait, or are all thrown and the token goes on."""
    for node in scope.nodes.values():
        kinds = {event.kind for event in node.events}
        throws = node.kind in (NodeKind.THROW_EVENT, NodeKind.END_EVENT)
        if len(node.events) > 1 and kinds & (ALONE if throws else LOOKED_UP | {K.LINK}):
            text = f"'{node.id}' mixes {', '.join(sorted(kinds))} events."
            hint = "Throw them one after the other." if throws else "Use one boundary event or event subprocess for each."
            yield Finding(node.line, node.id, "event-mix", text, hint)
        if node.kind is NodeKind.START_EVENT and holder is None and node.parallel_multiple and len(node.events) > 1:
            text = f"Start event '{node.id}' waits for several events together before there is an instance."
            yield Finding(node.line, node.id, "unsupported", text, "Start by the first, and wait for the others inside.")


def boundary_events_are_attached(scope: Scope, _holder: Node | None) -> Iterator[Finding]:
    """A boundary event is attached to an activity of its scope, has no flow in, and can interrupt as it says."""
    for node in scope.nodes.values():
        if node.kind is not NodeKind.BOUNDARY_EVENT:
            continue
        host = scope.nodes.get(node.attached_to or "")
        if host is None or host.kind not in ACTIVITIES:
            text = f"Boundary event '{node.id}' is attached to {node.attached_to!r}, which is no activity of '{scope.id}'."
            yield Finding(node.line, node.id, "boundary", text, "Attach it to an activity.")
        if node.incoming:
            yield Finding(node.line, node.id, "boundary", f"Boundary event '{node.id}' has a flow in.", "Remove the flow.")
        if node.inputs or node.outputs:
            text = f"Boundary event '{node.id}' has parameters, which would be ignored."
            yield Finding(node.line, node.id, "boundary", text, "Give them to the activity behind it.")
        if not node.interrupting and any(event.kind in ALWAYS_INTERRUPTING for event in node.events):
            text = f"'{node.id}' is an {node.events[0].kind} event that does not interrupt."
            yield Finding(node.line, node.id, "boundary", text, "Errors and cancellations always interrupt.")


def starts_and_ends_are_at_the_ends(scope: Scope, _holder: Node | None) -> Iterator[Finding]:
    """No flow leads into a start event or out of an end event."""
    for node in scope.nodes.values():
        if node.kind is NodeKind.START_EVENT and node.incoming:
            yield Finding(node.line, node.id, "flow-into-start", f"A flow leads into start event '{node.id}'.", "Start elsewhere.")
        if node.kind is NodeKind.END_EVENT and node.outgoing:
            yield Finding(node.line, node.id, "flow-out-of-end", f"A flow leads out of end event '{node.id}'.", "Use a throw event.")


def event_gateways_lead_to_events(scope: Scope, _holder: Node | None) -> Iterator[Finding]:
    """An event-based gateway leads to at least two catch events or receive tasks that nothing else leads to or watches."""
    watched = {node.attached_to for node in scope.nodes.values()}
    for node in scope.nodes.values():
        if node.kind is not NodeKind.EVENT_BASED_GATEWAY:
            continue
        if len(node.outgoing) < 2:
            yield Finding(node.line, node.id, "event-gateway", f"Event-based gateway '{node.id}' has one way only.", "Add another.")
        for flow in node.outgoing:
            target = scope.nodes.get(scope.flows[flow].target)
            if target is None:
                continue
            if target.kind not in (NodeKind.CATCH_EVENT, NodeKind.RECEIVE_TASK) or any(e.kind is K.LINK for e in target.events):
                text = f"Event-based gateway '{node.id}' leads to '{target.id}', which waits for no event."
                yield Finding(node.line, node.id, "event-gateway", text, "Lead it to catch events or receive tasks.")
            elif len(target.incoming) > 1:
                text = f"'{target.id}' follows event-based gateway '{node.id}' and something else."
                yield Finding(node.line, node.id, "event-gateway", text, "Give the gateway an event of its own.")
            elif target.id in watched or target.loop is not None:
                text = f"'{target.id}' follows event-based gateway '{node.id}' and has a boundary event or a loop."
                yield Finding(node.line, node.id, "event-gateway", text, "Use a plain catch event.")


def links_are_pairs(scope: Scope, _holder: Node | None) -> Iterator[Finding]:
    """A link throw has exactly one catch of its name in its scope, and a catch at least one throw; no flow passes by a link."""
    throws: dict[str | None, list[Node]] = {}
    catches: dict[str | None, list[Node]] = {}
    for node in scope.nodes.values():
        for event in node.events:
            if event.kind is K.LINK:
                yield from _is_a_jump(node, event.link)
                (throws if node.kind is NodeKind.THROW_EVENT else catches).setdefault(event.link, []).append(node)
    for name, nodes in throws.items():
        if len(catches.get(name, [])) != 1:
            text = f"Link {name!r} is caught {len(catches.get(name, []))} times in '{scope.id}'."
            yield Finding(nodes[0].line, nodes[0].id, "link", text, "Give it exactly one catch with the same name.")
    for name, nodes in catches.items():
        if name not in throws:
            yield Finding(nodes[0].line, nodes[0].id, "link", f"Nothing throws link {name!r}.", "Add a throw with this name.")


def _is_a_jump(node: Node, name: str | None) -> Iterator[Finding]:
    flows = node.outgoing if node.kind is NodeKind.THROW_EVENT else node.incoming
    if not (name or "").strip():
        yield Finding(node.line, node.id, "link", f"The link of '{node.id}' has no name.", "Name it like its other end.")
    if flows:
        text = f"The flow {flows[0]} passes by the link of '{node.id}'."
        yield Finding(node.line, node.id, "link", text, "A link throw has no flow out, and a link catch none in.")


def event_subprocesses_stand_alone(scope: Scope, _holder: Node | None) -> Iterator[Finding]:
    """An event subprocess has no flows and no loop, and one triggered by an error interrupts."""
    for node in scope.nodes.values():
        if not node.triggered_by_event:
            continue
        if node.incoming or node.outgoing:
            yield Finding(node.line, node.id, "event-subprocess", f"Event subprocess '{node.id}' has flows.", "Remove them.")
        if node.loop is not None:
            text = f"Event subprocess '{node.id}' has a loop, but its event says how often it runs."
            yield Finding(node.line, node.id, "event-subprocess", text, "Put a subprocess with the loop into it.")
        for start in node.scope.nodes.values() if node.scope is not None else ():
            wrong = start.kind is NodeKind.START_EVENT and not start.interrupting and any(e.kind is K.ERROR for e in start.events)
            if wrong:
                text = f"Error start '{start.id}' does not interrupt."
                yield Finding(start.line, start.id, "event-subprocess", text, "Errors always interrupt.")


def starts_know_no_variables(scope: Scope, holder: Node | None) -> Iterator[Finding]:
    """What a process's start events wait for is known when it is deployed: there is no variable yet."""
    for node in scope.nodes.values() if holder is None else ():
        for event in node.events if node.kind is NodeKind.START_EVENT else ():
            value = event.timer if event.kind is K.TIMER else event.name
            if value is None or value.expression is None:
                continue
            try:
                named = sorted(names_used(value.expression))
            except ExpressionError:
                continue
            if named:
                text = f"Start event '{node.id}' uses {', '.join(named)}, but no instance is there that has variables."
                yield Finding(node.line, node.id, "start-value", text, "Write a literal.")


EVENT_RULES: tuple[Callable[[Scope, Node | None], Iterator[Finding]], ...] = (
    events_stand_where_they_may,
    several_events_go_together,
    boundary_events_are_attached,
    starts_and_ends_are_at_the_ends,
    event_gateways_lead_to_events,
    links_are_pairs,
    event_subprocesses_stand_alone,
    starts_know_no_variables,
)
