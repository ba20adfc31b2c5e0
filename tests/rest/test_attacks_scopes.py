"""Tokens with every set of scopes against every route, as an administrator who is in every team."""

from __future__ import annotations

from itertools import combinations

import pytest

from engine import commands
from engine.people import Scope, add_membership, create_token, load_actor
from engine.queries import open_tasks
from tests.rest.conftest import make_house
from tests.rest.test_no_rights import SIGNING_IN, WITH_SECRETS, routes
from tests.runtime.diagrams import TWO_STEPS

ASKS = ("count", "evaluate", "generate", "validate", "verify", "api/session")
"""How the addresses end of calls other than GET that change nothing, or only the caller's own session; lists are asked for by POST too."""
LISTS = ("task", "job", "process-instance", "external-task", "history/task", "history/process-instance")


@pytest.fixture
def house(sqlite_database, clock, hashed):
    """One database is enough: the rights are asked before anything is read."""
    return make_house(sqlite_database, clock, hashed)


@pytest.fixture
def token(house):
    """A function that makes a token of Ada, who is in every team."""
    with house.database.write() as connection:
        for team in ("desk", "operators", "process-owners", "integrations"):
            add_membership(connection, "Ada", team_name=team)

    def make(scopes):
        with house.database.write() as connection:
            made = create_token(connection, "Ada", label="test", now=house.clock.now(), scopes=scopes)
        return {"Authorization": f"Bearer {made.secret}"}

    return make


def guarded(app):
    return [
        (method, path)
        for endpoint, method, path in routes(app)
        if "." in endpoint and endpoint not in SIGNING_IN and not endpoint.startswith(WITH_SECRETS)
    ]


def test_a_token_that_may_not_read_reaches_nothing(app, calls, token):
    others = [scope for scope in Scope if scope is not Scope.READ]
    nobody = calls(None)
    for scopes in [each for number in (1, 2, 3) for each in combinations(others, number)]:
        headers = token(scopes)
        reached = [path for method, path in guarded(app) if nobody(method, path, json={}, headers=headers).status_code != 403]
        assert reached == [], scopes


def test_a_token_that_may_only_read_changes_nothing(app, house, deploy, calls, token):
    deploy(TWO_STEPS)
    with house.database.read() as connection:
        ada = load_actor(connection, "Ada", now=house.clock.now())
    started = commands.start(house, "two_steps", actor=ada)
    [task] = open_tasks(house, actor=ada).items
    headers, nobody = token([Scope.READ]), calls(None)
    done = []
    for method, path in guarded(app):
        if method == "GET" or path.endswith((*ASKS, *(f"engine-rest/{name}" for name in LISTS))):
            continue
        real = path.replace("/task/something", f"/task/{task.id}").replace("/tasks/something", f"/tasks/{task.id}")
        real = real.replace("/process-instance/something", f"/process-instance/{started.instance_id}").replace(
            "key/something", "key/two_steps"
        )
        body = {"userId": "Ada", "suspended": True, "variables": {}, "message": "m", "name": "alarm", "key": "two_steps"}
        for sent in ({}, body, *({name: value} for name, value in body.items())):
            if nobody(method, real, json=sent, headers=headers).status_code < 400:
                done.append(f"{method} {path}")
    assert done == []
