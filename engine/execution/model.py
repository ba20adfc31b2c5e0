"""What an execution tells its host, and what it asks of it: plain data, no SpiffWorkflow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

Variables = dict[str, Any]


class WaitKind(StrEnum):
    """Why a token rests."""

    HUMAN = "human"
    JOB = "job"
    TIMER = "timer"
    MESSAGE = "message"
    SIGNAL = "signal"
    CONDITION = "condition"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class HumanDetails:
    """A person's task, every expression already evaluated."""

    lane: str | None = None
    assignee: str | None = None
    candidate_users: tuple[str, ...] = ()
    candidate_groups: tuple[str, ...] = ()
    due_at: datetime | None = None
    follow_up_at: datetime | None = None
    priority: int = 50
    form_ref: str | None = None
    form_fields: tuple[dict[str, object], ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class Wait:
    """A token at rest: what would move it on.

    `token` is 32 hexadecimal digits, unique for ever. `due_at` belongs to timers; `name` is the message's, signal's or topic's name (a
    job without a topic only continues: `asyncBefore`); `correlation` maps correlation key -> value for messages; `inputs` are a job's
    evaluated inputs; `attempts_spec` is `camunda:failedJobRetryTimeCycle`; `error` says why a FAILED token failed. `host_token` is the
    token of the activity that a boundary event or an event subprocess start watches (None: the scope itself).
    """

    token: str
    element: str
    kind: WaitKind
    element_name: str = ""
    due_at: datetime | None = None
    name: str | None = None
    correlation: Mapping[str, Any] = field(default_factory=dict)
    human: HumanDetails | None = None
    inputs: Variables | None = None
    retry_cycle: str | None = None
    error: str | None = None
    host_token: str | None = None


class FactKind(StrEnum):
    """What can happen to an element; the history keeps these names.

    ENTERED is told of elements that rest or hold others (a passed gateway only COMPLETES); COMPLETED carries `flows`, the ids of the
    sequence flows taken; FAILED carries `error`; VARIABLES carries the new values by name; CANCELLED whatever did not complete.
    """

    ENTERED = "element.entered"
    COMPLETED = "element.completed"
    CANCELLED = "element.cancelled"
    FAILED = "element.failed"
    VARIABLES = "variables.changed"
    THROWN = "event.thrown"
    CAUGHT = "event.caught"
    MOVED = "token.moved"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened in a turn, in order; `data` is JSON-ready."""

    kind: FactKind
    element: str
    token: str
    name: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


class ThrownKind(StrEnum):
    """What leaves an instance."""

    MESSAGE = "message"
    SIGNAL = "signal"
    ESCALATION = "escalation"


@dataclass(frozen=True, slots=True)
class Thrown:
    """An event that leaves the instance.

    A message that a token of the same instance waits for is delivered inside and does not appear here; a signal is delivered inside at
    once and appears here too, for every *other* instance; an escalation appears when nothing caught it, for the record. An uncaught
    error is no Thrown: its token rests as FAILED.
    """

    kind: ThrownKind
    name: str
    element: str
    token: str
    payload: Variables = field(default_factory=dict)
    correlation: Mapping[str, Any] = field(default_factory=dict)


class Outcome(StrEnum):
    """How an execution stands."""

    ACTIVE = "active"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Changes:
    """What one turn changed. Apply `closed` before `opened`: a re-armed cycle timer is in both under one token."""

    opened: tuple[Wait, ...] = ()
    closed: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    thrown: tuple[Thrown, ...] = ()
    outcome: Outcome = Outcome.ACTIVE


@dataclass(frozen=True, slots=True)
class TopicCall:
    """A service task that asks its host for work inside the step."""

    topic: str
    element: str
    token: str
    inputs: Variables
    variables: Mapping[str, Any]


class Host(Protocol):
    """What an execution needs from outside."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""

    def zone(self) -> str:
        """Return the zone in which a date without one is meant, such as Asia/Shanghai."""

    def is_inline(self, topic: str) -> bool:
        """Tell whether a topic's handler runs inside the step; else the token rests as a JOB."""

    def call(self, call: TopicCall) -> Variables:
        """Run an inline handler and return its outputs.

        Raises BpmnError for its diagram, a `Refused` (such as HandlerFailed) when the token must rest as FAILED; anything else aborts
        the whole command.
        """

    def evaluate(self, expression: str, names: Mapping[str, Any]) -> Any:
        """Evaluate an expression over plain data. Raises ExpressionError."""

    def decide(self, decision: str, names: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Evaluate a decision: the list of result rows (each output name -> value)."""

    def called_process(self, key: str) -> Any:
        """Return the compiled process (`Executable`) that a call activity of this instance starts now. Raises NotFound."""

    def compiled(self, definition_id: str) -> Any:
        """Return the compiled process (`Executable`) with this `Executable.id`, to restore an open call activity."""
