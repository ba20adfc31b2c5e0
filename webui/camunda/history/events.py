"""What is gathered from the events of an instance: the elements it passed, its variables, what people did.

The instance must be named: its chain is read, and no other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine import queries
from engine.history import Entry, Event
from webui.camunda.api import API
from webui.camunda.history.instances import PastInstance, instance
from webui.camunda.history.tasks import TaskQuery, found_tasks
from webui.camunda.history.times import millis
from webui.camunda.paging import Page, sorts
from webui.camunda.values import Flag, Moment, typed
from webui.endpoints import Call, Model


class OfInstance(Page):
    """Of which instance; it must be named."""

    process_instance_id: str


class ElementQuery(OfInstance):
    """Which elements of an instance."""

    activity_id: str | None = None
    activity_type: str | None = None
    finished: Flag = False
    unfinished: Flag = False
    canceled: Flag = False


class PastElement(Model):
    """One visit of a token to an element."""

    id: str
    parent_activity_instance_id: str
    activity_id: str
    activity_name: str | None
    activity_type: str
    process_definition_key: str
    process_definition_id: str
    process_instance_id: str
    execution_id: str
    task_id: str | None
    assignee: str | None
    called_process_instance_id: None = None
    called_case_instance_id: None = None
    start_time: Moment
    end_time: Moment | None
    duration_in_millis: int | None
    canceled: bool
    complete_scope: bool = False
    tenant_id: None = None
    removal_time: None = None
    root_process_instance_id: str


class VariableQuery(OfInstance):
    """Which variables of an instance."""

    variable_name: str | None = None
    deserialize_values: Flag = True


class PastVariable(Model):
    """A variable of an instance with its last value."""

    id: str
    name: str
    type: str
    value: Any
    value_info: dict[str, Any]
    process_definition_key: str
    process_definition_id: str
    process_instance_id: str
    root_process_instance_id: str
    execution_id: str
    activity_instance_id: str
    task_id: None = None
    case_definition_key: None = None
    case_definition_id: None = None
    case_instance_id: None = None
    case_execution_id: None = None
    error_message: None = None
    tenant_id: None = None
    create_time: Moment
    removal_time: None = None
    state: str = "CREATED"


class OperationQuery(OfInstance):
    """Which operations on an instance."""

    user_id: str | None = None
    operation_type: str | None = None
    task_id: str | None = None


class Operation(Model):
    """Something that a person did."""

    id: str
    user_id: str
    timestamp: Moment
    operation_id: str
    operation_type: str
    entity_type: str
    category: str
    annotation: str | None
    property: str | None
    org_value: str | None
    new_value: str | None
    process_definition_id: str
    process_definition_key: str
    process_instance_id: str
    task_id: str | None
    removal_time: None = None
    root_process_instance_id: str


@API.endpoint("GET", "/history/activity-instance", query=ElementQuery, answer=list[PastElement], errors=(404,))
def elements(call: Call, *, query: ElementQuery) -> list[PastElement]:
    """List the elements that an instance passed or is at, in the order in which they began."""
    view = instance(call, query.process_instance_id)
    found = queries.past_elements(call.engine, query.process_instance_id, actor=call.actor)
    tasks = {each.id: each for each in found_tasks(call, TaskQuery(process_instance_id=view.id), Page())}
    names = queries.element_names(call.engine, view.process_definition_id, actor=call.actor)
    told = []
    for each in found:
        kind, name = names.get(each.element, ("task", ""))
        task = tasks.get(each.token)
        told.append(
            PastElement(
                id=each.token,
                parent_activity_instance_id=view.id,
                activity_id=each.element,
                activity_name=name or None,
                activity_type=kind,
                process_definition_key=view.process_definition_key,
                process_definition_id=view.process_definition_id,
                process_instance_id=view.id,
                execution_id=each.token,
                task_id=task.id if task else None,
                assignee=task.assignee if task else None,
                start_time=each.began_at,
                end_time=each.ended_at,
                duration_in_millis=millis(each.began_at, each.ended_at),
                canceled=each.is_cancelled,
                root_process_instance_id=view.id,
            )
        )
    return part_of([each for each in told if _is_asked(each, query)], query)


def _is_asked(found: PastElement, query: ElementQuery) -> bool:
    return (
        query.activity_id in (None, found.activity_id)
        and query.activity_type in (None, found.activity_type)
        and not (query.finished and found.end_time is None)
        and not (query.unfinished and found.end_time is not None)
        and not (query.canceled and not found.canceled)
    )


def part_of(found: list[Any], page: Page) -> list[Any]:
    """Return the part that is asked for, in the order in which it happened."""
    sorts(page, {})
    return found[page.first_result : page.first_result + page.max_results]


@API.endpoint("GET", "/history/variable-instance", query=VariableQuery, answer=list[PastVariable], errors=(404,))
def variables(call: Call, *, query: VariableQuery) -> list[PastVariable]:
    """List the variables that an instance ever had, by name, each with its last value."""
    view = instance(call, query.process_instance_id)
    found = queries.past_variables(call.engine, view.id, actor=call.actor)
    told = []
    for each in found:
        value = typed(each.value)
        told.append(
            PastVariable(
                id=f"{view.id}:{each.name}",
                name=each.name,
                type=value.type,
                value=value.value,
                value_info=value.value_info,
                process_definition_key=view.process_definition_key,
                process_definition_id=view.process_definition_id,
                process_instance_id=view.id,
                root_process_instance_id=view.id,
                execution_id=view.id,
                activity_instance_id=view.id,
                create_time=each.created_at,
            )
        )
    return part_of([each for each in told if query.variable_name in (None, each.name)], query)


OPERATIONS = {
    "instance.started": ("Create", "ProcessInstance"),
    "instance.cancelled": ("Delete", "ProcessInstance"),
    "instance.suspended": ("Suspend", "ProcessInstance"),
    "instance.resumed": ("Activate", "ProcessInstance"),
    "instance.migrated": ("Migrate", "ProcessInstance"),
    "instance.restarted": ("RestartProcessInstance", "ProcessInstance"),
    "variables.set": ("SetVariable", "Variable"),
    "token.move": ("ModifyProcessInstance", "ProcessInstance"),
    "failure.retried": ("SetJobRetries", "Job"),
    "task.claimed": ("Claim", "Task"),
    "task.released": ("Assign", "Task"),
    "task.reassigned": ("Assign", "Task"),
    "task.delegated": ("Delegate", "Task"),
    "task.resolved": ("Resolve", "Task"),
    "task.completed": ("Complete", "Task"),
    "task.changed": ("Update", "Task"),
    "task.candidate_added": ("AddCandidate", "IdentityLink"),
    "task.candidate_removed": ("DeleteCandidate", "IdentityLink"),
    "task.variables_changed": ("ModifyVariable", "Variable"),
    "variables.removed": ("RemoveVariable", "Variable"),
    "task.commented": ("AddComment", "Task"),
    "task.attached": ("AddAttachment", "Attachment"),
    "task.attachment_removed": ("DeleteAttachment", "Attachment"),
    "task.error": ("HandleBpmnError", "Task"),
    "task.escalated": ("HandleBpmnEscalation", "Task"),
}
"""Which events of the history are operations of people, in the dialect's words."""
OF_TASKS = ("Task", "IdentityLink", "Attachment")
PROPERTIES = {"due_at": "dueDate", "follow_up_at": "followUpDate"}


