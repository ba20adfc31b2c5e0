"""Escalations."""

from __future__ import annotations

from typing import Any

from records.escalation_queries import EscalationFilter, EscalationView, find_escalations, one_escalation
from webui.api.api import API
from webui.api.lists import SliceBody, SliceQuery, model_of, shown
from webui.endpoints import Call

Escalation = model_of(EscalationView, "Escalation")
Escalations = SliceBody[Escalation]  # type: ignore[valid-type]  # made at run time


class EscalationQuery(SliceQuery):
    """Which escalations."""

    record: str | None = None
    ladder: str | None = None
    priority: str | None = None
    is_drill: bool | None = None
    is_ended: bool | None = None
    is_acknowledged: bool | None = None


@API.endpoint("GET", "/escalations", query=EscalationQuery, answer=Escalations)
def find(call: Call, *, query: EscalationQuery) -> SliceBody[Any]:
    """List escalations with the steps they took, the latest first unless sorted otherwise."""
    wanted = EscalationFilter(**query.filters())
    return shown(Escalations, find_escalations(call.engine.database, wanted, actor=call.actor, **query.place()))


@API.endpoint("GET", "/escalations/<escalation>", answer=Escalation, is_versioned=True)
def read(call: Call, escalation: str) -> Any:
    """Return an escalation with the steps it took."""
    return Escalation.model_validate(one_escalation(call.engine.database, escalation, actor=call.actor))
