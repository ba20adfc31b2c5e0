"""Reads the extension elements that modelers write (camunda:, and zeebe: where it says the same) into the diagram model's parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from lxml import etree

from engine.definitions.problems import MOST_CHARACTERS, Problems
from engine.definitions.xml import BPMN, CAMUNDA, ZEEBE, bpmn, camunda
from engine.diagram.model import HumanWork, Mapping, Value
from engine.expressions import strip_expression

FIELD_TYPES = ("string", "long", "boolean", "date", "enum")
OWN_BUSINESS_KEY = ("execution.processBusinessKey", "execution.businessKey", "businessKey")


def extension(node: etree._Element, name: str, namespace: str = CAMUNDA) -> etree._Element | None:
    """Return a direct extension element of a node by name."""
    holder = node.find(bpmn("extensionElements"))
    return None if holder is None else holder.find(f"{{{namespace}}}{name}")


def extensions(node: etree._Element, name: str, namespace: str = CAMUNDA) -> list[etree._Element]:
    """Return the direct extension elements of a node with a name."""
    holder = node.find(bpmn("extensionElements"))
    return [] if holder is None else list(holder.findall(f"{{{namespace}}}{name}"))


def zeebe_attribute(node: etree._Element, name: str, attribute: str) -> str | None:
    """Return an attribute of a node's zeebe: extension element, if it has both."""
    element = extension(node, name, ZEEBE)
    return None if element is None else element.get(attribute)


def read_human(node: etree._Element, problems: Problems) -> HumanWork:
    """Read what a user task says about people and its form."""
    zeebe = extension(node, "assignmentDefinition", ZEEBE)
    form = extension(node, "formDefinition", ZEEBE)
    plan = extension(node, "taskSchedule", ZEEBE)
    weight = extension(node, "priorityDefinition", ZEEBE)

    def attribute(name: str, other: etree._Element | None = None, other_name: str | None = None) -> str | None:
        text: str | None = node.get(camunda(name))
        read: str | None = text if text is not None or other is None else other.get(other_name or name)
        return read

    def value(text: str | None, what: str) -> Value | None:
        return problems.value(node, text, what=what)

    form_ref = node.get(camunda("formRef")) or (form.get("formId") if form is not None else None) or _form_key(node, problems)
    if form is not None and form.get("formId") is None:
        here = str(node.get("id"))
        problems.add(form, here, "unsupported", f"The form of '{here}' is not named by its id.", "Choose a deployed form.")
    return HumanWork(
        assignee=value(attribute("assignee", zeebe), "assignee"),
        candidate_users=_listed(attribute("candidateUsers", zeebe), node, problems, what="candidate users"),
        candidate_groups=_listed(attribute("candidateGroups", zeebe), node, problems, what="candidate groups"),
        due=value(attribute("dueDate", plan), "due date"),
        follow_up=value(attribute("followUpDate", plan), "follow-up date"),
        priority=value(attribute("priority", weight), "priority"),
        form_ref=form_ref,
        form_fields=tuple(_fields(node, problems)),
    )


def _form_key(node: etree._Element, problems: Problems) -> str | None:
    """Return the form that a form key such as `camunda-forms:deployment:triage.form` or `triage` names."""
    key = node.get(camunda("formKey"))
    if key is None:
        return None
    here, text = str(node.get("id")), str(key).strip()
    bare = text.removeprefix("camunda-forms:").removeprefix("deployment:").rsplit("/", 1)[-1].removesuffix(".form")
    if ":" in bare or "{" in bare or bare.endswith(".html"):
        problems.add(
            node, here, "unsupported", f"The form key {text!r} of '{here}' is no form of ours.", "Choose a deployed form: formRef."
        )
        return None
    return bare


def _listed(text: str | None, node: etree._Element, problems: Problems, *, what: str) -> tuple[Value, ...]:
    if text is None or not problems.fits(node, text, MOST_CHARACTERS, what=what):
        return ()
    parts, depth, start = [], 0, 0
    for index, sign in enumerate(text):
        depth += (sign in "{([") - (sign in "})]")
        if sign == "," and depth <= 0:
            parts.append(text[start:index])
            start = index + 1
    parts.append(text[start:])
    values = (problems.value(node, part, what=what) for part in parts)
    return tuple(value for value in values if value is not None)


def _fields(node: etree._Element, problems: Problems) -> Iterator[dict[str, Any]]:
    """Yield the generated form fields of a task; a start event has none, since nobody sees a task there."""
    here, taken = str(node.get("id")), set[str]()
    for element in (field for data in extensions(node, "formData") for field in data.findall(camunda("formField"))):
        field = _field(element)
        key, kind = str(field.get("id") or ""), field.get("type")
        if node.tag == bpmn("startEvent"):
            problems.add(element, here, "unsupported", f"Start event '{here}' has generated form fields.", "Use a form: formRef.")
        elif not key.isidentifier() or key in taken:
            text = f"A form field of '{here}' has the id {key!r}, which is no name or used twice."
            problems.add(element, here, "form", text, "Use letters, digits and _, and each name once.")
        elif kind not in FIELD_TYPES or (kind == "enum" and not field.get("values")):
            text = f"The form field '{key}' of '{here}' has the type {kind!r}{' without values' if kind == 'enum' else ''}."
            problems.add(element, here, "form", text, f"Choose {', '.join(FIELD_TYPES)}; an enum lists its values.")
        taken.add(key)
        yield field


