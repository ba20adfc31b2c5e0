"""The row of a process instance: locked, inserted, and written under its version."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from engine.errors import Conflict, NotFound, StaleWrite, Suspended
from engine.people import InstanceThing
from engine.tables import human_task, process_instance, task_candidate


class Status(StrEnum):
    """How an instance stands."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


@dataclass(slots=True)
class Instance:
    """A process instance as it stands in its row; a turn changes it and writes it back."""

    id: str
    definition_id: str
    definition_key: str
    business_key: str | None
    status: str
    state: bytes
    version: int
    history_seq: int
    history_hash: str
    started_at: datetime
    started_by: str
    ended_at: datetime | None
    end_reason: str | None
    is_drill: bool
    super_instance_id: str | None
    idle_turns: int

    @property
    def is_ended(self) -> bool:
        """Tell whether nothing can happen to it any more."""
        return self.status in (Status.COMPLETED, Status.CANCELLED)

    def thing(self) -> InstanceThing:
        """Return what rights ask of it, as far as its row knows."""
        return InstanceThing(self.started_by)

    def require_live(self) -> None:
        """Raise Conflict when it has ended."""
        if self.is_ended:
            raise Conflict(f"instance {self.id} is {self.status}: nothing can be done to it any more; restart it instead")

    def require_active(self) -> None:
        """Raise Conflict when it has ended, Suspended when it is that."""
        self.require_live()
        if self.status == Status.SUSPENDED:
            raise Suspended(self.id)


READ = sa.select(*(process_instance.c[name] for name in Instance.__slots__)).where(process_instance.c.id == sa.bindparam("instance_id"))
# Not FOR UPDATE, which would also keep others from inserting rows that point at the instance, such as the signals that they throw at it.
LOCK = READ.with_for_update(key_share=True)
TASK_OWNER = sa.select(human_task.c.instance_id).where(human_task.c.id == sa.bindparam("task_id")).scalar_subquery()
LOCK_OF_TASK = (
    sa.select(*(process_instance.c[name] for name in Instance.__slots__))
    .where(process_instance.c.id == TASK_OWNER)
    .with_for_update(key_share=True)
)
INSERT = sa.insert(process_instance)
WRITTEN = tuple(name for name in Instance.__slots__ if name not in ("id", "state"))
UPDATE = (
    sa.update(process_instance)
    .where(process_instance.c.id == sa.bindparam("of_id"), process_instance.c.version == sa.bindparam("of_version"))
    .values({name: sa.bindparam(f"new_{name}") for name in WRITTEN})
)
UPDATE_WITH_STATE = UPDATE.values(state=sa.bindparam("new_state"))


def lock_instance(connection: Connection, instance_id: str) -> Instance:
    """Lock an instance's row until the end of the transaction and return it. Raises NotFound."""
    row = connection.execute(LOCK, {"instance_id": instance_id}).one_or_none()
    if row is None:
        raise NotFound(f"there is no process instance {instance_id!r}")
    return Instance(*row)


def lock_instance_of_task(connection: Connection, task_id: str) -> Instance:
    """Lock the row of the instance that a human task belongs to and return it. Raises NotFound."""
    row = connection.execute(LOCK_OF_TASK, {"task_id": task_id}).one_or_none()
    if row is None:
        raise NotFound(f"there is no task {task_id!r}")
    return Instance(*row)


def read_instance(connection: Connection, instance_id: str) -> Instance:
    """Return an instance without locking it. Raises NotFound."""
    row = connection.execute(READ, {"instance_id": instance_id}).one_or_none()
    if row is None:
        raise NotFound(f"there is no process instance {instance_id!r}")
    return Instance(*row)


def insert_instance(connection: Connection, instance: Instance) -> None:
    """Insert a new instance."""
    connection.execute(INSERT, {name: getattr(instance, name) for name in Instance.__slots__})


def update_instance(connection: Connection, instance: Instance, *, with_state: bool) -> None:
    """Write an instance back if nobody wrote it since it was read, and raise its version. Raises StaleWrite."""
    values: dict[str, Any] = {f"new_{name}": getattr(instance, name) for name in WRITTEN}
    values |= {"of_id": instance.id, "of_version": instance.version, "new_version": instance.version + 1}
    if with_state:
        values["new_state"] = instance.state
    if connection.execute(UPDATE_WITH_STATE if with_state else UPDATE, values).rowcount != 1:
        raise StaleWrite(f"instance {instance.id} was changed since version {instance.version} was read: read it again")
    instance.version += 1


def thing_with_people(connection: Connection, instance: Instance) -> InstanceThing:
    """Return what rights ask of an instance, with everybody who has or had a task in it and every team with one."""
    tasks = sa.select(human_task.c.assignee, human_task.c.completed_by, human_task.c.owner)
    people = connection.execute(tasks.where(human_task.c.instance_id == instance.id)).all()
    joined = task_candidate.join(human_task, human_task.c.id == task_candidate.c.task_id)
    named = sa.select(task_candidate.c.kind, task_candidate.c.name).select_from(joined).where(human_task.c.instance_id == instance.id)
    candidates = connection.execute(named.distinct()).all()
    users = {row.name for row in candidates if row.kind == "user"}
    return InstanceThing(
        instance.started_by,
        participants=frozenset(name for row in people for name in row if name) | users,
        groups=frozenset(row.name for row in candidates if row.kind == "group"),
    )
