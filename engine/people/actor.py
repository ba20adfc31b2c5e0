"""Who acts: a person with teams, and the people for whom he or she stands in today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from engine.errors import Forbidden, NotFound
from engine.people.scopes import Scope
from engine.tables import membership, person, substitution

SYSTEM_NAME = "system"
_Row = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Absent:
    """A person who is away, with the teams whose work would have been his or hers."""

    name: str
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks for something.

    `groups` are the own teams and decide roles; `absent` are those for whom the actor stands in: their human tasks, and nothing else of
    theirs (neither roles nor administration). `customer` is set for a customer's user (U1). `scopes` narrows what an API token may do.
    """

    name: str
    groups: frozenset[str] = frozenset()
    is_admin: bool = False
    customer: str | None = None
    absent: tuple[Absent, ...] = ()
    scopes: frozenset[Scope] | None = None

    @property
    def is_system(self) -> bool:
        """Tell whether the engine itself acts: timers, jobs, schedules."""
        return self.name == SYSTEM_NAME

    @property
    def substitutes_for(self) -> frozenset[str]:
        """Return the names of those who are away."""
        return frozenset(one.name for one in self.absent)

    @property
    def names(self) -> frozenset[str]:
        """Return every name whose assigned work is the actor's to do."""
        return self.substitutes_for | {self.name}

    @property
    def task_groups(self) -> frozenset[str]:
        """Return every team whose open work the actor may claim."""
        return self.groups.union(*(one.groups for one in self.absent))


SYSTEM = Actor(SYSTEM_NAME)
"""The engine itself; it may everything, and no person can bear its name."""


def load_actor(connection: Connection, name: str, *, now: datetime, scopes: frozenset[Scope] | None = None) -> Actor:
    """Return a person as an actor, in one statement.

    Raises NotFound for an unknown name, Forbidden for a deactivated person.
    """
    rows = connection.execute(WITH_ABSENT, {"of_name": name, "at": now}).all()
    own = [row for row in rows if row.is_own]
    if not own:
        raise NotFound(f"there is no person {name!r}: add one with `watchbill users add`")
    if not own[0].is_active:
        raise Forbidden(f"{name} is deactivated and may do nothing: ask an administrator")
    return as_actor(rows, scopes=scopes)


def as_actor(rows: Sequence[_Row], *, scopes: frozenset[Scope] | None = None) -> Actor:
    """Return the rows of `with_absent` as an actor; at least one is the person's own."""
    own = [row for row in rows if row.is_own]
    first = own[0]
    return Actor(first.name, _teams(own), first.is_admin, first.customer, _absent(rows, first.customer), scopes)


def with_absent(
    name: sa.ColumnElement[str],
    *,
    also: Sequence[sa.ColumnElement[Any]] = (),
    given: sa.Table | None = None,
    where: sa.ColumnElement[bool] | None = None,
) -> sa.CompoundSelect[*tuple[Any, ...]]:
    """Return the statement for a person's teams, and those of the people who are away; parameter `at` is the moment.

    `also` are further columns of the table `given`, which names a person too, in the row that `where` chooses; those who are away have
    none of them.
    """
    now: sa.BindParameter[datetime] = sa.bindparam("at")
    columns = (person.c.name, person.c.is_admin, person.c.is_active, person.c.customer, membership.c.team)
    teams = person.outerjoin(membership, membership.c.person == person.c.name)
    source = teams if given is None else teams.join(given, given.c.person == person.c.name)
    own = (
        sa.select(sa.true().label("is_own"), *columns, *also)
        .select_from(source)
        .where(person.c.name == name, *([] if where is None else [where]))
    )
    away = teams.join(substitution, substitution.c.person == person.c.name)
    absent = sa.select(sa.false().label("is_own"), *columns, *(sa.null() for _ in also)).select_from(away)
    absent = absent.where(substitution.c.substitute == name, substitution.c.starts_at <= now, substitution.c.ends_at > now)
    return sa.union_all(own, absent)


WITH_ABSENT = with_absent(sa.bindparam("of_name"))


def _teams(rows: Sequence[_Row]) -> frozenset[str]:
    return frozenset(row.team for row in rows if row.team is not None)


def _absent(rows: Sequence[_Row], customer: str | None) -> tuple[Absent, ...]:
    """Gather the absent; a substitution never reaches across the border of a customer (U1)."""
    away = [row for row in rows if not row.is_own and row.customer == customer]
    names = sorted({row.name for row in away})
    return tuple(Absent(name, _teams([row for row in away if row.name == name])) for name in names)
