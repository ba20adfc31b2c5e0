"""Process definitions: list, read, start, suspend, and where their instances are."""

from __future__ import annotations

import json
from typing import Any, Literal

from flask import Response
from pydantic import Field

from engine import commands, queries
from engine.errors import Invalid, NotFound
from engine.queries import Busy, DefinitionFilter, DeployedDefinition
from webui.camunda.api import API
from webui.camunda.paging import Count, Page, sorts
from webui.camunda.values import Flag, Names, TypedValue, Unoffered, Value, plain_all, typed_all
from webui.endpoints import Call, Model

SORTS = {
    "key": "key", "id": "id", "name": "name", "version": "version", "deploymentId": "deployment_id", "versionTag": "version_tag",
}  # fmt: skip


class ProcessDefinition(Model):
    """A version of a process."""

    id: str
    key: str
    category: str | None = None
    description: str | None = None
    name: str | None
    version: int
    resource: str
    deployment_id: str
    diagram: None = None
    suspended: bool
    tenant_id: None = None
    version_tag: str | None
    history_time_to_live: None = None
    startable_in_tasklist: bool = True


class ProcessDefinitionQuery(Page):
    """Which process definitions."""

    process_definition_id: str | None = None
    process_definition_id_in: Names | None = None
    name: str | None = None
    name_like: str | None = None
    deployment_id: str | None = None
    key: str | None = None
    keys_in: Names | None = None
    key_like: str | None = None
    latest_version: Flag = False
    version: int | None = Field(None, ge=0, le=2**31 - 1)
    version_tag: str | None = None
    resource_name: str | None = None
    resource_name_like: str | None = None
    suspended: Flag = False
    active: Flag = False
    startable_in_tasklist: Flag = False

    def wanted(self) -> DefinitionFilter:
        """Return what is asked for. Raises Invalid for both active and suspended."""
        if self.suspended and self.active:
            raise Invalid("suspended and active exclude each other: give one of them")
        one = [self.process_definition_id] if self.process_definition_id is not None else None
        return DefinitionFilter(
            ids=self.process_definition_id_in if one is None else one,
            keys=self.keys_in if self.key is None else [self.key],
            key_like=self.key_like,
            name=self.name,
            name_like=self.name_like,
            version=self.version,
            version_tag=self.version_tag,
            deployment_id=self.deployment_id,
            file=self.resource_name,
            file_like=self.resource_name_like,
            latest_only=self.latest_version,
            is_suspended=True if self.suspended else False if self.active else None,
        )


class Source(Model):
    """A diagram as it was deployed."""

    id: str
    bpmn20_xml: str


class FormReference(Model):
    """The form with which a process starts: the key of a form-js form."""

    key: str | None
    context_path: None = None
    camunda_form_ref: dict[str, Any] | None = None


class Start(Model):
    """How an instance starts."""

    variables: dict[str, Value] | None = None
    business_key: str | None = None
    with_variables_in_return: bool = False
    start_instructions: Unoffered = None
    case_instance_id: Unoffered = None
    skip_custom_listeners: bool = False
    skip_io_mappings: bool = False


class StartedInstance(Model):
    """A new instance, with its variables when they were asked for."""

    links: list[Any] = Field(default_factory=list)
    id: str
    definition_id: str
    definition_key: str
    business_key: str | None
    case_instance_id: None = None
    ended: bool
    suspended: bool
    tenant_id: None = None
    variables: dict[str, TypedValue] | None = Field(None, exclude_if=lambda value: value is None)


class Suspension(Model):
    """Whether a version is suspended."""

    suspended: bool
    include_process_instances: bool = False
    execution_date: None = None


class Incidents(Model):
    """How many failures of a kind there are."""

    incident_type: str = "failedJob"
    incident_count: int


class DefinitionStatistics(Model):
    """How much goes on in a version of a process."""

    id: str
    instances: int
    failed_jobs: int
    incidents: list[Incidents]
    definition: ProcessDefinition


class ElementStatistics(Model):
    """How much goes on at an element: how many tokens rest there, failed jobs, failures."""

    id: str
    instances: int
    failed_jobs: int
    incidents: list[Incidents]


class StatisticsQuery(Model):
    """What is counted along; all of it always is."""

    failed_jobs: Flag = False
    incidents: Flag = False
    root_incidents: Flag = False
    incidents_for_type: Literal["failedJob"] | None = None


