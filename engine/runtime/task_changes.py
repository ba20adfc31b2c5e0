"""What is changed of a human task besides its progress: its details, its candidates, the variables that it sees; and errors in it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from engine.errors import Invalid
from engine.people import Action, Actor, require
from engine.runtime.answers import TaskAnswer
from engine.runtime.checking import checked_name, checked_reason, checked_variables
from engine.runtime.task_turns import answer_of, note_of, require_person, task_command, write_task
from engine.runtime.tasks import INSERT_CANDIDATES, Task
from engine.runtime.turn import Turn
from engine.tables import task_candidate, team

if TYPE_CHECKING:
    from engine.runtime.process_engine import ProcessEngine

LEAST_PRIORITY, MOST_PRIORITY = -(2**31), 2**31 - 1
MAX_DESCRIPTION = 4000


@dataclass(frozen=True, slots=True)
class TaskDetails:
    """What can be said about a task as a whole: None empties what may be empty; a name and a priority stay when they are None."""

    name: str | None = None
    description: str | None = None
    assignee: str | None = None
    owner: str | None = None
    priority: int | None = None
    due_at: datetime | None = None
    follow_up_at: datetime | None = None


def change_details(
    engine: ProcessEngine, task_id: str, *, details: TaskDetails, actor: Actor, idempotency_key: str | None = None
) -> TaskAnswer:
    """Replace a task's details; another assignee or owner needs the right to reassign it."""
    _check(details)

    def change(turn: Turn, task: Task) -> TaskAnswer:
        changed = _changed(task, details)
        if not changed:
            return answer_of(turn, task, assignee=task.assignee)
        people = {name: value for name, value in changed.items() if name in ("assignee", "owner")}
        if people:
            require(actor, Action.REASSIGN, task.thing())
        for name in people.values():
            if name is not None:
                require_person(turn.connection, name, actor)
        claimed = {"claimed_at": turn.now if changed["assignee"] else None} if "assignee" in changed else {}
        write_task(turn, task, **changed, **claimed)
        turn.note("task.changed", element=task.element, token=task.id, data={"from": _now(task, changed), "to": changed})
        turn.write()
        return answer_of(turn, task, assignee=details.assignee)

    return task_command(engine, task_id, Action.CHANGE_TASK, actor=actor, key=idempotency_key, change=change, also_suspended=True)


def _check(details: TaskDetails) -> None:
    if details.name is not None:
        checked_name(details.name, what="name of the task")
    if details.description is not None and len(details.description) > MAX_DESCRIPTION:
        raise Invalid(f"the description has {len(details.description)} characters: use at most {MAX_DESCRIPTION}")
    if details.priority is not None and not LEAST_PRIORITY <= details.priority <= MOST_PRIORITY:
        raise Invalid(f"the priority {details.priority} is out of reach: use {LEAST_PRIORITY} to {MOST_PRIORITY}")


def _changed(task: Task, details: TaskDetails) -> dict[str, Any]:
    kept = [name for name in ("name", "priority") if getattr(details, name) is None]
    wanted = {field.name: getattr(details, field.name) for field in fields(details) if field.name not in kept}
    return {name: value for name, value in wanted.items() if not _same(value, getattr(task, name))}


def _same(given: object, kept: object) -> bool:
    """Tell whether a value says nothing new: a moment that went to a client and back has lost what is below a millisecond."""
    if isinstance(given, datetime) and isinstance(kept, datetime):
        return abs(given - kept) < timedelta(milliseconds=1)
    return given == kept


def _now(task: Task, names: Collection[str]) -> dict[str, Any]:
    return {name: getattr(task, name) for name in names}


def set_owner(
    engine: ProcessEngine,
    task_id: str,
    *,
    to: str | None,
    only_from: str | None = None,
    actor: Actor,
    idempotency_key: str | None = None,
) -> TaskAnswer:
    """Say who gets a task back when it was delegated; with `only_from` a task of another owner stays as it is."""

    def change(turn: Turn, task: Task) -> TaskAnswer:
        if task.owner != to and only_from in (None, task.owner):
            if to is not None:
                require_person(turn.connection, to, actor)
            write_task(turn, task, owner=to)
            turn.note("task.changed", element=task.element, token=task.id, data={"from": {"owner": task.owner}, "to": {"owner": to}})
            turn.write()
        return answer_of(turn, task, assignee=task.assignee)

    return task_command(engine, task_id, Action.REASSIGN, actor=actor, key=idempotency_key, change=change, also_suspended=True)


