"""The rules that a process diagram must keep. Each is a small function over one scope; all run, so an author sees every problem at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from engine.definitions.event_rules import EVENT_RULES
from engine.definitions.finding import Finding
from engine.definitions.loop_rules import LOOP_RULES
from engine.definitions.name_rules import NAME_RULES, starters_can_be_named
from engine.definitions.undo_rules import UNDO_RULES, compensations_find_something
from engine.diagram.model import EventKind, Node, NodeKind, Process, Scope
from engine.diagram.walk import link_targets, of_kind, scopes
from engine.errors import Invalid, Problem
from engine.handling import RetryPlan

MOST_NAMED = 20
WAITING = frozenset({
    NodeKind.USER_TASK, NodeKind.MANUAL_TASK, NodeKind.RECEIVE_TASK, NodeKind.CATCH_EVENT, NodeKind.EVENT_BASED_GATEWAY,
    NodeKind.SERVICE_TASK, NodeKind.SEND_TASK, NodeKind.CALL_ACTIVITY, NodeKind.SUB_PROCESS, NodeKind.TRANSACTION,
})  # fmt: skip


def check_process(process: Process) -> list[Problem]:
    """Return the problems of a process and of everything inside it."""
    found = [
        Problem(process.file, each.line, each.element, each.rule, each.message, each.hint)
        for scope, holder in scopes(process.scope)
        for rule in (*RULES, *EVENT_RULES, *LOOP_RULES, *NAME_RULES, *UNDO_RULES)
        for each in rule(scope, holder)
    ]
    found += [
        Problem(process.file, each.line, each.element, each.rule, each.message, each.hint)
        for rule in (starters_can_be_named, compensations_find_something)
        for each in rule(process)
    ]
    return sorted(found, key=lambda problem: problem.line)


def flows_join_this_scope(scope: Scope, _holder: Node | None) -> Iterator[Finding]:
    """A sequence flow joins two nodes of one scope."""
    for flow in scope.flows.values():
        for end, key in (("source", flow.source), ("target", flow.target)):
            if key not in scope.nodes:
                text = f"The {end} {key!r} of flow '{flow.id}' is not in '{scope.id}'."
                yield Finding(flow.line, flow.id, "flow-end", text, "Connect it inside one scope; between pools use messages.")


def defaults_are_outgoing(scope: Scope, _holder: Node | None) -> Iterator[Finding]:
    """A default flow is one of the node's own, without a condition."""
    for node in scope.nodes.values():
        if node.default is None:
            continue
        if node.default not in node.outgoing:
            text = f"The default flow {node.default!r} does not leave '{node.id}'."
            yield Finding(node.line, node.id, "default-flow", text, "Choose another.")
        elif node.kind in (NodeKind.PARALLEL_GATEWAY, NodeKind.EVENT_BASED_GATEWAY):
            text = f"The {node.kind} '{node.id}' has a default flow, which would be ignored."
            yield Finding(node.line, node.id, "default-flow", text, "Use an exclusive or inclusive gateway.")
        elif scope.flows[node.default].condition is not None:
            yield Finding(node.line, node.id, "default-flow", f"The default flow of '{node.id}' has a condition.", "Remove the condition.")


def exclusive_choices_are_clear(scope: Scope, _holder: Node | None) -> Iterator[Finding]:
    """An exclusive gateway with several ways has a condition on each but the default."""
    for node in of_kind(scope, NodeKind.EXCLUSIVE_GATEWAY, NodeKind.INCLUSIVE_GATEWAY):
        if len(node.outgoing) < 2:
            continue
        bare = [flow for flow in node.outgoing if flow != node.default and scope.flows[flow].condition is None]
        if bare and node.kind is NodeKind.EXCLUSIVE_GATEWAY:
            text = f"The ways {', '.join(bare)} out of '{node.id}' have no condition."
            yield Finding(node.line, node.id, "ambiguous-choice", text, "Give each a condition, or mark one as the default flow.")


