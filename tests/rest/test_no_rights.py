"""Nobody, and a person without rights, get nowhere: every route of the application is walked."""

from __future__ import annotations

import pytest
from flask import Flask
from werkzeug.routing import Rule

OPEN = {"index", "health", "ready"}
"""What everybody may ask: that the server runs, and nothing else."""
SIGNING_IN = {"api.sessions_sign_in"}
"""Where one says who one is: a wrong answer is refused."""
WITH_SECRETS = "hooks"
"""Where systems send events: each has a secret of its own, which the callers here lack."""


def routes(app: Flask) -> list[tuple[str, str, str]]:
    """Return every route as (endpoint, method, path with something in its parts)."""
    return [
        (rule.endpoint, method, _filled(rule))
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def _filled(rule: Rule) -> str:
    path = rule.rule
    for argument in rule.arguments:
        path = path.replace(f"<{argument}>", "something").replace(f"<path:{argument}>", "some/thing")
    return path


@pytest.fixture
def house(request, sqlite_database, clock, hashed):
    """One database is enough: the rights are asked before anything is read."""
    from tests.rest.conftest import make_house

    return make_house(sqlite_database, clock, hashed)


def test_nobody_gets_401_on_every_route(app, calls):
    nobody, wrong = calls(None), {}
    for endpoint, method, path in routes(app):
        status = nobody(method, path, json={} if method in ("POST", "PUT") else None).status_code
        if endpoint not in OPEN and status != 401 and not (endpoint in SIGNING_IN and status in (400, 401)):
            wrong[f"{method} {path}"] = status
    assert wrong == {}


def test_a_person_without_rights_gets_401_403_or_404_on_every_route(app, eve):
    wrong = {}
    for endpoint, method, path in routes(app):
        status = eve(method, path, json={} if method in ("POST", "PUT") else None).status_code
        if endpoint not in OPEN | SIGNING_IN and status not in (401, 403, 404):
            wrong[f"{method} {path}"] = status
    assert wrong == {}


def test_what_is_open_to_everybody_is_just_this(app):
    endpoints = {endpoint for endpoint, _, _ in routes(app)}
    assert endpoints >= OPEN
    assert {endpoint for endpoint in endpoints if "." not in endpoint} <= OPEN | {"camunda_openapi", "api_openapi", "hooks_openapi"}
