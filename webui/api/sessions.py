"""The session of the pages: sign in, who am I, sign out."""

from __future__ import annotations

from typing import Annotated

from flask import session
from pydantic import Field

from engine.people import HOUSE, Action, Actor, Scope, require
from webui.api.api import API
from webui.endpoints import Answer, Call, Model
from webui.identity import by_password, close_session, open_session


class Credentials(Model):
    """Who signs in."""

    name: Annotated[str, Field(min_length=1, max_length=255)]
    password: Annotated[str, Field(min_length=1, max_length=1024)]


class Session(Model):
    """Who calls; `csrfToken` goes into the header X-CSRF-Token of each call that changes something by the session's cookie.

    `scopes` is null unless a token calls; `substitutesFor` names those who are away and whose tasks are the caller's meanwhile.
    """

    name: str
    teams: tuple[str, ...]
    is_admin: bool
    substitutes_for: tuple[str, ...]
    scopes: tuple[Scope, ...] | None
    csrf_token: str | None


@API.endpoint("POST", "/session", body=Credentials, answer=Session, status=201, is_open=True)
def sign_in(_call: Call, *, body: Credentials) -> Answer:
    """Sign in: the answer sets the session's cookie."""
    actor = by_password(body.name, body.password)
    require(actor, Action.CALL_API, HOUSE)
    return Answer(_shown(actor, open_session(body.name, body.password)), {"Location": f"{API.prefix}/session"})


@API.endpoint("GET", "/session", answer=Session)
def who(call: Call) -> Session:
    """Say who calls, by whatever he or she proves it."""
    return _shown(call.actor, session.get("csrf") if session.get("person") == call.actor.name else None)


@API.endpoint("DELETE", "/session")
def sign_out(_call: Call) -> None:
    """Sign out: the session's cookie is worth nothing any more."""
    close_session()


def _shown(actor: Actor, csrf_token: str | None) -> Session:
    return Session(
        name=actor.name,
        teams=tuple(sorted(actor.groups)),
        is_admin=actor.is_admin,
        substitutes_for=tuple(sorted(actor.substitutes_for)),
        scopes=None if actor.scopes is None else tuple(sorted(actor.scopes)),
        csrf_token=csrf_token,
    )