def forks_and_events_have_no_conditions(scope: Scope, _holder: Node | None) -> Iterator[Finding]:
    """A parallel or event-based gateway takes all ways, and so does an event (BPMN 2.0, 8.3.13): it has no condition to ask."""
    for node in scope.nodes.values():
        if node.kind not in (NodeKind.PARALLEL_GATEWAY, NodeKind.EVENT_BASED_GATEWAY) and not node.kind.value.endswith("Event"):
            continue
        for flow in node.outgoing:
            if scope.flows[flow].condition is not None:
                text = f"Flow '{flow}' out of the {node.kind} '{node.id}' has a condition."
                yield Finding(scope.flows[flow].line, flow, "condition-ignored", text, "Use an exclusive or inclusive gateway.")


def gateways_lead_on(scope: Scope, _holder: Node | None) -> Iterator[Finding]:
    """A gateway has a way out: one without decides nothing (BPMN 2.0, 10.6)."""
    for node in scope.nodes.values():
        if node.kind.value.endswith("Gateway") and not node.outgoing:
            yield Finding(node.line, node.id, "dead-end", f"No flow leads out of the {node.kind} '{node.id}'.", "Lead it to an end event.")


def scopes_have_one_start(scope: Scope, holder: Node | None) -> Iterator[Finding]:
    """A process has a start event; a subprocess has one none start; an event subprocess one start with an event and no flows."""
    starts = list(of_kind(scope, NodeKind.START_EVENT))
    if holder is None:
        if not starts:
            yield Finding(0, scope.id, "no-start", f"Process '{scope.id}' has no start event.", "Add one.")
        elif sum(1 for start in starts if not start.events) > 1:
            yield Finding(starts[0].line, scope.id, "many-starts", f"'{scope.id}' has several none start events.", "Keep one.")
    elif len(starts) != 1:
        text = f"Subprocess '{holder.id}' has {len(starts)} start events."
        yield Finding(holder.line, holder.id, "subprocess-start", text, "Give it exactly one.")
    elif holder.triggered_by_event != bool(starts[0].events):
        what = "no event" if holder.triggered_by_event else "an event"
        text = f"The start of subprocess '{holder.id}' has {what}."
        yield Finding(holder.line, holder.id, "subprocess-start", text, "An event subprocess starts with an event, another without.")


def everything_is_reached(scope: Scope, holder: Node | None) -> Iterator[Finding]:
    """Every node is reached from a start; what undoes is reached by compensation, an event subprocess by its event."""
    reached: set[str] = set()
    agenda = [
        node.id for node in scope.nodes.values() if node.kind is NodeKind.START_EVENT or node.triggered_by_event or node.for_compensation
    ]
    links = link_targets(scope)
    attached: dict[str, list[str]] = {}
    for node in scope.nodes.values():
        attached.setdefault(node.attached_to or "", []).append(node.id)
    while agenda:
        key = agenda.pop()
        if key in reached or key not in scope.nodes:
            continue
        reached.add(key)
        node = scope.nodes[key]
        agenda.extend(scope.flows[flow].target for flow in node.outgoing)
        agenda.extend(attached.get(key, ()))
        agenda.extend(links.get(key, ()))
    for node in scope.nodes.values():
        if node.id not in reached:
            text = f"'{node.name or node.id}' is never reached."
            yield Finding(node.line, node.id, "unreachable", text, "Connect it to the flow, or remove it.")


