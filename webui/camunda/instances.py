"""Process instances: list, read, their tokens, cancel, suspend, move a token."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from engine import commands, queries
from engine.errors import Invalid, NotFound
from engine.queries import InstanceDetail, InstanceFilter, InstanceView
from webui.camunda.api import API
from webui.camunda.paging import Count, Page, Part, Sorting, sorts, sorts_of
from webui.camunda.values import Flag, Names
from webui.endpoints import Call, Model

SORTS = {"instanceId": "id", "definitionKey": "definition_key", "definitionId": "definition_id", "businessKey": "business_key"}
BY_REST = "asked for over REST"


class ProcessInstance(Model):
    """A live instance."""

    links: list[Any] = Field(default_factory=list)
    id: str
    definition_id: str
    definition_key: str
    business_key: str | None
    case_instance_id: None = None
    ended: bool
    suspended: bool
    tenant_id: None = None


class InstanceQuery(Model):
    """Which live instances."""

    process_instance_ids: Names | None = None
    business_key: str | None = None
    business_key_like: str | None = None
    process_definition_id: str | None = None
    process_definition_key: str | None = None
    process_definition_key_in: Names | None = None
    process_definition_key_not_in: Names = ()
    deployment_id: str | None = None
    super_process_instance: str | None = None
    sub_process_instance: str | None = None
    root_process_instances: Flag = False
    active: Flag = False
    suspended: Flag = False
    with_incident: Flag = False
    incident_id: str | None = None
    incident_message_like: str | None = None
    activity_id_in: Names = ()

    def wanted(self) -> InstanceFilter:
        """Return what is asked for. Raises Invalid for both active and suspended."""
        if self.active and self.suspended:
            raise Invalid("active and suspended exclude each other: give one of them")
        live = ("active",) if self.active else ("suspended",) if self.suspended else ("active", "suspended")
        return InstanceFilter(
            statuses=live,
            ids=self.process_instance_ids,
            business_keys=None if self.business_key is None else [self.business_key],
            business_key_like=self.business_key_like,
            definition_ids=None if self.process_definition_id is None else [self.process_definition_id],
            definition_keys=self.process_definition_key_in if self.process_definition_key is None else [self.process_definition_key],
            not_definition_keys=self.process_definition_key_not_in,
            deployment_id=self.deployment_id,
            super_instance_id=self.super_process_instance,
            sub_instance_id=self.sub_process_instance,
            roots_only=self.root_process_instances,
            with_failure=self.with_incident,
            failure_id=self.incident_id,
            failure_message_like=self.incident_message_like,
            elements=self.activity_id_in,
        )


class PagedInstanceQuery(InstanceQuery, Page):
    """Which live instances, which part of them, in which order."""


class SortedInstanceQuery(InstanceQuery):
    """Which live instances, in which order."""

    sorting: list[Sorting] = Field(default_factory=list)


class Suspended(Model):
    """Whether it is to be suspended."""

    suspended: bool


class Deletion(Model):
    """How an instance is deleted; what these leave out or cascade to in other engines does not exist here."""

    skip_custom_listeners: Flag = False
    skip_io_mappings: Flag = False
    skip_subprocesses: Flag = False
    fail_if_not_exists: Flag = True


class ActivityInstance(Model):
    """A token that rests or a scope that is open, with what is in it."""

    id: str
    parent_activity_instance_id: str | None
    activity_id: str
    activity_type: str
    activity_name: str | None
    name: str | None
    process_instance_id: str
    process_definition_id: str
    execution_ids: list[str]
    child_activity_instances: list[ActivityInstance]
    child_transition_instances: list[Any] = Field(default_factory=list)
    incident_ids: list[str]
    incidents: list[Any]


class Instruction(Model):
    """One step of a modification."""

    type: Literal["cancel", "startBeforeActivity", "startAfterActivity", "startTransition"]
    activity_id: str | None = None
    activity_instance_id: str | None = None


class Modification(Model):
    """A token that is taken away and put elsewhere: one `cancel` and one `startBeforeActivity`, with an annotation that says why."""

    instructions: Annotated[list[Instruction], Field(min_length=1)]
    annotation: str | None = None
    skip_custom_listeners: bool = False
    skip_io_mappings: bool = False


def process_instance(view: InstanceView) -> ProcessInstance:
    """Return an instance in the dialect."""
    return ProcessInstance(
        id=view.id,
        definition_id=view.definition_id,
        definition_key=view.definition_key,
        business_key=view.business_key,
        ended=view.ended_at is not None,
        suspended=view.status == "suspended",
    )


def _found(call: Call, query: InstanceQuery, order: tuple[queries.Sort, ...], limit: int | None, offset: int) -> list[ProcessInstance]:
    found = queries.find_instances(call.engine, query.wanted(), actor=call.actor, sort=order, limit=limit, offset=offset)
    return [process_instance(each) for each in found]


@API.endpoint("GET", "/process-instance", query=PagedInstanceQuery, answer=list[ProcessInstance])
def instances(call: Call, *, query: PagedInstanceQuery) -> list[ProcessInstance]:
    """List live instances, newest first unless sorted otherwise."""
    return _found(call, query, sorts(query, SORTS), query.max_results, query.first_result)


@API.endpoint("POST", "/process-instance", query=Part, body=SortedInstanceQuery, answer=list[ProcessInstance])
def search(call: Call, *, query: Part, body: SortedInstanceQuery) -> list[ProcessInstance]:
    """List live instances by a longer filter."""
    return _found(call, body, sorts_of(body.sorting, SORTS), query.max_results, query.first_result)


@API.endpoint("GET", "/process-instance/count", query=InstanceQuery, answer=Count)
def count(call: Call, *, query: InstanceQuery) -> Count:
    """Count live instances."""
    return Count(count=queries.count_instances(call.engine, query.wanted(), actor=call.actor))


@API.endpoint("POST", "/process-instance/count", body=InstanceQuery, answer=Count)
def count_by(call: Call, *, body: InstanceQuery) -> Count:
    """Count live instances by a longer filter."""
    return Count(count=queries.count_instances(call.engine, body.wanted(), actor=call.actor))


def live(call: Call, instance_id: str) -> InstanceDetail:
    """Return a live instance in full. Raises NotFound for one that has ended: it is in the history."""
    found = queries.instance(call.engine, instance_id, actor=call.actor)
    if found.view.ended_at is not None:
        raise NotFound(f"the process instance {instance_id} has ended: it is in the history")
    return found


@API.endpoint("GET", "/process-instance/<instance_id>", answer=ProcessInstance)
def instance(call: Call, instance_id: str) -> ProcessInstance:
    """Return a live instance; one that has ended is in the history."""
    return process_instance(live(call, instance_id).view)


@API.endpoint("DELETE", "/process-instance/<instance_id>", query=Deletion)
def delete(call: Call, instance_id: str, *, query: Deletion) -> None:
    """Cancel an instance; it stays in the history."""
    try:
        live(call, instance_id)
    except NotFound:
        if query.fail_if_not_exists:
            raise
        return
    commands.cancel(call.engine, instance_id, reason=BY_REST, actor=call.actor)


@API.endpoint("PUT", "/process-instance/<instance_id>/suspended", body=Suspended)
def suspend(call: Call, instance_id: str, *, body: Suspended) -> None:
    """Suspend an instance, or let it go on."""
    if body.suspended:
        commands.suspend(call.engine, instance_id, reason=BY_REST, actor=call.actor)
    else:
        commands.resume(call.engine, instance_id, actor=call.actor)


@API.endpoint("POST", "/process-instance/<instance_id>/modification", body=Modification)
def modify(call: Call, instance_id: str, *, body: Modification) -> None:
    """Move a token: one instruction cancels where it is, one starts before where it goes."""
    cancels = [each for each in body.instructions if each.type == "cancel"]
    begins = [each for each in body.instructions if each.type == "startBeforeActivity"]
    if len(body.instructions) != 2 or len(cancels) != 1 or len(begins) != 1 or begins[0].activity_id is None:
        raise Invalid("a modification moves one token: give one instruction 'cancel' and one 'startBeforeActivity' with its activityId")
    tokens = live(call, instance_id).tokens
    chosen = [each.token for each in tokens if cancels[0].activity_instance_id == each.token or cancels[0].activity_id == each.element]
    if len(chosen) != 1:
        raise Invalid(f"'cancel' names {len(chosen)} tokens: name one by its activityInstanceId (activity-instances lists them)")
    reason = body.annotation or BY_REST
    commands.move(call.engine, instance_id, token=chosen[0], to_element=begins[0].activity_id, reason=reason, actor=call.actor)


@API.endpoint("GET", "/process-instance/<instance_id>/activity-instances", answer=ActivityInstance)
def activity_instances(call: Call, instance_id: str) -> ActivityInstance:
    """Return the tree of open scopes and resting tokens of an instance."""
    found = live(call, instance_id)
    diagram = queries.diagram_of(call.engine, found.view.definition_id, actor=call.actor)
    nodes: dict[str, list[ActivityInstance]] = {}
    known = {each.token for each in found.tokens}
    for each in reversed(found.tokens):
        parent = each.scope if each.scope in known else found.view.id
        failures = [failure.id for failure in found.failures if failure.token == each.token]
        made = ActivityInstance(
            id=each.token,
            parent_activity_instance_id=parent,
            activity_id=each.element,
            activity_type=each.kind.value,
            activity_name=each.name or None,
            name=each.name or None,
            process_instance_id=found.view.id,
            process_definition_id=found.view.definition_id,
            execution_ids=[each.token],
            child_activity_instances=nodes.pop(each.token, []),
            incident_ids=failures,
            incidents=[{"id": failure, "activityId": each.element} for failure in failures],
        )
        nodes.setdefault(parent, []).insert(0, made)
    return ActivityInstance(
        id=found.view.id,
        parent_activity_instance_id=None,
        activity_id=found.view.definition_id,
        activity_type="processDefinition",
        activity_name=diagram.name or None,
        name=diagram.name or None,
        process_instance_id=found.view.id,
        process_definition_id=found.view.definition_id,
        execution_ids=[found.view.id],
        child_activity_instances=nodes.pop(found.view.id, []),
        incident_ids=[],
        incidents=[],
    )
