"""What commands answer: small, JSON-ready, so that an idempotency key can keep them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeVar


@dataclass(frozen=True, slots=True)
class Started:
    """A new instance."""

    instance_id: str
    definition_id: str
    status: str


@dataclass(frozen=True, slots=True)
class TaskAnswer:
    """How a human task and its instance stand after a command."""

    task_id: str
    instance_id: str
    assignee: str | None
    task_status: str
    instance_status: str


@dataclass(frozen=True, slots=True)
class InstanceAnswer:
    """How an instance stands after a command."""

    instance_id: str
    status: str


@dataclass(frozen=True, slots=True)
class Delivered:
    """Who received a message or a signal: instances that went on, instances that it started, or the inbox that keeps it."""

    instances: tuple[str, ...] = ()
    started: tuple[str, ...] = ()
    kept: str | None = None


@dataclass(frozen=True, slots=True)
class Retried:
    """A failure that was tried again; `instance_id` is None for work that belongs to no instance."""

    failure_id: str
    instance_id: str | None
    status: str | None


Answer = Started | TaskAnswer | InstanceAnswer | Delivered | Retried
Kind = TypeVar("Kind", Started, TaskAnswer, InstanceAnswer, Delivered, Retried)


def as_json(answer: Answer) -> dict[str, Any]:
    """Return an answer as JSON data."""
    return asdict(answer)


def from_json(kind: type[Kind], data: Mapping[str, Any]) -> Kind:
    """Return an answer as it was given the first time."""
    fields: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}
    return kind(**fields)
