"""Checks a BPMN document against what its schema demands and what a process of Watchbill may hold, before it is read into the model.

The rules of the BPMN 2.0 XSD that matter here: required attributes, ids that are NCNames, references that resolve, booleans and numbers
that are such; and by name everything that would otherwise be ignored in silence.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from lxml import etree

from engine.definitions.problems import Problems
from engine.definitions.xml import BPMN, local
from engine.diagram.model import NodeKind

NCNAME = re.compile(r"[^\W\d][\w.\-]*")
NODES = frozenset(kind.value for kind in NodeKind)
SCOPES = ("process", "subProcess", "transaction")
SHOWN = frozenset({
    "documentation", "extensionElements", "auditing", "monitoring", "property", "ioSpecification", "laneSet", "sequenceFlow", "incoming",
    "outgoing", "dataObject", "dataObjectReference", "dataStoreReference", "dataInputAssociation", "dataOutputAssociation",
    "textAnnotation", "association", "group", "supports", "correlationSubscription", "category",
    "standardLoopCharacteristics", "multiInstanceLoopCharacteristics", "message",
})  # fmt: skip
REFUSED = {
    "complexGateway": "complex gateways",
    "adHocSubProcess": "ad hoc subprocesses",
    "callChoreography": "choreographies",
    "choreographyTask": "choreographies",
    "subChoreography": "choreographies",
    "performer": "BPMN performers",
    "humanPerformer": "BPMN performers (use camunda:assignee)",
    "potentialOwner": "BPMN potential owners (use camunda:candidateGroups)",
    "resourceRole": "BPMN resource roles",
    "ioBinding": "input and output bindings",
}
REFUSED_ROOTS = {
    "choreography": "choreographies",
    "globalChoreographyTask": "choreographies",
    "conversation": "conversations",
    "globalConversation": "conversations",
    "globalTask": "global tasks",
    "globalUserTask": "global tasks",
    "globalManualTask": "global tasks",
    "globalScriptTask": "global tasks",
    "globalBusinessRuleTask": "global tasks",
}
BOOLEANS = (
    "isExecutable", "isInterrupting", "cancelActivity", "parallelMultiple", "isForCompensation", "triggeredByEvent", "isSequential",
    "testBefore", "instantiate", "isImmediate",
)  # fmt: skip
NEEDED = {
    "sequenceFlow": ("id", "sourceRef", "targetRef"),
    "boundaryEvent": ("id", "attachedToRef"),
    "process": ("id",),
    **dict.fromkeys(NODES - {"boundaryEvent"}, ("id",)),
}


@dataclass
class _Document:
    """A document's ids, and how many flows lead into and out of each."""

    problems: Problems
    ids: set[str] = field(default_factory=set)
    flows: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    into: Counter[str] = field(default_factory=Counter)
    out: Counter[str] = field(default_factory=Counter)

    def add(self, at: etree._Element, element: str, rule: str, message: str, hint: str) -> None:
        """Note a problem."""
        self.problems.add(at, element, rule, message, hint)


def check_structure(root: etree._Element, problems: Problems) -> None:
    """Note every problem of a document's structure, in the document's order."""
    document = _Document(problems)
    for element in root.iter(f"{{{BPMN}}}*"):
        document.ids.add(str(element.get("id")))
        if local(element) == "sequenceFlow":
            source, target = str(element.get("sourceRef")), str(element.get("targetRef"))
            document.flows.setdefault(str(element.get("id")), set()).update({("outgoing", source), ("incoming", target)})
            document.out[source] += 1
            document.into[target] += 1
    for element in root.iter(f"{{{BPMN}}}*"):
        for check in CHECKS:
            tuple[Callable[[etree._Element, _Document], None], ...] = (
                _has_what_it_needs,
                _has_a_proper_id,
                _has_proper_values,
                _is_run,
                _lists_what_is_there,
                _turns_as_it_says,
            )
