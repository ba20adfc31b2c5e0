"""What people do with human tasks: claim, release, complete, delegate, resolve, reassign, save a draft."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from engine.definitions.forms import fields_of
from engine.errors import AlreadyDone, Conflict, Invalid, StaleWrite
from engine.people import Action, Actor, acting_for, require
from engine.runtime.answers import TaskAnswer
from engine.runtime.checking import checked_name, checked_variables, local_time
from engine.runtime.instances import lock_instance_of_task
from engine.runtime.tasks import Task, change_task, read_task
from engine.runtime.turn import Turn
from engine.tables import human_task, person

if TYPE_CHECKING:
    from engine.runtime.process_engine import ProcessEngine


def claim(engine: ProcessEngine, task_id: str, *, actor: Actor, idempotency_key: str | None = None) -> TaskAnswer:
    """Make an unassigned task one's own; again, it stays so. Raises Conflict when another person has it."""

    def change(turn: Turn, task: Task) -> TaskAnswer:
        if task.assignee is not None and task.assignee != actor.name:
            raise Conflict(f"{task.name}: already claimed by {task.assignee} at {local_time(engine, task.claimed_at)}")
        if task.assignee == actor.name:
            return _answer(turn, task, assignee=actor.name)
        return _assigned(turn, task, "task.claimed", assignee=actor.name, claimed_at=turn.now)

    return _command(engine, task_id, Action.CLAIM, actor=actor, key=idempotency_key, change=change)


def release(engine: ProcessEngine, task_id: str, *, actor: Actor, idempotency_key: str | None = None) -> TaskAnswer:
    """Give a claimed task back to its candidates."""

    def change(turn: Turn, task: Task) -> TaskAnswer:
        if task.assignee is None:
            raise Conflict(f"{task.name} is not claimed by anybody: there is nothing to release")
        if not task.candidate_users and not task.candidate_groups:
            raise Conflict(f"{task.name} has no candidates who could claim it: reassign it instead")
        return _assigned(turn, task, "task.released", assignee=None, claimed_at=None)

    return _command(engine, task_id, Action.RELEASE, actor=actor, key=idempotency_key, change=change)


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
        _change(turn, task, assignee=assignee, claimed_at=task.claimed_at or turn.now, **ended)
        turn.note("task.completed", element=task.element, token=task.id, data={"variables": given} if given else None)
        turn.finished_tokens.add(task.id)
        turn.execution.complete(task.id, filled)
        turn.write()
        return TaskAnswer(task.id, task.instance_id, assignee, "completed", turn.instance.status)

    return _command(engine, task_id, Action.COMPLETE, actor=actor, key=idempotency_key, change=change)


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
        _require_person(turn.connection, to, actor)
        owner = task.owner or task.assignee
        return _assigned(turn, task, "task.delegated", assignee=to, owner=owner, delegation="pending", claimed_at=turn.now)

    return _command(engine, task_id, Action.DELEGATE, actor=actor, key=idempotency_key, change=change)


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
        return _assigned(turn, task, "task.resolved", assignee=task.owner, delegation="resolved", claimed_at=turn.now)

    return _command(engine, task_id, Action.RESOLVE, actor=actor, key=idempotency_key, change=change)


def reassign(engine: ProcessEngine, task_id: str, *, to: str | None, actor: Actor, idempotency_key: str | None = None) -> TaskAnswer:
    """Give a task to another person, or to nobody (None); a delegation stays what it is."""

    def change(turn: Turn, task: Task) -> TaskAnswer:
        if to is not None:
            _require_person(turn.connection, to, actor)
        return _assigned(turn, task, "task.reassigned", assignee=to, claimed_at=None if to is None else turn.now)

    return _command(engine, task_id, Action.REASSIGN, actor=actor, key=idempotency_key, change=change)


def save_draft(engine: ProcessEngine, task_id: str, *, draft: Mapping[str, Any], actor: Actor) -> None:
    """Keep what somebody has filled in so far; it is no history and moves nothing."""
    given = checked_variables(engine, draft)

    def work(connection: Connection) -> None:
        task = read_task(connection, task_id)
        require(actor, Action.SAVE_DRAFT, task.thing())
        condition = sa.and_(human_task.c.id == task_id, human_task.c.status == "open", human_task.c.assignee == task.assignee)
        if connection.execute(sa.update(human_task).where(condition).values(draft=given)).rowcount != 1:
            task = read_task(connection, task_id)
            _require_open(engine, task)
            require(actor, Action.SAVE_DRAFT, task.thing())
            raise Conflict(f"{task.name} was assigned to somebody else meanwhile: the draft is not kept")

    engine.transaction(work)


Change = Callable[[Turn, Task], TaskAnswer]


def _command(engine: ProcessEngine, task_id: str, action: Action, *, actor: Actor, key: str | None, change: Change) -> TaskAnswer:
    """Lock the task's instance, check right and state, and change the task, all in one transaction."""

    def work(connection: Connection) -> TaskAnswer:
        checked_name(task_id, what="task id")
        instance = lock_instance_of_task(connection, task_id)
        task = read_task(connection, task_id)
        if task.status != "open":
            require(actor, Action.READ_TASK, task.thing())
            _require_open(engine, task)
        require(actor, action, task.thing())
        instance.require_active()
        turn = Turn(engine, connection, instance=instance, actor=actor)
        turn.on_behalf_of = acting_for(actor, task.thing())
        return change(turn, task)

    return engine.once(action.value, actor=actor, key=key, kind=TaskAnswer, work=work)


def _require_open(engine: ProcessEngine, task: Task) -> None:
    if task.status == "completed":
        raise AlreadyDone(f"{task.name} was completed by {task.completed_by} at {local_time(engine, task.ended_at)}")
    if task.status == "cancelled":
        raise AlreadyDone(f"{task.name} was withdrawn at {local_time(engine, task.ended_at)}: the process went on without it")


def _assigned(turn: Turn, task: Task, kind: str, *, assignee: str | None, **values: Any) -> TaskAnswer:
    """Change who has the task, note it, and answer."""
    _change(turn, task, assignee=assignee, **values)
    data = {"from": task.assignee, "to": assignee}
    turn.note(kind, element=task.element, token=task.id, data={name: value for name, value in data.items() if value is not None})
    turn.write()
    return _answer(turn, task, assignee=assignee)


def _answer(turn: Turn, task: Task, *, assignee: str | None) -> TaskAnswer:
    return TaskAnswer(task.id, task.instance_id, assignee, task.status, turn.instance.status)


def _change(turn: Turn, task: Task, **values: Any) -> None:
    if not change_task(turn.connection, task, **values):
        raise StaleWrite(f"{task.name} was changed since version {task.version} was read: read it again")


def _require_person(connection: Connection, name: str, actor: Actor) -> None:
    """Raise Invalid unless somebody can be given work: known, active, and of the actor's own house (U1)."""
    row = connection.execute(sa.select(person.c.is_active, person.c.customer).where(person.c.name == name)).one_or_none()
    if row is None:
        raise Invalid(f"there is no person {name!r}: choose one of the people")
    if not row.is_active:
        raise Invalid(f"{name} is deactivated and can do no work: choose another person")
    if row.customer != actor.customer:
        raise Invalid(f"{name} does not belong to the same house: work may not cross that border")
