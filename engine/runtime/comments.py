"""Comments on human tasks: rows of their own, each told in the history too; none is changed or taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from engine.errors import Invalid, NotFound
from engine.ids import new_id
from engine.people import Action, Actor
from engine.runtime.task_queries import readable_task
from engine.runtime.task_turns import in_task_turn, note_of
from engine.runtime.tasks import Task
from engine.runtime.turn import Turn
from engine.tables import task_comment

if TYPE_CHECKING:
    from engine.runtime.process_engine import ProcessEngine

MAX_COMMENT = 10_000


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody said about a task."""

    id: str
    task_id: str
    instance_id: str
    author: str
    message: str
    at: datetime


COLUMNS = [task_comment.c[name] for name in Comment.__slots__]


def add_comment(engine: ProcessEngine, task_id: str, *, message: str, actor: Actor) -> Comment:
    """Say something about an open task."""
    said = _checked(message)

    def change(turn: Turn, task: Task) -> Comment:
        made = Comment(new_id(), task.id, task.instance_id, actor.name, said, turn.now)
        turn.connection.execute(sa.insert(task_comment), {name: getattr(made, name) for name in Comment.__slots__})
        note_of(turn, task, "task.commented", comment=made.id, message=said)
        turn.write()
        return made

    def work(connection: Connection) -> Comment:
        return in_task_turn(engine, connection, task_id, Action.COMMENT, actor=actor, change=change, also_suspended=True)

    return engine.transaction(work)


def _checked(message: str) -> str:
    said = message.strip()
    if not said:
        raise Invalid("the comment says nothing: write one")
    if len(said) > MAX_COMMENT or "\x00" in said:
        raise Invalid(f"the comment has {len(said)} characters: use at most {MAX_COMMENT}, without U+0000")
    return said


def comments_of(engine: ProcessEngine, task_id: str, *, actor: Actor) -> tuple[Comment, ...]:
    """Return what was said about a task, open or not, in order."""
    with engine.database.read() as connection:
        readable_task(connection, task_id, actor=actor)
        statement = sa.select(*COLUMNS).where(task_comment.c.task_id == task_id).order_by(task_comment.c.at, task_comment.c.id)
        return tuple(Comment(*row) for row in connection.execute(statement))


def comment(engine: ProcessEngine, task_id: str, comment_id: str, *, actor: Actor) -> Comment:
    """Return one comment on a task. Raises NotFound."""
    with engine.database.read() as connection:
        readable_task(connection, task_id, actor=actor)
        statement = sa.select(*COLUMNS).where(task_comment.c.task_id == task_id, task_comment.c.id == comment_id)
        row = connection.execute(statement).one_or_none()
    if row is None:
        raise NotFound(f"there is no comment {comment_id!r} on this task")
    return Comment(*row)
