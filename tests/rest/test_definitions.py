"""Process and decision definitions over REST."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.runtime.diagrams import EIGHT, PAUSE, TWO_STEPS

BASE = "/engine-rest/process-definition"
DMN = (Path(__file__).parent.parent.parent / "bpmn" / "incident" / "priority.dmn").read_bytes()


@pytest.fixture
def two_steps(deploy, ann):
    deploy(TWO_STEPS)
    return ann.get(f"{BASE}/key/two_steps")


def keys(caller, **query):
    return [f"{each['key']} {each['version']}" for each in caller.get(BASE, **query)]


def test_definitions_are_found_by_key_name_version_and_state(deploy, ann, olga):
    deploy(TWO_STEPS)
    deploy(TWO_STEPS.replace(b"isExecutable", b'name="Two" camunda:versionTag="v2" isExecutable'))
    deploy(PAUSE)
    assert keys(ann) == ["pause 1", "two_steps 2", "two_steps 1"]
    assert keys(ann, latestVersion="true", key="two_steps") == ["two_steps 2"]
    assert keys(ann, keysIn="pause,nothing") == ["pause 1"]
    assert keys(ann, keyLike="two%", version=1) == ["two_steps 1"]
    assert keys(ann, name="Two") == ["two_steps 2"]
    assert keys(ann, versionTag="v2") == ["two_steps 2"]
    assert keys(ann, sortBy="version", sortOrder="asc", maxResults=2) == keys(ann, sortBy="version", sortOrder="asc")[:2]
    assert ann.get(f"{BASE}/count", key="two_steps") == {"count": 2}
    old = ann.get(BASE, key="two_steps", version=1)[0]["id"]
    olga.put(f"{BASE}/{old}/suspended", {"suspended": True})
    assert keys(ann, suspended="true") == ["two_steps 1"]
    assert keys(ann, active="true") == ["pause 1", "two_steps 2"]
    ann.get(BASE, active="true", suspended="true", expect=400)
    ann.get(BASE, startableBy="Ann", expect=400)


def test_a_definition_is_read_by_id_and_by_key_and_its_diagram_is_as_it_was_deployed(two_steps, ann):
    assert ann.get(f"{BASE}/{two_steps['id']}") == two_steps
    assert ann.get(f"{BASE}/{two_steps['id']}/xml") == {"id": two_steps["id"], "bpmn20Xml": TWO_STEPS.decode()}
    assert ann.get(f"{BASE}/key/two_steps/xml")["id"] == two_steps["id"]
    for path in (f"{BASE}/nothing", f"{BASE}/key/nothing", f"{BASE}/nothing/xml"):
        assert ann.get(path, expect=404)["type"] == "InvalidRequestException"


def test_an_instance_starts_with_typed_variables_and_returns_them_when_asked(two_steps, ann):
    said = {
        "text": {"value": "a", "type": "String"},
        "number": {"value": 3, "type": "Integer"},
        "big": {"value": 2**40},
        "share": {"value": 0.5, "type": "Double"},
        "flag": {"value": True},
        "things": {"value": '{"a": [1]}', "type": "Json"},
        "nothing": {"value": None, "type": "Null"},
    }
    body = {"variables": said, "businessKey": "B-1", "withVariablesInReturn": True}
    started = ann.post(f"{BASE}/key/two_steps/start", body)
    assert started["businessKey"] == "B-1"
    told = started["variables"]
    assert told["text"] == {"type": "String", "value": "a", "valueInfo": {}}
    assert (told["number"]["type"], told["big"]["type"], told["share"]["type"]) == ("Integer", "Long", "Double")
    assert json.loads(told["things"]["value"]) == {"a": [1]}
    assert told["nothing"] == {"type": "Null", "value": None, "valueInfo": {}}


@pytest.mark.parametrize(
    "variable",
    [
        {"value": "x", "type": "Integer"},
        {"value": True, "type": "Integer"},
        {"value": "{", "type": "Json"},
        {"value": "x", "type": "Bytes"},
        {"value": "x", "type": "File"},
        {"value": "yesterday", "type": "Date"},
        {"value": 1, "type": "Null"},
        {"value": "a\x00b"},
        {"wrong": 1},
    ],
)
def test_a_variable_that_does_not_fit_its_type_is_refused_by_name(two_steps, ann, variable):
    said = ann.post(f"{BASE}/key/two_steps/start", {"variables": {"it": variable}}, expect=400)
    assert said["type"] == "InvalidRequestException"
    assert "it" in said["message"]


def test_starting_is_refused_to_who_may_not_and_for_a_version_that_is_suspended(deploy, ann, olga, eve, calls):
    deploy(TWO_STEPS.replace(b"isExecutable", b'camunda:candidateStarterGroups="operators" isExecutable'))
    path = f"{BASE}/key/two_steps/start"
    ann.post(path, expect=403)
    eve.post(path, expect=403)
    calls(None).post(path, expect=401)
    olga.post(path)
    ann.put(f"{BASE}/key/two_steps/suspended", {"suspended": True}, expect=403)
    olga.put(f"{BASE}/key/two_steps/suspended", {"suspended": True})
    assert "suspended" in olga.post(path, expect=409)["message"]
    olga.put(f"{BASE}/key/two_steps/suspended", {"suspended": False})
    olga.post(path)


def test_the_statistics_count_instances_and_where_their_tokens_rest(deploy, ann, olga):
    deploy(EIGHT)
    for _ in range(2):
        olga.post(f"{BASE}/key/eight/start")
    [told] = olga.get(f"{BASE}/statistics")
    assert (told["instances"], told["failedJobs"], told["incidents"]) == (2, 0, [])
    assert told["definition"]["key"] == "eight"
    elements = {each["id"]: each["instances"] for each in olga.get(f"{BASE}/key/eight/statistics")}
    assert elements == {f"part_{number}": 2 for number in range(8)}


def test_a_process_without_a_start_form_says_so(two_steps, ann):
    assert ann.get(f"{BASE}/key/two_steps/start-form")["key"] is None
    ann.get(f"{BASE}/key/two_steps/deployed-start-form", expect=404)


def test_a_decision_is_listed_read_and_evaluated(deploy, ann):
    deploy(priority_dmn=DMN)
    base = "/engine-rest/decision-definition"
    [found] = ann.get(base, key="incident_priority")
    assert ann.get(f"{base}/{found['id']}") == found
    assert ann.get(f"{base}/count") == {"count": 2}
    assert ann.get(f"{base}/key/incident_priority/xml")["dmnXml"] == DMN.decode()
    said = {"impact": 1, "urgency": 1, "is_planned": False, "is_assured": False, "service_effect": "none", "service_level": "standard"}
    body = {"variables": {name: {"value": value} for name, value in said.items()}}
    [row] = ann.post(f"{base}/key/incident_priority/evaluate", body)
    assert row["priority"] == {"type": "String", "value": "P1", "valueInfo": {}}
    assert ann.post(f"{base}/{found['id']}/evaluate", body) == [row]
    ann.post(f"{base}/key/nothing/evaluate", body, expect=404)
    ann.post(f"{base}/key/incident_priority/evaluate", {"variables": {"impact": {"value": "\ud800"}}}, expect=400)
