"""Messages: correlated to one instance, or to one execution."""

from __future__ import annotations

from pydantic import Field

from engine import commands, queries
from engine.errors import Conflict, Invalid
from webui.camunda.api import API
from webui.camunda.instances import ProcessInstance, process_instance
from webui.camunda.values import TypedValue, Unoffered, Value, plain_all, typed_all
from webui.endpoints import Call, Model


class Message(Model):
    """A message: who may receive it, and what it carries."""

    message_name: str
    business_key: str | None = None
    correlation_keys: dict[str, Value] | None = None
    process_instance_id: str | None = None
    process_variables: dict[str, Value] | None = None
    result_enabled: bool = False
    variables_in_result_enabled: bool = False
    all: Unoffered = None
    local_correlation_keys: Unoffered = None
    process_variables_local: Unoffered = None
    tenant_id: Unoffered = None
    without_tenant_id: bool | None = None


class ExecutionBody(Model):
    """An execution: where a token is."""

    id: str
    process_instance_id: str
    ended: bool
    tenant_id: None = None


class Correlated(Model):
    """Who received a message: an execution that went on, or an instance that began."""

    result_type: str
    execution: ExecutionBody | None
    process_instance: ProcessInstance | None
    variables: dict[str, TypedValue] | None = Field(None, exclude_if=lambda value: value is None)


class Payload(Model):
    """What a message carries."""

    variables: dict[str, Value] | None = None


@API.endpoint("POST", "/message", body=Message, answer=list[Correlated], may_be_empty=True)
def correlate(call: Call, *, body: Message) -> list[Correlated] | None:
    """Deliver a message to the one instance that waits for it, or start one.

    Correlation keys are compared with those that the receiver declares, or, where it declares none, with its variables.
    """
    delivered = _delivered(call, body)
    if not body.result_enabled:
        return None
    [instance_id] = (*delivered.instances, *delivered.started)
    found = queries.instance(call.engine, instance_id, actor=call.actor)
    view = found.view
    execution = ExecutionBody(id=instance_id, process_instance_id=instance_id, ended=view.ended_at is not None)
    variables = typed_all(found.variables) if body.variables_in_result_enabled else None
    is_started = bool(delivered.started)
    return [
        Correlated(
            result_type="ProcessDefinition" if is_started else "Execution",
            execution=None if is_started else execution,
            process_instance=process_instance(view) if is_started else None,
            variables=variables,
        )
    ]


def _delivered(call: Call, body: Message) -> commands.Delivered:
    try:
        return commands.message(
            call.engine,
            body.message_name,
            business_key=body.business_key,
            correlation=plain_all(body.correlation_keys),
            payload=plain_all(body.process_variables),
            instance_id=body.process_instance_id,
            by_variables=True,
            actor=call.actor,
        )
    except Conflict as error:
        if type(error) is not Conflict:
            raise
        raise Invalid(str(error)) from error


@API.endpoint("POST", "/execution/<execution_id>/messageSubscriptions/<name>/trigger", body=Payload)
def trigger(call: Call, execution_id: str, name: str, *, body: Payload) -> None:
    """Deliver a message to the one token that waits for it."""
    commands.message(call.engine, name, token=execution_id, payload=plain_all(body.variables), actor=call.actor)
