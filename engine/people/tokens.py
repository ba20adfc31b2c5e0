"""API tokens: 32 random bytes, shown once, kept as a hash."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from engine.errors import Conflict, Forbidden, Invalid, NotFound
from engine.ids import new_id
from engine.people.actor import Actor, as_actor, with_absent
from engine.people.scopes import Scope
from engine.tables import api_token, person

PREFIX = "wb_"
"""Lets scanners for leaked secrets know one of ours."""


NO_GOOD = "this token is unknown, expired or revoked: create a new one with `watchbill token create`"
IS_GOOD = sa.and_(
    api_token.c.hash == sa.bindparam("of_hash"),
    api_token.c.revoked_at.is_(None),
    sa.or_(api_token.c.expires_at.is_(None), api_token.c.expires_at > sa.bindparam("at")),
)
OWNER = sa.select(api_token.c.person).join(person, person.c.name == api_token.c.person).where(IS_GOOD, person.c.is_active)
ACTOR_OF_TOKEN = with_absent(
    OWNER.correlate(None).scalar_subquery(),
    also=(api_token.c.id, api_token.c.scopes, api_token.c.last_used_at),
    given=api_token,
    where=api_token.c.hash == sa.bindparam("of_hash"),
)


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was just made; `secret` is shown once and kept nowhere."""

    id: str
    secret: str


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is kept."""

    id: str
    person: str
    label: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


def create_token(
    connection: Connection,
    name: str,
    *,
    label: str,
    now: datetime,
    scopes: Collection[Scope] = (Scope.READ, Scope.WORK),
    expires_at: datetime | None = None,
) -> NewToken:
    """Make a token for an active person. Raises NotFound for an unknown person, Invalid for a token that could never serve."""
    is_active = connection.scalar(sa.select(person.c.is_active).where(person.c.name == name))
    if not is_active:
        raise NotFound(f"there is no active person {name!r}: a token needs one")
    if not label.strip() or not scopes:
        raise Invalid("a token needs a label that says where it is used, and at least one scope")
    if expires_at is not None and expires_at <= now:
        raise Invalid(f"the token would expire at {expires_at.isoformat()}, which is past: choose a later moment")
    token = NewToken(new_id(), PREFIX + secrets.token_urlsafe(32))
    row: dict[str, object] = {"id": token.id, "hash": _hash(token.secret), "person": name, "label": label.strip()}
    row |= {"scopes": sorted(Scope(scope) for scope in scopes), "created_at": now, "expires_at": expires_at}
    connection.execute(sa.insert(api_token), row)
    return token


def actor_of_token(connection: Connection, secret: str, *, now: datetime) -> tuple[Actor, str, datetime | None]:
    """Return whose token this secret is, as an actor, with the token's id and when it last served; in one statement.

    Raises Forbidden, without saying why to the bearer, when it is not good any more.
    """
    rows = connection.execute(ACTOR_OF_TOKEN, {"of_hash": _hash(secret), "at": now}).all()
    own = next((row for row in rows if row.is_own), None)
    if own is None:
        raise Forbidden(NO_GOOD)
    return as_actor(rows, scopes=frozenset(Scope(scope) for scope in own.scopes)), str(own.id), own.last_used_at


def note_use(connection: Connection, token_id: str, *, now: datetime) -> None:
    """Remember when a token last served."""
    connection.execute(sa.update(api_token).where(api_token.c.id == token_id).values(last_used_at=now))


def revoke_token(connection: Connection, token_id: str, *, now: datetime) -> None:
    """Make a token worthless at once. Raises NotFound, or Conflict when it was revoked before."""
    found = connection.execute(sa.select(api_token.c.revoked_at).where(api_token.c.id == token_id)).one_or_none()
    if found is None:
        raise NotFound(f"there is no token {token_id!r}")
    if found.revoked_at is not None:
        raise Conflict(f"token {token_id} was revoked at {found.revoked_at.isoformat()}")
    connection.execute(sa.update(api_token).where(api_token.c.id == token_id).values(revoked_at=now))


def read_token(connection: Connection, token_id: str) -> Token:
    """Return a token by its id. Raises NotFound."""
    row = connection.execute(sa.select(api_token).where(api_token.c.id == token_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no token {token_id!r}")
    return _as_token(row)


def list_tokens(connection: Connection, name: str | None = None) -> tuple[Token, ...]:
    """Return the tokens of a person, or of everybody, newest first."""
    statement = sa.select(api_token).order_by(api_token.c.created_at.desc(), api_token.c.id)
    if name is not None:
        statement = statement.where(api_token.c.person == name)
    return tuple(_as_token(row) for row in connection.execute(statement))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _as_token(row: Row[*tuple[Any, ...]]) -> Token:
    scopes = frozenset(Scope(scope) for scope in row.scopes)
    return Token(row.id, row.person, row.label, scopes, row.created_at, row.expires_at, row.revoked_at, row.last_used_at)
