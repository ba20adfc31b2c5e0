"""What rights are about: the few facts of a thing that decide who may do what with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class TaskThing:
    """A human task. `owner` delegated it and gets it back; `customer` is whose record it is about, where known (U1)."""

    assignee: str | None = None
    owner: str | None = None
    candidate_users: frozenset[str] = frozenset()
    candidate_groups: frozenset[str] = frozenset()
    lane: str | None = None
    customer: str | None = None


@dataclass(frozen=True, slots=True)
class InstanceThing:
    """A process instance. `participants` have or had a task in it; `groups` are the candidate groups of its tasks and its starters."""

    started_by: str
    participants: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    customer: str | None = None


@dataclass(frozen=True, slots=True)
class DefinitionThing:
    """A process definition and who may start it; nobody named means all of the staff."""

    key: str
    starter_groups: frozenset[str] = frozenset()
    starter_users: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PersonThing:
    """An account."""

    name: str


@dataclass(frozen=True, slots=True)
class HouseThing:
    """The organisation as a whole: what belongs to no instance and to no person."""


HOUSE: Final = HouseThing()

Thing = TaskThing | InstanceThing | DefinitionThing | PersonThing | HouseThing
