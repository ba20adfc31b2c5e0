"""People, teams and memberships."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Row

from engine.errors import Conflict, Invalid, NotFound
from engine.people.actor import SYSTEM_NAME
from engine.people.passwords import hash_password
from engine.tables import membership, person, team

NAME_PATTERN = re.compile(r"[^\W_][\w.@+-]{0,63}")


@dataclass(frozen=True, slots=True)
class Person:
    """An account; `customer` is set for a customer's user."""

    name: str
    display_name: str
    email: str | None
    is_admin: bool
    is_active: bool
    customer: str | None
    language: str
    zone: str
    teams: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Team:
    """A candidate group."""

    name: str
    display_name: str
    members: tuple[str, ...]


def checked_name(name: str, *, what: str = "person") -> str:
    """Return the name in Unicode's composed form. Raises Invalid for one that would be misread, or taken for the engine's own."""
    composed = unicodedata.normalize("NFKC", name)
    if composed.casefold() == SYSTEM_NAME:
        raise Invalid(f"the name {name!r} is the engine's own: choose another")
    if not NAME_PATTERN.fullmatch(composed):
        raise Invalid(f"{name!r} cannot name a {what}: use up to 64 letters, digits and . _ @ + -, beginning with a letter or digit")
    return composed


def add_person(
    connection: Connection,
    name: str,
    *,
    now: datetime,
    display_name: str = "",
    email: str | None = None,
    password: str | None = None,
    is_admin: bool = False,
    customer: str | None = None,
    teams: Collection[str] = (),
    language: str = "zh_CN",
    zone: str = "Asia/Shanghai",
) -> str:
    """Add a person, without a password one who cannot sign in, and return the name as it is kept.

    Raises Conflict when the name is taken, Invalid for a customer's user who would be an administrator.
    """
    kept = checked_name(name)
    if is_admin and customer is not None:
        raise Invalid(f"{kept} belongs to the customer {customer!r} and cannot be an administrator")
    row: dict[str, object] = {"name": kept, "display_name": display_name or kept, "email": email, "is_admin": is_admin, "is_active": True}
    row |= {"customer": customer, "language": language, "zone": zone, "created_at": now}
    row["password_hash"] = None if password is None else hash_password(password, name=kept)
    _insert(connection, person, row)
    for one in sorted(set(teams)):
        add_membership(connection, kept, team_name=one)
    return kept


def person_named(connection: Connection, name: str) -> Person:
    """Return one person. Raises NotFound."""
    row = connection.execute(sa.select(person).where(person.c.name == name)).one_or_none()
    if row is None:
        raise NotFound(f"there is no person {name!r}")
    statement = sa.select(membership.c.team).where(membership.c.person == name).order_by(membership.c.team)
    return _as_person(row, tuple(connection.scalars(statement)))


def list_people(connection: Connection, *, with_inactive: bool = False) -> tuple[Person, ...]:
    """Return everybody by name."""
    teams: dict[str, list[str]] = {}
    for row in connection.execute(sa.select(membership).order_by(membership.c.team)):
        teams.setdefault(row.person, []).append(row.team)
    statement = sa.select(person).order_by(person.c.name)
    if not with_inactive:
        statement = statement.where(person.c.is_active)
    return tuple(_as_person(row, tuple(teams.get(row.name, ()))) for row in connection.execute(statement))


def change_person(connection: Connection, name: str, /, **changes: str | bool | None) -> None:
    """Change what an account says: display_name, email, language, zone, is_admin or customer."""
    unknown = changes.keys() - {"display_name", "email", "language", "zone", "is_admin", "customer"}
    if unknown:
        raise Invalid(f"a person has no {', '.join(sorted(unknown))} that can be changed")
    before = person_named(connection, name)
    if changes.get("is_admin", before.is_admin) and changes.get("customer", before.customer) is not None:
        raise Invalid(f"{name} cannot be an administrator and a customer's user at once")
    if before.is_admin and changes.get("is_admin") is False:
        _refuse_last_admin(connection, name)
    if changes:
        connection.execute(sa.update(person).where(person.c.name == name).values(**changes))


def deactivate_person(connection: Connection, name: str) -> None:
    """Bar a person from everything; what he or she did stays. Raises Conflict for the last administrator."""
    if person_named(connection, name).is_admin:
        _refuse_last_admin(connection, name)
    connection.execute(sa.update(person).where(person.c.name == name).values(is_active=False))


def reactivate_person(connection: Connection, name: str) -> None:
    """Let a person back in."""
    person_named(connection, name)
    connection.execute(sa.update(person).where(person.c.name == name).values(is_active=True))


def add_team(connection: Connection, name: str, *, display_name: str = "") -> str:
    """Add a team. Raises Conflict when the name is taken."""
    kept = checked_name(name, what="team")
    _insert(connection, team, {"name": kept, "display_name": display_name or kept})
    return kept


def list_teams(connection: Connection) -> tuple[Team, ...]:
    """Return the teams with their members, by name."""
    members: dict[str, list[str]] = {}
    for row in connection.execute(sa.select(membership).order_by(membership.c.person)):
        members.setdefault(row.team, []).append(row.person)
    rows = connection.execute(sa.select(team).order_by(team.c.name))
    return tuple(Team(row.name, row.display_name, tuple(members.get(row.name, ()))) for row in rows)


def add_membership(connection: Connection, name: str, *, team_name: str) -> None:
    """Make a person a member of a team; twice is once."""
    if not _exists(connection, name):
        raise NotFound(f"there is no person {name!r}")
    if connection.scalar(sa.select(team.c.name).where(team.c.name == team_name)) is None:
        raise NotFound(f"there is no team {team_name!r}: add it first")
    pair = sa.and_(membership.c.person == name, membership.c.team == team_name)
    if connection.scalar(sa.select(membership.c.team).where(pair)) is None:
        connection.execute(sa.insert(membership), {"person": name, "team": team_name})


def remove_membership(connection: Connection, name: str, *, team_name: str) -> None:
    """End a membership. Raises NotFound when there is none."""
    statement = sa.delete(membership).where(membership.c.person == name, membership.c.team == team_name)
    if connection.execute(statement).rowcount == 0:
        raise NotFound(f"{name} is no member of {team_name!r}")


def _insert(connection: Connection, table: sa.Table, row: Mapping[str, object]) -> None:
    """Insert a person or a team. Raises Conflict when the name is taken, in whatever letter case, also by who is being added now."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    name = table.c.name
    if connection.scalar(insert(table).values(row).on_conflict_do_nothing().returning(name)) is None:
        taken = connection.scalar(sa.select(name).where(sa.func.lower(name) == sa.func.lower(row["name"])))
        raise Conflict(f"there is a {table.name} {taken!r} already: choose another name than {row['name']!r}")


def _exists(connection: Connection, name: str) -> bool:
    return connection.scalar(sa.select(person.c.name).where(person.c.name == name)) is not None


def _refuse_last_admin(connection: Connection, name: str) -> None:
    """Raise Conflict unless another administrator remains; all of them are locked, so that two do not bar each other at once."""
    admins = sa.select(person.c.name).where(person.c.is_admin, person.c.is_active).order_by(person.c.name).with_for_update()
    if not set(connection.scalars(admins)) - {name}:
        raise Conflict(f"{name} is the last active administrator: make another one first")


def _as_person(row: Row[*tuple[Any, ...]], teams: tuple[str, ...]) -> Person:
    return Person(row.name, row.display_name, row.email, row.is_admin, row.is_active, row.customer, row.language, row.zone, teams)
