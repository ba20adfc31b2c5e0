"""Reads BPMN XML into the diagram model. What cannot be read becomes a problem; what reads but is wrong is for the rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from engine.definitions import dialect
from engine.definitions.events import Definitions, read_events
from engine.definitions.foreign import check_dialect
from engine.definitions.loops import read_loop
from engine.definitions.problems import Problems
from engine.definitions.structure import check_structure
from engine.definitions.xml import ZEEBE, bpmn, camunda, children, local
from engine.diagram.model import Flow, Node, NodeKind, Process, Scope

KINDS = {kind.value: kind for kind in NodeKind}
ACTIVITIES = frozenset(kind for kind in NodeKind if kind.value.endswith("Task") or kind.value == "task") | {
    NodeKind.CALL_ACTIVITY,
    NodeKind.SUB_PROCESS,
    NodeKind.TRANSACTION,
}


@dataclass
class Reading:
    """What one BPMN file says: its processes, where each element stands (for the rules), and the form and decision names it uses."""

    problems: Problems
    processes: list[Process] = field(default_factory=list)
    elements: dict[str, etree._Element] = field(default_factory=dict)


def read_bpmn(root: etree._Element, problems: Problems) -> Reading:
    """Read every executable process of a document."""
    reading = Reading(problems)
    if root.tag != bpmn("definitions"):
        problems.add(root, "", "not-bpmn", f"The root element is '{root.tag}'.", "Save the diagram as BPMN 2.0 XML.")
        return reading
    check_structure(root, problems)
    check_dialect(root, problems)
    definitions = Definitions.of(root)
    _index(root, reading)
    compensation = _compensations(root)
    processes = list(children(root, "process"))
    for process in processes:
        if process.get("isExecutable") == "true":
            reading.processes.append(_Reader(reading, definitions, compensation).process(process))
    if not reading.processes:
        problems.add(root, "", "not-executable", "No process of the file is marked executable.", "Tick 'Executable' in the modeler.")
    return reading


def _index(root: etree._Element, reading: Reading) -> None:
    for element in root.iter(bpmn("*")):
        if element.get("id") is None:
            continue
        key = str(element.get("id"))
        if key in reading.elements:
            first = reading.elements[key].sourceline
            reading.problems.add(element, key, "duplicate-id", f"The id '{key}' is used twice (first in line {first}).", "Rename one.")
        reading.elements.setdefault(key, element)


def _compensations(root: etree._Element) -> dict[str, str]:
    """Return for each activity the activity that undoes it: boundary event -> association -> handler."""
    boundaries = {
        event.get("id"): event.get("attachedToRef")
        for event in root.iter(bpmn("boundaryEvent"))
        if event.find(bpmn("compensateEventDefinition")) is not None
    }
    notes = {note.get("id") for note in root.iter(bpmn("textAnnotation"))}
    found = {}
    for association in root.iter(bpmn("association")):
        host, target = boundaries.get(association.get("sourceRef")), str(association.get("targetRef"))
        if host and target not in notes:
            found[str(host)] = target
    return found


class _Reader:
    """Reads the scopes of one process."""

    def __init__(self, reading: Reading, definitions: Definitions, compensation: dict[str, str]) -> None:
        self.problems = reading.problems
        self.definitions = definitions
        self.compensation = compensation
        self.lanes: dict[str, str] = {}

    def process(self, element: etree._Element) -> Process:
        """Read a process."""
        key = str(element.get("id") or "")
        lanes = self._read_lanes(element)
        scope = self.scope(element, key, None)
        starts = list(children(element, "startEvent"))
        plain = next((each for each in starts if not _event_tags(each)), starts[0] if starts else None)
        human = dialect.read_human(plain, self.problems) if plain is not None else None
        return Process(
            key=key,
            name=str(element.get("name") or key),
            scope=scope,
            file=self.problems.file,
            version_tag=element.get(camunda("versionTag")) or dialect.zeebe_attribute(element, "versionTag", "value"),
            starter_groups=_plain_list(element.get(camunda("candidateStarterGroups"))),
            starter_users=_plain_list(element.get(camunda("candidateStarterUsers"))),
            initiator=plain.get(camunda("initiator")) if plain is not None else None,
            start_form=human.form_ref if human is not None else None,
            documentation=dialect.documentation(element),
            lanes=lanes,
            data_objects=tuple((str(each.get("id")), str(each.get("name") or "")) for each in element.iter(bpmn("dataObjectReference"))),
            properties=dialect.read_properties(element),
        )

    def _read_lanes(self, element: etree._Element) -> tuple[str, ...]:
        names: dict[str, None] = {}
        for lane in element.iter(bpmn("lane")):
            name = str(lane.get("name") or "").strip()
            if not name:
                continue
            names[name] = None
            for reference in children(lane, "flowNodeRef"):
                self.lanes[(reference.text or "").strip()] = name
        return tuple(names)

    def scope(self, element: etree._Element, key: str, lane: str | None) -> Scope:
        """Read the nodes and flows directly inside a process or subprocess."""
        flows = {flow.id: flow for flow in (self._flow(each) for each in children(element, "sequenceFlow"))}
        into: dict[str, list[str]] = {}
        out: dict[str, list[str]] = {}
        for flow in flows.values():
            into.setdefault(flow.target, []).append(flow.id)
            out.setdefault(flow.source, []).append(flow.id)
        nodes: dict[str, Node] = {}
        for child in children(element):
            kind = KINDS.get(local(child))
            if kind is not None:
                here = str(child.get("id") or "")
                ways = _ordered(child, out.get(here, []))
                nodes[here] = self._node(child, kind, lane, incoming=tuple(into.get(here, ())), outgoing=ways)
        return Scope(key, nodes, flows)

    def _flow(self, element: etree._Element) -> Flow:
        condition = element.find(bpmn("conditionExpression"))
        return Flow(
            id=str(element.get("id") or ""),
            source=str(element.get("sourceRef") or ""),
            target=str(element.get("targetRef") or ""),
            line=int(element.sourceline or 0),
            name=str(element.get("name") or ""),
            condition=None if condition is None else self.problems.condition(element, condition.text, what="condition"),
        )

    def _node(
        self, element: etree._Element, kind: NodeKind, outer_lane: str | None, *, incoming: tuple[str, ...], outgoing: tuple[str, ...]
    ) -> Node:
        key = str(element.get("id") or "")
        lane = self.lanes.get(key) or outer_lane
        inputs, outputs = dialect.read_parameters(element, self.problems)
        parts = self._parts(element, kind, key, lane)
        return Node(
            id=key,
            kind=kind,
            line=int(element.sourceline or 0),
            name=" ".join(str(element.get("name") or "").split()),
            lane=lane,
            documentation=dialect.documentation(element),
            incoming=incoming,
            outgoing=outgoing,
            default=element.get("default"),
            events=parts.pop("events", None) or read_events(element, self.definitions, self.problems),
            parallel_multiple=element.get("parallelMultiple") == "true",
            attached_to=element.get("attachedToRef") if kind is NodeKind.BOUNDARY_EVENT else None,
            interrupting=element.get("cancelActivity", element.get("isInterrupting", "true")) != "false",
            triggered_by_event=element.get("triggeredByEvent") == "true" and kind in (NodeKind.SUB_PROCESS, NodeKind.TRANSACTION),
            for_compensation=element.get("isForCompensation") == "true" and kind in ACTIVITIES,
            compensated_by=self.compensation.get(key),
            loop=read_loop(element, self.problems) if kind in ACTIVITIES else None,
            inputs=inputs,
            outputs=outputs,
            retry_cycle=dialect.read_retries(element),
            async_before=element.get(camunda("asyncBefore")) == "true" or element.get(camunda("async")) == "true",
            properties=dialect.read_properties(element),
            **parts,
        )

    def _parts(self, element: etree._Element, kind: NodeKind, key: str, lane: str | None) -> dict[str, Any]:
        """Return what only some kinds of node have."""
        if kind in (NodeKind.USER_TASK, NodeKind.MANUAL_TASK):
            return {"human": dialect.read_human(element, self.problems)}
        if kind is NodeKind.SCRIPT_TASK:
            return self._script(element, key)
        if kind in (NodeKind.SERVICE_TASK, NodeKind.SEND_TASK, NodeKind.BUSINESS_RULE_TASK):
            return self._service(element, kind, key)
        if kind is NodeKind.RECEIVE_TASK:
            return {"events": self.definitions.message_of(element, self.problems)}
        if kind is NodeKind.CALL_ACTIVITY:
            call_in, call_out, business_key = dialect.read_call(element, self.problems)
            zeebe = dialect.extension(element, "calledElement", ZEEBE)
            called = element.get("calledElement") or (zeebe.get("processId") if zeebe is not None else None)
            value = self.problems.value(element, called, what="called element")
            return {"called": value, "call_in": call_in, "call_out": call_out, "call_business_key": business_key}
        if kind in (NodeKind.SUB_PROCESS, NodeKind.TRANSACTION):
            return {"scope": self.scope(element, key, lane)}
        return {}

    def _script(self, element: etree._Element, key: str) -> dict[str, Any]:
        text = (element.findtext(bpmn("script")) or "").strip()
        zeebe = dialect.extension(element, "script", ZEEBE)
        result = element.get(camunda("resultVariable"))
        if zeebe is not None:
            text, result = str(zeebe.get("expression") or ""), zeebe.get("resultVariable")
        if result:
            source = self.problems.expression(element, text, what="script")
            return {"assignments": ((str(result), source or "null"),)}
        if not text:
            self.problems.add(element, key, "script", f"The script task '{key}' does nothing.", "Write `name = expression`, or remove it.")
        return {"assignments": self.problems.script(element, text)}

    def _service(self, element: etree._Element, kind: NodeKind, key: str) -> dict[str, Any]:
        zeebe = dialect.extension(element, "taskDefinition", ZEEBE)
        decision = dialect.extension(element, "calledDecision", ZEEBE)
        topic = element.get(camunda("topic")) or (zeebe.get("type") if zeebe is not None else None)
        reference = element.get(camunda("decisionRef")) or (decision.get("decisionId") if decision is not None else None)
        result = element.get(camunda("resultVariable")) or (decision.get("resultVariable") if decision is not None else None)
        parts: dict[str, Any] = {
            "topic": topic,
            "decision": self.problems.value(element, reference, what="decision"),
            "result_variable": result,
            "map_decision_result": element.get(camunda("mapDecisionResult")) or ("singleEntry" if decision is not None else "resultList"),
        }
        if kind is NodeKind.SEND_TASK and topic is None:
            parts["events"] = self.definitions.message_of(element, self.problems)
        return parts


def _event_tags(element: etree._Element) -> list[str]:
    return [local(child) for child in children(element) if local(child).endswith("EventDefinition") or local(child) == "eventDefinitionRef"]


def _plain_list(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


def _ordered(element: etree._Element, flows: list[str]) -> tuple[str, ...]:
    """Return outgoing flows in the order in which the node lists them; those it does not list follow in the file's order."""
    listed = dict.fromkeys((each.text or "").strip() for each in children(element, "outgoing"))
    own = set(flows)
    return (*(flow for flow in listed if flow in own), *(flow for flow in flows if flow not in listed))
