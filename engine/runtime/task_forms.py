"""What a person sees in an open task: its form, and the variables."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.definitions import Form
from engine.errors import NotFound
from engine.execution.model import Variables
from engine.people import Actor
from engine.runtime.instances import read_instance
from engine.runtime.task_queries import open_task, open_task_in
from engine.runtime.turn import Turn

if TYPE_CHECKING:
    from engine.runtime.process_engine import ProcessEngine

WHOLE = re.compile(r"-?[0-9]{1,18}")
WORDS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Field:
    """A field that the diagram itself gives a task's form; `kind` is string, long, boolean, date or enum."""

    id: str
    label: str
    kind: str
    default: Any
    choices: tuple[tuple[str, str], ...]
    is_required: bool
    is_readonly: bool


def task_variables(engine: ProcessEngine, task_id: str, *, actor: Actor, is_local: bool = False) -> Variables:
    """Return the variables that an open task sees, or its own only. Raises NotFound or Forbidden."""
    with engine.database.read() as connection:
        found = open_task_in(connection, task_id, actor=actor)
        turn = Turn(engine, connection, instance=read_instance(connection, found.instance_id), actor=actor)
        return turn.execution.variables(token=task_id, is_local=is_local)


def task_fields(engine: ProcessEngine, task_id: str, *, actor: Actor) -> tuple[Field, ...]:
    """Return the fields that the diagram gives an open task; none when it has a deployed form or no form."""
    found = open_task(engine, task_id, actor=actor)
    return tuple(_field(each) for each in found.form_fields or ())


def task_form(engine: ProcessEngine, task_id: str, *, actor: Actor) -> Form:
    """Return the deployed form of an open task. Raises NotFound for a task without one."""
    found = open_task(engine, task_id, actor=actor)
    if found.form_ref is None:
        raise NotFound(f"{found.name} has no deployed form")
    return engine.definitions.form(found.form_ref, found.definition_id)


def _field(said: dict[str, Any]) -> Field:
    kind, limits = str(said.get("type", "string")), said.get("validation", {})
    choices = tuple((str(each["id"]), str(each.get("name") or each["id"])) for each in said.get("values", ()))
    return Field(
        id=str(said["id"]),
        label=str(said.get("label") or said["id"]),
        kind=kind,
        default=_default(said.get("defaultValue"), kind),
        choices=choices,
        is_required="required" in limits,
        is_readonly="readonly" in limits,
    )


def _default(text: str | None, kind: str) -> Any:
    """Return a field's default as its kind of value; an expression is left to the page that shows it."""
    if text is None or "${" in text:
        return None
    if kind == "boolean":
        return WORDS.get(text.strip().lower())
    if kind == "long":
        return int(text) if WHOLE.fullmatch(text.strip()) else None
    return text
