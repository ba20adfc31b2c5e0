"""Which tasks: the filters and orders of the dialect's task queries, as criteria of ours.

Filters by variables are not offered: variables live in the state of each instance, which no query can look into.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from engine.queries import Criterion, Op, Sort
from webui.camunda.paging import Page
from webui.camunda.values import Flag, Moment, Names
from webui.endpoints import Model

SORTS = {
    "id": "id", "instanceId": "instance_id", "executionId": "id", "name": "name", "nameCaseInsensitive": "name_caseless",
    "description": "description", "assignee": "assignee", "priority": "priority", "dueDate": "due_at", "followUpDate": "follow_up_at",
    "created": "created_at",
}  # fmt: skip
PLAIN: Mapping[str, tuple[str, Op]] = {
    "task_id": ("id", Op.IS),
    "task_id_in": ("id", Op.IN),
    "execution_id": ("id", Op.IS),
    "process_instance_id": ("instance_id", Op.IS),
    "process_instance_id_in": ("instance_id", Op.IN),
    "process_instance_business_key": ("business_key", Op.IS),
    "process_instance_business_key_in": ("business_key", Op.IN),
    "process_instance_business_key_like": ("business_key", Op.LIKE),
    "process_definition_id": ("definition_id", Op.IS),
    "process_definition_key": ("definition_key", Op.IS),
    "process_definition_key_in": ("definition_key", Op.IN),
    "process_definition_name": ("definition_name", Op.IS),
    "process_definition_name_like": ("definition_name", Op.LIKE),
    "assignee": ("assignee", Op.IS),
    "assignee_in": ("assignee", Op.IN),
    "assignee_not_in": ("assignee", Op.NOT_IN),
    "assignee_like": ("assignee", Op.LIKE),
    "owner": ("owner", Op.IS),
    "involved_user": ("involved", Op.IS),
    "task_definition_key": ("element", Op.IS),
    "task_definition_key_in": ("element", Op.IN),
    "task_definition_key_not_in": ("element", Op.NOT_IN),
    "task_definition_key_like": ("element", Op.LIKE),
    "name": ("name", Op.IS),
    "name_not_equal": ("name", Op.IS_NOT),
    "name_like": ("name", Op.LIKE),
    "name_not_like": ("name", Op.NOT_LIKE),
    "description": ("description", Op.IS),
    "description_like": ("description", Op.LIKE),
    "priority": ("priority", Op.IS),
    "min_priority": ("priority", Op.LEAST),
    "max_priority": ("priority", Op.MOST),
    "due_date": ("due_at", Op.IS),
    "due_after": ("due_at", Op.AFTER),
    "due_before": ("due_at", Op.BEFORE),
    "follow_up_date": ("follow_up_at", Op.IS),
    "follow_up_after": ("follow_up_at", Op.AFTER),
    "follow_up_before": ("follow_up_at", Op.BEFORE),
    "created_on": ("created_at", Op.IS),
    "created_after": ("created_at", Op.AFTER),
    "created_before": ("created_at", Op.BEFORE),
}
FLAGS: Mapping[str, Criterion] = {
    "assigned": Criterion("assignee", Op.THERE, True),
    "unassigned": Criterion("assignee", Op.THERE, False),
    "without_due_date": Criterion("due_at", Op.THERE, False),
    "active": Criterion("is_suspended", Op.IS, False),
    "suspended": Criterion("is_suspended", Op.IS, True),
    "with_candidate_groups": Criterion("candidate_groups", Op.THERE, True),
    "without_candidate_groups": Criterion("candidate_groups", Op.THERE, False),
    "with_candidate_users": Criterion("candidate_users", Op.THERE, True),
    "without_candidate_users": Criterion("candidate_users", Op.THERE, False),
}
"""Filters that mean something only when they are true."""
Int32 = Field(None, ge=-(2**31), le=2**31 - 1)


class TaskFilter(Model):
    """The filters.

    Those that clients send along and that change nothing here: there are no tenants, and no filters by variables whose case to ignore.
    """

    task_id: str | None = None
    task_id_in: Names | None = None
    execution_id: str | None = None
    process_instance_id: str | None = None
    process_instance_id_in: Names | None = None
    process_instance_business_key: str | None = None
    process_instance_business_key_in: Names | None = None
    process_instance_business_key_like: str | None = None
    process_definition_id: str | None = None
    process_definition_key: str | None = None
    process_definition_key_in: Names | None = None
    process_definition_name: str | None = None
    process_definition_name_like: str | None = None
    assignee: str | None = None
    assignee_in: Names | None = None
    assignee_not_in: Names | None = None
    assignee_like: str | None = None
    owner: str | None = None
    candidate_group: str | None = None
    candidate_groups: Names | None = None
    candidate_user: str | None = None
    include_assigned_tasks: Flag | None = None
    involved_user: str | None = None
    assigned: Flag | None = None
    unassigned: Flag | None = None
    task_definition_key: str | None = None
    task_definition_key_in: Names | None = None
    task_definition_key_not_in: Names | None = None
    task_definition_key_like: str | None = None
    name: str | None = None
    name_not_equal: str | None = None
    name_like: str | None = None
    name_not_like: str | None = None
    description: str | None = None
    description_like: str | None = None
    priority: int | None = Int32
    min_priority: int | None = Int32
    max_priority: int | None = Int32
    due_date: Moment | None = None
    due_after: Moment | None = None
    due_before: Moment | None = None
    without_due_date: Flag | None = None
    follow_up_date: Moment | None = None
    follow_up_after: Moment | None = None
    follow_up_before: Moment | None = None
    follow_up_before_or_not_existent: Moment | None = None
    created_on: Moment | None = None
    created_after: Moment | None = None
    created_before: Moment | None = None
    delegation_state: Literal["PENDING", "RESOLVED"] | None = None
    with_candidate_groups: Flag | None = None
    without_candidate_groups: Flag | None = None
    with_candidate_users: Flag | None = None
    without_candidate_users: Flag | None = None
    active: Flag | None = None
    suspended: Flag | None = None
    without_tenant_id: Flag | None = None
    variable_names_ignore_case: Flag | None = None
    variable_values_ignore_case: Flag | None = None

    def alternatives(self) -> list[list[Criterion]]:
        """Return each filter that is set, as the ways to fulfil it."""
        found = [[Criterion(field, op, getattr(self, name))] for name, (field, op) in PLAIN.items() if getattr(self, name) is not None]
        found += [[criterion] for name, criterion in FLAGS.items() if getattr(self, name)]
        found += [[criterion] for criterion in self._candidates()]
        if self.delegation_state is not None:
            found.append([Criterion("delegation", Op.IS, self.delegation_state.lower())])
        if (moment := self.follow_up_before_or_not_existent) is not None:
            found.append([Criterion("follow_up_at", Op.BEFORE, moment), Criterion("follow_up_at", Op.THERE, False)])
        return found

    def _candidates(self) -> list[Criterion]:
        """Return what is asked of candidates: of unassigned tasks unless the assigned are included."""
        free = "" if self.include_assigned_tasks else "free_"
        found = []
        if self.candidate_user is not None:
            found.append(Criterion(f"{free}candidate_user", Op.IS, self.candidate_user))
        if self.candidate_group is not None:
            found.append(Criterion(f"{free}candidate_group", Op.IN, [self.candidate_group]))
        if self.candidate_groups is not None:
            found.append(Criterion(f"{free}candidate_group", Op.IN, self.candidate_groups))
        return found


class TaskQuery(TaskFilter, Page):
    """The filters as query parameters, with page and order."""


class Sorting(Model):
    """One part of an order."""

    sort_by: Literal[
        "id", "instanceId", "executionId", "name", "nameCaseInsensitive", "description", "assignee", "priority", "dueDate",
        "followUpDate", "created",
    ]  # fmt: skip
    sort_order: Literal["asc", "desc"]
    parameters: None = None


class TaskQueryBody(TaskFilter):
    """The filters as a body; of each of the `orQueries` one filter suffices."""

    or_queries: list[TaskFilter] = Field(default_factory=list, max_length=20)
    sorting: list[Sorting] = Field(default_factory=list, max_length=10)

    def wanted(self) -> list[list[Criterion]]:
        """Return what is asked for; an empty one of the `orQueries` asks for nothing."""
        either = [[criterion for ways in each.alternatives() for criterion in ways] for each in self.or_queries]
        return [*self.alternatives(), *(criteria for criteria in either if criteria)]

    def sorts(self) -> list[Sort]:
        """Return the order that is asked for."""
        return [Sort(SORTS[each.sort_by], is_descending=each.sort_order == "desc") for each in self.sorting]
