"""What the `watchbill` command asks of a server: deploy, start, tasks, messages, signals, failures, history, people.

Each answers what the same command answers beside the database; `/engine-rest` cannot, since drills, forms, candidates, the chain of the
history and who received a signal have no place in its shapes.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Base64Bytes, Field

from engine import commands, queries
from engine.commands import Delivered, Retried, Started, TaskAnswer
from engine.definitions import Deployment
from engine.history import Entry
from engine.people import Person
from engine.queries import DefinitionFilter, DeployedDefinition, InstanceView, Task
from engine.runtime.failures import Failure
from webui.api.api import API
from webui.api.lists import model_of
from webui.api.versions import idempotency_key
from webui.endpoints import Call, Model

ONCE = ("Idempotency-Key",)
KNOWN = {
    view: model_of(view, view.__name__)
    for view in (Delivered, Deployment, DeployedDefinition, Entry, Failure, InstanceView, Person, Retried, Started, Task, TaskAnswer)
}
MANY: dict[type, Any] = {view: list[shown] for view, shown in KNOWN.items()}  # type: ignore[valid-type]  # made at run time
Limit = Annotated[int, Field(ge=1, le=1000)]
Variables = dict[str, Any]


class DefinitionsQuery(Model):
    """Which definitions: of a kind, the latest of each unless all versions are wanted."""

    kind: Literal["process", "decision", "form"] = "process"
    all_versions: bool = False


class InstancesQuery(Model):
    """Which instances."""

    status: Literal["active", "suspended", "completed", "cancelled"] | None = None
    key: str | None = None
    business_key: str | None = None
    limit: Limit = 50


class TasksQuery(Model):
    """Which of the caller's open tasks."""

    group: str | None = None
    limit: Limit = 50


class FailuresQuery(Model):
    """How many failures at most."""

    limit: Limit = 50


class NewDeployment(Model):
    """Files by their names, each in base64."""

    name: str
    files: dict[str, Base64Bytes]


class NewInstance(Model):
    """What is started, about which record, with what."""

    key: str
    business_key: str | None = None
    variables: Variables = Field(default_factory=dict)
    is_drill: bool = False


class Completion(Model):
    """What a task yields."""

    variables: Variables = Field(default_factory=dict)


class Message(Model):
    """A message: who may receive it, and what it carries."""

    name: str
    business_key: str | None = None
    correlation: Variables = Field(default_factory=dict)
    payload: Variables = Field(default_factory=dict)


class Signal(Model):
    """A signal, and what it carries."""

    name: str
    payload: Variables = Field(default_factory=dict)


@API.endpoint("POST", "/deployments", body=NewDeployment, answer=KNOWN[Deployment], is_large=True)
def deploy(call: Call, *, body: NewDeployment) -> Any:
    """Deploy files, which stand or fall together; the same files as the last deployment of the name are that deployment."""
    return _shown(commands.deploy(call.engine, body.files, name=body.name, actor=call.actor))


@API.endpoint("GET", "/definitions", query=DefinitionsQuery, answer=MANY[DeployedDefinition])
def definitions(call: Call, *, query: DefinitionsQuery) -> list[Any]:
    """List what is deployed, by key and then the newest version."""
    wanted = DefinitionFilter(query.kind, latest_only=not query.all_versions)
    return [_shown(each) for each in queries.find_definitions(call.engine, wanted, actor=call.actor)]


@API.endpoint("POST", "/instances", body=NewInstance, answer=KNOWN[Started], status=201, errors=(404,), headers=ONCE)
def start(call: Call, *, body: NewInstance) -> Any:
    """Start an instance of the latest version of a process."""
    return _shown(
        commands.start(
            call.engine,
            body.key,
            business_key=body.business_key,
            variables=body.variables,
            is_drill=body.is_drill,
            actor=call.actor,
            idempotency_key=idempotency_key(),
        )
    )


@API.endpoint("GET", "/instances", query=InstancesQuery, answer=MANY[InstanceView])
def instances(call: Call, *, query: InstancesQuery) -> list[Any]:
    """List instances, newest first."""
    page = queries.instances(
        call.engine,
        actor=call.actor,
        status=query.status,
        definition_key=query.key,
        business_key=query.business_key,
        limit=query.limit,
    )
    return [_shown(each) for each in page.items]


@API.endpoint("GET", "/instances/<instance>/history", answer=MANY[Entry])
def history(call: Call, instance: str) -> list[Any]:
    """Tell what happened in an instance, in order, with the hash of each event."""
    return [_shown(each) for each in queries.history_of(call.engine, instance, actor=call.actor)]


@API.endpoint("GET", "/tasks", query=TasksQuery, answer=MANY[Task])
def tasks(call: Call, *, query: TasksQuery) -> list[Any]:
    """List the caller's open tasks by due date, then priority, then age."""
    page = queries.open_tasks(call.engine, actor=call.actor, group=query.group, limit=query.limit)
    return [_shown(each) for each in page.items]


@API.endpoint("POST", "/tasks/<task>/claim", answer=KNOWN[TaskAnswer], headers=ONCE)
def claim(call: Call, task: str) -> Any:
    """Take a task on."""
    return _shown(commands.claim(call.engine, task, actor=call.actor, idempotency_key=idempotency_key()))


@API.endpoint("POST", "/tasks/<task>/complete", body=Completion, answer=KNOWN[TaskAnswer], headers=ONCE)
def complete(call: Call, task: str, *, body: Completion) -> Any:
    """Complete a task."""
    done = commands.complete(call.engine, task, variables=body.variables, actor=call.actor, idempotency_key=idempotency_key())
    return _shown(done)


@API.endpoint("POST", "/messages", body=Message, answer=KNOWN[Delivered], errors=(404,), headers=ONCE)
def message(call: Call, *, body: Message) -> Any:
    """Deliver a message to the instance that waits for it, or start the process that begins with it."""
    return _shown(
        commands.message(
            call.engine,
            body.name,
            business_key=body.business_key,
            correlation=body.correlation,
            payload=body.payload,
            actor=call.actor,
            idempotency_key=idempotency_key(),
        )
    )


@API.endpoint("POST", "/signals", body=Signal, answer=KNOWN[Delivered], headers=ONCE)
def signal(call: Call, *, body: Signal) -> Any:
    """Broadcast a signal."""
    return _shown(commands.signal(call.engine, body.name, payload=body.payload, actor=call.actor, idempotency_key=idempotency_key()))


@API.endpoint("GET", "/failures", query=FailuresQuery, answer=MANY[Failure])
def failures(call: Call, *, query: FailuresQuery) -> list[Any]:
    """List what failed and waits for an operator, newest first."""
    return [_shown(each) for each in queries.failures(call.engine, actor=call.actor, limit=query.limit).items]


@API.endpoint("POST", "/failures/<failure>/retry", answer=KNOWN[Retried], headers=ONCE)
def retry(call: Call, failure: str) -> Any:
    """Try again what failed."""
    return _shown(commands.retry(call.engine, failure, actor=call.actor, idempotency_key=idempotency_key()))


@API.endpoint("GET", "/people", answer=MANY[Person])
def people(call: Call) -> list[Any]:
    """List accounts by name, the inactive ones too."""
    return [_shown(each) for each in queries.people(call.engine, actor=call.actor, with_inactive=True)]


def _shown(found: Any) -> Any:
    return KNOWN[type(found)].model_validate(found)
