"""What external workers call: fetch tasks, complete them, say that they failed, throw a BPMN error, keep the lock."""

from __future__ import annotations

import select
import socket
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any

from flask import request
from pydantic import Field

from engine import commands
from engine.commands import FailedTry, Fetched, Topic, Wish
from engine.queries import Sort
from webui.camunda.api import API
from webui.camunda.external_tasks import ExternalTaskBody, body_of
from webui.camunda.paging import Sorting, Whole, sorts_of
from webui.camunda.values import TypedValue, Value, plain_all, typed_all
from webui.endpoints import Call, Model

SORTS = {"createTime": "created_at"}
Millis = Annotated[int, Field(ge=0, le=366 * 86_400_000)]
"""A length of time in milliseconds, up to a year."""


class TopicBody(Model):
    """What a worker takes of a topic, and what it wants to know; values are told the same way whatever `deserializeValues` says."""

    topic_name: str
    lock_duration: Millis
    variables: list[str] | None = None
    local_variables: bool | None = None
    business_key: str | None = None
    process_definition_id: str | None = None
    process_definition_id_in: list[str] | None = None
    process_definition_key: str | None = None
    process_definition_key_in: list[str] | None = None
    process_definition_version_tag: str | None = None
    process_variables: dict[str, Any] | None = None
    deserialize_values: bool | None = None
    include_extension_properties: bool | None = None
    tenant_id_in: None = None
    without_tenant_id: bool | None = None

    def wanted(self) -> Topic:
        """Return what is wanted."""
        ids = self.process_definition_id_in if self.process_definition_id is None else [self.process_definition_id]
        keys = self.process_definition_key_in if self.process_definition_key is None else [self.process_definition_key]
        return Topic(
            self.topic_name,
            timedelta(milliseconds=self.lock_duration),
            variables=self.variables,
            is_local=bool(self.local_variables),
            business_key=self.business_key,
            definition_ids=ids or None,
            definition_keys=keys or None,
            version_tag=self.process_definition_version_tag,
            where=self.process_variables or {},
        )


class Fetch(Model):
    """What a worker asks for; without any task it waits up to `asyncResponseTimeout` milliseconds for one."""

    worker_id: str
    max_tasks: Annotated[int, Field(ge=1, le=2**31 - 1)]
    use_priority: bool | None = None
    async_response_timeout: Annotated[int, Field(ge=0, le=1_800_000)] | None = None
    topics: list[TopicBody] | None = None
    sorting: list[Sorting] | None = None

    def wish(self) -> Wish:
        """Return what is asked for: by default the most urgent first when priorities are to be used, and then the oldest."""
        order = sorts_of(self.sorting, SORTS) or (Sort("created_at"),)
        urgent = (Sort("priority", is_descending=True),) if self.use_priority is not False else ()
        return Wish(self.worker_id, tuple(topic.wanted() for topic in self.topics or ()), self.max_tasks, (*urgent, *order))


class LockedTask(ExternalTaskBody):
    """A task that its worker now holds."""

    error_details: str | None
    variables: dict[str, TypedValue]
    extension_properties: dict[str, str] | None = None


class FromWorker(Model):
    """Which worker speaks."""

    worker_id: str


class Completion(FromWorker):
    """What came out; local variables are for the task's output parameters alone."""

    variables: dict[str, Value] | None = None
    local_variables: dict[str, Value] | None = None


class FailureOfTask(FromWorker):
    """What went wrong, how many tries are left, and in how many milliseconds the next may begin."""

    error_message: str | None = None
    error_details: str | None = None
    retries: Whole | None = None
    retry_timeout: Millis | None = None
    variables: dict[str, Value] | None = None
    local_variables: dict[str, Value] | None = None


class BusinessError(FromWorker):
    """A BPMN error to throw."""

    error_code: str
    error_message: str | None = None
    variables: dict[str, Value] | None = None


class Lock(FromWorker):
    """For how many milliseconds to lock."""

    lock_duration: Millis


