"""What the command asks a server, under `/api`: who may, what is refused, and that a key makes a call count once."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from engine.tables import process_instance
from tests.rest.conftest import rows
from tests.runtime.diagrams import LISTENS, ORDERED, TWO_STEPS, diagram, end, start, user

BROKEN = diagram("broken", start(), user("review", people=""), end(), flows="start>review review>end")


def files(**contents: bytes) -> dict[str, Any]:
    return {"name": "tests", "files": {f"{name}.bpmn": base64.b64encode(content).decode() for name, content in contents.items()}}


def begun(who, **said: Any) -> str:
    return str(who.post("/api/instances", {"key": "two_steps", **said}, expect=201)["instanceId"])


def test_a_deployment_is_made_once_and_told_with_its_definitions(olga):
    made = olga.post("/api/deployments", files(a=TWO_STEPS))
    [definition] = made["definitions"]
    assert (made["name"], made["isNew"], definition["kind"], definition["key"], definition["isNew"]) == (
        "tests",
        True,
        "process",
        "two_steps",
        True,
    )
    again = olga.post("/api/deployments", files(a=TWO_STEPS))
    assert (again["id"], again["isNew"]) == (made["id"], False)
    [listed] = olga.get("/api/definitions")
    assert (listed["id"], listed["version"], listed["isLatest"], listed["file"]) == (definition["id"], 1, True, "a.bpmn")


def test_a_refused_deployment_lists_its_problems(olga):
    said = olga.post("/api/deployments", files(a=BROKEN), expect=400)
    assert said["type"] == "/api/problems#deployment-refused"
    [problem] = said["problems"]
    assert set(problem) == {"file", "line", "element", "rule", "message", "hint"}
    assert (problem["file"], problem["line"], problem["element"]) == ("a.bpmn", 1, "review")
    assert olga.get("/api/definitions") == []


@pytest.mark.parametrize("body", [{}, {"name": "x"}, {"name": "x", "files": {"a.bpmn": "no base64!"}}, {"name": "x", "files": []}])
def test_what_is_no_deployment_is_refused(olga, body):
    olga.post("/api/deployments", body, expect=400)


def test_tasks_are_ones_own_and_are_claimed_and_completed(deploy, ann, wanda, calls):
    deploy(TWO_STEPS)
    instance = begun(ann, businessKey="order:7", variables={"a": {"b": [1]}}, isDrill=True)
    [task] = ann.get("/api/tasks")
    assert (task["instanceId"], task["businessKey"], task["isDrill"], task["candidateGroups"]) == (instance, "order:7", True, ["desk"])
    assert ann.get("/api/tasks", group="bosses") == wanda.get("/api/tasks") == []
    claimed = ann.post(f"/api/tasks/{task['id']}/claim")
    assert (claimed["assignee"], claimed["taskStatus"]) == ("Ann", "open")
    calls("Bob").post(f"/api/tasks/{task['id']}/complete", expect=403)
    done = ann.post(f"/api/tasks/{task['id']}/complete", {"variables": {"seen": True}})
    assert (done["taskStatus"], done["instanceStatus"]) == ("completed", "active")
    ann.post("/api/tasks/nothing/claim", expect=404)
    ann.post("/api/tasks/nothing/complete", expect=404)


def test_instances_and_their_history_are_shown_to_those_they_concern(deploy, ann, wanda, olga):
    deploy(TWO_STEPS)
    instance = begun(ann, variables={"a": 1})
    assert [each["id"] for each in ann.get("/api/instances", status="active", key="two_steps")] == [instance]
    assert [each["id"] for each in olga.get("/api/instances", limit=1)] == [instance]
    assert wanda.get("/api/instances") == []
    first = ann.get(f"/api/instances/{instance}/history")[0]
    assert (first["seq"], first["event"]["kind"], first["event"]["data"]["variables"]) == (1, "instance.started", {"a": 1})
    assert len(first["hash"]) == 64
    wanda.get(f"/api/instances/{instance}/history", expect=403)
    ann.get("/api/instances/nothing/history", expect=404)
    ann.get("/api/instances", status="lost", expect=400)
    ann.get("/api/instances", limit=0, expect=400)
    ann.get("/api/instances", colour="red", expect=400)


def test_a_message_and_a_signal_tell_who_received_them(deploy, ann, wanda):
    deploy(ORDERED, LISTENS)
    told = wanda.post("/api/messages", {"name": "order.placed", "payload": {"item": "rope"}})
    assert (len(told["started"]), told["instances"]) == (1, [])
    waiting = ann.post("/api/instances", {"key": "listens"}, expect=201)["instanceId"]
    assert wanda.post("/api/signals", {"name": "alarm"}) == {"instances": [waiting], "started": [], "kept": None}
    wanda.post("/api/messages", {"name": ""}, expect=400)
    wanda.post("/api/signals", {}, expect=400)


def test_failures_are_for_operators_and_people_for_the_staff(ann, olga):
    assert olga.get("/api/failures") == []
    ann.get("/api/failures", expect=403)
    olga.post("/api/failures/nothing/retry", expect=404)
    assert [each["name"] for each in olga.get("/api/people")] == ["Ada", "Ann", "Bob", "Eve", "Olga", "Wanda"]


def test_with_a_key_a_call_counts_once(deploy, ann, house):
    deploy(TWO_STEPS)
    answers = [ann("POST", "/api/instances", json={"key": "two_steps"}, headers={"Idempotency-Key": "monday"}).get_json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert len(rows(house, process_instance)) == 1


@pytest.mark.parametrize("body", [{}, {"key": "nothing"}, {"key": "two_steps", "variables": []}, {"key": "two_steps", "colour": 1}])
def test_what_cannot_start_is_refused(deploy, ann, body):
    deploy(TWO_STEPS)
    ann.post("/api/instances", body, expect=404 if body.get("key") == "nothing" else 400)
