"""External tasks as readers and operators see them: list, read, say how many tries are left and how urgent they are."""

from __future__ import annotations

from typing import Annotated

from flask import Response
from pydantic import Field

from engine import commands, queries
from engine.errors import Invalid
from engine.queries import ExternalTask, ExternalTaskFilter, Sort
from webui.camunda.api import API
from webui.camunda.paging import Count, Page, Part, Sorting, Whole, sorts, sorts_of
from webui.camunda.values import Flag, Moment, Names
from webui.endpoints import Call, Model

SORTS = {
    "id": "id", "lockExpirationTime": "locked_until", "processInstanceId": "instance_id", "processDefinitionId": "definition_id",
    "processDefinitionKey": "definition_key", "taskPriority": "priority", "createTime": "created_at",
}  # fmt: skip
Long = Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]
"""A whole number of 64 bits."""


class ExternalTaskBody(Model):
    """Work that waits for an external worker, or is done by one."""

    activity_id: str
    activity_instance_id: str
    error_message: str | None
    execution_id: str
    id: str
    lock_expiration_time: Moment | None
    create_time: Moment
    process_definition_id: str
    process_definition_key: str
    process_definition_version_tag: str | None
    process_instance_id: str
    tenant_id: None = None
    retries: int | None
    suspended: bool
    worker_id: str | None
    topic_name: str
    priority: int
    business_key: str | None


class ExternalTaskQuery(Model):
    """Which external tasks."""

    external_task_id: str | None = None
    external_task_id_in: Names | None = None
    topic_name: str | None = None
    worker_id: str | None = None
    locked: Flag | None = None
    not_locked: Flag | None = None
    with_retries_left: Flag | None = None
    no_retries_left: Flag | None = None
    lock_expiration_after: Moment | None = None
    lock_expiration_before: Moment | None = None
    activity_id: str | None = None
    activity_id_in: Names | None = None
    execution_id: str | None = None
    process_instance_id: str | None = None
    process_instance_id_in: Names | None = None
    process_definition_id: str | None = None
    active: Flag | None = None
    suspended: Flag | None = None
    priority_higher_than_or_equals: Long | None = None
    priority_lower_than_or_equals: Long | None = None

    def wanted(self) -> ExternalTaskFilter:
        """Return what is asked for. Raises Invalid for what excludes each other."""
        return ExternalTaskFilter(
            ids=either(self.external_task_id, self.external_task_id_in),
            topic=self.topic_name,
            worker=self.worker_id,
            is_locked=one_of(self.locked, self.not_locked, "locked and notLocked"),
            has_retries=one_of(self.with_retries_left, self.no_retries_left, "withRetriesLeft and noRetriesLeft"),
            lock_after=self.lock_expiration_after,
            lock_before=self.lock_expiration_before,
            elements=either(self.activity_id, self.activity_id_in),
            token=self.execution_id,
            instance_ids=either(self.process_instance_id, self.process_instance_id_in),
            definition_id=self.process_definition_id,
            is_suspended=one_of(self.suspended, self.active, "suspended and active"),
            priority_from=self.priority_higher_than_or_equals,
            priority_to=self.priority_lower_than_or_equals,
        )


class PagedExternalTaskQuery(ExternalTaskQuery, Page):
    """Which external tasks, which part of them, in which order."""


class SortedExternalTaskQuery(ExternalTaskQuery):
    """Which external tasks, in which order."""

    sorting: list[Sorting] | None = None


class TopicQuery(Model):
    """Topics of which tasks."""

    with_locked_tasks: Flag | None = None
    with_unlocked_tasks: Flag | None = None
    with_retries_left: Flag | None = None


class Retries(Model):
    """How many tries are left."""

    retries: Whole


class RetriesOfMany(Retries):
    """How many tries several tasks have left: those named, those of instances, and those of a filter."""

    external_task_ids: list[str] | None = None
    process_instance_ids: list[str] | None = None
    external_task_query: SortedExternalTaskQuery | None = None


class Priority(Model):
    """How urgent a task is."""

    priority: Long


def either(one: str | None, several: Names | None) -> Names | None:
    """Return the values that a filter asks for: the one, or the several."""
    if one is None or several is None:
        return several if one is None else (one,)
    return (one,) if one in several else ()


def one_of(first: bool | None, second: bool | None, names: str) -> bool | None:
    """Return True for the first of two that exclude each other, False for the second, None for neither. Raises Invalid for both."""
    if first and second:
        raise Invalid(f"{names} exclude each other: give one of them")
    return True if first else False if second else None


def body_of(task: ExternalTask) -> ExternalTaskBody:
    """Return an external task in the dialect's words."""
    return ExternalTaskBody(
        activity_id=task.element,
        activity_instance_id=task.token,
        error_message=task.error,
        execution_id=task.token,
        id=task.id,
        lock_expiration_time=task.locked_until,
        create_time=task.created_at,
        process_definition_id=task.definition_id,
        process_definition_key=task.definition_key,
        process_definition_version_tag=task.version_tag,
        process_instance_id=task.instance_id,
        retries=task.retries,
        suspended=task.is_suspended,
        worker_id=task.worker,
        topic_name=task.topic,
        priority=task.priority,
        business_key=task.business_key,
    )


