"""`/hooks`: where other systems tell what they see. Who calls proves it by the hook's secret, not by an account."""

from __future__ import annotations

from flask import request

from engine import commands
from engine.commands import Became
from engine.hooks import Signed
from webui.api.api import PROBLEM_JSON, Problem, error_of, http_error
from webui.endpoints import Answer, Api, Call, Model
from webui.reading import read_bytes

MAX_BODY = 1_000_000
HOOKS = Api(
    "hooks",
    prefix="/hooks",
    title="Watchbill: webhooks",
    error=Problem,
    error_of=error_of,
    http_error=http_error,
    error_type=PROBLEM_JSON,
)


class AlertOutcome(Model):
    """What became of an alert: the instances that it started or reached, or why it was refused."""

    fingerprint: str
    state: str
    became: Became
    instances: tuple[str, ...]
    reason: str | None


class Received(Model):
    """What became of each alert of a call; none, for a signed call that was made before."""

    alerts: tuple[AlertOutcome, ...]


@HOOKS.endpoint("POST", "/<name>", answer=Received, errors=(404, 413), is_open=True)
def receive(call: Call, name: str) -> Answer:
    """Take what another system tells, and say what became of it.

    202 when a message is kept for who will wait for it.
    """
    request.max_content_length = MAX_BODY
    given = request.authorization
    bearer = given.token if given is not None and given.type == "bearer" else None
    signed = Signed(bearer, {name.lower(): value for name, value in request.headers.items()}, read_bytes())
    outcomes = commands.receive(call.engine, name, signed)
    alerts = tuple(
        AlertOutcome(fingerprint=each.fingerprint, state=each.state, became=each.became, instances=each.instances, reason=each.reason)
        for each in outcomes
    )
    return Answer(Received(alerts=alerts), status=202 if any(each.became is Became.KEPT for each in outcomes) else 200)
