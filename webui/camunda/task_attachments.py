"""Attachments of tasks: files, and addresses."""

from __future__ import annotations

from typing import Annotated

from flask import Response, request
from pydantic import Field

from engine import commands, queries
from engine.commands import File
from engine.errors import Invalid
from engine.queries import Attachment
from webui.camunda.api import API
from webui.camunda.deployments import attached
from webui.camunda.task_comments import Link, self_link
from webui.camunda.values import Moment
from webui.endpoints import Call, Model


class AttachmentBody(Model):
    """A file on a task, or an address. `type` is what the content is, whatever was claimed."""

    links: list[Link]
    id: str
    name: str
    description: str | None
    task_id: str
    type: str | None
    url: str | None
    create_time: Moment
    removal_time: None = None
    root_process_instance_id: str


class NewAttachment(Model):
    """What goes along with the file, which is the part `content`; or the address in its place."""

    attachment_name: Annotated[str | None, Field(alias="attachment-name")] = None
    attachment_description: Annotated[str | None, Field(alias="attachment-description")] = None
    attachment_type: Annotated[str | None, Field(alias="attachment-type")] = None
    url: str | None = None


def _body(found: Attachment, links: list[Link]) -> AttachmentBody:
    return AttachmentBody(
        links=links,
        id=found.id,
        name=found.name,
        description=found.description,
        task_id=found.task_id,
        type=found.type,
        url=found.url,
        create_time=found.at,
        root_process_instance_id=found.instance_id,
    )


@API.endpoint("GET", "/task/<task_id>/attachment", answer=list[AttachmentBody])
def attachments(call: Call, task_id: str) -> list[AttachmentBody]:
    """List what is attached to a task, open or not, in order."""
    return [_body(each, []) for each in queries.attachments_of(call.engine, task_id, actor=call.actor)]


@API.endpoint("POST", "/task/<task_id>/attachment/create", body=NewAttachment, answer=AttachmentBody, is_multipart=True)
def create(call: Call, task_id: str, *, body: NewAttachment) -> AttachmentBody:
    """Attach a file, the part `content`, or an address, `url`, to an open task."""
    made = _attach(call, task_id, body)
    return _body(made, self_link(f"/task/{made.task_id}/attachment/{made.id}"))


def _attach(call: Call, task_id: str, body: NewAttachment) -> Attachment:
    part = request.files.get("content")
    if (part is None) == (body.url is None) or len(request.files) > (part is not None):
        raise Invalid("attach one thing: a file as the part 'content', or an address as 'url'")
    if body.url is not None:
        said = {"name": body.attachment_name, "description": body.attachment_description}
        return commands.attach_url(call.engine, task_id, url=body.url, **said, actor=call.actor)
    assert part is not None
    name = body.attachment_name or part.filename or ""
    claimed = body.attachment_type or part.mimetype
    file = File(name, part.read(), claimed)
    return commands.attach_file(call.engine, task_id, file=file, description=body.attachment_description, actor=call.actor)


@API.endpoint("GET", "/task/<task_id>/attachment/<attachment_id>", answer=AttachmentBody)
def attachment(call: Call, task_id: str, attachment_id: str) -> AttachmentBody:
    """Return one attachment, without its content."""
    return _body(queries.attachment(call.engine, task_id, attachment_id, actor=call.actor), [])


@API.endpoint("GET", "/task/<task_id>/attachment/<attachment_id>/data", answer="application/octet-stream")
def data(call: Call, task_id: str, attachment_id: str) -> Response:
    """Return the content of an attached file."""
    found, content = queries.attachment_content(call.engine, task_id, attachment_id, actor=call.actor)
    return attached(content, found.name)


@API.endpoint("DELETE", "/task/<task_id>/attachment/<attachment_id>")
def delete(call: Call, task_id: str, attachment_id: str) -> None:
    """Remove an attachment with its content; the history keeps that it was there."""
    commands.remove_attachment(call.engine, task_id, attachment_id, actor=call.actor)
