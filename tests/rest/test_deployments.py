"""Deploying as modelers do, and reading what was deployed."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest

from tests.runtime.diagrams import PAUSE, TWO_STEPS, WITHOUT_REVIEW, diagram, end, start, user

CREATE = "/engine-rest/deployment/create"
BROKEN = diagram("broken", start(), user("review", people=""), end(), flows="start>review review>end")


@pytest.fixture
def modeler(olga):
    """Deploys as Camunda Modeler does: the fields and parts of its own call."""

    def send(name, content, *, who=olga, deployment="tests", **fields):
        said = {"deployment-name": deployment, "deployment-source": "Camunda Modeler", "enable-duplicate-filtering": "true", **fields}
        parts = {name: (io.BytesIO(content), name, "text/xml")}
        return who("POST", CREATE, data={**said, **parts}, content_type="multipart/form-data")

    return send


def test_the_modelers_deployment_answers_with_the_definition_that_it_made(modeler, olga):
    answer = modeler("two-steps.bpmn", TWO_STEPS)
    made = answer.get_json()
    assert answer.status_code == 200
    assert (made["name"], made["source"]) == ("tests", "Camunda Modeler")
    [(definition_id, definition)] = made["deployedProcessDefinitions"].items()
    assert definition["id"] == definition_id
    assert (definition["key"], definition["version"], definition["resource"]) == ("two_steps", 1, "two-steps.bpmn")
    started = olga.post(f"/engine-rest/process-definition/{definition_id}/start", {"businessKey": "B-1"})
    assert (started["definitionId"], started["businessKey"], started["ended"]) == (definition_id, "B-1", False)


def test_the_same_diagram_again_is_the_same_deployment_with_its_definitions(modeler):
    first, second = (modeler("a.bpmn", TWO_STEPS).get_json() for _ in range(2))
    assert first["id"] == second["id"]
    assert first["deployedProcessDefinitions"] == second["deployedProcessDefinitions"]


def test_a_broken_diagram_is_refused_with_the_problem_its_line_and_its_element(modeler, olga):
    answer = modeler("broken.bpmn", BROKEN)
    said = answer.get_json()
    assert answer.status_code == 400
    assert said["type"] == "ParseException"
    assert said["message"].startswith("ENGINE-09005 Could not parse BPMN process.")
    [problem] = said["details"]["broken.bpmn"]["errors"]
    assert problem["mainElementId"] == "review"
    assert problem["line"] == 1
    assert olga.get("/engine-rest/deployment/count") == {"count": 0}


@pytest.mark.parametrize("content", [b"", b"\x00\xff", b"<a", b"<bpmn:definitions/>"])
def test_what_is_no_diagram_is_refused(modeler, content):
    assert modeler("x.bpmn", content).status_code == 400


@pytest.mark.parametrize("fields", [{"tenant-id": "acme"}, {"colour": "red"}, {"enable-duplicate-filtering": "perhaps"}])
def test_a_field_that_means_nothing_here_is_refused_by_name(modeler, fields):
    answer = modeler("a.bpmn", TWO_STEPS, **fields)
    assert answer.status_code == 400
    assert next(iter(fields)) in answer.get_json()["message"]


def test_deploying_takes_a_process_owner_or_an_administrator(modeler, ann, eve, calls):
    assert modeler("a.bpmn", TWO_STEPS, who=ann).status_code == 403
    assert modeler("a.bpmn", TWO_STEPS, who=eve).status_code == 403
    assert modeler("a.bpmn", TWO_STEPS, who=calls(None)).status_code == 401
    assert modeler("a.bpmn", TWO_STEPS, who=calls("Ada")).status_code == 200


def test_the_modelers_check_of_the_connection_gets_an_empty_list(olga, modeler):
    modeler("a.bpmn", TWO_STEPS)
    assert olga.get("/engine-rest/deployment", maxResults=0) == []


def test_deployments_are_found_by_name_source_and_time_in_an_order(modeler, olga, house):
    modeler("a.bpmn", TWO_STEPS, deployment="first")
    house.clock.advance(timedelta(hours=1))
    modeler("b.bpmn", PAUSE, deployment="second")

    def names(**query):
        return [each["name"] for each in olga.get("/engine-rest/deployment", **query)]

    assert names() == ["second", "first"]
    assert names(sortBy="deploymentTime", sortOrder="asc") == ["first", "second"]
    assert names(name="first") == ["first"]
    assert names(nameLike="sec%") == ["second"]
    assert names(source="Camunda Modeler", maxResults=1) == ["second"]
    assert names(withoutSource="true") == []
    assert names(after="2026-11-24T09:30:00.000+0800") == ["second"]
    assert names(before="2026-11-24T09:30:00.000+0800") == ["first"]
    assert names(firstResult=1) == ["first"]
    olga.get("/engine-rest/deployment", sortBy="name", expect=400)
    olga.get("/engine-rest/deployment", sortBy="colour", sortOrder="asc", expect=400)
    olga.get("/engine-rest/deployment", after="2026-11-24T09:30:00", expect=400)
    olga.get("/engine-rest/deployment", firstResult=-1, expect=400)
    olga.get("/engine-rest/deployment", maxResults=10**30, expect=400)


def test_the_files_of_a_deployment_can_be_read_as_they_were_sent(modeler, olga):
    made = modeler("a.bpmn", TWO_STEPS).get_json()
    [found] = olga.get(f"/engine-rest/deployment/{made['id']}/resources")
    assert (found["name"], found["deploymentId"]) == ("a.bpmn", made["id"])
    path = f"/engine-rest/deployment/{made['id']}/resources/{found['id']}"
    assert olga.get(path) == found
    answer = olga("GET", f"{path}/data")
    assert answer.data == TWO_STEPS
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=a.bpmn")
    olga.get("/engine-rest/deployment/nothing/resources", expect=404)
    olga.get(f"/engine-rest/deployment/{made['id']}/resources/nothing/data", expect=404)


class TestDeletion:
    """Only what was never used goes."""

    def test_a_deployment_that_was_never_used_goes_and_the_version_before_it_is_the_latest_again(self, modeler, olga):
        modeler("a.bpmn", TWO_STEPS, deployment="a")
        second = modeler("a.bpmn", TWO_STEPS.replace(b"isExecutable", b'name="two" isExecutable'), deployment="b").get_json()
        assert olga.get("/engine-rest/process-definition/key/two_steps")["version"] == 2
        olga.delete(f"/engine-rest/deployment/{second['id']}")
        assert olga.get("/engine-rest/process-definition/key/two_steps")["version"] == 1
        olga.get(f"/engine-rest/deployment/{second['id']}", expect=404)

    def test_one_that_was_used_stays_also_with_cascade(self, modeler, olga):
        made = modeler("a.bpmn", TWO_STEPS).get_json()
        olga.post("/engine-rest/process-definition/key/two_steps/start")
        said = olga.delete(f"/engine-rest/deployment/{made['id']}", cascade="true", expect=409)
        assert "history" in said["message"]

    def test_the_last_version_that_goes_takes_its_starts_along(self, modeler, olga, house):
        from engine.tables import subscription
        from tests.rest.conftest import rows
        from tests.runtime.diagrams import ORDERED

        made = modeler("o.bpmn", ORDERED).get_json()
        assert len(rows(house, subscription)) == 1
        olga.delete(f"/engine-rest/deployment/{made['id']}")
        assert rows(house, subscription) == []

    def test_deleting_takes_a_process_owner(self, modeler, ann, olga):
        made = modeler("a.bpmn", TWO_STEPS).get_json()
        ann.delete(f"/engine-rest/deployment/{made['id']}", expect=403)
        olga.delete("/engine-rest/deployment/nothing", expect=404)


def test_several_files_deploy_together(olga):
    parts = {"one": (io.BytesIO(TWO_STEPS), "a.bpmn"), "two": (io.BytesIO(PAUSE), "b.bpmn")}
    made = olga("POST", CREATE, data={"deployment-name": "both", **parts}, content_type="multipart/form-data").get_json()
    assert {each["key"] for each in made["deployedProcessDefinitions"].values()} == {"two_steps", "pause"}


def test_with_changed_only_what_has_not_changed_keeps_its_version(olga):
    def send(pause, **fields):
        parts = {"one": (io.BytesIO(TWO_STEPS), "a.bpmn"), "two": (io.BytesIO(pause), "b.bpmn")}
        made = olga("POST", CREATE, data={"deployment-name": "both", **fields, **parts}, content_type="multipart/form-data").get_json()
        return {each["key"]: each["version"] for each in made["deployedProcessDefinitions"].values()}

    assert send(PAUSE) == {"two_steps": 1, "pause": 1}
    changed = PAUSE.replace(b"isExecutable", b'name="p" isExecutable')
    assert send(changed, **{"deploy-changed-only": "true"}) == {"two_steps": 1, "pause": 2}


def test_a_migrated_diagram_without_review_is_another_version(modeler):
    modeler("a.bpmn", TWO_STEPS)
    [made] = modeler("a.bpmn", WITHOUT_REVIEW).get_json()["deployedProcessDefinitions"].values()
    assert made["version"] >= 1
