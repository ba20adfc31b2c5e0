"""Who calls: by HTTP Basic, by a bearer token, or by the session of the pages with its CSRF token.

A password may be a token's secret, for clients that know nothing but Basic.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta

from flask import current_app, g, request, session

from engine.commands import ProcessEngine
from engine.errors import Forbidden, Unidentified
from engine.ids import new_id
from engine.people import (
    HOUSE,
    Action,
    Actor,
    KnownPasswords,
    actor_of_token,
    end_session,
    is_ended,
    load_actor,
    note_use,
    require,
    sign_in,
)
from engine.people.passwords import hash_of
from engine.people.tokens import PREFIX

USE_IS_NOTED_EVERY = timedelta(hours=1)
SAFE = ("GET", "HEAD", "OPTIONS")
OF_A_DESKTOP = "file://"
"""Where the pages of Camunda Modeler come from; no site can say so."""
CSRF_HEADER = "X-CSRF-Token"
"""The header in which a page sends back the token of its session with each call that changes something."""


def engine() -> ProcessEngine:
    """Return the engine that this application serves."""
    return current_app.extensions["process_engine"]  # type: ignore[no-any-return]  # Flask's extensions have no types


def require_caller() -> Actor:
    """Return who calls an API. Raises Unidentified for nobody, Forbidden for a customer's user (U1)."""
    if "actor" not in g:
        g.actor = _identified()
    actor: Actor = g.actor
    require(actor, Action.CALL_API, HOUSE)
    return actor


def _identified() -> Actor:
    given = request.authorization
    if given is not None and given.type == "bearer" and given.token:
        return _by_token(given.token)
    if given is not None and given.type == "basic":
        _refuse_other_sites()
        name, password = str(given.username or ""), str(given.password or "")
        return _by_token(password, name) if password.startswith(PREFIX) else by_password(name, password)
    if "person" in session:
        return _by_session()
    raise Unidentified("who are you? Send a bearer token (`watchbill token create`), or HTTP Basic with name and password")


def _refuse_other_sites() -> None:
    """Raise Forbidden for a change that a page elsewhere sends: a browser keeps a password of HTTP Basic and adds it to what is sent."""
    origin = request.headers.get("Origin")
    if request.method in SAFE or origin is None or origin == OF_A_DESKTOP or origin.partition("://")[2] == request.host:
        return
    raise Forbidden(f"a page at {origin[:80]} may change nothing here by HTTP Basic, which a browser adds unasked: send a bearer token")


def _by_token(secret: str, name: str | None = None) -> Actor:
    now = engine().clock.now()
    try:
        with engine().database.glance() as connection:
            actor, token_id, used_at = actor_of_token(connection, secret, now=now)
    except Forbidden as error:
        raise Unidentified(str(error)) from error
    if name is not None and name != actor.name:
        raise Unidentified(f"this is no token of {name}")
    if used_at is None or now - used_at > USE_IS_NOTED_EVERY:
        with engine().database.write() as connection:
            note_use(connection, token_id, now=now)
    return actor


def by_password(name: str, password: str) -> Actor:
    """Return the person whose name and password these are. Raises Unidentified, or TooManyTries."""
    known: KnownPasswords = current_app.extensions["known_passwords"]
    return sign_in(engine().database, known, name, password, address=request.remote_addr or "", now=engine().clock.now())


def open_session(name: str, password: str) -> str:
    """Sign a person in to the pages and return the session's CSRF token. Raises Unidentified, or TooManyTries."""
    by_password(name, password)
    session.clear()
    session["id"], session["person"], session["csrf"] = new_id(), name, secrets.token_urlsafe(24)
    with engine().database.glance() as connection:
        session["stamp"] = _stamp(hash_of(connection, name))
    return str(session["csrf"])


def _by_session() -> Actor:
    """Return the session's person; signing out, a changed password or a deactivated account ends the session."""
    if request.method not in SAFE:
        given = request.headers.get(CSRF_HEADER, "")
        if not hmac.compare_digest(given.encode(), str(session.get("csrf", "")).encode()) or not given:
            raise Forbidden(f"the call lacks the session's CSRF token: send it as {CSRF_HEADER}")
    name = str(session["person"])
    with engine().database.glance() as connection:
        kept = hash_of(connection, name)
        is_same = kept is not None and hmac.compare_digest(_stamp(kept), str(session.get("stamp", "")))
        if not is_same or is_ended(connection, str(session.get("id"))):
            session.clear()
            raise Unidentified("the session is over: sign in again")
        return load_actor(connection, name, now=engine().clock.now())


def close_session() -> None:
    """End the session of this call, if it has one, for every copy of its cookie too."""
    if "id" in session:
        with engine().database.write() as connection:
            end_session(connection, str(session["id"]), now=engine().clock.now())
    session.clear()


def _stamp(kept: str | None) -> str:
    return hashlib.sha256((kept or "").encode()).hexdigest()[:16]