class LongerLock(FromWorker):
    """For how many milliseconds from now to hold the lock."""

    new_duration: Millis


@API.endpoint("POST", "/external-task/fetchAndLock", body=Fetch, answer=list[LockedTask])
def fetch(call: Call, *, body: Fetch) -> list[LockedTask]:
    """Fetch tasks, which nobody else gets until their locks run out; wait for some when there are none.

    Only so many workers can wait in a web process at the same time; the others are answered at once.
    """
    wait = timedelta(milliseconds=body.async_response_timeout or 0)
    found = commands.fetch_external_tasks(call.engine, body.wish(), actor=call.actor, wait=wait, is_wanted=connection_check())
    with_properties = {topic.topic_name for topic in body.topics or () if topic.include_extension_properties}
    return [_locked(each, tells_properties=each.task.topic in with_properties) for each in found]


def _locked(fetched: Fetched, *, tells_properties: bool) -> LockedTask:
    return LockedTask(
        **body_of(fetched.task).model_dump(),
        error_details=fetched.task.error_details,
        variables=typed_all(fetched.variables),
        extension_properties=dict(fetched.properties) if tells_properties else None,
    )


def connection_check() -> Callable[[], bool]:
    """Return a function that tells whether the client of this request still listens; so far as the server shows us its socket."""
    found: socket.socket | None = request.environ.get("gunicorn.socket") or request.environ.get("werkzeug.socket")
    if found is None:
        return lambda: True
    poll = select.poll()
    poll.register(found, select.POLLIN)

    def is_there() -> bool:
        try:
            return not poll.poll(0) or found.recv(1, socket.MSG_PEEK) != b""
        except OSError:
            return False

    return is_there


@API.endpoint("POST", "/external-task/<task_id>/complete", body=Completion)
def complete(call: Call, task_id: str, *, body: Completion) -> None:
    """Complete a task that its worker did."""
    given, local = plain_all(body.variables), plain_all(body.local_variables)
    commands.complete_external_task(call.engine, task_id, worker=body.worker_id, actor=call.actor, variables=given, local=local)


@API.endpoint("POST", "/external-task/<task_id>/failure", body=FailureOfTask)
def fail(call: Call, task_id: str, *, body: FailureOfTask) -> None:
    """Say that a try failed; without tries left it is a failure for an operator."""
    failed = FailedTry(
        body.error_message or "",
        details=body.error_details,
        retries=body.retries or 0,
        pause=timedelta(milliseconds=body.retry_timeout or 0),
        variables=plain_all(body.variables),
        local=plain_all(body.local_variables),
    )
    commands.fail_external_task(call.engine, task_id, worker=body.worker_id, failed=failed, actor=call.actor)


@API.endpoint("POST", "/external-task/<task_id>/bpmnError", body=BusinessError)
def throw(call: Call, task_id: str, *, body: BusinessError) -> None:
    """Throw a BPMN error at a task."""
    commands.throw_external_error(
        call.engine,
        task_id,
        worker=body.worker_id,
        code=body.error_code,
        message=body.error_message or "",
        variables=plain_all(body.variables),
        actor=call.actor,
    )


@API.endpoint("POST", "/external-task/<task_id>/lock", body=Lock)
def lock(call: Call, task_id: str, *, body: Lock) -> None:
    """Lock a task for a worker that names it."""
    duration = timedelta(milliseconds=body.lock_duration)
    commands.lock_external_task(call.engine, task_id, worker=body.worker_id, lock=duration, actor=call.actor)


@API.endpoint("POST", "/external-task/<task_id>/extendLock", body=LongerLock)
def extend_lock(call: Call, task_id: str, *, body: LongerLock) -> None:
    """Hold the lock of a task longer."""
    duration = timedelta(milliseconds=body.new_duration)
    commands.extend_external_lock(call.engine, task_id, worker=body.worker_id, lock=duration, actor=call.actor)
