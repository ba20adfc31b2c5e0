"""Compiles a process diagram into SpiffWorkflow specs of our own, once per definition; the result is shared and never changes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from SpiffWorkflow.specs import WorkflowSpec

from engine.diagram.model import EventKind, Flow, Node, NodeKind, Process, Scope
from engine.diagram.walk import link_targets
from engine.errors import Invalid
from engine.execution import activities, events, gateways, loops, specs
from engine.execution.specs import NodeSpec


class CompiledSpec(WorkflowSpec):
    """The specs of one process by name: an element's id, `id#body` for a loop, `id#n` for one of several events, `id#watch`."""

    task_specs: dict[str, NodeSpec]

    def __init__(self, name: str, executable_id: str) -> None:
        super().__init__(name=name)
        self.executable_id = executable_id


@dataclass(frozen=True, slots=True)
class Executable:
    """A compiled process: `id` is its definition's id, `root` the spec of the process itself."""

    id: str
    key: str
    process: Process
    spec: CompiledSpec
    root: specs.ProcessSpec

    def start_spec(self, element: str | None) -> NodeSpec:
        """Return a start event's spec: the named one, else the none start, else the only one. Raises Invalid."""
        starts = [node for node in self.process.scope.nodes.values() if node.kind is NodeKind.START_EVENT]
        if element is None:
            plain = [node for node in starts if not node.events]
            starts = plain or starts
        else:
            starts = [node for node in starts if node.id == element]
        if len(starts) != 1:
            raise Invalid(f"Process '{self.key}' has {len(starts)} start events that fit {element or 'a start by hand'!r}: name one.")
        return self.spec.task_specs[starts[0].id]


def compile_process(process: Process, *, definition_id: str | None = None) -> Executable:
    """Compile a checked diagram.

    1. A spec for each node of each scope, and one for each loop, event part and event subprocess start.
    2. Flows, attached events and undoing activities are connected by name.
    3. Inclusive joins learn how tokens come from node to node.
    """
    identity = definition_id or process.key
    wf_spec = CompiledSpec(process.key, identity)
    root = specs.ProcessSpec(wf_spec, Node(process.key, NodeKind.SUB_PROCESS, name=process.name, scope=process.scope), name="#process")
    wf_spec.start = root
    _Compiler(wf_spec).compile_scope(process.scope, root)
    return Executable(identity, process.key, process, wf_spec, root)


def _pass(wf: Any, node: Node) -> NodeSpec:
    return specs.PassSpec(wf, node)


def _catch(wf: Any, node: Node) -> NodeSpec:
    return _pass(wf, node) if any(event.kind is EventKind.LINK for event in node.events) else events.CatchEvent(wf, node)


def _throw(wf: Any, node: Node) -> NodeSpec:
    topic = node.topic or next((event.topic for event in node.events if event.topic), None)
    return activities.TopicTask(wf, node, topic=topic) if topic else events.ThrowEvent(wf, node)


def _rule(wf: Any, node: Node) -> NodeSpec:
    return activities.TopicTask(wf, node, topic=node.topic) if node.topic else activities.BusinessRuleTask(wf, node)


MAKERS: dict[NodeKind, Callable[[Any, Node], NodeSpec]] = {
    NodeKind.START_EVENT: _pass,
    NodeKind.END_EVENT: _throw,
    NodeKind.CATCH_EVENT: _catch,
    NodeKind.THROW_EVENT: _throw,
    NodeKind.BOUNDARY_EVENT: events.BoundaryEvent,
    NodeKind.TASK: _pass,
    NodeKind.USER_TASK: activities.HumanTask,
    NodeKind.MANUAL_TASK: activities.HumanTask,
    NodeKind.SCRIPT_TASK: activities.ScriptTask,
    NodeKind.SERVICE_TASK: _throw,
    NodeKind.SEND_TASK: _throw,
    NodeKind.RECEIVE_TASK: events.CatchEvent,
    NodeKind.BUSINESS_RULE_TASK: _rule,
    NodeKind.CALL_ACTIVITY: activities.CallActivity,
    NodeKind.SUB_PROCESS: activities.SubProcess,
    NodeKind.TRANSACTION: activities.Transaction,
    NodeKind.EXCLUSIVE_GATEWAY: gateways.ExclusiveGateway,
    NodeKind.INCLUSIVE_GATEWAY: gateways.InclusiveGateway,
    NodeKind.PARALLEL_GATEWAY: gateways.ParallelGateway,
    NodeKind.EVENT_BASED_GATEWAY: gateways.EventGateway,
}