def add_candidate(
    engine: ProcessEngine,
    task_id: str,
    *,
    kind: Literal["user", "group"],
    name: str,
    actor: Actor,
    idempotency_key: str | None = None,
) -> TaskAnswer:
    """Let one person, or a team, see and claim a task; again, it stays so."""

    def change(turn: Turn, task: Task) -> TaskAnswer:
        if name not in (task.candidate_users if kind == "user" else task.candidate_groups):
            if kind == "user":
                require_person(turn.connection, name, actor)
            else:
                _require_team(turn.connection, name)
            turn.connection.execute(INSERT_CANDIDATES, [{"task_id": task.id, "kind": kind, "name": name}])
            note_of(turn, task, "task.candidate_added", **{kind: name})
            turn.write()
        return answer_of(turn, task, assignee=task.assignee)

    return task_command(engine, task_id, Action.CHANGE_CANDIDATES, actor=actor, key=idempotency_key, change=change, also_suspended=True)


def remove_candidate(
    engine: ProcessEngine,
    task_id: str,
    *,
    kind: Literal["user", "group"],
    name: str,
    actor: Actor,
    idempotency_key: str | None = None,
) -> TaskAnswer:
    """Take a person or a team from a task's candidates; again, it stays so."""

    def change(turn: Turn, task: Task) -> TaskAnswer:
        if name in (task.candidate_users if kind == "user" else task.candidate_groups):
            those = (task_candidate.c.task_id == task.id, task_candidate.c.kind == kind, task_candidate.c.name == name)
            turn.connection.execute(sa.delete(task_candidate).where(*those))
            note_of(turn, task, "task.candidate_removed", **{kind: name})
            turn.write()
        return answer_of(turn, task, assignee=task.assignee)

    return task_command(engine, task_id, Action.CHANGE_CANDIDATES, actor=actor, key=idempotency_key, change=change, also_suspended=True)


def _require_team(connection: Connection, name: str) -> None:
    if connection.scalar(sa.select(sa.literal(1)).where(team.c.name == name)) is None:
        raise Invalid(f"there is no team {name!r}: choose one of the teams")


def change_task_variables(
    engine: ProcessEngine,
    task_id: str,
    *,
    variables: Mapping[str, Any] | None = None,
    remove: Collection[str] = (),
    is_local: bool = False,
    actor: Actor,
    idempotency_key: str | None = None,
) -> TaskAnswer:
    """Set and remove variables as a task sees them; local ones are its own, end with it, and hide others of their name meanwhile."""
    given = checked_variables(engine, variables)

    def change(turn: Turn, task: Task) -> TaskAnswer:
        execution = turn.execution
        gone = execution.remove_variables(remove, token=task.id, is_local=is_local)
        execution.set_variables(given, token=task.id, is_local=is_local)
        if is_local:
            note_of(turn, task, "task.variables_changed", variables=given or None, removed=list(gone) or None)
        elif gone:
            note_of(turn, task, "variables.removed", names=list(gone))
        turn.write()
        return answer_of(turn, task, assignee=task.assignee)

    return task_command(engine, task_id, Action.SET_TASK_VARIABLES, actor=actor, key=idempotency_key, change=change, also_suspended=True)


def throw_error(
    engine: ProcessEngine,
    task_id: str,
    *,
    code: str,
    message: str = "",
    variables: Mapping[str, Any] | None = None,
    actor: Actor,
    idempotency_key: str | None = None,
) -> TaskAnswer:
    """End a task by a business error for the diagram to catch; what nothing catches is a failure that an operator sees."""
    given = checked_variables(engine, variables)
    checked_name(code, what="error code")
    said = checked_reason(message, what="throw an error") if message.strip() else None

    def change(turn: Turn, task: Task) -> TaskAnswer:
        note_of(turn, task, "task.error", error=code, message=said, variables=given or None)
        turn.execution.throw_error(task.id, code, said or "", given)
        turn.write()
        return TaskAnswer(task.id, task.instance_id, task.assignee, "cancelled", turn.instance.status)

    return task_command(engine, task_id, Action.COMPLETE, actor=actor, key=idempotency_key, change=change)


def throw_escalation(
    engine: ProcessEngine,
    task_id: str,
    *,
    code: str,
    variables: Mapping[str, Any] | None = None,
    actor: Actor,
    idempotency_key: str | None = None,
) -> TaskAnswer:
    """Escalate from a task; whether the task ends is for the diagram to say. Raises Invalid when nothing catches it."""
    given = checked_variables(engine, variables)
    checked_name(code, what="escalation code")

    def change(turn: Turn, task: Task) -> TaskAnswer:
        note_of(turn, task, "task.escalated", escalation=code, variables=given or None)
        if not turn.execution.throw_escalation(task.id, code, given):
            raise Invalid(f"nothing around '{task.element}' catches the escalation {code!r}: add a boundary event to the diagram")
        turn.write()
        still = any(token.token == task.id for token in turn.execution.tokens())
        return TaskAnswer(task.id, task.instance_id, task.assignee, "open" if still else "cancelled", turn.instance.status)

    return task_command(engine, task_id, Action.COMPLETE, actor=actor, key=idempotency_key, change=change)
