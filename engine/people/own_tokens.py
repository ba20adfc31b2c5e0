"""Tokens as their people make and revoke them, each in one transaction."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from engine.db import Database
from engine.errors import Forbidden, NotFound
from engine.people.actor import Actor
from engine.people.rights import Action, may, require
from engine.people.scopes import Scope
from engine.people.things import PersonThing
from engine.people.tokens import NewToken, Token, create_token, list_tokens, read_token, revoke_token


def make_token(
    database: Database, name: str, *, actor: Actor, label: str, scopes: Collection[Scope], now: datetime, expires_at: datetime | None
) -> NewToken:
    """Make a token for a person. Raises Forbidden, also for scopes that the token lacks by which the actor calls."""
    require(actor, Action.MANAGE_TOKENS, PersonThing(name))
    if actor.scopes is not None and not actor.scopes.issuperset(scopes):
        raise Forbidden(f"this token may not make one with more scopes than its own: {', '.join(sorted(actor.scopes))}")
    with database.write() as connection:
        return create_token(connection, name, label=label, now=now, scopes=scopes, expires_at=expires_at)


def tokens_of(database: Database, name: str, *, actor: Actor) -> tuple[Token, ...]:
    """Return a person's tokens, newest first."""
    require(actor, Action.MANAGE_TOKENS, PersonThing(name))
    with database.read() as connection:
        return list_tokens(connection, name)


def end_token(database: Database, token_id: str, *, actor: Actor, now: datetime) -> None:
    """Make a token worthless at once. Raises Forbidden, NotFound (also for another person's), or Conflict when it was revoked before."""
    require(actor, Action.MANAGE_TOKENS, PersonThing(actor.name))
    with database.write() as connection:
        if not may(actor, Action.MANAGE_TOKENS, PersonThing(read_token(connection, token_id).person)):
            raise NotFound(f"there is no token {token_id!r}")
        revoke_token(connection, token_id, now=now)
