"""Instances, live and ended."""

from __future__ import annotations

from engine import queries
from engine.errors import NotFound
from engine.queries import DefinitionFilter, InstanceFilter, InstanceView
from webui.camunda.api import API
from webui.camunda.history.times import millis
from webui.camunda.paging import Count, Page, sorts
from webui.camunda.values import Flag, Moment, Names
from webui.endpoints import Call, Model

EVERY = ("active", "suspended", "completed", "cancelled")
STATES = {"active": "ACTIVE", "suspended": "SUSPENDED", "completed": "COMPLETED", "cancelled": "EXTERNALLY_TERMINATED"}
SORTS = {
    "instanceId": "id", "definitionId": "definition_id", "definitionKey": "definition_key", "businessKey": "business_key",
    "startTime": "started_at", "endTime": "ended_at",
}  # fmt: skip


class PastInstance(Model):
    """An instance, live or ended."""

    id: str
    business_key: str | None
    process_definition_id: str
    process_definition_key: str
    process_definition_name: str | None
    process_definition_version: int | None
    start_time: Moment
    end_time: Moment | None
    removal_time: None = None
    duration_in_millis: int | None
    start_user_id: str
    start_activity_id: None = None
    delete_reason: str | None
    root_process_instance_id: str | None = None
    super_process_instance_id: str | None
    super_case_instance_id: None = None
    case_instance_id: None = None
    tenant_id: None = None
    state: str


class InstanceQuery(Model):
    """Which instances."""

    process_instance_id: str | None = None
    process_instance_ids: Names | None = None
    process_instance_business_key: str | None = None
    process_instance_business_key_in: Names | None = None
    process_instance_business_key_like: str | None = None
    process_definition_id: str | None = None
    process_definition_key: str | None = None
    process_definition_key_in: Names | None = None
    process_definition_key_not_in: Names = ()
    process_definition_name: str | None = None
    super_process_instance_id: str | None = None
    sub_process_instance_id: str | None = None
    root_process_instances: Flag = False
    started_by: str | None = None
    started_after: Moment | None = None
    started_before: Moment | None = None
    finished_after: Moment | None = None
    finished_before: Moment | None = None
    finished: Flag = False
    unfinished: Flag = False
    active: Flag = False
    suspended: Flag = False
    completed: Flag = False
    externally_terminated: Flag = False
    with_incidents: Flag = False
    incident_message_like: str | None = None

    def wanted(self) -> InstanceFilter:
        """Return what is asked for."""
        keys = None if self.process_instance_business_key is None else [self.process_instance_business_key]
        return InstanceFilter(
            statuses=self._statuses(),
            ids=self.process_instance_ids if self.process_instance_id is None else [self.process_instance_id],
            business_keys=self.process_instance_business_key_in if keys is None else keys,
            business_key_like=self.process_instance_business_key_like,
            definition_ids=None if self.process_definition_id is None else [self.process_definition_id],
            definition_keys=self.process_definition_key_in if self.process_definition_key is None else [self.process_definition_key],
            not_definition_keys=self.process_definition_key_not_in,
            definition_name=self.process_definition_name,
            super_instance_id=self.super_process_instance_id,
            sub_instance_id=self.sub_process_instance_id,
            roots_only=self.root_process_instances,
            started_by=self.started_by,
            started_after=self.started_after,
            started_before=self.started_before,
            ended_after=self.finished_after,
            ended_before=self.finished_before,
            with_failure=self.with_incidents,
            failure_message_like=self.incident_message_like,
        )

    def _statuses(self) -> tuple[str, ...]:
        """Return the statuses that all of the flags allow; none may be left."""
        allowed = set(EVERY)
        flags = {
            ("completed", "cancelled"): self.finished,
            ("active", "suspended"): self.unfinished,
            ("active",): self.active,
            ("suspended",): self.suspended,
            ("completed",): self.completed,
            ("cancelled",): self.externally_terminated,
        }
        for statuses, is_asked in flags.items():
            allowed &= set(statuses) if is_asked else set(EVERY)
        return tuple(allowed)


class PagedInstanceQuery(InstanceQuery, Page):
    """Which instances, which part of them, in which order."""


def _told(call: Call, views: tuple[InstanceView, ...]) -> list[PastInstance]:
    ids = {each.definition_id for each in views}
    known = {each.id: each for each in queries.find_definitions(call.engine, DefinitionFilter(ids=ids), actor=call.actor)} if ids else {}
    return [
        PastInstance(
            id=each.id,
            business_key=each.business_key,
            process_definition_id=each.definition_id,
            process_definition_key=each.definition_key,
            process_definition_name=(known[each.definition_id].name or None) if each.definition_id in known else None,
            process_definition_version=known[each.definition_id].version if each.definition_id in known else None,
            start_time=each.started_at,
            end_time=each.ended_at,
            duration_in_millis=millis(each.started_at, each.ended_at),
            start_user_id=each.started_by,
            delete_reason=each.end_reason,
            root_process_instance_id=each.super_instance_id or each.id,
            super_process_instance_id=each.super_instance_id,
            state=STATES[each.status],
        )
        for each in views
    ]


def _instances(call: Call, query: InstanceQuery, page: Page) -> list[PastInstance]:
    found = queries.find_instances(
        call.engine, query.wanted(), actor=call.actor, sort=sorts(page, SORTS), limit=page.max_results, offset=page.first_result
    )
    return _told(call, found)


@API.endpoint("GET", "/history/process-instance", query=PagedInstanceQuery, answer=list[PastInstance])
def instances(call: Call, *, query: PagedInstanceQuery) -> list[PastInstance]:
    """List instances, live and ended, newest first unless sorted otherwise."""
    return _instances(call, query, query)


@API.endpoint("POST", "/history/process-instance", query=Page, body=InstanceQuery, answer=list[PastInstance])
def search(call: Call, *, query: Page, body: InstanceQuery) -> list[PastInstance]:
    """List instances, live and ended, by a longer filter."""
    return _instances(call, body, query)


@API.endpoint("GET", "/history/process-instance/count", query=InstanceQuery, answer=Count)
def count(call: Call, *, query: InstanceQuery) -> Count:
    """Count instances, live and ended."""
    return Count(count=queries.count_instances(call.engine, query.wanted(), actor=call.actor))


@API.endpoint("POST", "/history/process-instance/count", body=InstanceQuery, answer=Count)
def count_by(call: Call, *, body: InstanceQuery) -> Count:
    """Count instances, live and ended, by a longer filter."""
    return Count(count=queries.count_instances(call.engine, body.wanted(), actor=call.actor))


@API.endpoint("GET", "/history/process-instance/<instance_id>", answer=PastInstance)
def instance(call: Call, instance_id: str) -> PastInstance:
    """Return one instance, live or ended."""
    found = queries.find_instances(call.engine, InstanceFilter(EVERY, ids=[instance_id]), actor=call.actor)
    if not found:
        raise NotFound(f"there is no process instance {instance_id!r} that you may see")
    return _told(call, found)[0]
