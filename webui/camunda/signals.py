"""Broadcasting signals."""

from __future__ import annotations

from engine import commands
from engine.errors import Invalid
from webui.camunda.api import API
from webui.camunda.values import Value, plain_all
from webui.endpoints import Call, Model


class Signal(Model):
    """A signal to broadcast; to one execution alone it cannot be sent."""

    name: str
    execution_id: str | None = None
    variables: dict[str, Value] | None = None
    tenant_id: str | None = None
    without_tenant_id: bool | None = None


@API.endpoint("POST", "/signal", body=Signal)
def broadcast(call: Call, *, body: Signal) -> None:
    """Broadcast a signal to everybody who waits for it.

    Each receiver goes on by a job of its own, right after.
    """
    if body.execution_id is not None:
        raise Invalid("executionId: a signal goes to everybody who waits for it; send a message to reach one")
    if body.tenant_id is not None:
        raise Invalid("tenantId: there are no tenants here")
    commands.signal(call.engine, body.name, payload=plain_all(body.variables), actor=call.actor)
