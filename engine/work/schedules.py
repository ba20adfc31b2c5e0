"""Schedules: data that says when to start what. Each moment they name is a slot, which ends started, late, skipped or merged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from engine.commands import ProcessEngine, Started, find_definition
from engine.errors import Conflict, Invalid, NotFound, StaleWrite
from engine.ids import new_id
from engine.people import HOUSE, Action, Actor, require
from engine.runtime.checking import checked_name, checked_variables
from engine.tables import schedule, schedule_slot
from engine.work.rules import check_rule, next_time
from engine.work.slots import CatchUp, Overlap, is_settled, start_slot


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule as it stands; `element` is the start event to begin at, None for the one that waits for nothing."""

    id: str
    key: str
    definition_key: str
    element: str | None
    rule: str
    zone: str
    variables: Mapping[str, Any] | None
    business_key: str | None
    catch_up: str
    overlap: str
    late_after_s: int
    is_enabled: bool
    next_at: datetime | None
    created_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Slot:
    """What became of one moment of a schedule."""

    slot_at: datetime
    status: str
    instance_id: str | None
    reason: str | None


def create_schedule(
    engine: ProcessEngine,
    key: str,
    *,
    definition_key: str,
    rule: str,
    actor: Actor,
    zone: str = "Asia/Shanghai",
    variables: Mapping[str, Any] | None = None,
    business_key: str | None = None,
    catch_up: CatchUp = CatchUp.LAST,
    overlap: Overlap = Overlap.ALLOW,
    late_after_s: int = 60,
) -> Schedule:
    """Create a schedule; `business_key` may hold {slot}, the slot's local time. Raises Invalid, NotFound, Conflict, Forbidden."""
    require(actor, Action.MANAGE_SCHEDULES, HOUSE)
    checked_name(key, what="schedule key")
    check_rule(rule, zone)
    if late_after_s < 0:
        raise Invalid(f"A slot cannot be late after {late_after_s} seconds: give 0 or more.")
    now = engine.clock.now()
    first = next_time(rule, zone, after=now, anchor=now)
    if first is None:
        raise Invalid(f"The schedule's rule {rule!r} names no moment that comes: correct it.")
    made = Schedule(
        new_id(), key, definition_key, None, rule, zone, checked_variables(engine, variables) or None, business_key,
        CatchUp(catch_up).value, Overlap(overlap).value,
        late_after_s, True, first, actor.name, now,
    )  # fmt: skip

    def work(connection: sa.Connection) -> Schedule:
        find_definition(connection, definition_key)
        connection.execute(sa.insert(schedule).values({name: getattr(made, name) for name in Schedule.__slots__}))
        return made

    try:
        return engine.transaction(work)
    except IntegrityError as error:
        raise Conflict(f"There is a schedule {key!r} already: change or delete it.") from error


def list_schedules(engine: ProcessEngine, *, actor: Actor) -> tuple[Schedule, ...]:
    """Return all schedules by key."""
    require(actor, Action.READ_SCHEDULES, HOUSE)
    with engine.database.read() as connection:
        rows = connection.execute(sa.select(*(schedule.c[name] for name in Schedule.__slots__)).order_by(schedule.c.key))
        return tuple(Schedule(*row) for row in rows)


def read_schedule(connection: sa.Connection, key: str, *, lock: bool = False) -> Schedule:
    """Return a schedule by key. Raises NotFound."""
    statement = sa.select(*(schedule.c[name] for name in Schedule.__slots__)).where(schedule.c.key == key)
    row = connection.execute(statement.with_for_update() if lock else statement).one_or_none()
    if row is None:
        raise NotFound(f"There is no schedule {key!r}.")
    return Schedule(*row)


def schedule_named(engine: ProcessEngine, key: str, *, actor: Actor) -> Schedule:
    """Return a schedule by key. Raises NotFound."""
    require(actor, Action.READ_SCHEDULES, HOUSE)
    with engine.database.read() as connection:
        return read_schedule(connection, key)


def set_enabled(engine: ProcessEngine, key: str, *, is_enabled: bool, actor: Actor, seen: Schedule | None = None) -> Schedule:
    """Pause or resume a schedule; resumed, it goes on with the next moment from now.

    Raises StaleWrite when the schedule is not any more as the caller has `seen` it.
    """
    require(actor, Action.MANAGE_SCHEDULES, HOUSE)

    def work(connection: sa.Connection) -> Schedule:
        found = read_schedule(connection, key, lock=True)
        if seen is not None and found != seen:
            raise StaleWrite(f"The schedule {key!r} was changed since it was read: read it again.")
        now = engine.clock.now()
        following = next_time(found.rule, found.zone, after=now, anchor=found.created_at) if is_enabled else None
        values = {"is_enabled": is_enabled and following is not None, "next_at": following}
        connection.execute(sa.update(schedule).where(schedule.c.id == found.id).values(**values))
        return read_schedule(connection, key)

    return engine.transaction(work)


def delete_schedule(engine: ProcessEngine, key: str, *, actor: Actor) -> None:
    """Delete a schedule with the memory of its slots; what it started stays."""
    require(actor, Action.MANAGE_SCHEDULES, HOUSE)

    def work(connection: sa.Connection) -> None:
        found = read_schedule(connection, key, lock=True)
        connection.execute(sa.delete(schedule).where(schedule.c.id == found.id))

    engine.transaction(work)


def run_now(engine: ProcessEngine, key: str, *, actor: Actor, idempotency_key: str | None = None) -> Started:
    """Start what a schedule starts, now, as a slot of its own."""
    require(actor, Action.MANAGE_SCHEDULES, HOUSE)

    def work(connection: sa.Connection) -> Started:
        found = read_schedule(connection, key, lock=True)
        now = engine.clock.now()
        if is_settled(connection, found, now):
            raise Conflict(f"The schedule {key!r} has started at this very moment already.")
        return start_slot(engine, connection, found, slot_at=now, status="started", reason=f"run now by {actor.name}")

    return engine.once("run_schedule", actor=actor, key=idempotency_key, kind=Started, work=work)


def next_times(found: Schedule, count: int, *, after: datetime) -> tuple[datetime, ...]:
    """Return the next moments of a schedule, in UTC."""
    times: list[datetime] = []
    moment: datetime | None = after
    while len(times) < count and moment is not None:
        moment = next_time(found.rule, found.zone, after=moment, anchor=found.created_at)
        times += [moment] if moment is not None else []
    return tuple(times)


def slots_of(engine: ProcessEngine, key: str, *, actor: Actor, limit: int = 50) -> tuple[Slot, ...]:
    """Return what became of a schedule's moments, latest first."""
    require(actor, Action.READ_SCHEDULES, HOUSE)
    with engine.database.read() as connection:
        found = read_schedule(connection, key)
        columns = [schedule_slot.c[name] for name in Slot.__slots__]
        statement = sa.select(*columns).where(schedule_slot.c.schedule_id == found.id).order_by(schedule_slot.c.slot_at.desc())
        return tuple(Slot(*row) for row in connection.execute(statement.limit(limit)))
