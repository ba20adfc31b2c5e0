"""Checks form-js forms: a deployed form has only fields that the server can check too."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.errors import ExpressionError, Problem
from engine.expressions import compile_expression, strip_expression

INPUTS = frozenset({
    "textfield", "textarea", "number", "datetime", "checkbox", "radio", "select", "checklist", "taglist",
})  # fmt: skip
CHOICES = frozenset({"radio", "select", "checklist", "taglist"})
CONTAINERS = frozenset({"group", "dynamiclist", "default"})
SHOWN = frozenset({"text", "html", "image", "separator", "spacer", "button", "table"})


@dataclass(frozen=True, slots=True)
class Form:
    """A form: its id and its schema as written."""

    id: str
    file: str
    schema: dict[str, Any]


def fields_of(form: Form) -> frozenset[str]:
    """Return the variables that a submitted form sets: the keys of its fields that can be filled in, a path's first part."""
    found: set[str] = set()
    agenda = list(form.schema["components"])
    while agenda:
        component = agenda.pop()
        kind = component.get("type")
        if kind in CONTAINERS and kind != "dynamiclist":
            agenda.extend(_listed(component, "components"))
        key = component.get("path") if kind == "dynamiclist" else component.get("key")
        if kind in INPUTS | {"dynamiclist"} and key and component.get("disabled") is not True and component.get("readonly") is not True:
            found.add(str(key).split(".")[0])
    return frozenset(found)


def read_form(content: bytes, file: str) -> tuple[Form | None, tuple[Problem, ...]]:
    """Return a form, or the problems that make it unusable."""
    try:
        schema = json.loads(content)
    except (ValueError, RecursionError) as error:
        return None, (Problem(file, getattr(error, "lineno", 0), "", "form", f"The form is not JSON: {error}.", "Save it again."),)
    if not isinstance(schema, dict) or not isinstance(schema.get("components"), list) or not schema.get("id"):
        return None, (Problem(file, 1, "", "form", "The form has no 'id' or no 'components'.", "Save it from the form editor."),)
    found = tuple(_check(schema["components"], file, set()))
    return Form(str(schema["id"]), file, schema), found


def _check(components: list[Any], file: str, keys: set[str]) -> Iterator[Problem]:
    agenda = [(component, keys) for component in reversed(components)]
    while agenda:
        component, taken = agenda.pop()
        if not isinstance(component, dict):
            yield Problem(file, 0, "", "form", f"A component is {component!r}.", "Save it from the form editor.")
            continue
        kind, key = str(component.get("type")), component.get("key")
        here = str(component.get("id") or key or "")
        if kind in CONTAINERS:
            inner = set() if kind == "dynamiclist" else taken
            agenda.extend((each, inner) for each in reversed(_listed(component, "components")))
        elif kind not in INPUTS | SHOWN:
            yield Problem(file, 0, here, "form", f"The component type '{kind}' is not supported.", "Use another field.")
        if kind in INPUTS:
            yield from _key(key, here, file, taken)
            yield from _choices(component, here, file)
        yield from _expressions(component, here, file)


def _listed(component: dict[str, Any], name: str) -> list[Any]:
    value = component.get(name)
    return value if isinstance(value, list) else []


def _key(key: object, here: str, file: str, taken: set[str]) -> Iterator[Problem]:
    if not isinstance(key, str) or not all(part.isidentifier() for part in key.split(".")):
        yield Problem(file, 0, here, "form", f"A field has the key {key!r}.", "Use letters, digits and _.")
    elif key in taken:
        yield Problem(file, 0, here, "form", f"The key '{key}' is used twice.", "Give each field its own.")
    else:
        taken.add(key)


def _choices(component: dict[str, Any], here: str, file: str) -> Iterator[Problem]:
    """A field to choose from says what there is, each value once."""
    if component.get("type") not in CHOICES:
        return
    values = [each.get("value") if isinstance(each, dict) else each for each in _listed(component, "values")]
    if not values and not component.get("valuesKey") and not component.get("valuesExpression"):
        yield Problem(file, 0, here, "form", f"The field '{here}' has nothing to choose from.", "List its values.")
    if len({str(value) for value in values}) != len(values):
        yield Problem(file, 0, here, "form", f"The field '{here}' offers a value twice.", "Give each value once.")


def _expressions(component: dict[str, Any], here: str, file: str) -> Iterator[Problem]:
    """What the server evaluates or tests too is readable: conditions, computed values, patterns."""
    conditional, validate = component.get("conditional"), component.get("validate")
    sources = [conditional.get("hide") if isinstance(conditional, dict) else None, component.get("valuesExpression")]
    sources += [component.get(name) for name in ("readonly", "disabled") if isinstance(component.get(name), str)]
    for source in sources:
        value = strip_expression(str(source)) if source else None
        try:
            if value is not None and value.expression is not None:
                compile_expression(value.expression)
        except ExpressionError as error:
            yield Problem(file, 0, here, "expression", f"A condition of the field '{here}' cannot be read: {error}", "Write it simpler.")
    pattern = validate.get("pattern") if isinstance(validate, dict) else None
    if pattern:
        try:
            re.compile(str(pattern))
        except re.error as error:
            yield Problem(file, 0, here, "form", f"The pattern of '{here}' cannot be read: {error}.", "Correct the pattern.")
