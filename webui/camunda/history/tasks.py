"""Tasks, open and ended."""

from __future__ import annotations

from engine import queries
from engine.queries import PastTask, PastTaskFilter
from webui.camunda.api import API
from webui.camunda.history.times import millis
from webui.camunda.paging import Count, Page, sorts
from webui.camunda.values import Flag, Moment, Names
from webui.endpoints import Call, Model

SORTS = {
    "taskId": "id", "processInstanceId": "instance_id", "taskName": "name", "assignee": "assignee", "owner": "owner", "dueDate": "due_at",
    "startTime": "created_at", "endTime": "ended_at", "priority": "priority", "taskDefinitionKey": "element",
}  # fmt: skip


class TaskQuery(Model):
    """Which tasks, whether open or ended."""

    task_id: str | None = None
    process_instance_id: str | None = None
    process_instance_business_key: str | None = None
    process_definition_id: str | None = None
    process_definition_key: str | None = None
    task_definition_key: str | None = None
    task_definition_key_in: Names | None = None
    task_name: str | None = None
    task_name_like: str | None = None
    task_assignee: str | None = None
    task_owner: str | None = None
    finished: Flag = False
    unfinished: Flag = False
    started_after: Moment | None = None
    started_before: Moment | None = None
    finished_after: Moment | None = None
    finished_before: Moment | None = None

    def wanted(self) -> PastTaskFilter:
        """Return what is asked for; both finished and unfinished is everything."""
        return PastTaskFilter(
            ids=None if self.task_id is None else [self.task_id],
            instance_id=self.process_instance_id,
            business_key=self.process_instance_business_key,
            definition_id=self.process_definition_id,
            definition_key=self.process_definition_key,
            elements=self.task_definition_key_in if self.task_definition_key is None else [self.task_definition_key],
            name=self.task_name,
            name_like=self.task_name_like,
            assignee=self.task_assignee,
            owner=self.task_owner,
            is_ended=None if self.finished == self.unfinished else self.finished,
            began_after=self.started_after,
            began_before=self.started_before,
            ended_after=self.finished_after,
            ended_before=self.finished_before,
        )


class PagedTaskQuery(TaskQuery, Page):
    """Which tasks, which part of them, in which order."""


class PastTaskBody(Model):
    """A human task, open or ended."""

    id: str
    process_definition_key: str
    process_definition_id: str
    process_instance_id: str
    root_process_instance_id: str
    execution_id: str
    activity_instance_id: str
    name: str
    description: None = None
    delete_reason: str | None
    owner: str | None
    assignee: str | None
    start_time: Moment
    end_time: Moment | None
    duration: int | None
    task_definition_key: str
    priority: int
    due: Moment | None
    follow_up: Moment | None
    parent_task_id: None = None
    tenant_id: None = None
    removal_time: None = None
    case_definition_key: None = None
    case_definition_id: None = None
    case_instance_id: None = None
    case_execution_id: None = None


def found_tasks(call: Call, query: TaskQuery, page: Page) -> list[PastTaskBody]:
    """Return the tasks that are asked for."""
    found = queries.find_past_tasks(
        call.engine, query.wanted(), actor=call.actor, sort=sorts(page, SORTS), limit=page.max_results, offset=page.first_result
    )
    return [_task(each) for each in found]


def _task(each: PastTask) -> PastTaskBody:
    return PastTaskBody(
        id=each.id,
        process_definition_key=each.definition_key,
        process_definition_id=each.definition_id,
        process_instance_id=each.instance_id,
        root_process_instance_id=each.instance_id,
        execution_id=each.id,
        activity_instance_id=each.id,
        name=each.name,
        delete_reason=None if each.status == "open" else each.status,
        owner=each.owner,
        assignee=each.assignee,
        start_time=each.created_at,
        end_time=each.ended_at,
        duration=millis(each.created_at, each.ended_at),
        task_definition_key=each.element,
        priority=each.priority,
        due=each.due_at,
        follow_up=each.follow_up_at,
    )


@API.endpoint("GET", "/history/task", query=PagedTaskQuery, answer=list[PastTaskBody])
def tasks(call: Call, *, query: PagedTaskQuery) -> list[PastTaskBody]:
    """List tasks, open and ended, newest first unless sorted otherwise."""
    return found_tasks(call, query, query)


@API.endpoint("POST", "/history/task", query=Page, body=TaskQuery, answer=list[PastTaskBody])
def search_tasks(call: Call, *, query: Page, body: TaskQuery) -> list[PastTaskBody]:
    """List tasks, open and ended, by a longer filter."""
    return found_tasks(call, body, query)


@API.endpoint("GET", "/history/task/count", query=TaskQuery, answer=Count)
def count_tasks(call: Call, *, query: TaskQuery) -> Count:
    """Count tasks, open and ended."""
    return Count(count=queries.count_past_tasks(call.engine, query.wanted(), actor=call.actor))
