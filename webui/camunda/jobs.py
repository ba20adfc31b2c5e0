"""Jobs: timers and the engine's own work. List, read, run now, change."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Annotated, Any, Literal

from flask import Response
from pydantic import BeforeValidator

from engine import commands, queries
from engine.errors import Invalid
from engine.queries import JobFilter, JobView, Sort
from webui.camunda.api import API
from webui.camunda.external_tasks import Long, Retries, either, one_of
from webui.camunda.paging import Count, Page, Part, Sorting, sorts, sorts_of
from webui.camunda.values import Flag, Moment, Names
from webui.endpoints import Call, Model

SORTS = {
    "jobId": "id", "executionId": "token", "processInstanceId": "instance_id", "processDefinitionId": "definition_id",
    "processDefinitionKey": "definition_key", "jobPriority": "priority", "jobRetries": "retries_left", "jobDueDate": "due_at",
}  # fmt: skip


class JobBody(Model):
    """A job; only a timer, and one that is tried again later, has a due date."""

    id: str
    job_definition_id: None = None
    process_instance_id: str | None
    process_definition_id: str | None
    process_definition_key: str | None
    execution_id: str | None
    exception_message: str | None
    failed_activity_id: str | None
    retries: int
    due_date: Moment | None
    suspended: bool
    priority: int
    tenant_id: None = None
    create_time: Moment
    batch_id: None = None


class Bound(Model):
    """A bound of a time: after it, or before it."""

    operator: Literal["gt", "lt"]
    value: Moment


def _bounds(given: Any) -> Any:
    """Return bounds that a query parameter writes as `gt_<time>,lt_<time>`."""
    if not isinstance(given, str):
        return given
    return [{"operator": part.partition("_")[0], "value": part.partition("_")[2]} for part in given.split(",")]


Bounds = Annotated[list[Bound], BeforeValidator(_bounds)]


class JobQuery(Model):
    """Which jobs."""

    job_id: str | None = None
    job_ids: Names | None = None
    process_instance_id: str | None = None
    process_instance_ids: Names | None = None
    execution_id: str | None = None
    process_definition_id: str | None = None
    process_definition_key: str | None = None
    activity_id: str | None = None
    with_retries_left: Flag | None = None
    no_retries_left: Flag | None = None
    executable: Flag | None = None
    timers: Flag | None = None
    messages: Flag | None = None
    due_dates: Bounds | None = None
    create_times: Bounds | None = None
    with_exception: Flag | None = None
    exception_message: str | None = None
    failed_activity_id: str | None = None
    active: Flag | None = None
    suspended: Flag | None = None
    priority_lower_than_or_equals: Long | None = None
    priority_higher_than_or_equals: Long | None = None

    def wanted(self) -> JobFilter:
        """Return what is asked for. Raises Invalid for what excludes each other."""
        return JobFilter(
            ids=either(self.job_id, self.job_ids),
            instance_ids=either(self.process_instance_id, self.process_instance_ids),
            definition_id=self.process_definition_id,
            definition_key=self.process_definition_key,
            token=self.execution_id,
            element=either_same(self.activity_id, self.failed_activity_id),
            is_timer=one_of(self.timers, self.messages, "timers and messages"),
            is_due=bool(self.executable),
            has_retries=one_of(self.with_retries_left, self.no_retries_left, "withRetriesLeft and noRetriesLeft"),
            has_error=bool(self.with_exception) or self.failed_activity_id is not None,
            error=self.exception_message,
            is_suspended=one_of(self.suspended, self.active, "suspended and active"),
            due_after=_bound(self.due_dates, "gt"),
            due_before=_bound(self.due_dates, "lt"),
            created_after=_bound(self.create_times, "gt"),
            created_before=_bound(self.create_times, "lt"),
            priority_from=self.priority_higher_than_or_equals,
            priority_to=self.priority_lower_than_or_equals,
        )


def either_same(first: str | None, second: str | None) -> str | None:
    """Return the value that two filters of one column ask for. Raises Invalid when they differ."""
    if first is not None and second is not None and first != second:
        raise Invalid("activityId and failedActivityId differ: a job fails where it stands")
    return second if first is None else first


def _bound(bounds: Collection[Bound] | None, operator: str) -> datetime | None:
    """Return the tightest of the bounds of a kind."""
    moments = [bound.value for bound in bounds or () if bound.operator == operator]
    if not moments:
        return None
    return max(moments) if operator == "gt" else min(moments)


class PagedJobQuery(JobQuery, Page):
    """Which jobs, which part of them, in which order."""


class SortedJobQuery(JobQuery):
    """Which jobs, in which order."""

    sorting: list[Sorting] | None = None


class JobRetries(Retries):
    """How many tries are left, and when the next is due."""

    due_date: Moment | None = None


class DueDate(Model):
    """When a timer is due, null for now; later rounds of one that repeats do not move with it."""

    duedate: Moment | None = None
    cascade: Literal[False] | None = None


class JobSuspended(Model):
    """Whether a job is held back."""

    suspended: bool


def _body(job: JobView) -> JobBody:
    return JobBody(
        id=job.id,
        process_instance_id=job.instance_id,
        process_definition_id=job.definition_id,
        process_definition_key=job.definition_key,
        execution_id=job.token,
        exception_message=job.error,
        failed_activity_id=job.element if job.error is not None else None,
        retries=job.retries_left,
        due_date=job.due_at if job.is_timer or job.due_at > job.created_at else None,
        suspended=job.is_suspended,
        priority=job.priority,
        create_time=job.created_at,
    )


@API.endpoint("GET", "/job", query=PagedJobQuery, answer=list[JobBody])
def search(call: Call, *, query: PagedJobQuery) -> list[JobBody]:
    """List jobs, the next due first unless sorted otherwise."""
    return _found(call, query, sorts(query, SORTS), query.max_results, query.first_result)


@API.endpoint("POST", "/job", query=Part, body=SortedJobQuery, answer=list[JobBody])
def search_by(call: Call, *, query: Part, body: SortedJobQuery) -> list[JobBody]:
    """List jobs by a longer filter."""
    return _found(call, body, sorts_of(body.sorting, SORTS), query.max_results, query.first_result)


def _found(call: Call, query: JobQuery, order: tuple[Sort, ...], limit: int | None, offset: int) -> list[JobBody]:
    found = queries.find_jobs(call.engine, query.wanted(), actor=call.actor, sort=order, limit=limit, offset=offset)
    return [_body(job) for job in found]


@API.endpoint("GET", "/job/count", query=JobQuery, answer=Count)
def count(call: Call, *, query: JobQuery) -> Count:
    """Count jobs."""
    return Count(count=queries.count_jobs(call.engine, query.wanted(), actor=call.actor))


@API.endpoint("POST", "/job/count", body=JobQuery, answer=Count)
def count_by(call: Call, *, body: JobQuery) -> Count:
    """Count jobs by a longer filter."""
    return Count(count=queries.count_jobs(call.engine, body.wanted(), actor=call.actor))


@API.endpoint("GET", "/job/<job_id>", answer=JobBody)
def read(call: Call, job_id: str) -> JobBody:
    """Read a job."""
    return _body(queries.find_job(call.engine, job_id, actor=call.actor))


@API.endpoint("GET", "/job/<job_id>/stacktrace", answer="text/plain")
def stacktrace(call: Call, job_id: str) -> Response:
    """Read the error of a job's last failed try; empty when none failed."""
    return Response(queries.find_job(call.engine, job_id, actor=call.actor).error or "", mimetype="text/plain")


