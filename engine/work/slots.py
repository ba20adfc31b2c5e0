"""Slots: each moment of a schedule is claimed in the transaction that starts its instance, so it starts once or not at all."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import SQLAlchemyError

from engine.commands import ProcessEngine, Started, find_definition, start_within
from engine.errors import Fenced, Passing, printable
from engine.people import SYSTEM
from engine.runtime.fences import check_fence
from engine.tables import process_instance, schedule, schedule_slot
from engine.work.rules import next_time

if TYPE_CHECKING:
    from engine.work.schedules import Schedule

log = structlog.get_logger(__name__)
MOST_PER_SWEEP = 100
"""Slots of one schedule: what it missed is caught up beside the work of the others."""


class CatchUp(StrEnum):
    """What to do with slots that were missed while nobody worked."""

    ALL = "all"
    LAST = "last"
    NONE = "none"


class Overlap(StrEnum):
    """What to do with a slot while the instance of an earlier one still runs."""

    ALLOW = "allow"
    SKIP = "skip"
    MERGE = "merge"


def run_slots(engine: ProcessEngine, *, fence: int | None = None) -> int:
    """Settle the slots that are due, each in its own transaction; return how many.

    One that cannot start is skipped with its reason. Neither a schedule that is broken nor one with many missed slots stops the others.
    """
    settled = 0
    for key in _due_schedules(engine):
        try:
            settled += _settle_some(engine, key, fence)
        except (Fenced, Passing):
            raise
        except Exception:  # whatever one schedule meets, the others must be settled
            log.exception("a schedule cannot be settled", schedule=key)
    return settled


def _settle_some(engine: ProcessEngine, key: str, fence: int | None) -> int:
    for settled in range(MOST_PER_SWEEP):
        if not _settle_next(engine, key, fence):
            return settled
    return MOST_PER_SWEEP


def _due_schedules(engine: ProcessEngine) -> list[str]:
    statement = sa.select(schedule.c.key).where(schedule.c.is_enabled, schedule.c.next_at <= engine.clock.now())
    with engine.database.read() as connection:
        return list(connection.scalars(statement.order_by(schedule.c.next_at)))


def _settle_next(engine: ProcessEngine, key: str, fence: int | None) -> bool:
    """Settle the first due slot of a schedule; False when none is due any more."""
    try:
        return engine.transaction(lambda connection: _settle(engine, connection, key, fence, refusal=None))
    except (Fenced, Passing, SQLAlchemyError):
        raise
    except Exception as error:  # noqa: BLE001  # what a process does at its start is its author's: the schedule goes on
        refusal = printable(str(error) or type(error).__name__)
    return engine.transaction(lambda connection: _settle(engine, connection, key, fence, refusal=refusal))


def _settle(engine: ProcessEngine, connection: sa.Connection, key: str, fence: int | None, *, refusal: str | None) -> bool:
    """Settle one slot.

    1. Lock the schedule and see that a slot is still due, and not settled before (the clock was set back, or it was run by hand).
    2. Decide by the catch-up and overlap rules whether to start, skip or merge.
    3. Write the slot, start the instance, and set the schedule on to its next moment.
    """
    from engine.work.schedules import read_schedule

    check_fence(connection, fence)
    found = read_schedule(connection, key, lock=True)
    now = engine.clock.now()
    slot = found.next_at
    if not found.is_enabled or slot is None or slot > now:
        return False
    following = next_time(found.rule, found.zone, after=slot, anchor=found.created_at)
    late = now - slot > timedelta(seconds=found.late_after_s)
    running = None if found.overlap == Overlap.ALLOW else _running(connection, found.id)
    if is_settled(connection, found, slot):
        pass
    elif refusal is not None:
        _note(connection, found.id, slot, "skipped", now, reason=refusal)
    elif late and found.catch_up == CatchUp.NONE:
        _note(connection, found.id, slot, "skipped", now, reason=f"missed by {_span(now - slot)}; missed slots are not caught up")
    elif found.catch_up != CatchUp.ALL and following is not None and following <= now:
        _note(connection, found.id, slot, "skipped", now, reason="missed; only the last missed slot is caught up")
    elif running is not None and found.overlap == Overlap.SKIP:
        _note(connection, found.id, slot, "skipped", now, reason=f"instance {running} of an earlier slot still runs")
    elif running is not None:
        _note(connection, found.id, slot, "merged", now, instance_id=running, reason="an earlier slot's instance still runs")
    else:
        reason = f"late by {_span(now - slot)}" if late else None
        start_slot(engine, connection, found, slot_at=slot, status="late" if late else "started", reason=reason)
    connection.execute(sa.update(schedule).where(schedule.c.id == found.id).values(next_at=following, is_enabled=following is not None))
    return True


def is_settled(connection: sa.Connection, found: Schedule, slot_at: datetime) -> bool:
    """Tell whether a moment of a schedule has its slot already."""
    same = sa.and_(schedule_slot.c.schedule_id == found.id, schedule_slot.c.slot_at == slot_at)
    return connection.scalar(sa.select(sa.exists().where(same))) is True


def start_slot(
    engine: ProcessEngine, connection: sa.Connection, found: Schedule, *, slot_at: datetime, status: str, reason: str | None
) -> Started:
    """Start an instance for a slot and write the slot, in the caller's transaction."""
    local = slot_at.astimezone(ZoneInfo(found.zone)).strftime("%Y-%m-%dT%H:%M")
    started = start_within(
        engine,
        connection,
        definition_id=find_definition(connection, found.definition_key),
        business_key=found.business_key.replace("{slot}", local) if found.business_key else None,
        variables=found.variables,
        element=found.element,
        actor=SYSTEM,
        origin={"schedule": found.key, "slot": slot_at.isoformat()},
        check_right=False,
    )
    _note(connection, found.id, slot_at, status, engine.clock.now(), instance_id=started.instance_id, reason=reason)
    return started


def _note(connection: sa.Connection, schedule_id: str, slot_at: datetime, status: str, now: datetime, **values: Any) -> None:
    row = {"schedule_id": schedule_id, "slot_at": slot_at, "status": status, "claimed_at": now, **values}
    connection.execute(sa.insert(schedule_slot).values(row))


def _running(connection: sa.Connection, schedule_id: str) -> str | None:
    """Return the latest instance of a schedule that has not ended."""
    joined = schedule_slot.join(process_instance, process_instance.c.id == schedule_slot.c.instance_id)
    alive = process_instance.c.status.in_(("active", "suspended"))
    statement = sa.select(process_instance.c.id).select_from(joined).where(schedule_slot.c.schedule_id == schedule_id, alive)
    return connection.scalar(statement.order_by(schedule_slot.c.slot_at.desc()).limit(1))


def _span(span: timedelta) -> str:
    return str(timedelta(seconds=int(span.total_seconds())))
