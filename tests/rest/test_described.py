"""The descriptions of the interfaces are true: whatever is sent is answered as they say, and never by an error of the server's own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
import schemathesis
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from engine import commands, queries
from engine.clock import MovedClock
from engine.db import Database
from engine.people import SYSTEM, Scope, add_membership, add_person, create_token
from tests.conftest import START, as_owner
from tests.rest.conftest import make_house
from tests.runtime.diagrams import EIGHT, PAUSE, REPLY, TWO_STEPS
from webui import create_app
from webui.app import APIS
from webui.description import describe

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 4


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.proof)])
def described(request: pytest.FixtureRequest, hashed: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application with something of everything in it, and the token of somebody who may all."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("described") / "watchbill.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        database = Database(f"sqlite:///{path}")
    else:
        url: sa.URL = request.getfixturevalue("postgres_server")
        as_owner(url, "CREATE DATABASE described TEMPLATE watchbill_template")
        database = Database(url.set(database="described").render_as_string(hide_password=False))
    house = make_house(database, MovedClock(START), hashed)
    with database.write() as connection:
        add_person(connection, "Root", now=START, is_admin=True)
        for team in ("desk", "operators", "process-owners", "integrations"):
            add_membership(connection, "Root", team_name=team)
        secret = create_token(connection, "Root", label="test", now=START, scopes=list(Scope)).secret
    commands.deploy(house, {f"{n}.bpmn": each for n, each in enumerate((TWO_STEPS, EIGHT, PAUSE, REPLY))}, name="described", actor=SYSTEM)
    started = [commands.start(house, key, actor=SYSTEM, variables={"ticket": 1}) for key in ("two_steps", "eight", "pause", "reply")]
    app = create_app(house, is_ready=lambda: True, secret_key=b"k" * 32)
    tasks = queries.open_tasks(house, actor=SYSTEM, mine=False).items
    app.extensions["described"] = {
        "secret": secret,
        "known": {
            "instance_id": started[0].instance_id,
            "definition_id": started[0].definition_id,
            "task_id": tasks[0].id,
            "key": "two_steps",
            "user_id": "Ann",
            "group_id": "desk",
            "name": "ticket",
        },
    }
    yield app
    database.dispose()
    if request.param == "postgresql":
        as_owner(url, "DROP DATABASE described WITH (FORCE)")


SCHEMAS = {api.prefix: schemathesis.openapi.from_dict(describe(api)) for api in APIS}
OPERATIONS = {
    f"{operation.method.upper()} {operation.full_path}": operation
    for schema in SCHEMAS.values()
    for operation in (each.ok() for each in schema.get_all_operations())
}
FEW = settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_answers_as_it_is_described(described: Flask, name: str) -> None:
    said = described.extensions["described"]
    operation = OPERATIONS[name]
    operation.schema.app = described
    headers = {"Authorization": f"Bearer {said['secret']}"}

    @FEW
    @given(case=st.one_of(operation.as_strategy(generation_mode=mode) for mode in GenerationMode))
    def ask(case: schemathesis.Case) -> None:
        """Ask once as it was made up, and once about something that is there."""
        case.call_and_validate(headers=headers, checks=CHECKS, app=described)
        known = {part: value for part, value in said["known"].items() if part in case.path_parameters}
        if known:
            case.path_parameters.update(known)
            case.call_and_validate(headers=headers, checks=CHECKS, app=described)

    ask()
