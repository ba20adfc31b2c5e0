"""Migrating instances over REST."""

from __future__ import annotations

import pytest

from tests.runtime.diagrams import TWO_STEPS, WITHOUT_REVIEW, diagram, end, start, user

BASE = "/engine-rest/migration"
LONGER = diagram(
    "two_steps", start(), user("review"), user("approve"), user("file"), end(), flows="start>review review>approve approve>file file>end"
)


@pytest.fixture
def versions(deploy, olga):
    """The ids of two versions, the second a step longer."""
    deploy(TWO_STEPS)
    deploy(LONGER)
    found = olga.get("/engine-rest/process-definition", key="two_steps", sortBy="version", sortOrder="asc")
    return [each["id"] for each in found]


def begin(olga, definition):
    return olga.post(f"/engine-rest/process-definition/{definition}/start")["id"]


def test_the_generated_plan_maps_what_has_the_same_id_and_is_valid(versions, olga):
    said = dict(zip(("sourceProcessDefinitionId", "targetProcessDefinitionId"), versions, strict=True))
    plan = olga.post(f"{BASE}/generate", said)
    assert [each["sourceActivityIds"] for each in plan["instructions"]] == [["start"], ["review"], ["approve"], ["end"]]
    assert olga.post(f"{BASE}/validate", plan) == {"instructionReports": [], "variableReports": {}}
    instances = [begin(olga, versions[0]) for _ in range(2)]
    olga.post(f"{BASE}/execute", {"migrationPlan": plan, "processInstanceIds": instances}, expect=204)
    assert {olga.get(f"/engine-rest/process-instance/{each}")["definitionId"] for each in instances} == {versions[1]}


def test_an_instruction_that_renames_is_reported(versions, olga):
    plan = dict(zip(("sourceProcessDefinitionId", "targetProcessDefinitionId"), versions, strict=True))
    plan["instructions"] = [{"sourceActivityIds": ["review"], "targetActivityIds": ["file"]}]
    [report] = olga.post(f"{BASE}/validate", plan)["instructionReports"]
    assert "same id" in report["failures"][0]
    olga.post(f"{BASE}/execute", {"migrationPlan": plan, "processInstanceIds": ["x"]}, expect=404)


def test_nothing_migrates_when_one_instance_has_no_place(deploy, olga):
    deploy(TWO_STEPS)
    deploy(WITHOUT_REVIEW)
    old, new = (each["id"] for each in olga.get("/engine-rest/process-definition", key="two_steps", sortBy="version", sortOrder="asc"))
    at_review, at_approve = begin(olga, old), begin(olga, old)
    [task] = olga.get("/engine-rest/process-instance", activityIdIn="review", processInstanceIds=at_approve)
    move = [{"type": "cancel", "activityId": "review"}, {"type": "startBeforeActivity", "activityId": "approve"}]
    olga.post(f"/engine-rest/process-instance/{task['id']}/modification", {"instructions": move}, expect=204)
    plan = {"sourceProcessDefinitionId": old, "targetProcessDefinitionId": new, "instructions": []}
    said = olga.post(f"{BASE}/execute", {"migrationPlan": plan, "processInstanceIds": [at_approve, at_review]}, expect=400)
    assert at_review in said["message"]
    assert olga.get(f"/engine-rest/process-instance/{at_approve}")["definitionId"] == old


def test_migrating_takes_a_process_owner(versions, olga, ann, eve):
    plan = dict(zip(("sourceProcessDefinitionId", "targetProcessDefinitionId"), versions, strict=True))
    body = {"migrationPlan": plan, "processInstanceIds": [begin(olga, versions[0])]}
    ann.post(f"{BASE}/execute", body, expect=403)
    eve.post(f"{BASE}/execute", body, expect=403)
