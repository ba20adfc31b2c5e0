"""What a handler is told, and what it may ask for.

A handler commits, sends and starts nothing itself: it queues requests, which the runtime writes into the step's own transaction. So they
happen if and only if the step does.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from engine.tables import process_instance


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    """A message to correlate once the step is committed; `ttl_s` is how long it may wait for its catch (None: the default)."""

    name: str
    business_key: str | None = None
    correlation: Mapping[str, Any] = field(default_factory=dict)
    payload: Mapping[str, Any] = field(default_factory=dict)
    ttl_s: int | None = None


@dataclass(frozen=True, slots=True)
class QueuedStart:
    """A process to start, at once or at a moment; a drill starts drills (U4). `instance_id` is what it will be known by (None: any)."""

    key: str
    business_key: str | None
    variables: Mapping[str, Any]
    at: datetime | None
    is_drill: bool
    instance_id: str | None = None


@dataclass(frozen=True, slots=True)
class QueuedNotice:
    """Something to tell somebody, for the outbox."""

    kind: str
    payload: Mapping[str, Any]
    is_drill: bool


@dataclass(frozen=True, slots=True)
class QueuedNote:
    """A line for the instance's history."""

    text: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class QueuedName:
    """The business key of the record that this instance is about."""

    business_key: str


Queued = QueuedMessage | QueuedStart | QueuedNotice | QueuedNote | QueuedName


class Requests:
    """What one call of a handler asked for, in order."""

    def __init__(self) -> None:
        self._queued: list[Queued] = []

    def put(self, request: Queued) -> None:
        """Add one request."""
        self._queued.append(request)

    def taken(self) -> tuple[Queued, ...]:
        """Return the requests and forget them."""
        queued, self._queued = tuple(self._queued), []
        return queued


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Where and when a handler runs, and for whom.

    `actor` is the name of the person whose command led here (or "system"). `attempt` counts from 1. `database` is None for a topic with
    outside effects, which runs outside every transaction.
    """

    topic: str
    now: datetime
    instance_id: str
    token: str
    element: str
    actor: str
    business_key: str | None = None
    is_drill: bool = False
    attempt: int = 1
    database: Connection | None = None
    requests: Requests = field(default_factory=Requests)

    @property
    def connection(self) -> Connection:
        """Return the step's transaction. Raises RuntimeError in a topic with outside effects."""
        if self.database is None:
            raise RuntimeError(f"{self.topic} has outside effects and runs outside the transaction: give it what it needs as inputs")
        return self.database

    @property
    def idempotency_key(self) -> str:
        """Return a key that stays the same when the call is repeated: send it along, and the receiver can tell a repetition."""
        return f"{self.instance_id}:{self.token}"

    @property
    def log(self) -> logging.Logger:
        """Return the topic's logger."""
        return logging.getLogger(f"handlers.{self.topic}")

    def queue_message(
        self,
        name: str,
        *,
        business_key: str | None = None,
        correlation: Mapping[str, Any] | None = None,
        payload: Mapping[str, Any] | None = None,
        ttl_s: int | None = None,
    ) -> None:
        """Send a message after the step."""
        self.requests.put(QueuedMessage(name, business_key, dict(correlation or {}), dict(payload or {}), ttl_s))

    def start_process(
        self,
        key: str,
        *,
        business_key: str | None = None,
        variables: Mapping[str, Any] | None = None,
        at: datetime | None = None,
        instance_id: str | None = None,
    ) -> None:
        """Start another process after the step, or at a moment; it is a drill if this is one. `instance_id` is its id to be."""
        self.requests.put(QueuedStart(key, business_key, dict(variables or {}), at, self.is_drill, instance_id))

    def has_ended(self, instance_id: str) -> bool:
        """Tell whether an instance has completed or was cancelled; one that is still to start has not."""
        ended = sa.and_(process_instance.c.id == instance_id, process_instance.c.ended_at.is_not(None))
        return self.connection.scalar(sa.select(sa.exists().where(ended))) is True

    def notify(self, kind: str, **payload: Any) -> None:
        """Put a notice into the outbox; it leaves after the step and is marked if this is a drill."""
        self.requests.put(QueuedNotice(kind, payload, self.is_drill))

    def name_record(self, business_key: str) -> None:
        """Point the instance at the record that this step created; what the instance opens from now on bears the key.

        Raises RuntimeError in a topic with outside effects.
        """
        self.connection.info  # noqa: B018  # asked for its refusal
        self.requests.put(QueuedName(business_key))

    def note(self, text: str, **data: Any) -> None:
        """Write a line into the instance's history."""
        self.requests.put(QueuedNote(text, data))
