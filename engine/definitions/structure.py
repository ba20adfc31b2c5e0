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

from engine.definitions.problems import Problems, owner
from engine.definitions.xml import BPMN, bpmn, camunda, local
from engine.diagram.model import NodeKind

NCNAME = re.compile(r"[^\W\d][\w.\-]*")
MOST_CHARACTERS = 255
NODES = frozenset(kind.value for kind in NodeKind)
SCOPES = ("process", "subProcess", "transaction")
SHOWN = frozenset({
    "documentation", "extensionElements", "auditing", "monitoring", "property", "ioSpecification", "laneSet", "sequenceFlow", "incoming",
    "outgoing", "dataObject", "dataObjectReference", "dataStoreReference", "dataInputAssociation", "dataOutputAssociation",
    "textAnnotation", "association", "group", "supports", "correlationSubscription", "eventDefinitionRef",
    "standardLoopCharacteristics", "multiInstanceLoopCharacteristics", "dataInput", "dataOutput", "inputSet", "outputSet",
})  # fmt: skip
REFUSED = {
    "complexGateway": "complex gateways",
    "adHocSubProcess": "ad hoc subprocesses",
    "callChoreography": "choreographies",
    "choreographyTask": "choreographies",
    "subChoreography": "choreographies",
    "performer": "BPMN performers",
    "humanPerformer": "BPMN performers (camunda:assignee is)",
    "potentialOwner": "BPMN potential owners (camunda:candidateGroups is)",
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
    "testBefore", "instantiate",
)  # fmt: skip
ONCE = {
    **{bpmn(tag): tag for tag in ("extensionElements", "conditionExpression", "condition", "script", "completionCondition")},
    **{bpmn(tag): "a time" for tag in ("timeDate", "timeDuration", "timeCycle")},
    **{bpmn(tag): "a loop" for tag in ("standardLoopCharacteristics", "multiInstanceLoopCharacteristics")},
    **{camunda(tag): tag for tag in ("inputOutput", "formData", "properties", "failedJobRetryTimeCycle")},
}
"""What an element says at most once, by tag."""
NEEDED = {
    **dict.fromkeys(NODES, ("id",)),
    "sequenceFlow": ("id", "sourceRef", "targetRef"),
    "boundaryEvent": ("id", "attachedToRef"),
    "process": ("id",),
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
            check(element, document)


def _has_what_it_needs(element: etree._Element, document: _Document) -> None:
    for attribute in NEEDED.get(local(element), ()):
        if not element.get(attribute):
            text = f"A {local(element)} has no {attribute}."
            document.add(element, owner(element), "required", text, "Save the diagram again from the modeler.")


def _has_a_proper_id(element: etree._Element, document: _Document) -> None:
    key = element.get("id")
    if key is None:
        return
    if not NCNAME.fullmatch(str(key)):
        text = f"The id {key!r} of a {local(element)} is not allowed."
        document.add(element, str(key), "id", text, "An id begins with a letter or _ and holds letters, digits, '.', '-' and '_'.")
    for what in ("id", "name"):
        length = len(str(element.get(what) or ""))
        if length > MOST_CHARACTERS and local(element) != "textAnnotation":
            text = f"The {what} of a {local(element)} has {length} characters; {MOST_CHARACTERS} are allowed."
            document.add(element, str(key)[:MOST_CHARACTERS], "too-long", text, "Shorten it, and put the rest into its documentation.")


def _says_it_once(element: etree._Element, document: _Document) -> None:
    """Refuse what is said twice: only the first would be read."""
    here = owner(element)
    for what, count in Counter(ONCE[child.tag] for child in element if child.tag in ONCE).items():
        if count > 1:
            document.add(element, here, "said-twice", f"'{here}' says {what} {count} times.", "Say it once.")


def _has_proper_values(element: etree._Element, document: _Document) -> None:
    """Check booleans and numbers, and write the XSD's `1` and `0` as `true` and `false` for those who read on."""
    here = owner(element)
    for attribute in BOOLEANS:
        value = element.get(attribute)
        if value in ("1", "0"):
            element.set(attribute, "true" if value == "1" else "false")
        elif value not in (None, "true", "false"):
            document.add(element, here, "value", f"{attribute} of '{here}' is {value!r}.", "Write true or false.")
    maximum = element.get("loopMaximum")
    if maximum is not None and not re.fullmatch(r"[1-9]\d{0,8}", str(maximum)):
        document.add(element, here, "value", f"loopMaximum of '{here}' is {maximum!r}.", "Write a whole number above 0.")
    for attribute in ("startQuantity", "completionQuantity"):
        if element.get(attribute) not in (None, "1"):
            text = f"'{here}' has a {attribute} of {element.get(attribute)}; token quantities are not run."
            document.add(element, here, "unsupported", text, "Use a parallel gateway or a multi-instance activity.")


def _is_run(element: etree._Element, document: _Document) -> None:
    """Refuse by name what nothing here executes."""
    parent = element.getparent()
    tag, here = local(element), owner(element)
    around = "" if parent is None or not str(parent.tag).startswith(bpmn("")) else local(parent)
    if tag in REFUSED or (tag in REFUSED_ROOTS and around == "definitions"):
        what = REFUSED.get(tag) or REFUSED_ROOTS[tag]
        document.add(element, here, "unsupported", f"'{here}': {what} are not run.", "Model it another way.")
    elif around in SCOPES and tag not in NODES | SHOWN:
        document.add(element, here, "unsupported", f"'{here}': a {tag} is not known inside a {around}.", "Remove it.")
    elif tag == "eventBasedGateway" and (element.get("instantiate") == "true" or element.get("eventGatewayType") == "Parallel"):
        text = f"Event-based gateway '{here}' starts the process or waits for all events."
        document.add(element, here, "unsupported", text, "Use message start events, or a parallel multiple event.")
    elif tag in ("assignment", "transformation") and around in ("dataInputAssociation", "dataOutputAssociation"):
        text = f"A data association of '{here}' computes: a BPMN {tag} is not run."
        document.add(element, here, "unsupported", text, "Use input and output parameters.")


def _lists_what_is_there(element: etree._Element, document: _Document) -> None:
    """Check that the flows and nodes an element lists are there: `incoming`, `outgoing`, `flowNodeRef`."""
    tag, parent, key = local(element), element.getparent(), (element.text or "").strip()
    here = owner(element)
    if tag == "flowNodeRef" and key not in document.ids:
        document.add(element, here, "reference", f"The lane lists {key!r}, which is not there.", "Save the diagram again from the modeler.")
    if tag not in ("incoming", "outgoing") or parent is None or local(parent) not in NODES:
        return
    if (tag, str(parent.get("id"))) not in document.flows.get(key, ()):
        text = f"'{here}' lists {tag} flow {key!r}, which does not {'end' if tag == 'incoming' else 'begin'} there."
        document.add(element, here, "reference", text, "Save the diagram again from the modeler.")


def _turns_as_it_says(element: etree._Element, document: _Document) -> None:
    """A gateway that says it only diverges or only converges does so (BPMN 2.0, 10.6)."""
    direction = element.get("gatewayDirection")
    if direction in (None, "Unspecified", "Mixed") or not local(element).endswith("Gateway"):
        return
    key = str(element.get("id"))
    into, out = document.into[key], document.out[key]
    if (direction == "Diverging" and into > 1) or (direction == "Converging" and out > 1) or direction not in ("Diverging", "Converging"):
        text = f"Gateway '{key}' says {direction}, but has {into} flows in and {out} out."
        document.add(element, key, "gateway-direction", text, "Correct gatewayDirection, or remove it.")


CHECKS: tuple[Callable[[etree._Element, _Document], None], ...] = (
    _has_what_it_needs,
    _has_a_proper_id,
    _says_it_once,
    _has_proper_values,
    _is_run,
    _lists_what_is_there,
    _turns_as_it_says,
)
