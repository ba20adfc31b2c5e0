"""The processes that are measured, written as a modeler writes them."""

from __future__ import annotations

from collections.abc import Iterable

HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="bench" targetNamespace="http://bpmn.io/schema/bpmn">'
)
CONDITION = '<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">${%s}</bpmn:conditionExpression>'


def _process(key: str, nodes: Iterable[str], flows: Iterable[str]) -> bytes:
    """Return a file with one process; a flow is "source>target" or "source>target condition"."""
    arrows = []
    for number, flow in enumerate(flows):
        pair, _, condition = flow.partition(" ")
        source, target = pair.split(">")
        inside = CONDITION % condition if condition else ""
        arrows.append(f'<bpmn:sequenceFlow id="f{number}" sourceRef="{source}" targetRef="{target}">{inside}</bpmn:sequenceFlow>')
    body = "".join([*nodes, *arrows])
    return f'{HEAD}<bpmn:process id="{key}" isExecutable="true">{body}</bpmn:process></bpmn:definitions>'.encode()


def _node(kind: str, element: str, *, attributes: str = "", inside: str = "") -> str:
    return f'<bpmn:{kind} id="{element}" {attributes}>{inside}</bpmn:{kind}>'


def _person(element: str, inside: str = "") -> str:
    return _node("userTask", element, attributes=f'name="{element.capitalize()}" camunda:candidateGroups="bench"', inside=inside)


def _timer(element: str, host: str, duration: str) -> str:
    inside = f'<bpmn:timerEventDefinition id="t_{element}"><bpmn:timeDuration>{duration}</bpmn:timeDuration></bpmn:timerEventDefinition>'
    return _node("boundaryEvent", element, attributes=f'attachedToRef="{host}" cancelActivity="false"', inside=inside)


def change_approval() -> bytes:
    """Return the flow of a change: request, assess, approve with a reminder and back when refused, implement, review."""
    nodes = [
        _node("startEvent", "start"),
        *(_person(element) for element in ("request", "assess", "approve", "implement", "review", "remind")),
        _timer("overdue", "approve", "PT4H"),
        _node("exclusiveGateway", "approved", attributes='default="f5"'),
        _node(
            "scriptTask", "record", attributes='scriptFormat="watchbill"', inside="<bpmn:script>state = &quot;approved&quot;</bpmn:script>"
        ),
        _node("endEvent", "end"),
        _node("endEvent", "reminded"),
    ]
    flows = ["start>request", "request>assess", "assess>approve", "approve>approved", "approved>record is_approved", "approved>request"]
    return _process(
        "change_approval", nodes, [*flows, "record>implement", "implement>review", "review>end", "overdue>remind", "remind>reminded"]
    )


def four_tasks() -> bytes:
    """Return the flow of a change with four people's tasks in a row."""
    names = ("request", "assess", "approve", "implement")
    nodes = [_node("startEvent", "start"), *(_person(element) for element in names), _node("endEvent", "end")]
    return _process("four_tasks", nodes, ["start>request", "request>assess", "assess>approve", "approve>implement", "implement>end"])


def loop() -> bytes:
    """Return a person's task that comes again until nobody wants it more."""
    nodes = [
        _node("startEvent", "start"),
        _node("exclusiveGateway", "again"),
        _person("work"),
        _node("exclusiveGateway", "enough", attributes='default="f3"'),
        _node("endEvent", "end"),
    ]
    return _process("loop", nodes, ["start>again", "again>work", "work>enough", "enough>again", "enough>end is_enough"])


def automatic_loop(rounds: int) -> bytes:
    """Return a script that counts up to a number of rounds."""
    nodes = [
        _node("startEvent", "start"),
        _node("exclusiveGateway", "again"),
        _node("scriptTask", "count", attributes='scriptFormat="watchbill"', inside="<bpmn:script>n = n + 1</bpmn:script>"),
        _node("exclusiveGateway", "enough", attributes='default="f3"'),
        _node("endEvent", "end"),
    ]
    return _process("automatic_loop", nodes, ["start>again", "again>count", "count>enough", "enough>again", f"enough>end n &gt;= {rounds}"])


def parallel_blocks(blocks: int) -> bytes:
    """Return blocks of two parallel branches, one block after the other."""
    nodes, flows, before = [_node("startEvent", "start")], [], "start"
    for block in range(blocks):
        fork, join = f"fork_{block}", f"join_{block}"
        nodes += [_node("parallelGateway", fork), _node("parallelGateway", join)]
        flows.append(f"{before}>{fork}")
        for branch in "ab":
            nodes.append(_node("task", f"{branch}_{block}"))
            flows += [f"{fork}>{branch}_{block}", f"{branch}_{block}>{join}"]
        before = join
    return _process("parallel_blocks", [*nodes, _node("endEvent", "end")], [*flows, f"{before}>end"])


def many(instances: int) -> bytes:
    """Return a person's task that opens once for each of a number of people at the same time."""
    count = f"<bpmn:loopCardinality>{instances}</bpmn:loopCardinality>"
    inside = f"<bpmn:multiInstanceLoopCharacteristics>{count}</bpmn:multiInstanceLoopCharacteristics>"
    nodes = [_node("startEvent", "start"), _person("ask", inside), _node("endEvent", "end")]
    return _process(f"many_{instances}", nodes, ["start>ask", "ask>end"])