def process_definition(found: DeployedDefinition) -> ProcessDefinition:
    """Return a definition in the dialect."""
    return ProcessDefinition(
        id=found.id,
        key=found.key,
        name=found.name or None,
        version=found.version,
        resource=found.file,
        deployment_id=found.deployment_id,
        suspended=found.is_suspended,
        version_tag=found.version_tag,
    )


@API.endpoint("GET", "/process-definition", query=ProcessDefinitionQuery, answer=list[ProcessDefinition])
def definitions(call: Call, *, query: ProcessDefinitionQuery) -> list[ProcessDefinition]:
    """List process definitions, by key and then the newest version unless sorted otherwise."""
    found = queries.find_definitions(
        call.engine, query.wanted(), actor=call.actor, sort=sorts(query, SORTS), limit=query.max_results, offset=query.first_result
    )
    return [process_definition(each) for each in found]


@API.endpoint("GET", "/process-definition/count", query=ProcessDefinitionQuery, answer=Count)
def count(call: Call, *, query: ProcessDefinitionQuery) -> Count:
    """Count process definitions."""
    return Count(count=queries.count_definitions(call.engine, query.wanted(), actor=call.actor))


@API.endpoint("GET", "/process-definition/statistics", query=StatisticsQuery, answer=list[DefinitionStatistics])
def statistics(call: Call, *, query: StatisticsQuery) -> list[DefinitionStatistics]:
    """Tell how much goes on in each version of each process."""
    known = {each.id: each for each in queries.find_definitions(call.engine, DefinitionFilter(), actor=call.actor)}
    return [
        DefinitionStatistics(**_counts(each), definition=process_definition(known[each.id]))
        for each in queries.busy_definitions(call.engine, actor=call.actor)
        if each.id in known
    ]


def _counts(busy: Busy) -> dict[str, Any]:
    incidents = [Incidents(incident_count=busy.failures)] if busy.failures else []
    return {"id": busy.id, "instances": busy.instances, "failed_jobs": busy.failed_jobs, "incidents": incidents}


def _start(call: Call, found: DeployedDefinition, body: Start) -> StartedInstance:
    started = commands.start(
        call.engine,
        found.key,
        version=found.version,
        business_key=body.business_key,
        variables=plain_all(body.variables),
        actor=call.actor,
    )
    variables = None
    if body.with_variables_in_return:
        variables = typed_all(queries.instance(call.engine, started.instance_id, actor=call.actor).variables)
    return StartedInstance(
        id=started.instance_id,
        definition_id=started.definition_id,
        definition_key=found.key,
        business_key=body.business_key or None,
        ended=started.status in ("completed", "cancelled"),
        suspended=started.status == "suspended",
        variables=variables,
    )


def _start_form(call: Call, found: DeployedDefinition) -> FormReference:
    form = queries.diagram_of(call.engine, found.id, actor=call.actor).start_form
    if form is None:
        return FormReference(key=None)
    return FormReference(key=f"camunda-forms:deployment:{form}", camunda_form_ref={"key": form, "binding": "deployment", "version": None})


def _deployed_start_form(call: Call, found: DeployedDefinition) -> Response:
    form = queries.diagram_of(call.engine, found.id, actor=call.actor).start_form
    if form is None:
        raise NotFound(f"the process {found.key!r} starts without a form")
    schema = queries.form_of(call.engine, form, found.id, actor=call.actor).schema
    return Response(json.dumps(schema, ensure_ascii=False), mimetype="application/json")


def _source(call: Call, found: DeployedDefinition) -> Source:
    return Source(id=found.id, bpmn20_xml=queries.definition_source(call.engine, found.id, actor=call.actor).decode("utf-8", "replace"))


def _suspend(call: Call, found: DeployedDefinition, body: Suspension) -> None:
    if body.include_process_instances:
        raise Invalid("includeProcessInstances: suspend the instances one by one; each has its reason in the history")
    commands.set_definition_suspended(call.engine, found.id, is_suspended=body.suspended, actor=call.actor)


def _elements(call: Call, found: DeployedDefinition) -> list[ElementStatistics]:
    return [ElementStatistics(**_counts(each)) for each in queries.busy_elements(call.engine, found.id, actor=call.actor)]


def _by_id(call: Call, definition_id: str) -> DeployedDefinition:
    return queries.find_definition_by(call.engine, definition_id=definition_id, actor=call.actor)


def _by_key(call: Call, key: str) -> DeployedDefinition:
    return queries.find_definition_by(call.engine, key=key, actor=call.actor)


