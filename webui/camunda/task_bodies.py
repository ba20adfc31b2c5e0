"""What tasks look like in the dialect, and what is said to them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from engine.errors import Invalid
from engine.queries import Task
from webui.camunda.values import Moment, Value, plain_all
from webui.endpoints import Model

Delegation = Literal["PENDING", "RESOLVED"]


class CamundaFormRef(Model):
    """A deployed form of a task."""

    key: str
    binding: str = "deployment"
    version: int | None = None


class TaskBody(Model):
    """A task."""

    id: str
    name: str | None
    assignee: str | None
    owner: str | None
    created: Moment
    last_updated: None = None
    due: Moment | None
    follow_up: Moment | None
    delegation_state: Delegation | None
    description: str | None
    execution_id: str
    parent_task_id: None = None
    priority: int
    process_definition_id: str
    process_instance_id: str
    case_execution_id: None = None
    case_definition_id: None = None
    case_instance_id: None = None
    task_definition_key: str
    suspended: bool
    form_key: str | None = None
    camunda_form_ref: CamundaFormRef | None
    tenant_id: None = None


class NewDetails(Model):
    """A task as it shall be, whole: what is left out becomes empty, but a name and a priority stay.

    The rest of what a task tells is taken along from one that was read, and changes nothing.
    """

    name: str | None = None
    description: str | None = None
    assignee: str | None = None
    owner: str | None = None
    due: Moment | None = None
    follow_up: Moment | None = None
    priority: int | None = None
    id: str | None = None
    created: datetime | str | None = None
    last_updated: datetime | str | None = None
    delegation_state: Delegation | None = None
    execution_id: str | None = None
    process_definition_id: str | None = None
    process_instance_id: str | None = None
    task_definition_key: str | None = None
    suspended: bool | None = None
    form_key: str | None = None
    camunda_form_ref: dict[str, Any] | None = None
    parent_task_id: None = None
    case_execution_id: None = None
    case_definition_id: None = None
    case_instance_id: None = None
    tenant_id: None = None


class Person(Model):
    """Somebody, or nobody."""

    user_id: Annotated[str, Field(min_length=1)] | None = None


class Given(Model):
    """Variables that are handed in."""

    variables: dict[str, Value] | None = None

    def plain(self) -> dict[str, Any]:
        """Return them as plain data. Raises Invalid for a local one: the task that it would belong to ends."""
        local = [name for name, value in (self.variables or {}).items() if value.local]
        if local:
            raise Invalid(f"variable {local[0]}: a local variable would end with the task; set it by localVariables")
        return plain_all(self.variables)


class Completion(Given):
    """What a task yields."""

    with_variables_in_return: bool = False


class ThrownError(Given):
    """A business error."""

    error_code: str = Field(min_length=1)
    error_message: str | None = None


class ThrownEscalation(Given):
    """An escalation."""

    escalation_code: str = Field(min_length=1)


class GroupCount(Model):
    """How many tasks a candidate group has; those without one are counted under null."""

    group_name: str | None
    task_count: int


def task_body(found: Task) -> TaskBody:
    """Return a task in the dialect."""
    return TaskBody(
        id=found.id,
        name=found.name,
        assignee=found.assignee,
        owner=found.owner,
        created=found.created_at,
        due=found.due_at,
        follow_up=found.follow_up_at,
        delegation_state=None if found.delegation is None else "PENDING" if found.delegation == "pending" else "RESOLVED",
        description=found.description,
        execution_id=found.id,
        priority=found.priority,
        process_definition_id=found.definition_id,
        process_instance_id=found.instance_id,
        task_definition_key=found.element,
        suspended=found.is_suspended,
        camunda_form_ref=CamundaFormRef(key=found.form_ref) if found.form_ref else None,
    )
