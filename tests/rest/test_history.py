"""The history over REST."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.runtime import topics
from tests.runtime.conftest import run_due
from tests.runtime.diagrams import PAUSE, TWO_STEPS, diagram, end, service, start

BASE = "/engine-rest/history"
SENDING = diagram(
    "sending",
    start(),
    service("send", "topics.send", inputs='<camunda:inputParameter name="text">hi</camunda:inputParameter>'),
    end(),
    flows="start>send send>end",
)


@pytest.fixture
def walked(deploy, ann, house):
    """The id of an instance of two steps, of which one is done: review by Ann after an hour."""
    deploy(TWO_STEPS)
    body = {"businessKey": "B-1", "variables": {"colour": {"value": "red"}}}
    instance = ann.post("/engine-rest/process-definition/key/two_steps/start", body)["id"]
    house.clock.advance(timedelta(hours=1))
    [task] = ann.get("/engine-rest/task", processInstanceId=instance)
    ann.post(f"/engine-rest/task/{task['id']}/claim", {"userId": "Ann"}, expect=204)
    ann.post(f"/engine-rest/task/{task['id']}/complete", {"variables": {"colour": {"value": "blue"}, "ok": {"value": True}}}, expect=204)
    return instance


def test_an_instance_is_in_the_history_while_it_lives_and_after_it_has_ended(walked, ann, olga):
    told = ann.get(f"{BASE}/process-instance/{walked}")
    assert (told["state"], told["businessKey"], told["startUserId"], told["processDefinitionVersion"]) == ("ACTIVE", "B-1", "Ann", 1)
    assert told["endTime"] is None
    ann.delete(f"/engine-rest/process-instance/{walked}")
    told = ann.get(f"{BASE}/process-instance/{walked}")
    assert (told["state"], told["deleteReason"], told["durationInMillis"]) == ("EXTERNALLY_TERMINATED", "asked for over REST", 3_600_000)
    assert olga.get(f"{BASE}/process-instance/count", finished="true") == {"count": 1}
    assert olga.get(f"{BASE}/process-instance/count", finished="true", active="true") == {"count": 0}
    assert olga.post(f"{BASE}/process-instance/count", {"externallyTerminated": True}) == {"count": 1}
    assert [each["id"] for each in olga.post(f"{BASE}/process-instance", {"processInstanceBusinessKey": "B-1"})] == [walked]


def test_instances_are_found_by_when_they_began_and_ended(walked, deploy, ann, olga, house):
    deploy(PAUSE)
    later = ann.post("/engine-rest/process-definition/key/pause/start")["id"]

    def ids(**query):
        return [each["id"] for each in olga.get(f"{BASE}/process-instance", **query)]

    assert ids() == [later, walked]
    assert ids(startedAfter="2026-11-24T01:30:00.000+0000") == [later]
    assert ids(startedBefore="2026-11-24T01:30:00.000+0000") == [walked]
    assert ids(startedBy="Ann", processDefinitionKey="pause") == [later]
    assert ids(finishedAfter="2026-11-24T01:30:00.000+0000") == []
    assert ids(sortBy="startTime", sortOrder="asc", maxResults=1) == [walked]


def test_the_elements_of_an_instance_are_told_in_order_with_their_tasks(walked, ann):
    told = ann.get(f"{BASE}/activity-instance", processInstanceId=walked)
    assert [each["activityId"] for each in told] == ["start", "review", "approve"]
    assert [each["activityType"] for each in told] == ["startEvent", "userTask", "userTask"]
    review = told[1]
    assert (review["assignee"], review["durationInMillis"], review["canceled"]) == ("Ann", 3_600_000, False)
    assert told[2]["endTime"] is None
    assert [each["activityId"] for each in ann.get(f"{BASE}/activity-instance", processInstanceId=walked, finished="true")] == [
        "start",
        "review",
    ]
    assert ann.get(f"{BASE}/activity-instance", processInstanceId=walked, firstResult=2)[0]["activityId"] == "approve"
    ann.get(f"{BASE}/activity-instance", expect=400)


def test_tasks_open_and_ended_are_found_with_how_long_they_took(walked, ann, olga):
    review, approve = sorted(ann.get(f"{BASE}/task", processInstanceId=walked), key=lambda each: each["startTime"])
    assert (review["deleteReason"], review["duration"], review["assignee"]) == ("completed", 3_600_000, "Ann")
    assert (approve["deleteReason"], approve["endTime"]) == (None, None)
    assert ann.get(f"{BASE}/task/count", finished="true") == {"count": 1}
    assert [each["id"] for each in ann.post(f"{BASE}/task", {"unfinished": True})] == [approve["id"]]
    assert ann.get(f"{BASE}/task", taskAssignee="Ann", taskName="Review")[0]["id"] == review["id"]


def test_the_variables_have_their_last_values(walked, ann):
    told = {each["name"]: each["value"] for each in ann.get(f"{BASE}/variable-instance", processInstanceId=walked)}
    assert told == {"colour": "blue", "ok": True}
    assert len(ann.get(f"{BASE}/variable-instance", processInstanceId=walked, variableName="ok")) == 1


def test_every_value_of_a_variable_is_told_in_order(walked, ann):
    told = ann.get(f"{BASE}/detail", processInstanceId=walked, variableUpdates="true")
    assert [(each["variableName"], each["value"], each["revision"]) for each in told] == [
        ("colour", "red", 0),
        ("colour", "blue", 1),
        ("ok", True, 0),
    ]
    assert len(ann.get(f"{BASE}/detail", processInstanceId=walked, variableName="ok")) == 1
    ann.get(f"{BASE}/detail", expect=400)


def test_what_people_did_is_told_in_the_dialects_words(walked, ann, olga):
    olga.put(f"/engine-rest/process-instance/{walked}/suspended", {"suspended": True})
    told = [(each["userId"], each["operationType"]) for each in ann.get(f"{BASE}/user-operation", processInstanceId=walked)]
    assert told == [("Ann", "Create"), ("Ann", "Claim"), ("Ann", "Complete"), ("Olga", "Suspend")]
    assert [each["userId"] for each in ann.get(f"{BASE}/user-operation", processInstanceId=walked, operationType="Suspend")] == ["Olga"]


def test_failures_are_told_open_and_resolved(deploy, olga, ann, house):
    deploy(SENDING)
    topics.answers.extend(OSError("no line") for _ in range(3))
    olga.post("/engine-rest/process-definition/key/sending/start")
    for _ in range(3):
        run_due(house)
        house.clock.advance(timedelta(hours=1))
    [told] = olga.get(f"{BASE}/incident")
    assert (told["open"], told["activityId"]) == (True, "send")
    assert "no line" in told["incidentMessage"]
    assert olga.get(f"{BASE}/incident", resolved="true") == []
    ann.get(f"{BASE}/incident", expect=403)


def test_the_history_of_others_is_not_told(walked, eve, calls, deploy, olga, ann):
    deploy(TWO_STEPS.replace(b'"desk"', b'"operators"'))
    theirs = olga.post("/engine-rest/process-definition/key/two_steps/start")["id"]
    assert [each["id"] for each in ann.get(f"{BASE}/process-instance")] == [walked]
    assert {each["processInstanceId"] for each in ann.get(f"{BASE}/task")} == {walked}
    ann.get(f"{BASE}/process-instance/{theirs}", expect=404)
    for part in ("activity-instance", "variable-instance", "user-operation"):
        ann.get(f"{BASE}/{part}", processInstanceId=theirs, expect=404)
    for path in ("process-instance", "task", "incident", f"process-instance/{walked}"):
        eve.get(f"{BASE}/{path}", expect=403)
        calls(None).get(f"{BASE}/{path}", expect=401)
