"""The form of a task: which one it is, its schema, its HTML, and the variables that it begins with."""

from __future__ import annotations

import json
from typing import Any

from flask import Response
from markupsafe import Markup

from engine import queries
from engine.errors import NotFound
from engine.queries import Field
from webui.camunda.api import API
from webui.camunda.definitions import FormReference
from webui.camunda.values import Flag, Names, TypedValue, typed
from webui.endpoints import Call, Model

KINDS = {"boolean": "Boolean", "long": "Long", "date": "Date"}
INPUTS = {"boolean": "checkbox", "long": "number", "date": "date"}
FORM = Markup('<form name="generatedForm" role="form">\n{}\n</form>\n')
GROUP = Markup('<div class="form-group">\n<label for="{id}">{label}</label>\n{input}\n</div>')
INPUT = Markup(
    '<input class="form-control" id="{id}" name="{id}" type="{input}" cam-variable-name="{id}" cam-variable-type="{kind}"{value}{flags}>'
)
SELECT = Markup(
    '<select class="form-control" id="{id}" name="{id}" cam-variable-name="{id}" cam-variable-type="String"{flags}>{options}</select>'
)
VALUE = Markup(' value="{}"')
OPTION = Markup('<option value="{}"{}>{}</option>')


class FormVariablesQuery(Model):
    """Which variables a form begins with, by name; all when no names are given."""

    variable_names: Names | None = None
    deserialize_values: Flag = True


@API.endpoint("GET", "/task/<task_id>/form", answer=FormReference)
def form(call: Call, task_id: str) -> FormReference:
    """Tell which form a task has: a deployed one by its reference, one that the diagram describes by where its HTML is."""
    found = queries.open_task(call.engine, task_id, actor=call.actor)
    if found.form_ref is not None:
        reference = {"key": found.form_ref, "binding": "deployment", "version": None}
        return FormReference(key=f"camunda-forms:deployment:{found.form_ref}", camunda_form_ref=reference)
    if found.form_fields:
        return FormReference(key=f"embedded:engine://engine/:engine/task/{task_id}/rendered-form")
    return FormReference(key=None)


@API.endpoint("GET", "/task/<task_id>/deployed-form", answer=dict[str, Any])
def deployed_form(call: Call, task_id: str) -> Response:
    """Return the form-js form of a task."""
    schema = queries.task_form(call.engine, task_id, actor=call.actor).schema
    return Response(json.dumps(schema, ensure_ascii=False), mimetype="application/json")


@API.endpoint("GET", "/task/<task_id>/form-variables", query=FormVariablesQuery, answer=dict[str, TypedValue])
def form_variables(call: Call, task_id: str, *, query: FormVariablesQuery) -> dict[str, TypedValue]:
    """Return what a task's form begins with: the variables that it sees, and the defaults of fields that have none."""
    defaults = {field.id: field.default for field in queries.task_fields(call.engine, task_id, actor=call.actor)}
    found = {**defaults, **queries.task_variables(call.engine, task_id, actor=call.actor)}
    names = found if query.variable_names is None else [name for name in query.variable_names if name in found]
    return {name: typed(found[name]) for name in names}


@API.endpoint("GET", "/task/<task_id>/rendered-form", answer="text/html")
def rendered_form(call: Call, task_id: str) -> Response:
    """Return the form that the diagram describes as HTML, for a page to take in."""
    fields = queries.task_fields(call.engine, task_id, actor=call.actor)
    if not fields:
        raise NotFound(f"the task {task_id!r} has no form that its diagram describes")
    return Response(FORM.format(Markup("\n").join(_group(field) for field in fields)), mimetype="text/html")


def _group(field: Field) -> Markup:
    flags = f"{' required' if field.is_required else ''}{' readonly' if field.is_readonly else ''}"
    shown = _select(field, flags) if field.choices else _input(field, flags)
    return GROUP.format(id=field.id, label=field.label, input=shown)


def _select(field: Field, flags: str) -> Markup:
    options = [OPTION.format(key, " selected" if key == field.default else "", name) for key, name in field.choices]
    return SELECT.format(id=field.id, flags=flags, options=Markup().join(options))


def _input(field: Field, flags: str) -> Markup:
    value = " checked" if field.kind == "boolean" and field.default else ""
    if field.kind != "boolean" and field.default is not None:
        value = VALUE.format(field.default)
    kind = KINDS.get(field.kind, "String")
    return INPUT.format(id=field.id, input=INPUTS.get(field.kind, "text"), kind=kind, value=value, flags=flags)
