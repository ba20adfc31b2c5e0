"""Who has to do with a task: its assignee, its owner, its candidates."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from engine import commands, queries
from engine.errors import Invalid
from engine.queries import Task
from webui.camunda.api import API
from webui.endpoints import Call, Model

Kind = Literal["assignee", "owner", "candidate"]
Name = Annotated[str, Field(min_length=1)]


class IdentityLink(Model):
    """A person or a team, and what it is to the task: one of the two is set."""

    user_id: Name | None = None
    group_id: Name | None = None
    type: Kind


class LinkQuery(Model):
    """Which links."""

    type: Kind | None = None


@API.endpoint("GET", "/task/<task_id>/identity-links", query=LinkQuery, answer=list[IdentityLink])
def links(call: Call, task_id: str, *, query: LinkQuery) -> list[IdentityLink]:
    """List who has to do with a task."""
    found = _links(queries.open_task(call.engine, task_id, actor=call.actor))
    return [each for each in found if query.type in (None, each.type)]


def _links(task: Task) -> list[IdentityLink]:
    people: list[tuple[Kind, str | None]] = [("assignee", task.assignee), ("owner", task.owner)]
    found = [IdentityLink(user_id=name, type=kind) for kind, name in people if name is not None]
    found += [IdentityLink(user_id=name, type="candidate") for name in sorted(task.candidate_users)]
    return found + [IdentityLink(group_id=name, type="candidate") for name in sorted(task.candidate_groups)]


@API.endpoint("POST", "/task/<task_id>/identity-links", body=IdentityLink)
def add(call: Call, task_id: str, *, body: IdentityLink) -> None:
    """Make a person or a team a candidate of a task, or a person its assignee or its owner."""
    kind, name = _named(body)
    if body.type == "candidate":
        commands.add_candidate(call.engine, task_id, kind=kind, name=name, actor=call.actor)
    elif body.type == "assignee":
        commands.reassign(call.engine, task_id, to=name, actor=call.actor)
    else:
        commands.set_owner(call.engine, task_id, to=name, actor=call.actor)


@API.endpoint("POST", "/task/<task_id>/identity-links/delete", body=IdentityLink)
def delete(call: Call, task_id: str, *, body: IdentityLink) -> None:
    """Take a person or a team from what it is to a task; one that is not that changes nothing."""
    kind, name = _named(body)
    if body.type == "candidate":
        commands.remove_candidate(call.engine, task_id, kind=kind, name=name, actor=call.actor)
    elif body.type == "assignee":
        commands.reassign(call.engine, task_id, to=None, only_from=name, actor=call.actor)
    else:
        commands.set_owner(call.engine, task_id, to=None, only_from=name, actor=call.actor)


def _named(body: IdentityLink) -> tuple[Literal["user", "group"], str]:
    if body.user_id is not None and body.group_id is None:
        return "user", body.user_id
    if body.group_id is not None and body.user_id is None and body.type == "candidate":
        return "group", body.group_id
    raise Invalid("name one of the two: userId, or groupId for a candidate")
