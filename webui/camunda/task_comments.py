"""Comments on tasks."""

from __future__ import annotations

from flask import request

from engine import commands, queries
from engine.queries import Comment
from webui.camunda.api import API
from webui.camunda.values import Moment
from webui.endpoints import Call, Model


class Link(Model):
    """Where to read something."""

    method: str = "GET"
    href: str
    rel: str = "self"


class CommentBody(Model):
    """What somebody said about a task."""

    links: list[Link]
    id: str
    user_id: str
    time: Moment
    task_id: str
    process_instance_id: str
    root_process_instance_id: str
    message: str
    removal_time: None = None


class NewComment(Model):
    """What there is to say."""

    message: str


def self_link(path: str) -> list[Link]:
    """Return the links of something new: where to read it."""
    return [Link(href=f"{request.url_root.rstrip('/')}{API.prefix}{path}")]


def _body(found: Comment, links: list[Link]) -> CommentBody:
    return CommentBody(
        links=links,
        id=found.id,
        user_id=found.author,
        time=found.at,
        task_id=found.task_id,
        process_instance_id=found.instance_id,
        root_process_instance_id=found.instance_id,
        message=found.message,
    )


@API.endpoint("GET", "/task/<task_id>/comment", answer=list[CommentBody])
def comments(call: Call, task_id: str) -> list[CommentBody]:
    """List what was said about a task, open or not, in order."""
    return [_body(each, []) for each in queries.comments_of(call.engine, task_id, actor=call.actor)]


@API.endpoint("POST", "/task/<task_id>/comment/create", body=NewComment, answer=CommentBody)
def create(call: Call, task_id: str, *, body: NewComment) -> CommentBody:
    """Say something about an open task."""
    made = commands.add_comment(call.engine, task_id, message=body.message, actor=call.actor)
    return _body(made, self_link(f"/task/{made.task_id}/comment/{made.id}"))


@API.endpoint("GET", "/task/<task_id>/comment/<comment_id>", answer=CommentBody)
def comment(call: Call, task_id: str, comment_id: str) -> CommentBody:
    """Return one comment."""
    return _body(queries.comment(call.engine, task_id, comment_id, actor=call.actor), [])
