"""Tokens for programs: one's own, or for administrators anybody's."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, Field

from engine import people
from engine.people import Scope, Token
from webui.api.api import API
from webui.endpoints import Answer, Call, Model

MAX_LABEL = 255


class TokensQuery(Model):
    """Whose tokens; one's own unless a person is named."""

    person: str | None = None


class NewToken(Model):
    """A token to make, for oneself unless a person is named; without `expiresAt` it lasts until it is revoked."""

    label: Annotated[str, Field(min_length=1, max_length=MAX_LABEL)]
    scopes: frozenset[Scope] = frozenset({Scope.READ, Scope.WORK})
    expires_at: AwareDatetime | None = None
    person: str | None = None


class MadeToken(Model):
    """A token that was just made; `token` is shown this once and kept nowhere."""

    id: str
    token: str


class TokenBody(Model):
    """A token as it is kept."""

    id: str
    person: str
    label: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


@API.endpoint("GET", "/tokens", query=TokensQuery, answer=list[TokenBody])
def find(call: Call, *, query: TokensQuery) -> list[TokenBody]:
    """List tokens, newest first."""
    return [_shown(each) for each in people.tokens_of(call.engine.database, query.person or call.actor.name, actor=call.actor)]


@API.endpoint("POST", "/tokens", body=NewToken, answer=MadeToken, status=201, errors=(404,))
def create(call: Call, *, body: NewToken) -> Answer:
    """Make a token."""
    made = people.make_token(
        call.engine.database,
        body.person or call.actor.name,
        actor=call.actor,
        label=body.label,
        scopes=body.scopes,
        now=call.engine.clock.now(),
        expires_at=body.expires_at,
    )
    return Answer(MadeToken(id=made.id, token=made.secret), {"Location": f"{API.prefix}/tokens/{made.id}"})


@API.endpoint("DELETE", "/tokens/<token>")
def revoke(call: Call, token: str) -> None:
    """Revoke a token: it is worth nothing from now on."""
    people.end_token(call.engine.database, token, actor=call.actor, now=call.engine.clock.now())


def _shown(token: Token) -> TokenBody:
    said: dict[str, Any] = {name: getattr(token, name) for name in TokenBody.model_fields}
    return TokenBody(**{**said, "scopes": tuple(sorted(token.scopes))})