def _field(field: etree._Element) -> dict[str, Any]:
    """Return a generated form field as plain data."""
    read: dict[str, Any] = {key: field.get(key) for key in ("id", "label", "type", "defaultValue", "datePattern") if field.get(key)}
    read["properties"] = {each.get("id"): each.get("value") for each in field.iter(camunda("property"))}
    read["validation"] = {each.get("name"): each.get("config") for each in field.iter(camunda("constraint"))}
    read["values"] = [{"id": each.get("id"), "name": each.get("name")} for each in field.findall(camunda("value"))]
    return {key: value for key, value in read.items() if value}


def read_parameters(node: etree._Element, problems: Problems) -> tuple[tuple[Mapping, ...], tuple[Mapping, ...]]:
    """Read input and output parameters (camunda:inputOutput, zeebe:ioMapping)."""
    inputs: list[Mapping] = []
    outputs: list[Mapping] = []
    both = extension(node, "inputOutput")
    for name, kept in (("inputParameter", inputs), ("outputParameter", outputs)):
        for parameter in () if both is None else both.findall(camunda(name)):
            kept.append(Mapping(str(parameter.get("name") or ""), _parameter(parameter, problems)))
    zeebe = extension(node, "ioMapping", ZEEBE)
    for name, kept in (("input", inputs), ("output", outputs)):
        for parameter in () if zeebe is None else zeebe.findall(f"{{{ZEEBE}}}{name}"):
            source = problems.expression(parameter, parameter.get("source"), what=f"{name} mapping")
            kept.append(Mapping(str(parameter.get("target") or ""), source or "null"))
    for kept in (inputs, outputs):
        for target, count in Counter(mapping.target for mapping in kept).items():
            if count > 1 or not target.isidentifier():
                text = f"A parameter is named {target!r}, which is no name or used twice."
                problems.add(node, str(node.get("id")), "parameter", text, "Use letters, digits and _, and each name once.")
    return tuple(inputs), tuple(outputs)


def _parameter(element: etree._Element, problems: Problems) -> str:
    """Return a parameter's value as one expression: a text, a list, a map, and these inside each other."""
    told = len(problems.found)
    source = _composed(element, problems)
    if len(problems.found) == told:
        problems.check(element, source, what="parameter")
    return source


def _composed(element: etree._Element, problems: Problems) -> str:
    both = (camunda("list"), camunda("map"))
    inner = element if element.tag in both else next((child for child in element if child.tag in both), None)
    if inner is None:
        return _text(element.text, element, problems)
    if inner.tag == camunda("list"):
        return "[" + ", ".join(_composed(item, problems) for item in inner) + "]"
    return "{" + ", ".join(f"{entry.get('key')!r}: {_composed(entry, problems)}" for entry in inner) + "}"


def _text(text: str | None, element: etree._Element, problems: Problems) -> str:
    value = problems.value(element, text, what="parameter")
    if value is None:
        return "null"
    return value.expression if value.expression is not None else repr(value.literal)


def read_retries(node: etree._Element) -> str | None:
    """Return how often the work of a node is tried, as `R3/PT5M`; zeebe: counts tries that follow at once."""
    retry = extension(node, "failedJobRetryTimeCycle")
    if retry is not None:
        return (retry.text or "").strip() or None
    count = zeebe_attribute(node, "taskDefinition", "retries")
    return f"R{count.strip()}/PT0S" if count else None


def read_properties(node: etree._Element) -> tuple[tuple[str, str], ...]:
    """Read camunda:properties (and zeebe:properties) as pairs."""
    found = []
    for namespace in (CAMUNDA, ZEEBE):
        holder = extension(node, "properties", namespace)
        for each in () if holder is None else holder.findall(f"{{{namespace}}}property"):
            found.append((str(each.get("name") or ""), str(each.get("value") or "")))
    return tuple(found)


def read_call(node: etree._Element, problems: Problems) -> tuple[tuple[Mapping, ...], tuple[Mapping, ...], str | None]:
    """Read a call activity's mappings in and out, and its business key."""
    sides: dict[str, list[Mapping]] = {"in": [], "out": []}
    business_key = None
    for side, kept in sides.items():
        for element in extensions(node, side):
            if element.get("businessKey"):
                business_key = strip_expression(element.get("businessKey")).expression
                if business_key not in OWN_BUSINESS_KEY:
                    here = str(node.get("id"))
                    text = f"The process that '{here}' calls runs inside its caller's instance, under the same business key."
                    problems.add(element, here, "unsupported", text, "Pass the value as a variable, or start the process by a message.")
            elif element.get("variables") == "all":
                kept.append(Mapping(everything=True))
            else:
                text = element.get("sourceExpression") or element.get("source")
                source = problems.expression(element, text, what=f"{side} mapping")
                if source is None or not str(element.get("target") or "").isidentifier() or not _is_variable(element.get("source")):
                    here = str(node.get("id"))
                    problems.add(element, here, "parameter", f"A mapping {side} of '{here}' lacks its source or target.", "Name variables.")
                kept.append(Mapping(str(element.get("target") or ""), source or "null"))
    called = extension(node, "calledElement", ZEEBE)
    if called is not None and called.get("propagateAllParentVariables", "true") == "true":
        sides["in"].append(Mapping(everything=True))
    if called is not None and called.get("propagateAllChildVariables", "true") == "true":
        sides["out"].append(Mapping(everything=True))
    return tuple(sides["in"]), tuple(sides["out"]), business_key


def _is_variable(name: str | None) -> bool:
    """Tell whether a name, where there is one, is a variable's, or a path into it, or an expression in `${}`."""
    return name is None or strip_expression(name).expression is not None or all(part.isidentifier() for part in name.strip().split("."))


def documentation(node: etree._Element) -> str:
    """Return an element's documentation."""
    return "\n".join((each.text or "").strip() for each in node.findall(f"{{{BPMN}}}documentation"))
