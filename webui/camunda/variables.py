"""Variables of process instances."""

from __future__ import annotations

from pydantic import Field

from engine import commands
from engine.errors import NotFound
from webui.camunda.api import API
from webui.camunda.instances import live
from webui.camunda.values import Flag, TypedValue, Value, plain_all, plain_value, typed
from webui.endpoints import Call, Model


class Reading(Model):
    """How variables are read: lists and objects as JSON text, or, not deserialised, the same."""

    deserialize_values: Flag = True
    deserialize_value: Flag = True


class Changes(Model):
    """Variables to set, and names of those to remove."""

    modifications: dict[str, Value] = Field(default_factory=dict)
    deletions: list[str] = Field(default_factory=list)


@API.endpoint("GET", "/process-instance/<instance_id>/variables", query=Reading, answer=dict[str, TypedValue])
def variables(call: Call, instance_id: str, *, query: Reading) -> dict[str, TypedValue]:
    """Return the variables of a live instance."""
    return {name: typed(value) for name, value in live(call, instance_id).variables.items()}


@API.endpoint("POST", "/process-instance/<instance_id>/variables", body=Changes)
def change(call: Call, instance_id: str, *, body: Changes) -> None:
    """Set and remove variables of an instance, all at once."""
    commands.set_variables(call.engine, instance_id, variables=plain_all(body.modifications), remove=body.deletions, actor=call.actor)


@API.endpoint("GET", "/process-instance/<instance_id>/variables/<name>", query=Reading, answer=TypedValue)
def variable(call: Call, instance_id: str, name: str, *, query: Reading) -> TypedValue:
    """Return one variable of a live instance."""
    found = live(call, instance_id).variables
    if name not in found:
        raise NotFound(f"the process instance {instance_id} has no variable {name!r}")
    return typed(found[name])


@API.endpoint("PUT", "/process-instance/<instance_id>/variables/<name>", body=Value)
def put(call: Call, instance_id: str, name: str, *, body: Value) -> None:
    """Set one variable of an instance."""
    commands.set_variables(call.engine, instance_id, variables={name: plain_value(body, name=name)}, actor=call.actor)


@API.endpoint("DELETE", "/process-instance/<instance_id>/variables/<name>")
def remove(call: Call, instance_id: str, name: str) -> None:
    """Remove one variable of an instance."""
    commands.set_variables(call.engine, instance_id, variables={}, remove=[name], actor=call.actor)