def no_endless_loop(scope: Scope, _holder: Node | None) -> Iterator[Finding]:
    """A loop of automatic nodes has a condition somewhere; one without would never end."""
    links = link_targets(scope)
    ways = {node.id: _bare_ways(node, scope) + links.get(node.id, []) for node in scope.nodes.values()}
    into = Counter(target for targets in ways.values() for target in targets)
    agenda = [key for key in ways if not into[key]]
    while agenda:
        for target in ways.pop(agenda.pop()):
            into[target] -= 1
            if not into[target]:
                agenda.append(target)
    loop = _one_loop(ways)
    if loop:
        order = {key: index for index, key in enumerate(scope.nodes)}
        begin = loop.index(min(loop, key=order.__getitem__))
        loop = loop[begin:] + loop[:begin]
        first = scope.nodes[loop[0]]
        text = f"The loop {' -> '.join([*loop[:MOST_NAMED], loop[0]])} has no condition and waits for nothing."
        yield Finding(first.line, first.id, "endless-loop", text, "Give it a way out, or let it wait.")


def _bare_ways(node: Node, scope: Scope) -> list[str]:
    """Return where a token goes on from a node without a wait, a condition or a choice."""
    is_link = any(event.kind is EventKind.LINK for event in node.events)
    if (node.kind in WAITING and not is_link) or (len(node.outgoing) > 1 and node.kind is not NodeKind.PARALLEL_GATEWAY):
        return []
    flows = [scope.flows[flow] for flow in node.outgoing]
    return [flow.target for flow in flows if flow.condition is None and flow.target in scope.nodes]


def _one_loop(ways: dict[str, list[str]]) -> list[str]:
    """Return a loop among nodes each of which lies on a loop or behind one."""
    back = {target: source for source, targets in reversed(ways.items()) for target in targets if target in ways}
    path: dict[str, None] = {}
    place = next(iter(back), None)
    while place is not None and place not in path:
        path[place] = None
        place = back.get(place)
    walked = list(path)
    return [] if place is None else walked[walked.index(place) :][::-1]


def tasks_are_somebodys(scope: Scope, _holder: Node | None) -> Iterator[Finding]:
    """A user task has an assignee, candidates or a lane, so that somebody may do it."""
    for node in of_kind(scope, NodeKind.USER_TASK, NodeKind.MANUAL_TASK):
        human = node.human
        if human is None or not (human.assignee or human.candidate_groups or human.candidate_users or node.lane):
            text = f"Nobody may do '{node.name or node.id}'."
            yield Finding(node.line, node.id, "nobody", text, "Give it an assignee or candidates, or put it into a lane.")


def work_says_what(scope: Scope, _holder: Node | None) -> Iterator[Finding]:
    """A service task has a topic, a rule task a decision or a topic, a call activity a called element."""
    for node in scope.nodes.values():
        if node.kind is NodeKind.SERVICE_TASK and not node.topic:
            yield Finding(node.line, node.id, "no-topic", f"Service task '{node.id}' has no topic.", "Choose External and a topic.")
        elif node.kind is NodeKind.BUSINESS_RULE_TASK and not node.topic and node.decision is None:
            yield Finding(node.line, node.id, "no-decision", f"Business rule task '{node.id}' names no decision.", "Choose a decision.")
        elif node.kind is NodeKind.CALL_ACTIVITY and node.called is None:
            yield Finding(node.line, node.id, "no-called-element", f"Call activity '{node.id}' calls nothing.", "Name a process.")


def retry_cycles_are_read(scope: Scope, _holder: Node | None) -> Iterator[Finding]:
    """A retry time cycle is like R3/PT5M or a list of durations."""
    for node in scope.nodes.values():
        if node.retry_cycle is None:
            continue
        try:
            RetryPlan.of_cycle(node.retry_cycle)
        except Invalid as error:
            yield Finding(node.line, node.id, "retry-cycle", f"The retry cycle of '{node.id}' cannot be read: {error}", "Write R3/PT5M.")


RULES: tuple[Callable[[Scope, Node | None], Iterator[Finding]], ...] = (
    flows_join_this_scope,
    defaults_are_outgoing,
    exclusive_choices_are_clear,
    forks_and_events_have_no_conditions,
    gateways_lead_on,
    scopes_have_one_start,
    everything_is_reached,
    no_endless_loop,
    tasks_are_somebodys,
    work_says_what,
    retry_cycles_are_read,
)