@API.endpoint("GET", "/process-definition/<definition_id>", answer=ProcessDefinition)
def definition(call: Call, definition_id: str) -> ProcessDefinition:
    """Return one version of a process."""
    return process_definition(_by_id(call, definition_id))


@API.endpoint("GET", "/process-definition/key/<key>", answer=ProcessDefinition)
def definition_by_key(call: Call, key: str) -> ProcessDefinition:
    """Return the latest version of a process."""
    return process_definition(_by_key(call, key))


@API.endpoint("GET", "/process-definition/<definition_id>/xml", answer=Source)
def source(call: Call, definition_id: str) -> Source:
    """Return the diagram of a version as it was deployed."""
    return _source(call, _by_id(call, definition_id))


@API.endpoint("GET", "/process-definition/key/<key>/xml", answer=Source)
def source_by_key(call: Call, key: str) -> Source:
    """Return the diagram of the latest version as it was deployed."""
    return _source(call, _by_key(call, key))


@API.endpoint("GET", "/process-definition/<definition_id>/start-form", answer=FormReference)
def start_form(call: Call, definition_id: str) -> FormReference:
    """Tell with which form a version starts; the key is null without one."""
    return _start_form(call, _by_id(call, definition_id))


@API.endpoint("GET", "/process-definition/key/<key>/start-form", answer=FormReference)
def start_form_by_key(call: Call, key: str) -> FormReference:
    """Tell with which form the latest version starts; the key is null without one."""
    return _start_form(call, _by_key(call, key))


@API.endpoint("GET", "/process-definition/<definition_id>/deployed-start-form", answer=dict[str, Any])
def deployed_start_form(call: Call, definition_id: str) -> Response:
    """Return the form-js form with which a version starts."""
    return _deployed_start_form(call, _by_id(call, definition_id))


@API.endpoint("GET", "/process-definition/key/<key>/deployed-start-form", answer=dict[str, Any])
def deployed_start_form_by_key(call: Call, key: str) -> Response:
    """Return the form-js form with which the latest version starts."""
    return _deployed_start_form(call, _by_key(call, key))


@API.endpoint("GET", "/process-definition/<definition_id>/statistics", query=StatisticsQuery, answer=list[ElementStatistics])
def elements(call: Call, definition_id: str, *, query: StatisticsQuery) -> list[ElementStatistics]:
    """Tell at which elements of a version instances rest now."""
    return _elements(call, _by_id(call, definition_id))


@API.endpoint("GET", "/process-definition/key/<key>/statistics", query=StatisticsQuery, answer=list[ElementStatistics])
def elements_by_key(call: Call, key: str, *, query: StatisticsQuery) -> list[ElementStatistics]:
    """Tell at which elements of the latest version instances rest now."""
    return _elements(call, _by_key(call, key))


@API.endpoint("POST", "/process-definition/<definition_id>/start", body=Start, answer=StartedInstance)
def start(call: Call, definition_id: str, *, body: Start) -> StartedInstance:
    """Start an instance of a version."""
    return _start(call, _by_id(call, definition_id), body)


@API.endpoint("POST", "/process-definition/key/<key>/start", body=Start, answer=StartedInstance)
def start_by_key(call: Call, key: str, *, body: Start) -> StartedInstance:
    """Start an instance of the latest version."""
    return _start(call, _by_key(call, key), body)


@API.endpoint("POST", "/process-definition/<definition_id>/submit-form", body=Start, answer=StartedInstance)
def submit_form(call: Call, definition_id: str, *, body: Start) -> StartedInstance:
    """Start an instance of a version with what its start form asks for."""
    return _start(call, _by_id(call, definition_id), body)


@API.endpoint("POST", "/process-definition/key/<key>/submit-form", body=Start, answer=StartedInstance)
def submit_form_by_key(call: Call, key: str, *, body: Start) -> StartedInstance:
    """Start an instance of the latest version with what its start form asks for."""
    return _start(call, _by_key(call, key), body)


@API.endpoint("PUT", "/process-definition/<definition_id>/suspended", body=Suspension)
def suspend(call: Call, definition_id: str, *, body: Suspension) -> None:
    """Let a version start nothing, or let it start again; what runs goes on."""
    _suspend(call, _by_id(call, definition_id), body)


@API.endpoint("PUT", "/process-definition/key/<key>/suspended", body=Suspension)
def suspend_by_key(call: Call, key: str, *, body: Suspension) -> None:
    """Let the latest version start nothing, or let it start again; what runs goes on."""
    _suspend(call, _by_key(call, key), body)
