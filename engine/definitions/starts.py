"""What waits to start a process: message and signal subscriptions, timer jobs and schedules, those of the latest version only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from engine.diagram.model import Event, EventKind, Node, NodeKind, Process, TimerKind
from engine.expressions import evaluate, parse_cycle, parse_duration, parse_moment
from engine.ids import new_id
from engine.tables import definition, job, schedule, subscription

ZONE = "Asia/Shanghai"


def replace_starts(connection: Connection, definition_id: str, process: Process, *, actor: str, now: datetime) -> None:
    """Let the start events of a new version wait in place of those of the versions before it."""
    older = sa.select(definition.c.id).where(
        definition.c.kind == "process", definition.c.key == process.key, definition.c.id != definition_id
    )
    connection.execute(sa.delete(subscription).where(subscription.c.definition_id.in_(older)))
    prefix = f"{process.key}:"
    connection.execute(
        sa.delete(job).where(job.c.kind == "start", job.c.instance_id.is_(None), job.c.name.startswith(prefix, autoescape=True))
    )
    waiting = [
        _subscription(definition_id, node, event, now)
        for node in process.scope.nodes.values()
        for event in node.events
        if node.kind is NodeKind.START_EVENT and event.kind in (EventKind.MESSAGE, EventKind.SIGNAL) and event.name is not None
    ]
    if waiting:
        connection.execute(sa.insert(subscription), waiting)
    cycles = set()
    for node in process.scope.nodes.values():
        for event in node.events:
            if node.kind is NodeKind.START_EVENT and event.kind is EventKind.TIMER:
                cycles |= _timer(connection, definition_id, process, node, event, actor=actor, now=now)
    gone = sa.and_(schedule.c.key.startswith(prefix, autoescape=True), schedule.c.key.not_in(cycles))
    connection.execute(sa.update(schedule).where(gone).values(is_enabled=False))


def _subscription(definition_id: str, node: Node, event: Event, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "kind": event.kind.value,
        "name": _text(event, now),
        "instance_id": None,
        "definition_id": definition_id,
        "element": node.id,
        "business_key": None,
        "correlation": None,
        "created_at": now,
    }


def _text(event: Event, now: datetime) -> str:
    value = event.timer if event.kind is EventKind.TIMER else event.name
    assert value is not None
    return value.literal if value.literal is not None else str(evaluate(value.expression or "null", {}, now=now))


def _timer(
    connection: Connection, definition_id: str, process: Process, node: Node, event: Event, *, actor: str, now: datetime
) -> set[str]:
    """Insert a job for a date or duration, a schedule for a cycle; return the schedule's key."""
    text = _text(event, now).strip()
    key = f"{process.key}:{node.id}"
    if event.timer_kind is TimerKind.CYCLE:
        cycle = parse_cycle(text, ZONE)
        first = cycle.start or cycle.duration.add(now)
        values = {"definition_key": process.key, "rule": text, "is_enabled": True, "next_at": first, "created_at": now}
        if not connection.execute(sa.update(schedule).where(schedule.c.key == key).values(**values)).rowcount:
            fixed = {"id": new_id(), "zone": ZONE, "catch_up": "last", "overlap": "allow", "created_by": actor}
            connection.execute(sa.insert(schedule).values(key=key, **values, **fixed))
        return {key}
    due = parse_duration(text).add(now) if event.timer_kind is TimerKind.DURATION else parse_moment(text, ZONE)
    payload = {"definition_id": definition_id, "element": node.id}
    connection.execute(
        sa.insert(job).values(
            id=new_id(), kind="start", status="waiting", name=key, element=node.id, payload=payload, due_at=due, created_at=now
        )
    )
    return set()
