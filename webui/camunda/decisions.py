"""Decision definitions: list, read, evaluate."""

from __future__ import annotations

from pydantic import Field

from engine import queries
from engine.queries import DefinitionFilter, DeployedDefinition
from webui.camunda.api import API
from webui.camunda.paging import Count, Page, sorts
from webui.camunda.values import Flag, Names, TypedValue, Value, plain_all, typed_all
from webui.endpoints import Call, Model

SORTS = {
    "key": "key", "id": "id", "name": "name", "version": "version", "deploymentId": "deployment_id", "versionTag": "version_tag",
}  # fmt: skip


class DecisionDefinition(Model):
    """A version of a decision."""

    id: str
    key: str
    category: None = None
    name: str | None
    version: int
    resource: str
    deployment_id: str
    tenant_id: None = None
    decision_requirements_definition_id: None = None
    decision_requirements_definition_key: None = None
    history_time_to_live: None = None
    version_tag: str | None


class DecisionDefinitionQuery(Page):
    """Which decision definitions."""

    decision_definition_id: str | None = None
    decision_definition_id_in: Names | None = None
    name: str | None = None
    name_like: str | None = None
    deployment_id: str | None = None
    key: str | None = None
    key_like: str | None = None
    latest_version: Flag = False
    version: int | None = Field(None, ge=0, le=2**31 - 1)
    version_tag: str | None = None
    resource_name: str | None = None
    resource_name_like: str | None = None

    def wanted(self) -> DefinitionFilter:
        """Return what is asked for."""
        one = [self.decision_definition_id] if self.decision_definition_id is not None else None
        return DefinitionFilter(
            "decision",
            ids=self.decision_definition_id_in if one is None else one,
            keys=None if self.key is None else [self.key],
            key_like=self.key_like,
            name=self.name,
            name_like=self.name_like,
            version=self.version,
            version_tag=self.version_tag,
            deployment_id=self.deployment_id,
            file=self.resource_name,
            file_like=self.resource_name_like,
            latest_only=self.latest_version,
        )


class DecisionSource(Model):
    """A decision's file as it was deployed."""

    id: str
    dmn_xml: str


class Evaluation(Model):
    """What a decision is asked with."""

    variables: dict[str, Value] | None = None


def decision_definition(found: DeployedDefinition) -> DecisionDefinition:
    """Return a definition in the dialect."""
    return DecisionDefinition(
        id=found.id,
        key=found.key,
        name=found.name or None,
        version=found.version,
        resource=found.file,
        deployment_id=found.deployment_id,
        version_tag=found.version_tag,
    )


@API.endpoint("GET", "/decision-definition", query=DecisionDefinitionQuery, answer=list[DecisionDefinition])
def definitions(call: Call, *, query: DecisionDefinitionQuery) -> list[DecisionDefinition]:
    """List decision definitions, by key and then the newest version unless sorted otherwise."""
    found = queries.find_definitions(
        call.engine, query.wanted(), actor=call.actor, sort=sorts(query, SORTS), limit=query.max_results, offset=query.first_result
    )
    return [decision_definition(each) for each in found]


@API.endpoint("GET", "/decision-definition/count", query=DecisionDefinitionQuery, answer=Count)
def count(call: Call, *, query: DecisionDefinitionQuery) -> Count:
    """Count decision definitions."""
    return Count(count=queries.count_definitions(call.engine, query.wanted(), actor=call.actor))


def _by_id(call: Call, definition_id: str) -> DeployedDefinition:
    return queries.find_definition_by(call.engine, definition_id=definition_id, kind="decision", actor=call.actor)


def _by_key(call: Call, key: str) -> DeployedDefinition:
    return queries.find_definition_by(call.engine, key=key, kind="decision", actor=call.actor)


def _source(call: Call, found: DeployedDefinition) -> DecisionSource:
    return DecisionSource(
        id=found.id, dmn_xml=queries.definition_source(call.engine, found.id, actor=call.actor).decode("utf-8", "replace")
    )


def _evaluate(call: Call, found: DeployedDefinition, body: Evaluation) -> list[dict[str, TypedValue]]:
    rows = queries.evaluate_decision(call.engine, found.id, variables=plain_all(body.variables), actor=call.actor)
    return [typed_all(row) for row in rows]


@API.endpoint("GET", "/decision-definition/<definition_id>", answer=DecisionDefinition)
def definition(call: Call, definition_id: str) -> DecisionDefinition:
    """Return one version of a decision."""
    return decision_definition(_by_id(call, definition_id))


@API.endpoint("GET", "/decision-definition/key/<key>", answer=DecisionDefinition)
def definition_by_key(call: Call, key: str) -> DecisionDefinition:
    """Return the latest version of a decision."""
    return decision_definition(_by_key(call, key))


@API.endpoint("GET", "/decision-definition/<definition_id>/xml", answer=DecisionSource)
def source(call: Call, definition_id: str) -> DecisionSource:
    """Return the file of a version as it was deployed."""
    return _source(call, _by_id(call, definition_id))


@API.endpoint("GET", "/decision-definition/key/<key>/xml", answer=DecisionSource)
def source_by_key(call: Call, key: str) -> DecisionSource:
    """Return the file of the latest version as it was deployed."""
    return _source(call, _by_key(call, key))


@API.endpoint("POST", "/decision-definition/<definition_id>/evaluate", body=Evaluation, answer=list[dict[str, TypedValue]])
def evaluate(call: Call, definition_id: str, *, body: Evaluation) -> list[dict[str, TypedValue]]:
    """Evaluate a version of a decision: one object of typed outputs for each rule that counts."""
    return _evaluate(call, _by_id(call, definition_id), body)


@API.endpoint("POST", "/decision-definition/key/<key>/evaluate", body=Evaluation, answer=list[dict[str, TypedValue]])
def evaluate_by_key(call: Call, key: str, *, body: Evaluation) -> list[dict[str, TypedValue]]:
    """Evaluate the latest version of a decision: one object of typed outputs for each rule that counts."""
    return _evaluate(call, _by_key(call, key), body)
