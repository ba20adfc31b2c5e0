"""A turn that begins at a human task: its instance locked, right and state checked, then changed, all in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from engine.errors import AlreadyDone, Invalid, StaleWrite
from engine.people import Action, Actor, acting_for, require
from engine.runtime.answers import TaskAnswer
from engine.runtime.checking import checked_name, local_time
from engine.runtime.instances import lock_instance_of_task
from engine.runtime.tasks import Task, change_task, read_task
from engine.runtime.turn import Turn
from engine.tables import person

if TYPE_CHECKING:
    from engine.runtime.process_engine import ProcessEngine

Result = TypeVar("Result")
Change = Callable[[Turn, Task], Result]


def in_task_turn(
    engine: ProcessEngine,
    connection: Connection,
    task_id: str,
    action: Action,
    *,
    actor: Actor,
    change: Change[Result],
    also_suspended: bool = False,
) -> Result:
    """Lock the task's instance, check right and state, and change the task.

    Raises NotFound, Forbidden, AlreadyDone for a task that has ended, and Conflict for a suspended instance unless `also_suspended`.
    """
    checked_name(task_id, what="task id")
    instance = lock_instance_of_task(connection, task_id)
    task = read_task(connection, task_id)
    if task.status != "open":
        require(actor, Action.READ_TASK, task.thing())
        require_open(engine, task)
    require(actor, action, task.thing())
    if also_suspended:
        instance.require_live()
    else:
        instance.require_active()
    turn = Turn(engine, connection, instance=instance, actor=actor)
    turn.on_behalf_of = acting_for(actor, task.thing())
    return change(turn, task)


def task_command(
    engine: ProcessEngine,
    task_id: str,
    action: Action,
    *,
    actor: Actor,
    change: Change[TaskAnswer],
    key: str | None = None,
    also_suspended: bool = False,
) -> TaskAnswer:
    """Change a task in a transaction of its own; with an idempotency key, a second time returns the first answer."""

    def work(connection: Connection) -> TaskAnswer:
        return in_task_turn(engine, connection, task_id, action, actor=actor, change=change, also_suspended=also_suspended)

    return engine.once(action.value, actor=actor, key=key, of=task_id, kind=TaskAnswer, work=work)


def require_open(engine: ProcessEngine, task: Task) -> None:
    """Raise AlreadyDone, saying by whom and when, unless the task is open."""
    if task.status == "completed":
        raise AlreadyDone(f"{task.name} was completed by {task.completed_by} at {local_time(engine, task.ended_at)}")
    if task.status == "cancelled":
        raise AlreadyDone(f"{task.name} was withdrawn at {local_time(engine, task.ended_at)}: the process went on without it")


def note_of(turn: Turn, task: Task, kind: str, **data: Any) -> None:
    """Note what happened to a task; what is None is left out."""
    told = {name: value for name, value in data.items() if value is not None}
    turn.note(kind, element=task.element, token=task.id, data=told or None)


def assigned(turn: Turn, task: Task, kind: str, *, assignee: str | None, **values: Any) -> TaskAnswer:
    """Change who has the task, note it, and answer."""
    write_task(turn, task, assignee=assignee, **values)
    turn.note(kind, element=task.element, token=task.id, data=_from_to(task.assignee, assignee))
    turn.write()
    return answer_of(turn, task, assignee=assignee)


def _from_to(before: str | None, after: str | None) -> dict[str, str]:
    return {name: value for name, value in {"from": before, "to": after}.items() if value is not None}


def answer_of(turn: Turn, task: Task, *, assignee: str | None) -> TaskAnswer:
    """Return how the task and its instance stand."""
    return TaskAnswer(task.id, task.instance_id, assignee, task.status, turn.instance.status)


def write_task(turn: Turn, task: Task, **values: Any) -> None:
    """Change a task's row. Raises StaleWrite when somebody changed it since it was read."""
    if not change_task(turn.connection, task, **values):
        raise StaleWrite(f"{task.name} was changed since version {task.version} was read: read it again")


def require_person(connection: Connection, name: str, actor: Actor) -> None:
    """Raise Invalid unless somebody can be given work: known, active, and of the actor's own house (U1)."""
    row = connection.execute(sa.select(person.c.is_active, person.c.customer).where(person.c.name == name)).one_or_none()
    if row is None:
        raise Invalid(f"there is no person {name!r}: choose one of the people")
    if not row.is_active:
        raise Invalid(f"{name} is deactivated and can do no work: choose another person")
    if row.customer != actor.customer:
        raise Invalid(f"{name} does not belong to the same house: work may not cross that border")
