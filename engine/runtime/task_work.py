"""What people do with human tasks: claim, release, complete, delegate, resolve, reassign, save a draft."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from engine.definitions.forms import fields_of
from engine.errors import Conflict
from engine.people import Action, Actor, require
from engine.runtime.answers import TaskAnswer
from engine.runtime.checking import checked_variables, local_time
from engine.runtime.task_turns import answer_of, assigned, require_open, require_person, task_command, write_task
from engine.runtime.tasks import Task, read_task
from engine.runtime.turn import Turn
from engine.tables import human_task

if TYPE_CHECKING:
    from engine.runtime.process_engine import ProcessEngine


def claim(engine: ProcessEngine, task_id: str, *, to: str | None = None, actor: Actor, idempotency_key: str | None = None) -> TaskAnswer:
    """Make an unassigned task one's own; again, it stays so. Raises Conflict when another person has it.

    To claim it for another person is to reassign it, if nobody has it yet.
    """
    who = to or actor.name
    for_another = who != actor.name

    def change(turn: Turn, task: Task) -> TaskAnswer:
        if task.assignee is not None and task.assignee != who:
            raise Conflict(f"{task.name}: already claimed by {task.assignee} at {local_time(engine, task.claimed_at)}")
        if task.assignee == who:
            return answer_of(turn, task, assignee=who)
        if for_another:
            require_person(turn.connection, who, actor)
        return assigned(turn, task, "task.reassigned" if for_another else "task.claimed", assignee=who, claimed_at=turn.now)

    action = Action.REASSIGN if for_another else Action.CLAIM
    return task_command(engine, task_id, action, actor=actor, key=idempotency_key, change=change)


def release(engine: ProcessEngine, task_id: str, *, actor: Actor, idempotency_key: str | None = None) -> TaskAnswer:
    """Give a claimed task back to its candidates."""

    def change(turn: Turn, task: Task) -> TaskAnswer:
        if task.assignee is None:
            raise Conflict(f"{task.name} is not claimed by anybody: there is nothing to release")
        if not task.candidate_users and not task.candidate_groups:
            raise Conflict(f"{task.name} has no candidates who could claim it: reassign it instead")
        return assigned(turn, task, "task.released", assignee=None, claimed_at=None)

    return task_command(engine, task_id, Action.RELEASE, actor=actor, key=idempotency_key, change=change)


def complete(
    engine: ProcessEngine, task_id: str, *, variables: Mapping[str, Any] | None = None, actor: Actor, idempotency_key: str | None = None
) -> TaskAnswer:
    """Complete a task with the variables it yields; an unassigned one counts as claimed by who completes it.

    A field of the task's form that is not among them was left empty, and becomes null.
    """
    given = checked_variables(engine, variables)

    def change(turn: Turn, task: Task) -> TaskAnswer:
        filled = {**_left_empty(engine, task), **given}
        if task.delegation == "pending":
            raise Conflict(f"{task.name} was delegated by {task.owner}: resolve it, and {task.owner} completes it")
        assignee = task.assignee or actor.name
        ended = {"status": "completed", "ended_at": turn.now, "completed_by": actor.name, "draft": None}
        write_task(turn, task, assignee=assignee, claimed_at=task.claimed_at or turn.now, **ended)
        turn.note("task.completed", element=task.element, token=task.id, data={"variables": given} if given else None)
        turn.finished_tokens.add(task.id)
        turn.execution.complete(task.id, filled)
        turn.write()
        return TaskAnswer(task.id, task.instance_id, assignee, "completed", turn.instance.status)

    return task_command(engine, task_id, Action.COMPLETE, actor=actor, key=idempotency_key, change=change)


def _left_empty(engine: ProcessEngine, task: Task) -> dict[str, None]:
    """Return the fields of a task's form, deployed or generated, as null."""
    generated = (str(field["id"]) for field in task.form_fields or ())
    deployed = fields_of(engine.definitions.form(task.form_ref, task.definition_id)) if task.form_ref else ()
    return dict.fromkeys((*generated, *deployed))


def delegate(engine: ProcessEngine, task_id: str, *, to: str, actor: Actor, idempotency_key: str | None = None) -> TaskAnswer:
    """Let another person do a task and hand it back: the owner keeps it and completes it in the end."""

    def change(turn: Turn, task: Task) -> TaskAnswer:
        if to == task.assignee:
            raise Conflict(f"{task.name} is assigned to {to} already")
        require_person(turn.connection, to, actor)
        owner = task.owner or task.assignee
        return assigned(turn, task, "task.delegated", assignee=to, owner=owner, delegation="pending", claimed_at=turn.now)

    return task_command(engine, task_id, Action.DELEGATE, actor=actor, key=idempotency_key, change=change)


def resolve(
    engine: ProcessEngine, task_id: str, *, variables: Mapping[str, Any] | None = None, actor: Actor, idempotency_key: str | None = None
) -> TaskAnswer:
    """Hand a delegated task back to its owner; the variables go into the instance."""
    given = checked_variables(engine, variables)

    def change(turn: Turn, task: Task) -> TaskAnswer:
        if task.delegation != "pending":
            raise Conflict(f"{task.name} is not delegated: complete it instead")
        if given:
            turn.execution.set_variables(given, token=task.id)
        return assigned(turn, task, "task.resolved", assignee=task.owner, delegation="resolved", claimed_at=turn.now)

    return task_command(engine, task_id, Action.RESOLVE, actor=actor, key=idempotency_key, change=change)


def reassign(
    engine: ProcessEngine,
    task_id: str,
    *,
    to: str | None,
    only_from: str | None = None,
    actor: Actor,
    idempotency_key: str | None = None,
) -> TaskAnswer:
    """Give a task to another person, or to nobody (None); a delegation stays what it is.

    With `only_from` a task that another than this person has stays as it is.
    """

    def change(turn: Turn, task: Task) -> TaskAnswer:
        if only_from not in (None, task.assignee):
            return answer_of(turn, task, assignee=task.assignee)
        if to is not None:
            require_person(turn.connection, to, actor)
        return assigned(turn, task, "task.reassigned", assignee=to, claimed_at=None if to is None else turn.now)

    return task_command(engine, task_id, Action.REASSIGN, actor=actor, key=idempotency_key, change=change)


def save_draft(engine: ProcessEngine, task_id: str, *, draft: Mapping[str, Any], actor: Actor) -> None:
    """Keep what somebody has filled in so far; it is no history and moves nothing."""
    given = checked_variables(engine, draft)

    def work(connection: Connection) -> None:
        task = read_task(connection, task_id)
        require(actor, Action.SAVE_DRAFT, task.thing())
        condition = sa.and_(human_task.c.id == task_id, human_task.c.status == "open", human_task.c.assignee == task.assignee)
        if connection.execute(sa.update(human_task).where(condition).values(draft=given)).rowcount != 1:
            task = read_task(connection, task_id)
            require_open(engine, task)
            require(actor, Action.SAVE_DRAFT, task.thing())
            raise Conflict(f"{task.name} was assigned to somebody else meanwhile: the draft is not kept")

    engine.transaction(work)
