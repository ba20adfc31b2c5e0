"""What waits to start a process: message and signal subscriptions, timer jobs and schedules, those of the latest version only."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from engine.diagram.model import Event, EventKind, Node, NodeKind, Process, TimerKind
from engine.errors import ExpressionError, Problem
from engine.expressions import evaluate, parse_cycle, parse_duration, parse_moment
from engine.ids import new_id
from engine.tables import definition, job, schedule, subscription


def remove_starts(connection: Connection, key: str, *, but_schedules: Collection[str] = ()) -> None:
    """Let nothing wait to start a process any more, but for the schedules of these keys."""
    versions = sa.select(definition.c.id).where(definition.c.kind == "process", definition.c.key == key)
    connection.execute(sa.delete(subscription).where(subscription.c.definition_id.in_(versions)))
    own = job.c.name == sa.literal(f"{key}:") + job.c.element
    connection.execute(sa.delete(job).where(job.c.kind == "start", job.c.instance_id.is_(None), own))
    gone = sa.and_(schedule.c.key.startswith(f"{key}:", autoescape=True), schedule.c.key.not_in(but_schedules))
    connection.execute(sa.delete(schedule).where(gone))


def replace_starts(
    connection: Connection, definition_id: str, process: Process, *, actor: str, now: datetime, zone: str, is_back: bool = False
) -> None:
    """Let the start events of a version wait in place of those of the other versions.

    A date that is over when a later version comes, or an earlier one comes back (`is_back`), has started its instance before, or never
    will: it starts none again.
    """
    other = sa.select(definition.c.id).where(
        definition.c.kind == "process", definition.c.key == process.key, definition.c.id != definition_id
    )
    is_first = not is_back and not connection.scalar(sa.select(sa.exists(other)))
    kept = [f"{process.key}:{node.id}" for _, node, event in _starts([process]) if event.timer_kind is TimerKind.CYCLE]
    remove_starts(connection, process.key, but_schedules=kept)
    waiting = [
        _subscription(definition_id, node, event, now)
        for _, node, event in _starts([process])
        if event.kind in (EventKind.MESSAGE, EventKind.SIGNAL) and event.name is not None
    ]
    if waiting:
        connection.execute(sa.insert(subscription), waiting)
    for _, node, event in _starts([process]):
        is_over = not is_first and event.timer_kind is TimerKind.DATE and _due(event, now, zone) <= now
        if event.kind is EventKind.TIMER and not is_over:
            _timer(connection, definition_id, process, node, event, actor=actor, now=now, zone=zone)


def check_starts(connection: Connection, processes: Sequence[Process], *, now: datetime, zone: str) -> tuple[Problem, ...]:
    """Return the problems of start events: a value that cannot be worked out, a message that would start two processes."""
    taken = _taken_messages(connection, {process.key for process in processes})
    found = []
    for process, node, event in _starts(processes):
        value = event.timer if event.kind is EventKind.TIMER else event.name
        if value is None:
            continue
        try:
            text = str(_due(event, now, zone)) if event.kind is EventKind.TIMER else _text(event, now)
        except ExpressionError as error:
            message = f"What '{node.id}' waits for cannot be worked out: {error}"
            found.append(Problem(process.file, node.line, node.id, "start-value", message, "Write a literal."))
            continue
        if event.kind is EventKind.MESSAGE and text in taken:
            message = f"The message '{text}' that starts '{process.key}' already starts {taken[text]}."
            found.append(Problem(process.file, node.line, node.id, "message-taken", message, "Give each process a message of its own."))
        if event.kind is EventKind.MESSAGE:
            taken.setdefault(text, f"'{node.id}' of process '{process.key}'")
    return tuple(found)


def _taken_messages(connection: Connection, keys: Collection[str]) -> dict[str, str]:
    """Return the messages that start other processes than these, each with its process."""
    joined = subscription.join(definition, definition.c.id == subscription.c.definition_id)
    statement = sa.select(subscription.c.name, definition.c.key).select_from(joined)
    rows = connection.execute(statement.where(subscription.c.kind == "message", definition.c.key.not_in(keys)))
    return {str(row.name): f"process '{row.key}'" for row in rows}


def _starts(processes: Sequence[Process]) -> Iterator[tuple[Process, Node, Event]]:
    for process in processes:
        for node in process.scope.nodes.values():
            if node.kind is NodeKind.START_EVENT:
                yield from ((process, node, event) for event in node.events)


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
    """Return what a start event waits for: its message's or signal's name, its time."""
    value = event.timer if event.kind is EventKind.TIMER else event.name
    if value is None:
        return ""
    return (value.literal if value.literal is not None else str(evaluate(value.expression or "null", {}, now=now))).strip()


def _due(event: Event, now: datetime, zone: str) -> datetime:
    """Return when a timer that starts a process is due first."""
    text = _text(event, now)
    if event.timer_kind is TimerKind.CYCLE:
        cycle = parse_cycle(text, zone)
        return cycle.start or cycle.duration.add(now)
    return parse_duration(text).add(now) if event.timer_kind is TimerKind.DURATION else parse_moment(text, zone)


def _timer(
    connection: Connection, definition_id: str, process: Process, node: Node, event: Event, *, actor: str, now: datetime, zone: str
) -> None:
    """Insert a job for a date or duration, a schedule for a cycle.

    A schedule whose rule has not changed stays as it is: it keeps its rhythm, and stays paused if somebody paused it.
    """
    due = _due(event, now, zone)
    key = f"{process.key}:{node.id}"
    if event.timer_kind is TimerKind.CYCLE:
        rule = _text(event, now)
        if connection.scalar(sa.select(schedule.c.rule).where(schedule.c.key == key)) == rule:
            return
        values = {"definition_key": process.key, "element": node.id, "rule": rule, "is_enabled": True, "next_at": due, "created_at": now}
        if not connection.execute(sa.update(schedule).where(schedule.c.key == key).values(**values)).rowcount:
            fixed = {"id": new_id(), "zone": zone, "catch_up": "last", "overlap": "allow", "created_by": actor}
            connection.execute(sa.insert(schedule).values(key=key, **values, **fixed))
        return
    payload = {"definition_id": definition_id, "element": node.id}
    connection.execute(
        sa.insert(job).values(
            id=new_id(), kind="start", status="waiting", name=key, element=node.id, payload=payload, due_at=due, created_at=now
        )
    )
