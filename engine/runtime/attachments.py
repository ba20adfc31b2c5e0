"""What is attached to human tasks: files, kept in the database, or addresses of what lies elsewhere; each is told in the history too."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from engine.errors import Invalid, NotFound
from engine.ids import new_id
from engine.people import Action, Actor
from engine.runtime.checking import checked_name
from engine.runtime.file_types import KNOWN, type_of
from engine.runtime.task_queries import readable_task
from engine.runtime.task_turns import in_task_turn, note_of
from engine.runtime.tasks import Task
from engine.runtime.turn import Turn
from engine.tables import attachment as table

if TYPE_CHECKING:
    from engine.runtime.process_engine import ProcessEngine

MAX_TEXT = 4000
SCHEMES = ("http", "https")
CONTROLS = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
"""What a name must not have: line ends split a header, and turned writing hides a file's ending."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file on a task, or an address: one of `type` (read from the content, which is `size` bytes) and `url` is set."""

    id: str
    task_id: str
    instance_id: str
    name: str
    description: str | None
    type: str | None
    url: str | None
    size: int | None
    hash: str | None
    author: str
    at: datetime


@dataclass(frozen=True, slots=True)
class File:
    """A file to attach; `claimed_type` is what somebody says that it is."""

    name: str
    content: bytes
    claimed_type: str | None = None


COLUMNS = [table.c[name] for name in Attachment.__slots__]


def attach_file(engine: ProcessEngine, task_id: str, *, file: File, description: str | None = None, actor: Actor) -> Attachment:
    """Attach a file to an open task. Raises Invalid when it is too large, a program, or not of the type that it claims to be."""
    most = engine.settings.max_attachment_bytes
    if not 0 < len(file.content) <= most:
        raise Invalid(f"{file.name[:80]!r} is {len(file.content)} bytes large: attach 1 to {most}")
    kind = type_of(file.content)
    if file.claimed_type in KNOWN and file.claimed_type != kind:
        raise Invalid(f"{file.name[:80]!r} is said to be {file.claimed_type}, and its content is {kind}: attach the right file")
    facts = {"type": kind, "size": len(file.content), "hash": hashlib.sha256(file.content).hexdigest(), "url": None}
    return _attach(engine, task_id, name=file.name, description=description, facts=facts, content=file.content, actor=actor)


def attach_url(
    engine: ProcessEngine, task_id: str, *, url: str, name: str | None = None, description: str | None = None, actor: Actor
) -> Attachment:
    """Attach the address of what lies elsewhere to an open task. Raises Invalid for what is no address of the web."""
    host = _checked_url(url)
    facts = {"type": None, "size": None, "hash": None, "url": url}
    return _attach(engine, task_id, name=name or host, description=description, facts=facts, content=None, actor=actor)


def _attach(
    engine: ProcessEngine,
    task_id: str,
    *,
    name: str,
    description: str | None,
    facts: Mapping[str, Any],
    content: bytes | None,
    actor: Actor,
) -> Attachment:
    named: dict[str, Any] = {"name": _checked_name(name), "description": _checked_description(description)}

    def change(turn: Turn, task: Task) -> Attachment:
        new = Attachment(id=new_id(), task_id=task.id, instance_id=task.instance_id, author=actor.name, at=turn.now, **named, **facts)
        turn.connection.execute(sa.insert(table), {**{each: getattr(new, each) for each in Attachment.__slots__}, "content": content})
        note_of(turn, task, "task.attached", attachment=new.id, **named, **facts)
        turn.write()
        return new

    def work(connection: Connection) -> Attachment:
        return in_task_turn(engine, connection, task_id, Action.ATTACH, actor=actor, change=change, also_suspended=True)

    return engine.transaction(work)


def remove_attachment(engine: ProcessEngine, task_id: str, attachment_id: str, *, actor: Actor) -> None:
    """Remove an attachment with its content; the history keeps that it was there, and its hash. Raises NotFound."""

    def change(turn: Turn, task: Task) -> None:
        found = _read(turn.connection, task.id, attachment_id)
        turn.connection.execute(sa.delete(table).where(table.c.id == found.id))
        note_of(turn, task, "task.attachment_removed", attachment=found.id, name=found.name)
        turn.write()

    def work(connection: Connection) -> None:
        in_task_turn(engine, connection, task_id, Action.REMOVE_ATTACHMENT, actor=actor, change=change, also_suspended=True)

    engine.transaction(work)


def attachments_of(engine: ProcessEngine, task_id: str, *, actor: Actor) -> tuple[Attachment, ...]:
    """Return what is attached to a task, open or not, in order; without the content."""
    with engine.database.read() as connection:
        readable_task(connection, task_id, actor=actor)
        statement = sa.select(*COLUMNS).where(table.c.task_id == task_id).order_by(table.c.at, table.c.id)
        return tuple(Attachment(*row) for row in connection.execute(statement))


def attachment(engine: ProcessEngine, task_id: str, attachment_id: str, *, actor: Actor) -> Attachment:
    """Return one attachment of a task, without its content. Raises NotFound."""
    with engine.database.read() as connection:
        readable_task(connection, task_id, actor=actor)
        return _read(connection, task_id, attachment_id)


def attachment_content(engine: ProcessEngine, task_id: str, attachment_id: str, *, actor: Actor) -> tuple[Attachment, bytes]:
    """Return one attachment of a task with its content. Raises NotFound, also for an address."""
    with engine.database.read() as connection:
        readable_task(connection, task_id, actor=actor)
        found = _read(connection, task_id, attachment_id)
        content = connection.scalar(sa.select(table.c.content).where(table.c.id == found.id))
    if content is None:
        raise NotFound(f"{found.name!r} lies elsewhere: read it at {found.url}")
    return found, bytes(content)


def _read(connection: Connection, task_id: str, attachment_id: str) -> Attachment:
    row = connection.execute(sa.select(*COLUMNS).where(table.c.task_id == task_id, table.c.id == attachment_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no attachment {attachment_id!r} on this task")
    return Attachment(*row)


def _checked_name(name: str) -> str:
    """Return a file's name without a path, for people and for headers. Raises Invalid."""
    bare = re.split(r"[/\\]", checked_name(name, what="attachment's name"))[-1].strip()
    if not bare or CONTROLS.search(bare):
        raise Invalid(f"the name {name[:80]!r} cannot name an attachment: use letters, digits and signs on one line")
    return bare


def _checked_description(text: str | None) -> str | None:
    if text is not None and (len(text) > MAX_TEXT or "\x00" in text):
        raise Invalid(f"the description has {len(text)} characters: use at most {MAX_TEXT}, without U+0000")
    return text or None


def _checked_url(url: str) -> str:
    """Return the host of an address. Raises Invalid for what is no address of the web."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise Invalid(f"{url[:80]!r} is no address: {error}") from error
    if parts.scheme not in SCHEMES or not parts.hostname or len(url) > MAX_TEXT or CONTROLS.search(url):
        raise Invalid(f"{url[:80]!r} is no address of the web: use http:// or https://, and at most {MAX_TEXT} characters")
    return parts.hostname
