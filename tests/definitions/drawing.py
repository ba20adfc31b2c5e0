"""Writes small diagrams as a modeler does, wrong ones too."""

from __future__ import annotations

import itertools

from engine.definitions import read_files

HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'targetNamespace="http://bpmn.io/schema/bpmn" id="definitions">\n'
)


def flows(text: str) -> str:
    """Sequence flows from pairs such as "start>review review>end"; they are f0, f1, ..."""
    pairs = [pair.split(">") for pair in text.split()]
    return "\n".join(f'<bpmn:sequenceFlow id="f{n}" sourceRef="{a}" targetRef="{b}"/>' for n, (a, b) in enumerate(pairs))


def drawing(body: str, *, key: str = "small", roots: str = "", attributes: str = "") -> bytes:
    """A file with one executable process."""
    process = f'<bpmn:process id="{key}" isExecutable="true" {attributes}>\n{body}\n</bpmn:process>'
    return f"{HEAD}{roots}\n{process}\n</bpmn:definitions>".encode()


def line(*nodes: str, roots: str = "", key: str = "small", attributes: str = "", more: str = "") -> bytes:
    """A file whose nodes follow each other between a start and an end; each node is `id|xml`."""
    ids = ["start", *(node.split("|", 1)[0] for node in nodes), "end"]
    body = "\n".join(node.split("|", 1)[1] for node in nodes)
    ways = flows(" ".join(f"{a}>{b}" for a, b in itertools.pairwise(ids)))
    return drawing(f"{START}\n{body}\n{END}\n{ways}\n{more}", roots=roots, key=key, attributes=attributes)


START = '<bpmn:startEvent id="start"/>'
END = '<bpmn:endEvent id="end"/>'
REVIEW = '<bpmn:userTask id="review" name="Review" camunda:candidateGroups="desk"/>'
MESSAGE = '<bpmn:message id="m_reply" name="customer.reply"/>'
TIMER = "<bpmn:timerEventDefinition><bpmn:timeDuration>PT4H</bpmn:timeDuration></bpmn:timerEventDefinition>"
GOOD = drawing(f"{START}{REVIEW}{END}{flows('start>review review>end')}")


def extended(*elements: str) -> str:
    return f"<bpmn:extensionElements>{''.join(elements)}</bpmn:extensionElements>"


def told(content: bytes, *, name: str = "small.bpmn") -> list[tuple[str, str]]:
    """The problems of a file as (rule, element)."""
    return [(problem.rule, problem.element) for problem in read_files({name: content}).problems]


def process_of(content: bytes):
    """The one process of a file that has no problem."""
    read = read_files({"small.bpmn": content})
    assert not read.problems, "\n".join(str(problem) for problem in read.problems)
    return read.processes[0]


def node_of(content: bytes, element: str):
    return process_of(content).scope.nodes[element]
