"""Checks form-js forms: a deployed form has only fields that the server can check too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.errors import Problem

INPUTS = frozenset({
    "textfield", "textarea", "number", "datetime", "checkbox", "radio", "select", "checklist", "taglist", "filepicker",
})  # fmt: skip
CONTAINERS = frozenset({"group", "dynamiclist", "default"})
SHOWN = frozenset({"text", "html", "image", "separator", "spacer", "button", "table"})


@dataclass(frozen=True, slots=True)
class Form:
    """A form: its id and its schema as written."""

    id: str
    file: str
    schema: dict[str, Any]


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
    for component in components:
        if not isinstance(component, dict):
            yield Problem(file, 0, "", "form", f"A component is {component!r}.", "Save it from the form editor.")
            continue
        kind, key = str(component.get("type")), component.get("key")
        here = str(component.get("id") or key or "")
        if kind in CONTAINERS:
            yield from _check(component.get("components") or [], file, keys if kind != "dynamiclist" else set())
        elif kind not in INPUTS | SHOWN:
            yield Problem(file, 0, here, "form", f"The component type '{kind}' is not supported.", "Use another field.")
        if kind in INPUTS:
            if not isinstance(key, str) or not key.replace(".", "_").isidentifier():
                yield Problem(file, 0, here, "form", f"A field has the key {key!r}.", "Use letters, digits and _.")
            elif key in keys:
                yield Problem(file, 0, here, "form", f"The key '{key}' is used twice.", "Give each field its own.")
            else:
                keys.add(key)