@API.endpoint("GET", "/history/user-operation", query=OperationQuery, answer=list[Operation], errors=(404,))
def operations(call: Call, *, query: OperationQuery) -> list[Operation]:
    """List what people did to an instance, in order."""
    view = instance(call, query.process_instance_id)
    told = []
    for entry in queries.history_of(call.engine, view.id, actor=call.actor):
        event = entry.event
        if event.kind not in OPERATIONS or event.actor == "system":
            continue
        told += [_operation(view, entry, change) for change in _changes(event)]
    chosen = [
        each
        for each in told
        if query.user_id in (None, each.user_id)
        and query.operation_type in (None, each.operation_type)
        and query.task_id in (None, each.task_id)
    ]
    return part_of(chosen, query)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _operation(view: PastInstance, entry: Entry, change: tuple[str | None, Any, Any]) -> Operation:
    event = entry.event
    operation, entity = OPERATIONS[event.kind]
    name, before, after = change
    return Operation(
        id=f"{view.id}:{entry.seq}" + (f":{name}" if event.kind == "task.changed" else ""),
        user_id=event.actor,
        timestamp=event.at,
        operation_id=f"{view.id}:{entry.seq}",
        operation_type=operation,
        entity_type=entity,
        category="TaskWorker" if entity in OF_TASKS else "Operator",
        annotation=(event.data or {}).get("reason"),
        property=name,
        org_value=_text(before),
        new_value=_text(after),
        process_definition_id=view.process_definition_id,
        process_definition_key=view.process_definition_key,
        process_instance_id=view.id,
        task_id=event.token if entity in OF_TASKS else None,
        root_process_instance_id=view.id,
    )


def _changes(event: Event) -> list[tuple[str | None, Any, Any]]:
    """Return what an operation changed as (property, before, after): an update of a task tells each property for itself."""
    data: Mapping[str, Any] = event.data or {}
    before, after = data.get("from"), data.get("to")
    if event.kind == "task.changed":
        return [(PROPERTIES.get(name, name), data["from"][name], value) for name, value in data["to"].items()]
    return [("assignee" if event.kind.startswith("task.") and "to" in data else None, before, after)]
