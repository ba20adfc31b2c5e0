"""Tasks: list and count, claim, complete, delegate, change."""

from __future__ import annotations

from engine import commands, queries
from engine.commands import TaskDetails
from engine.errors import Invalid
from webui.camunda.api import API
from webui.camunda.paging import Count, Part, sorts
from webui.camunda.task_bodies import (
    Completion,
    Given,
    GroupCount,
    NewDetails,
    Person,
    TaskBody,
    ThrownError,
    ThrownEscalation,
    task_body,
)
from webui.camunda.task_filters import SORTS, TaskFilter, TaskQuery, TaskQueryBody
from webui.camunda.values import TypedValue, typed_all
from webui.endpoints import Call


@API.endpoint("GET", "/task", query=TaskQuery, answer=list[TaskBody])
def tasks(call: Call, *, query: TaskQuery) -> list[TaskBody]:
    """List the open tasks that the caller may read."""
    found = queries.find_tasks(
        call.engine,
        query.alternatives(),
        actor=call.actor,
        sort=sorts(query, SORTS),
        limit=query.max_results,
        offset=query.first_result,
    )
    return [task_body(each) for each in found]


@API.endpoint("POST", "/task", query=Part, body=TaskQueryBody, answer=list[TaskBody])
def query_tasks(call: Call, *, query: Part, body: TaskQueryBody) -> list[TaskBody]:
    """List the open tasks that the caller may read, by filters in the body."""
    found = queries.find_tasks(
        call.engine, body.wanted(), actor=call.actor, sort=body.sorts(), limit=query.max_results, offset=query.first_result
    )
    return [task_body(each) for each in found]


@API.endpoint("GET", "/task/count", query=TaskFilter, answer=Count)
def count(call: Call, *, query: TaskFilter) -> Count:
    """Count the open tasks that the caller may read."""
    return Count(count=queries.count_tasks(call.engine, query.alternatives(), actor=call.actor))


@API.endpoint("POST", "/task/count", body=TaskQueryBody, answer=Count)
def query_count(call: Call, *, body: TaskQueryBody) -> Count:
    """Count the open tasks that the caller may read, by filters in the body."""
    return Count(count=queries.count_tasks(call.engine, body.wanted(), actor=call.actor))


@API.endpoint("GET", "/task/report/candidate-group-count", answer=list[GroupCount])
def candidate_group_count(call: Call) -> list[GroupCount]:
    """Count the open tasks that the caller may read by candidate group."""
    return [GroupCount(group_name=name, task_count=number) for name, number in queries.count_by_group(call.engine, actor=call.actor)]


@API.endpoint("GET", "/task/<task_id>", answer=TaskBody)
def task(call: Call, task_id: str) -> TaskBody:
    """Return one open task."""
    return task_body(queries.open_task(call.engine, task_id, actor=call.actor))


@API.endpoint("PUT", "/task/<task_id>", body=NewDetails)
def update(call: Call, task_id: str, *, body: NewDetails) -> None:
    """Replace what can be said about a task."""
    details = TaskDetails(body.name, body.description, body.assignee, body.owner, body.priority, body.due, body.follow_up)
    commands.change_details(call.engine, task_id, details=details, actor=call.actor)


@API.endpoint("POST", "/task/<task_id>/claim", body=Person)
def claim(call: Call, task_id: str, *, body: Person) -> None:
    """Make an unassigned task the caller's own.

    For somebody else it is reassigned, if it is unassigned and the caller may; without a person it is given back.
    """
    if body.user_id is None:
        commands.release(call.engine, task_id, actor=call.actor)
    else:
        commands.claim(call.engine, task_id, to=body.user_id, actor=call.actor)


@API.endpoint("POST", "/task/<task_id>/unclaim")
def unclaim(call: Call, task_id: str) -> None:
    """Give a claimed task back to its candidates."""
    commands.release(call.engine, task_id, actor=call.actor)


def _complete(call: Call, task_id: str, body: Completion) -> dict[str, TypedValue] | None:
    done = commands.complete(call.engine, task_id, variables=body.plain(), actor=call.actor)
    if not body.with_variables_in_return:
        return None
    return typed_all(queries.instance(call.engine, done.instance_id, actor=call.actor).variables)


@API.endpoint("POST", "/task/<task_id>/complete", body=Completion, answer=dict[str, TypedValue], may_be_empty=True)
def complete(call: Call, task_id: str, *, body: Completion) -> dict[str, TypedValue] | None:
    """Complete a task with the variables that it yields.

    The instance's variables are answered when they are asked for.
    """
    return _complete(call, task_id, body)


@API.endpoint("POST", "/task/<task_id>/submit-form", body=Completion, answer=dict[str, TypedValue], may_be_empty=True)
def submit_form(call: Call, task_id: str, *, body: Completion) -> dict[str, TypedValue] | None:
    """Complete a task with what its form was filled in with."""
    return _complete(call, task_id, body)


@API.endpoint("POST", "/task/<task_id>/delegate", body=Person)
def delegate(call: Call, task_id: str, *, body: Person) -> None:
    """Let another person do the task and hand it back."""
    if body.user_id is None:
        raise Invalid("userId is missing: who shall do it?")
    commands.delegate(call.engine, task_id, to=body.user_id, actor=call.actor)


@API.endpoint("POST", "/task/<task_id>/resolve", body=Given)
def resolve(call: Call, task_id: str, *, body: Given) -> None:
    """Hand a delegated task back to its owner."""
    commands.resolve(call.engine, task_id, variables=body.plain(), actor=call.actor)


@API.endpoint("POST", "/task/<task_id>/assignee", body=Person)
def assignee(call: Call, task_id: str, *, body: Person) -> None:
    """Give the task to a person, or to nobody."""
    commands.reassign(call.engine, task_id, to=body.user_id, actor=call.actor)


@API.endpoint("POST", "/task/<task_id>/bpmnError", body=ThrownError)
def bpmn_error(call: Call, task_id: str, *, body: ThrownError) -> None:
    """End the task by a business error that the diagram catches; one that nothing catches is a failure that an operator sees."""
    commands.throw_error(
        call.engine, task_id, code=body.error_code, message=body.error_message or "", variables=body.plain(), actor=call.actor
    )


@API.endpoint("POST", "/task/<task_id>/bpmnEscalation", body=ThrownEscalation)
def bpmn_escalation(call: Call, task_id: str, *, body: ThrownEscalation) -> None:
    """Escalate from the task; whether it ends is for the diagram to say."""
    commands.throw_escalation(call.engine, task_id, code=body.escalation_code, variables=body.plain(), actor=call.actor)


API.leave_out("POST", "/task/create")
API.leave_out("DELETE", "/task/<task_id>")
