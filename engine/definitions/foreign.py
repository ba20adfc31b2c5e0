"""Refuses by name what a file asks of another engine: foreign code, and extensions that would otherwise be ignored in silence.

Every attribute and extension element of the camunda: and zeebe: dialects is read, is documentation for us, or is refused.
"""

from __future__ import annotations

from lxml import etree

from engine.definitions.problems import Problems, owner
from engine.definitions.xml import BPMN, CAMUNDA, ZEEBE, bpmn, camunda, local

READ = frozenset({
    "assignee", "candidateUsers", "candidateGroups", "dueDate", "followUpDate", "priority", "formRef", "formRefBinding", "formKey",
    "initiator", "candidateStarterGroups", "candidateStarterUsers", "versionTag", "type", "topic", "resultVariable", "decisionRef",
    "decisionRefBinding", "mapDecisionResult", "calledElementBinding", "collection", "elementVariable", "asyncBefore", "async",
    "errorCodeVariable", "errorMessage", "errorMessageVariable", "escalationCodeVariable",
})  # fmt: skip
DOCUMENTATION = frozenset({
    "asyncAfter", "exclusive", "jobPriority", "taskPriority", "historyTimeToLive", "isStartableInTasklist", "diagramRelationId",
    "modelerTemplate", "modelerTemplateVersion", "modelerTemplateIcon", "variableName", "variableEvents",
})  # fmt: skip
FOREIGN_CODE = {
    "class": "a Java class",
    "delegateExpression": "a delegate expression",
    "expression": "an expression to call",
    "resource": "a script from outside",
    "variableMappingClass": "a Java class",
    "variableMappingDelegateExpression": "a delegate expression",
    "formHandlerClass": "a Java class",
    "executionListener": "execution listeners",
    "taskListener": "task listeners",
    "executionListeners": "execution listeners",
    "taskListeners": "task listeners",
    "connector": "a connector",
    "script": "a script inside a parameter",
    "field": "field injection",
    "validation": "a validator class",
}
EXTENSIONS = {
    CAMUNDA: frozenset({"inputOutput", "formData", "failedJobRetryTimeCycle", "in", "out", "properties"}),
    ZEEBE: frozenset({
        "assignmentDefinition", "formDefinition", "taskSchedule", "priorityDefinition", "ioMapping", "loopCharacteristics", "calledElement",
        "calledDecision", "taskDefinition", "subscription", "script", "properties", "userTask", "versionTag",
    }),
}  # fmt: skip
OTHER_ENGINES = {
    "http://activiti.org/bpmn": "Activiti",
    "http://flowable.org/bpmn": "Flowable",
    "http://spiffworkflow.org/bpmn/schema/1.0/core": "SpiffWorkflow",
}
BINDINGS = ("latest", "deployment")
SHAPES = ("singleEntry", "singleResult", "collectEntries", "resultList")
VALUES: dict[str, tuple[str, ...]] = {
    "type": ("external",),
    "formRefBinding": BINDINGS,
    "decisionRefBinding": BINDINGS,
    "calledElementBinding": BINDINGS,
    "mapDecisionResult": SHAPES,
}
SCRIPT_FORMATS = ("", "watchbill", "feel", "juel", "python")
INSTEAD = "Use a service task with a topic, or an expression of ours."


def check_dialect(root: etree._Element, problems: Problems) -> None:
    """Note everything in a document that only another engine would carry out."""
    vendors: set[str] = set()
    for element in root.iter("*"):
        for name, value in element.attrib.items():
            space = etree.QName(name).namespace
            _attribute(element, space, etree.QName(name).localname, str(value), problems)
            vendors |= _vendor(element, space, vendors, problems)
        vendors |= _vendor(element, etree.QName(element).namespace, vendors, problems)
        _extension(element, problems)
        _script(element, problems)


def _attribute(element: etree._Element, space: str | None, name: str, value: str, problems: Problems) -> None:
    here = owner(element)
    if space == CAMUNDA and name in FOREIGN_CODE:
        text = f"'{here}' uses {FOREIGN_CODE[name]} (camunda:{name})."
        problems.add(element, here, "foreign-code", text, INSTEAD)
    elif space == CAMUNDA and name not in READ | DOCUMENTATION:
        problems.add(element, here, "unsupported", f"'{here}' has the attribute camunda:{name}, which is not read.", "Remove it.")
    elif space == CAMUNDA and value not in VALUES.get(name, (value,)):
        allowed = " or ".join(VALUES[name])
        problems.add(element, here, "unsupported", f"camunda:{name} of '{here}' is {value!r}.", f"Choose {allowed}.")
    elif space is None and name == "local" and etree.QName(element).namespace == CAMUNDA and value == "true":
        problems.add(element, here, "unsupported", f"A mapping of '{here}' is for local variables only.", "Name each variable.")
    elif space is None and name == "bindingType" and etree.QName(element).namespace == ZEEBE and value not in BINDINGS:
        problems.add(element, here, "unsupported", f"The binding of '{here}' is {value!r}.", f"Choose {' or '.join(BINDINGS)}.")


def _vendor(element: etree._Element, space: str | None, told: set[str], problems: Problems) -> set[str]:
    if space not in OTHER_ENGINES or space in told:
        return set()
    engine, here = OTHER_ENGINES[space], owner(element)
    text = f"'{here}' uses the extensions of {engine}, which are not read."
    problems.add(element, here, "unsupported", text, "Write it with the camunda: attributes.")
    return {space}


def _extension(element: etree._Element, problems: Problems) -> None:
    """Check an extension element: those directly in `extensionElements` by the list, those deeper for code."""
    space, name, parent = etree.QName(element).namespace, local(element), element.getparent()
    if space not in EXTENSIONS or parent is None:
        return
    around = next(iter(element.iterancestors(f"{{{BPMN}}}*")), parent)
    here = owner(around)
    is_direct = parent.tag == bpmn("extensionElements")
    if is_direct and name in EXTENSIONS[space]:
        return
    if name in FOREIGN_CODE and name != "validation":
        problems.add(element, here, "foreign-code", f"'{here}' uses {FOREIGN_CODE[name]}.", INSTEAD)
    elif is_direct:
        problems.add(element, here, "unsupported", f"'{here}' has the extension {name}, which is not read.", "Remove it.")
    elif element.tag == camunda("constraint") and element.get("name") == "validator":
        problems.add(element, here, "foreign-code", f"A form field of '{here}' uses {FOREIGN_CODE['validation']}.", "Use min, max, ...")


def _script(element: etree._Element, problems: Problems) -> None:
    """A script, or a condition, is in our language."""
    here = owner(element)
    language = element.get("scriptFormat") if element.tag == bpmn("scriptTask") else None
    if element.tag in (bpmn("conditionExpression"), bpmn("condition")):
        language = element.get("language")
    if language is not None and str(language).lower() not in SCRIPT_FORMATS:
        text = f"'{here}' is written in {language!r}."
        problems.add(element, here, "foreign-code", text, "Write `name = expression` lines with an empty format, or use a service task.")
