"""Deployments: create (as modelers do), list, read the files, delete what was never used."""

from __future__ import annotations

import re
from typing import Annotated, Any
from urllib.parse import quote

from flask import Response, request
from pydantic import Field

from engine import commands, queries
from engine.errors import Invalid
from engine.queries import DefinitionFilter, DeploymentFilter, DeploymentView
from webui.camunda.api import API
from webui.camunda.decisions import DecisionDefinition, decision_definition
from webui.camunda.definitions import ProcessDefinition, process_definition
from webui.camunda.paging import Count, Page, sorts
from webui.camunda.values import Flag, Moment, Unoffered
from webui.endpoints import Call, Model

SORTS = {"id": "id", "name": "name", "deploymentTime": "deployed_at"}


class Deployment(Model):
    """A deployment."""

    links: list[Any] = Field(default_factory=list)
    id: str
    name: str | None
    source: str | None
    deployment_time: Moment
    tenant_id: None = None


class MadeDeployment(Deployment):
    """A deployment that was just made, with its definitions by id."""

    deployed_process_definitions: dict[str, ProcessDefinition]
    deployed_decision_definitions: dict[str, DecisionDefinition]
    deployed_decision_requirements_definitions: None = None
    deployed_case_definitions: None = None


class Resource(Model):
    """A file of a deployment."""

    id: str
    name: str
    deployment_id: str


class NewDeployment(Model):
    """What goes along with the files, which are the parts with a file name."""

    deployment_name: Annotated[str | None, Field(alias="deployment-name")] = None
    deployment_source: Annotated[str | None, Field(alias="deployment-source")] = None
    enable_duplicate_filtering: Annotated[Flag, Field(alias="enable-duplicate-filtering")] = False
    tenant_id: Annotated[Unoffered, Field(alias="tenant-id")] = None
    deploy_changed_only: Annotated[Flag, Field(alias="deploy-changed-only")] = False


class DeploymentQuery(Page):
    """Which deployments."""

    id: str | None = None
    name: str | None = None
    name_like: str | None = None
    source: str | None = None
    without_source: Flag = False
    after: Moment | None = None
    before: Moment | None = None

    def wanted(self) -> DeploymentFilter:
        """Return what is asked for."""
        return DeploymentFilter(self.id, self.name, self.name_like, self.source, self.without_source, self.after, self.before)


def _told(view: DeploymentView) -> dict[str, Any]:
    return {"id": view.id, "name": view.name, "source": view.source, "deployment_time": view.deployed_at}


@API.endpoint("POST", "/deployment/create", body=NewDeployment, answer=MadeDeployment, is_multipart=True)
def create(call: Call, *, body: NewDeployment) -> MadeDeployment:
    """Deploy files, which stand or fall together.

    The same files as the last deployment of the name are that deployment; with deploy-changed-only a definition whose file is the same
    keeps its version. The processes of the first file come first: that is the one which a modeler starts.
    """
    files = {}
    for part in request.files.values():
        if not part.filename:
            raise Invalid(f"the part {part.name!r} has no file name: it would tell what kind of file it is")
        if part.filename in files:
            raise Invalid(f"two of the files are called {part.filename!r}: rename one")
        files[part.filename] = part.read()
    name = body.deployment_name or next(iter(files), "")
    made = commands.deploy(
        call.engine, files, name=name, source=body.deployment_source, changed_only=body.deploy_changed_only, actor=call.actor
    )
    ids = [each.id for each in made.definitions]
    [view] = queries.find_deployments(call.engine, DeploymentFilter(made.id), actor=call.actor)
    processes = queries.find_definitions(call.engine, DefinitionFilter("process", ids=ids), actor=call.actor)
    decisions = queries.find_definitions(call.engine, DefinitionFilter("decision", ids=ids), actor=call.actor)
    place = {file: number for number, file in enumerate(files)}
    in_order = sorted(processes, key=lambda each: place.get(each.file, len(place)))
    return MadeDeployment(
        **_told(view),
        deployed_process_definitions={each.id: process_definition(each) for each in in_order},
        deployed_decision_definitions={each.id: decision_definition(each) for each in decisions},
    )


@API.endpoint("GET", "/deployment", query=DeploymentQuery, answer=list[Deployment])
def deployments(call: Call, *, query: DeploymentQuery) -> list[Deployment]:
    """List deployments, newest first unless sorted otherwise."""
    found = queries.find_deployments(
        call.engine, query.wanted(), actor=call.actor, sort=sorts(query, SORTS), limit=query.max_results, offset=query.first_result
    )
    return [Deployment(**_told(each)) for each in found]


@API.endpoint("GET", "/deployment/count", query=DeploymentQuery, answer=Count)
def count(call: Call, *, query: DeploymentQuery) -> Count:
    """Count deployments."""
    return Count(count=queries.count_deployments(call.engine, query.wanted(), actor=call.actor))


@API.endpoint("GET", "/deployment/<deployment_id>", answer=Deployment)
def deployment(call: Call, deployment_id: str) -> Deployment:
    """Return one deployment."""
    queries.files_of(call.engine, deployment_id, actor=call.actor)
    [view] = queries.find_deployments(call.engine, DeploymentFilter(deployment_id), actor=call.actor)
    return Deployment(**_told(view))


@API.endpoint("GET", "/deployment/<deployment_id>/resources", answer=list[Resource])
def resources(call: Call, deployment_id: str) -> list[Resource]:
    """List the files of a deployment."""
    found = queries.files_of(call.engine, deployment_id, actor=call.actor)
    return [Resource(id=each.id, name=each.name, deployment_id=each.deployment_id) for each in found]


@API.endpoint("GET", "/deployment/<deployment_id>/resources/<resource_id>", answer=Resource)
def resource(call: Call, deployment_id: str, resource_id: str) -> Resource:
    """Return one file of a deployment, without its content."""
    found, _ = queries.file_content(call.engine, deployment_id, resource_id, actor=call.actor)
    return Resource(id=found.id, name=found.name, deployment_id=found.deployment_id)


@API.endpoint("GET", "/deployment/<deployment_id>/resources/<resource_id>/data", answer="application/octet-stream")
def resource_data(call: Call, deployment_id: str, resource_id: str) -> Response:
    """Return the content of a file as it was deployed."""
    found, content = queries.file_content(call.engine, deployment_id, resource_id, actor=call.actor)
    return attached(content, found.name)


def attached(content: bytes, name: str) -> Response:
    """Return a file to be saved, never to be shown: it is somebody's. Its name is told in full and in plain letters (RFC 6266)."""
    answer = Response(content, mimetype="application/octet-stream")
    bare = name.rpartition("/")[2]
    names = {"filename": re.sub(r"[^ -~]", "_", bare), "filename*": f"UTF-8''{quote(bare, safe='')}"}
    answer.headers.set("Content-Disposition", "attachment", **names)
    return answer


class Deletion(Model):
    """How far a deletion goes; the history always stays, so there is nothing to cascade to."""

    cascade: Flag = False
    skip_custom_listeners: Flag = False
    skip_io_mappings: Flag = False


@API.endpoint("DELETE", "/deployment/<deployment_id>", query=Deletion)
def delete(call: Call, deployment_id: str, *, query: Deletion) -> None:
    """Delete a deployment from which nothing was ever started.

    One that was used stays with its history, also with cascade.
    """
    commands.delete_deployment(call.engine, deployment_id, actor=call.actor)
