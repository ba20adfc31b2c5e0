"""Migration of instances to another version of their process. Elements map by their id; what has another id is another element."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from engine import commands, queries
from engine.diagram.walk import nodes_of
from engine.errors import Invalid
from engine.queries import DeployedDefinition
from webui.camunda.api import API
from webui.camunda.instances import BY_REST
from webui.endpoints import Call, Model

MOST = 1000


class Instruction(Model):
    """One element and what it becomes."""

    source_activity_ids: list[str]
    target_activity_ids: list[str]
    update_event_trigger: bool = False


class Plan(Model):
    """How a version becomes another."""

    source_process_definition_id: str
    target_process_definition_id: str
    instructions: list[Instruction] = Field(default_factory=list)
    variables: None = None


class Generation(Model):
    """The two versions for which a plan is made."""

    source_process_definition_id: str
    target_process_definition_id: str
    update_event_triggers: Literal[False] = False


class InstructionReport(Model):
    """What is wrong with one instruction."""

    instruction: Instruction
    failures: list[str]


class Report(Model):
    """What is wrong with a plan: nothing when both are empty."""

    instruction_reports: list[InstructionReport]
    variable_reports: dict[str, Any] = Field(default_factory=dict)


class Execution(Model):
    """A plan and the instances that it is for."""

    migration_plan: Plan
    process_instance_ids: Annotated[list[str], Field(min_length=1, max_length=MOST)]
    skip_custom_listeners: bool = False
    skip_io_mappings: bool = False


def _versions(call: Call, plan: Plan | Generation) -> tuple[DeployedDefinition, DeployedDefinition]:
    ids = (plan.source_process_definition_id, plan.target_process_definition_id)
    source, target = (queries.find_definition_by(call.engine, definition_id=each, actor=call.actor) for each in ids)
    if source.key != target.key:
        raise Invalid(f"{source.key!r} and {target.key!r} are different processes: an instance migrates to another version of its own")
    return source, target


def _elements(call: Call, found: DeployedDefinition) -> list[str]:
    return [node.id for node in nodes_of(queries.diagram_of(call.engine, found.id, actor=call.actor))]


@API.endpoint("POST", "/migration/generate", body=Generation, answer=Plan, errors=(404,))
def generate(call: Call, *, body: Generation) -> Plan:
    """Make the plan that maps every element with the same id."""
    source, target = _versions(call, body)
    present = set(_elements(call, target))
    same = [each for each in _elements(call, source) if each in present]
    instructions = [Instruction(source_activity_ids=[each], target_activity_ids=[each]) for each in same]
    return Plan(source_process_definition_id=source.id, target_process_definition_id=target.id, instructions=instructions)


@API.endpoint("POST", "/migration/validate", body=Plan, answer=Report, errors=(404,))
def validate(call: Call, *, body: Plan) -> Report:
    """Tell what is wrong with a plan."""
    source, target = _versions(call, body)
    before, after = set(_elements(call, source)), set(_elements(call, target))
    reports = [InstructionReport(instruction=each, failures=_failures(each, before, after)) for each in body.instructions]
    return Report(instruction_reports=[each for each in reports if each.failures])


def _failures(instruction: Instruction, before: set[str], after: set[str]) -> list[str]:
    if instruction.source_activity_ids != instruction.target_activity_ids or len(instruction.source_activity_ids) != 1:
        return ["an element maps to the one with the same id: move the token first, then migrate"]
    [element] = instruction.source_activity_ids
    found = [f"the source has no element {element!r}"] if element not in before else []
    return [*found, *([f"the target has no element {element!r}"] if element not in after else [])]


@API.endpoint("POST", "/migration/execute", body=Execution, errors=(404,))
def execute(call: Call, *, body: Execution) -> None:
    """Migrate instances: all of them are looked at first, and none is touched when one has a token without a place."""
    plan = body.migration_plan
    wrong = [failure for each in validate(call, body=plan).instruction_reports for failure in each.failures]
    source, target = _versions(call, plan)
    for each in body.process_instance_ids:
        preview = commands.migration_preview(call.engine, each, version=target.version, actor=call.actor)
        if preview.from_definition != source.id:
            wrong.append(f"instance {each} does not run in the source version")
        wrong += [f"instance {each}, {token.element}: {token.reason}" for token in preview.unmapped]
    if wrong:
        raise Invalid("; ".join(wrong))
    for each in body.process_instance_ids:
        commands.migrate(call.engine, each, version=target.version, reason=BY_REST, actor=call.actor)
