"""Failures, open and resolved."""

from __future__ import annotations

from engine import queries
from engine.queries import FailureFilter
from webui.camunda.api import API
from webui.camunda.incidents import TYPES
from webui.camunda.paging import Page, sorts
from webui.camunda.values import Flag, Moment
from webui.endpoints import Call, Model


class FailureQuery(Page):
    """Which failures, open or resolved."""

    incident_id: str | None = None
    process_instance_id: str | None = None
    process_definition_key: str | None = None
    activity_id: str | None = None
    open: Flag = False
    resolved: Flag = False


class PastFailure(Model):
    """A failure, open or resolved."""

    id: str
    process_definition_key: str | None
    process_definition_id: str | None
    process_instance_id: str | None
    root_process_instance_id: str | None
    execution_id: str | None
    create_time: Moment
    end_time: Moment | None
    removal_time: None = None
    incident_type: str
    activity_id: str | None
    failed_activity_id: str | None
    cause_incident_id: str
    root_cause_incident_id: str
    configuration: str | None
    history_configuration: None = None
    incident_message: str
    tenant_id: None = None
    job_definition_id: None = None
    open: bool
    deleted: bool = False
    resolved: bool
    annotation: None = None


@API.endpoint("GET", "/history/incident", query=FailureQuery, answer=list[PastFailure])
def failures(call: Call, *, query: FailureQuery) -> list[PastFailure]:
    """List failures, open and resolved, newest first."""
    sorts(query, {})
    wanted = FailureFilter(
        ids=None if query.incident_id is None else [query.incident_id],
        instance_id=query.process_instance_id,
        definition_key=query.process_definition_key,
        element=query.activity_id,
        is_open=None if query.open == query.resolved else query.open,
    )
    found = queries.find_failures(call.engine, wanted, actor=call.actor, limit=query.max_results, offset=query.first_result)
    return [
        PastFailure(
            id=each.id,
            process_definition_key=each.definition_key,
            process_definition_id=each.definition_id,
            process_instance_id=each.instance_id,
            root_process_instance_id=each.instance_id,
            execution_id=each.token,
            create_time=each.created_at,
            end_time=each.resolved_at,
            incident_type=TYPES.get(each.kind, each.kind),
            activity_id=each.element,
            failed_activity_id=each.element,
            cause_incident_id=each.id,
            root_cause_incident_id=each.id,
            configuration=each.job_id,
            incident_message=each.message,
            open=each.resolved_at is None,
            resolved=each.resolved_at is not None,
        )
        for each in found
    ]
