"""Incidents: our open failures. List, read, and resolve by trying again."""

from __future__ import annotations

from engine import commands, queries
from engine.errors import NotFound
from engine.queries import FailureFilter, FoundFailure
from webui.camunda.api import API
from webui.camunda.external_tasks import either
from webui.camunda.paging import Count, Page, sorts
from webui.camunda.values import Moment, Names
from webui.endpoints import Call, Model

TYPES = {"job": "failedJob", "external": "failedExternalTask"}
"""Camunda's names of our kinds of failure; those that Camunda does not know keep ours."""
KINDS = {theirs: ours for ours, theirs in TYPES.items()}
SORTS = {
    "incidentId": "id", "incidentMessage": "message", "incidentTimestamp": "created_at", "incidentType": "kind", "executionId": "token",
    "activityId": "element", "processInstanceId": "instance_id", "processDefinitionId": "definition_id", "causeIncidentId": "id",
    "rootCauseIncidentId": "id", "configuration": "job_id",
}  # fmt: skip


class Incident(Model):
    """An open failure; it is its own cause, and `configuration` is the job that failed."""

    id: str
    process_definition_id: str | None
    process_instance_id: str | None
    execution_id: str | None
    incident_timestamp: Moment
    incident_type: str
    activity_id: str | None
    failed_activity_id: str | None
    cause_incident_id: str
    root_cause_incident_id: str
    configuration: str | None
    incident_message: str
    tenant_id: None = None
    job_definition_id: None = None
    annotation: None = None


class IncidentQuery(Model):
    """Which open failures."""

    incident_id: str | None = None
    incident_type: str | None = None
    incident_message: str | None = None
    incident_message_like: str | None = None
    process_definition_id: str | None = None
    process_definition_key_in: Names | None = None
    process_instance_id: str | None = None
    execution_id: str | None = None
    incident_timestamp_before: Moment | None = None
    incident_timestamp_after: Moment | None = None
    activity_id: str | None = None
    failed_activity_id: str | None = None
    cause_incident_id: str | None = None
    root_cause_incident_id: str | None = None
    configuration: str | None = None

    def wanted(self) -> FailureFilter:
        """Return what is asked for."""
        ids: Names | None = None
        for one in (self.incident_id, self.cause_incident_id, self.root_cause_incident_id):
            ids = either(one, ids)
        elements = either(self.failed_activity_id, None if self.activity_id is None else (self.activity_id,))
        return FailureFilter(
            ids=ids,
            kind=None if self.incident_type is None else KINDS.get(self.incident_type, self.incident_type),
            message=self.incident_message,
            message_like=self.incident_message_like,
            definition_id=self.process_definition_id,
            definition_keys=self.process_definition_key_in,
            instance_id=self.process_instance_id,
            token=self.execution_id,
            elements=elements,
            job_id=self.configuration,
            after=self.incident_timestamp_after,
            before=self.incident_timestamp_before,
            is_open=True,
        )


class PagedIncidentQuery(IncidentQuery, Page):
    """Which open failures, which part of them, in which order."""


def _body(failure: FoundFailure) -> Incident:
    return Incident(
        id=failure.id,
        process_definition_id=failure.definition_id,
        process_instance_id=failure.instance_id,
        execution_id=failure.token,
        incident_timestamp=failure.created_at,
        incident_type=TYPES.get(failure.kind, failure.kind),
        activity_id=failure.element,
        failed_activity_id=failure.element,
        cause_incident_id=failure.id,
        root_cause_incident_id=failure.id,
        configuration=failure.job_id,
        incident_message=failure.message,
    )


@API.endpoint("GET", "/incident", query=PagedIncidentQuery, answer=list[Incident])
def search(call: Call, *, query: PagedIncidentQuery) -> list[Incident]:
    """List open failures, the newest first unless sorted otherwise."""
    order, limit, offset = sorts(query, SORTS), query.max_results, query.first_result
    found = queries.find_failures(call.engine, query.wanted(), actor=call.actor, sort=order, limit=limit, offset=offset)
    return [_body(failure) for failure in found]


@API.endpoint("GET", "/incident/count", query=IncidentQuery, answer=Count)
def count(call: Call, *, query: IncidentQuery) -> Count:
    """Count open failures."""
    return Count(count=queries.count_failures(call.engine, query.wanted(), actor=call.actor))


@API.endpoint("GET", "/incident/<incident_id>", answer=Incident)
def read(call: Call, incident_id: str) -> Incident:
    """Read an open failure."""
    found = queries.find_failures(call.engine, FailureFilter(ids=[incident_id], is_open=True), actor=call.actor)
    if not found:
        raise NotFound(f"there is no open failure {incident_id!r}")
    return _body(found[0])


@API.endpoint("DELETE", "/incident/<incident_id>")
def resolve(call: Call, incident_id: str) -> None:
    """Resolve a failure: what failed is done again."""
    commands.retry(call.engine, incident_id, actor=call.actor)
