"""Substitution: who does the work of whom while he or she is away.

A substitute sees and does the human tasks of the absent person, and acts in his or her name; roles and administration stay where they
are. There are no chains: who is away at a time cannot stand in for somebody then. Intervals are half-open, `[starts_at, ends_at)`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from engine.errors import Conflict, Invalid, NotFound
from engine.ids import new_id
from engine.tables import person, substitution


@dataclass(frozen=True, slots=True)
class Substitution:
    """`substitute` stands in for `person` from `starts_at` until just before `ends_at`."""

    id: str
    person: str
    substitute: str
    starts_at: datetime
    ends_at: datetime


def add_substitution(connection: Connection, absent: str, *, substitute: str, starts_at: datetime, ends_at: datetime) -> Substitution:
    """Arrange a substitution.

    Raises Invalid for an empty interval, for oneself, or across the border of a customer (U1); Conflict for a chain or a repetition.
    """
    if ends_at <= starts_at:
        raise Invalid(f"the absence would end at {ends_at.isoformat()}, not after its start {starts_at.isoformat()}")
    if absent == substitute:
        raise Invalid(f"{absent} cannot stand in for {absent}: choose another person")
    _check_people(connection, absent, substitute)
    for other in _overlapping(connection, starts_at, ends_at):
        _refuse_chain(other, absent, substitute)
    row = Substitution(new_id(), absent, substitute, starts_at, ends_at)
    values = {"id": row.id, "person": absent, "substitute": substitute, "starts_at": starts_at, "ends_at": ends_at}
    connection.execute(sa.insert(substitution), values)
    return row


def remove_substitution(connection: Connection, substitution_id: str) -> None:
    """End a substitution. Raises NotFound."""
    if connection.execute(sa.delete(substitution).where(substitution.c.id == substitution_id)).rowcount == 0:
        raise NotFound(f"there is no substitution {substitution_id!r}")


def list_substitutions(connection: Connection, name: str | None = None) -> tuple[Substitution, ...]:
    """Return the substitutions in which a person is absent or stands in, or all, by start."""
    statement = sa.select(substitution).order_by(substitution.c.starts_at, substitution.c.id)
    if name is not None:
        statement = statement.where(sa.or_(substitution.c.person == name, substitution.c.substitute == name))
    return tuple(Substitution(row.id, row.person, row.substitute, row.starts_at, row.ends_at) for row in connection.execute(statement))


def _check_people(connection: Connection, absent: str, substitute: str) -> None:
    statement = sa.select(person.c.name, person.c.customer, person.c.is_active).where(person.c.name.in_((absent, substitute)))
    found = {row.name: row for row in connection.execute(statement)}
    for name in (absent, substitute):
        if name not in found:
            raise NotFound(f"there is no person {name!r}")
    if not found[substitute].is_active:
        raise Invalid(f"{substitute} is deactivated: choose a substitute who can act")
    if found[absent].customer != found[substitute].customer:
        raise Invalid(f"{substitute} and {absent} do not belong to the same customer: work may not cross that border")


def _overlapping(connection: Connection, starts_at: datetime, ends_at: datetime) -> tuple[Substitution, ...]:
    statement = sa.select(substitution).where(substitution.c.starts_at < ends_at, substitution.c.ends_at > starts_at)
    return tuple(Substitution(row.id, row.person, row.substitute, row.starts_at, row.ends_at) for row in connection.execute(statement))


def _refuse_chain(other: Substitution, absent: str, substitute: str) -> None:
    until = f"from {other.starts_at.isoformat()} until {other.ends_at.isoformat()}"
    if (other.person, other.substitute) == (absent, substitute):
        raise Conflict(f"{substitute} stands in for {absent} already {until}: change that one")
    if other.person == substitute:
        raise Conflict(f"{substitute} is away {until}: choose a substitute who is there")
    if other.substitute == absent:
        raise Conflict(f"{absent} stands in for {other.person} {until}: find another substitute for {other.person} first")
