"""Broadcasting signals."""

from __future__ import annotations

from engine import commands
from webui.camunda.api import API
from webui.camunda.values import Unoffered, Value, plain_all
from webui.endpoints import Call, Model


class Signal(Model):
    """A signal to broadcast; to one execution alone it cannot be sent."""

    name: str
    execution_id: Unoffered = None
    variables: dict[str, Value] | None = None
    tenant_id: Unoffered = None
    without_tenant_id: bool | None = None


@API.endpoint("POST", "/signal", body=Signal)
def broadcast(call: Call, *, body: Signal) -> None:
    """Broadcast a signal to everybody who waits for it.

    Each receiver goes on by a job of its own, right after.
    """
    commands.signal(call.engine, body.name, payload=plain_all(body.variables), actor=call.actor)