class _Compiler:
    """Fills one CompiledSpec, scope by scope."""

    def __init__(self, wf_spec: CompiledSpec) -> None:
        self.wf_spec = wf_spec
        self.specs = wf_spec.task_specs

    def compile_scope(self, scope: Scope, container: NodeSpec) -> None:
        """Compile the nodes of a scope into specs that `container` will hold."""
        links = link_targets(scope)
        before = _before(scope, links)
        for node in scope.nodes.values():
            self._make(node)
        for node in scope.nodes.values():
            self._connect(node, scope, links.get(node.id, ()))
            if node.triggered_by_event:
                self._watch(node, container)
            spec = self.specs[node.id]
            if isinstance(spec, gateways.InclusiveGateway):
                spec.flows_in = tuple(scope.flows[flow] for flow in node.incoming)
                spec.before = before

    def _make(self, node: Node) -> None:
        spec = MAKERS[node.kind](self.wf_spec, node)
        if node.loop is not None:
            body = loops.StandardLoop if node.loop.standard else loops.MultiInstance
            body(self.wf_spec, node, node.loop)
        if isinstance(spec, events.WaitingSpec) and len(node.events) > 1:
            for index in range(len(node.events)):
                events.EventPart(self.wf_spec, node, index=index)
        if isinstance(spec, activities.SubProcess) and node.scope is not None:
            self.compile_scope(node.scope, spec)
            spec.start = next(inner.id for inner in node.scope.nodes.values() if inner.kind is NodeKind.START_EVENT)

    def entry(self, node_id: str) -> str:
        """Return the name of the spec that a flow to a node leads to."""
        body = f"{node_id}#body"
        return body if body in self.specs else node_id

    def _connect(self, node: Node, scope: Scope, links: Collection[str]) -> None:
        leaving = self.specs[self.entry(node.id)]
        flows = [scope.flows[flow] for flow in node.outgoing]
        flows += [Flow(f"{node.id}.{target}", node.id, target) for target in links]
        leaving.flows = tuple(flows)
        leaving.targets = {flow.id: self.entry(flow.target) for flow in flows}
        if node.attached_to is not None and not any(event.kind is EventKind.COMPENSATION for event in node.events):
            host = self.specs[self.entry(node.attached_to)]
            boundary = self.specs[node.id]
            assert isinstance(boundary, events.BoundaryEvent)
            host.boundaries = (*host.boundaries, boundary)
        if node.compensated_by is not None:
            self.specs[node.id].undo = self.entry(node.compensated_by)

    def _watch(self, node: Node, container: NodeSpec) -> None:
        assert node.scope is not None
        start = next(inner for inner in node.scope.nodes.values() if inner.kind is NodeKind.START_EVENT)
        if any(event.kind is EventKind.COMPENSATION for event in start.events):
            container.undo = node.id
            return
        watcher = events.EventSubprocessStart(self.wf_spec, replace(start, outgoing=()), name=f"{start.id}#watch")
        watcher.body = node.id
        container.watchers = (*container.watchers, watcher)
        if len(start.events) > 1:
            for index in range(len(start.events)):
                events.EventPart(self.wf_spec, start, index=index)


def _before(scope: Scope, links: Mapping[str, Collection[str]]) -> dict[str, set[str]]:
    """Return for each node those from which a token comes to it directly: by a flow, as a boundary event, by a link."""
    before: dict[str, set[str]] = {}
    for flow in scope.flows.values():
        before.setdefault(flow.target, set()).add(flow.source)
    for node in scope.nodes.values():
        if node.attached_to is not None:
            before.setdefault(node.id, set()).add(node.attached_to)
        for target in links.get(node.id, ()):
            before.setdefault(target, set()).add(node.id)
    return before