@API.endpoint("GET", "/external-task", query=PagedExternalTaskQuery, answer=list[ExternalTaskBody])
def search(call: Call, *, query: PagedExternalTaskQuery) -> list[ExternalTaskBody]:
    """List external tasks, the oldest first unless sorted otherwise."""
    return _found(call, query, sorts(query, SORTS), query.max_results, query.first_result)


@API.endpoint("POST", "/external-task", query=Part, body=SortedExternalTaskQuery, answer=list[ExternalTaskBody])
def search_by(call: Call, *, query: Part, body: SortedExternalTaskQuery) -> list[ExternalTaskBody]:
    """List external tasks by a longer filter."""
    return _found(call, body, sorts_of(body.sorting, SORTS), query.max_results, query.first_result)


def _found(call: Call, query: ExternalTaskQuery, order: tuple[Sort, ...], limit: int | None, offset: int) -> list[ExternalTaskBody]:
    found = queries.find_external_tasks(call.engine, query.wanted(), actor=call.actor, sort=order, limit=limit, offset=offset)
    return [body_of(task) for task in found]


@API.endpoint("GET", "/external-task/count", query=ExternalTaskQuery, answer=Count)
def count(call: Call, *, query: ExternalTaskQuery) -> Count:
    """Count external tasks."""
    return Count(count=queries.count_external_tasks(call.engine, query.wanted(), actor=call.actor))


@API.endpoint("POST", "/external-task/count", body=ExternalTaskQuery, answer=Count)
def count_by(call: Call, *, body: ExternalTaskQuery) -> Count:
    """Count external tasks by a longer filter."""
    return Count(count=queries.count_external_tasks(call.engine, body.wanted(), actor=call.actor))


@API.endpoint("GET", "/external-task/topic-names", query=TopicQuery, answer=list[str])
def topics(call: Call, *, query: TopicQuery) -> list[str]:
    """List the topics that have external tasks now."""
    locked = one_of(query.with_locked_tasks, query.with_unlocked_tasks, "withLockedTasks and withUnlockedTasks")
    wanted = ExternalTaskFilter(is_locked=locked, has_retries=query.with_retries_left or None)
    return list(queries.external_topics(call.engine, wanted, actor=call.actor))


@API.endpoint("PUT", "/external-task/retries", body=RetriesOfMany, errors=(404,))
def set_retries_of_many(call: Call, *, body: RetriesOfMany) -> None:
    """Set how many tries several external tasks have left, one after the other."""
    filters = [body.external_task_query.wanted()] if body.external_task_query is not None else []
    if body.process_instance_ids:
        filters.append(ExternalTaskFilter(instance_ids=body.process_instance_ids))
    if not filters and not body.external_task_ids:
        raise Invalid("which tasks? Give externalTaskIds, processInstanceIds or externalTaskQuery")
    found = [task.id for each in filters for task in queries.find_external_tasks(call.engine, each, actor=call.actor)]
    ids = dict.fromkeys([*(body.external_task_ids or ()), *found])
    for task_id in body.external_task_ids or ():
        queries.external_task(call.engine, task_id, actor=call.actor)
    commands.set_external_retries(call.engine, ids, body.retries, actor=call.actor)


@API.endpoint("GET", "/external-task/<task_id>", answer=ExternalTaskBody)
def read(call: Call, task_id: str) -> ExternalTaskBody:
    """Read an external task."""
    return body_of(queries.external_task(call.engine, task_id, actor=call.actor))


@API.endpoint("GET", "/external-task/<task_id>/errorDetails", answer="text/plain")
def error_details(call: Call, task_id: str) -> Response:
    """Read what the worker said in detail of the last failed try; empty when it said nothing."""
    return Response(queries.external_task(call.engine, task_id, actor=call.actor).error_details or "", mimetype="text/plain")


@API.endpoint("PUT", "/external-task/<task_id>/retries", body=Retries)
def set_retries(call: Call, task_id: str, *, body: Retries) -> None:
    """Set how many tries an external task has left: some let a failed one be fetched again, none make it a failure."""
    commands.set_external_retries(call.engine, [task_id], body.retries, actor=call.actor)


@API.endpoint("PUT", "/external-task/<task_id>/priority", body=Priority)
def set_priority(call: Call, task_id: str, *, body: Priority) -> None:
    """Set how urgent an external task is."""
    commands.set_external_priority(call.engine, task_id, body.priority, actor=call.actor)


@API.endpoint("POST", "/external-task/<task_id>/unlock")
def unlock(call: Call, task_id: str) -> None:
    """Take an external task from its worker, so that any may fetch it now."""
    commands.unlock_external_task(call.engine, task_id, actor=call.actor)