@API.endpoint("POST", "/job/<job_id>/execute")
def execute(call: Call, job_id: str) -> None:
    """Run a job now, due or not."""
    commands.execute_job(call.engine, job_id, actor=call.actor)


@API.endpoint("PUT", "/job/<job_id>/retries", body=JobRetries)
def set_retries(call: Call, job_id: str, *, body: JobRetries) -> None:
    """Set how many tries a job has left."""
    commands.set_job_retries(call.engine, job_id, body.retries, due_at=body.due_date, actor=call.actor)


@API.endpoint("PUT", "/job/<job_id>/duedate", body=DueDate)
def set_due_date(call: Call, job_id: str, *, body: DueDate) -> None:
    """Let a timer fire at another moment."""
    commands.set_job_due(call.engine, job_id, body.duedate, actor=call.actor)


@API.endpoint("PUT", "/job/<job_id>/suspended", body=JobSuspended)
def set_suspended(call: Call, job_id: str, *, body: JobSuspended) -> None:
    """Hold a job back, or let it go on."""
    commands.set_job_suspended(call.engine, job_id, is_suspended=body.suspended, actor=call.actor)


@API.endpoint("DELETE", "/job/<job_id>")
def delete(call: Call, job_id: str) -> None:
    """Discard a message on its way or a start to come; a job that an instance waits for cannot be discarded."""
    commands.discard_job(call.engine, job_id, actor=call.actor)
