"""The variables that a task sees, and its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from engine import commands, queries
from engine.errors import NotFound
from webui.camunda.api import API
from webui.camunda.values import TypedValue, Value, plain_all, plain_value, typed, typed_all
from webui.camunda.variables import Changes, Reading
from webui.endpoints import Call


def _read(call: Call, task_id: str, name: str, *, is_local: bool) -> TypedValue:
    found = queries.task_variables(call.engine, task_id, actor=call.actor, is_local=is_local)
    if name not in found:
        raise NotFound(f"the task {task_id!r} has no variable {name!r}")
    return typed(found[name])


def _change(call: Call, task_id: str, *, variables: Mapping[str, Any] | None = None, remove: Collection[str] = (), is_local: bool) -> None:
    commands.change_task_variables(call.engine, task_id, variables=variables, remove=remove, is_local=is_local, actor=call.actor)


@API.endpoint("GET", "/task/<task_id>/variables", query=Reading, answer=dict[str, TypedValue])
def variables(call: Call, task_id: str, *, query: Reading) -> dict[str, TypedValue]:
    """Return the variables that a task sees."""
    return typed_all(queries.task_variables(call.engine, task_id, actor=call.actor))


@API.endpoint("POST", "/task/<task_id>/variables", body=Changes)
def modify(call: Call, task_id: str, *, body: Changes) -> None:
    """Set and remove variables as a task sees them."""
    _change(call, task_id, variables=plain_all(body.modifications), remove=body.deletions, is_local=False)


@API.endpoint("GET", "/task/<task_id>/variables/<name>", query=Reading, answer=TypedValue)
def variable(call: Call, task_id: str, name: str, *, query: Reading) -> TypedValue:
    """Return one variable that a task sees."""
    return _read(call, task_id, name, is_local=False)


@API.endpoint("PUT", "/task/<task_id>/variables/<name>", body=Value)
def put(call: Call, task_id: str, name: str, *, body: Value) -> None:
    """Set one variable as a task sees it."""
    _change(call, task_id, variables={name: plain_value(body, name=name)}, is_local=False)


@API.endpoint("DELETE", "/task/<task_id>/variables/<name>")
def remove(call: Call, task_id: str, name: str) -> None:
    """Remove one variable where a task sees it."""
    _change(call, task_id, remove=[name], is_local=False)


@API.endpoint("GET", "/task/<task_id>/localVariables", query=Reading, answer=dict[str, TypedValue])
def local_variables(call: Call, task_id: str, *, query: Reading) -> dict[str, TypedValue]:
    """Return a task's own variables: its input parameters, and what was set here."""
    return typed_all(queries.task_variables(call.engine, task_id, actor=call.actor, is_local=True))


@API.endpoint("POST", "/task/<task_id>/localVariables", body=Changes)
def modify_local(call: Call, task_id: str, *, body: Changes) -> None:
    """Set and remove a task's own variables."""
    _change(call, task_id, variables=plain_all(body.modifications), remove=body.deletions, is_local=True)


@API.endpoint("GET", "/task/<task_id>/localVariables/<name>", query=Reading, answer=TypedValue)
def local_variable(call: Call, task_id: str, name: str, *, query: Reading) -> TypedValue:
    """Return one of a task's own variables."""
    return _read(call, task_id, name, is_local=True)


@API.endpoint("PUT", "/task/<task_id>/localVariables/<name>", body=Value)
def put_local(call: Call, task_id: str, name: str, *, body: Value) -> None:
    """Set one of a task's own variables."""
    _change(call, task_id, variables={name: plain_value(body, name=name)}, is_local=True)


@API.endpoint("DELETE", "/task/<task_id>/localVariables/<name>")
def remove_local(call: Call, task_id: str, name: str) -> None:
    """Remove one of a task's own variables."""
    _change(call, task_id, remove=[name], is_local=True)
