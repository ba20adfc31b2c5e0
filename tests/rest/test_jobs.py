"""Jobs and incidents over REST: listed, run now, changed, discarded; a failure is tried again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine import commands, queries
from engine.errors import HandlerFailed
from engine.people import SYSTEM, load_actor
from tests.runtime import topics
from tests.runtime.diagrams import LATE, ORDERS, PAUSE, diagram, end, service, start, user

TEXT = '<camunda:inputParameter name="text">hello</camunda:inputParameter>'
SENDS = diagram("sends", start(), service("send", "topics.send", inputs=TEXT), user("file"), end(), flows="start>send send>file file>end")
JOB = "/engine-rest/job"


@pytest.fixture(autouse=True)
def processes(deploy):
    deploy(SENDS, PAUSE, LATE, ORDERS)


def begin(house, key, actor=SYSTEM):
    return commands.start(house, key, actor=actor).instance_id


def elements(house, instance_id):
    return [task.element for task in queries.instance(house, instance_id, actor=SYSTEM).tasks]


def fail_for_good(house):
    """Use up all tries of the only topic job."""
    topics.answers.extend(HandlerFailed(f"no line {number}") for number in range(3))
    [job] = queries.find_jobs(house, queries.JobFilter(is_timer=False), actor=SYSTEM)
    for _ in range(3):
        house.clock.advance(timedelta(hours=1))
        commands.run_job(house, job.id, worker="test")
    return job.id


def test_a_timer_is_told_with_its_due_date(house, olga):
    started = begin(house, "pause")
    [job] = olga.get(JOB, processInstanceId=started)
    found = queries.instance(house, started, actor=SYSTEM)
    assert job["dueDate"] == "2026-11-24T02:00:00.000+0000"
    assert (job["processDefinitionId"], job["processDefinitionKey"]) == (found.view.definition_id, "pause")
    assert (job["executionId"], job["retries"], job["exceptionMessage"], job["suspended"]) == (found.tokens[0].token, 3, None, False)
    assert olga.get(f"{JOB}/{job['id']}") == job


def test_jobs_are_filtered_counted_and_sorted(house, olga):
    timer, sends = begin(house, "pause"), begin(house, "sends")
    assert [job["processInstanceId"] for job in olga.get(JOB, timers="true")] == [timer]
    assert [job["processInstanceId"] for job in olga.get(JOB, messages="true", executable="true")] == [sends]
    assert olga.post(f"{JOB}/count", {"processInstanceIds": [timer, sends], "active": True, "withRetriesLeft": True}) == {"count": 2}
    assert olga.get(f"{JOB}/count", activityId="send", processDefinitionKey="sends") == {"count": 1}
    assert olga.get(f"{JOB}/count", withException="true") == {"count": 0}
    later = "gt_2026-11-24T01:30:00.000+0000"
    assert [job["processInstanceId"] for job in olga.get(JOB, dueDates=later)] == [timer]
    assert olga.get(f"{JOB}/count", dueDates=f"{later},lt_2026-11-24T01:40:00.000+0000") == {"count": 0}
    assert olga.post(f"{JOB}/count", {"createTimes": [{"operator": "lt", "value": "2026-11-24T01:00:00.000+0000"}]}) == {"count": 0}
    by_due = olga.post(f"{JOB}?maxResults=1", {"sorting": [{"sortBy": "jobDueDate", "sortOrder": "desc"}]})
    assert [job["processInstanceId"] for job in by_due] == [timer]
    olga.get(JOB, expect=400, dueDates="yesterday")
    olga.get(JOB, expect=400, timers="true", messages="true")


def test_one_runs_a_job_before_it_is_due(house, olga):
    started = begin(house, "late")
    [job] = olga.get(JOB)
    olga.post(f"{JOB}/{job['id']}/execute", expect=204)
    assert elements(house, started) == ["escalate"]
    olga.post(f"{JOB}/{job['id']}/execute", expect=404)


def test_a_job_that_fails_when_run_says_why(house, olga):
    begin(house, "sends")
    [job] = olga.get(JOB)
    topics.answers.append(HandlerFailed("no line today"))
    said = olga.post(f"{JOB}/{job['id']}/execute", expect=409)
    assert "no line today" in said["message"]
    [again] = olga.get(JOB, withException="true", failedActivityId="send")
    assert (again["failedActivityId"], again["retries"]) == ("send", 2)
    assert olga("GET", f"{JOB}/{job['id']}/stacktrace").get_data(as_text=True) == again["exceptionMessage"]


def test_a_failed_job_is_an_incident_that_is_resolved_by_trying_again(house, olga):
    started = begin(house, "sends")
    job_id = fail_for_good(house)
    [incident] = olga.get("/engine-rest/incident", processDefinitionKeyIn="sends", incidentType="failedJob")
    definition = queries.instance(house, started, actor=SYSTEM).view.definition_id
    assert (incident["configuration"], incident["processInstanceId"], incident["processDefinitionId"]) == (job_id, started, definition)
    assert "no line 2" in incident["incidentMessage"]
    assert olga.get(f"/engine-rest/incident/{incident['id']}") == incident
    assert olga.get("/engine-rest/incident/count", failedActivityId="send", incidentMessageLike="%line 2%") == {"count": 1}
    assert olga.get("/engine-rest/incident/count", incidentTimestampBefore=incident["incidentTimestamp"]) == {"count": 0}
    olga.delete(f"/engine-rest/incident/{incident['id']}")
    olga.get(f"/engine-rest/incident/{incident['id']}", expect=404)
    olga.delete(f"/engine-rest/incident/{incident['id']}", expect=409)
    commands.run_job(house, job_id, worker="test")
    assert elements(house, started) == ["file"]


def test_running_a_failed_job_resolves_its_failure(house, olga):
    started = begin(house, "sends")
    job_id = fail_for_good(house)
    olga.post(f"{JOB}/{job_id}/execute", expect=204)
    assert olga.get("/engine-rest/incident") == []
    assert elements(house, started) == ["file"]


def test_retries_set_anew_let_a_failed_job_run_and_none_make_it_a_failure(house, olga):
    begin(house, "sends")
    job_id = fail_for_good(house)
    assert olga.get(f"{JOB}/count", noRetriesLeft="true") == {"count": 1}
    olga.put(f"{JOB}/{job_id}/retries", {"retries": 1})
    assert (olga.get("/engine-rest/incident"), olga.get(f"{JOB}/{job_id}")["retries"]) == ([], 1)
    topics.answers.append(HandlerFailed("again no line"))
    commands.run_job(house, job_id, worker="test")
    assert olga.get("/engine-rest/incident/count") == {"count": 1}
    olga.put(f"{JOB}/{job_id}/retries", {"retries": 3})
    olga.put(f"{JOB}/{job_id}/retries", {"retries": 0})
    assert olga.get("/engine-rest/incident/count") == {"count": 1}
    said = olga.put(f"{JOB}/{job_id}/retries", {"retries": 4}, expect=400)
    assert "at most 3" in said["message"]


def test_a_timer_is_moved_and_nothing_else_has_a_due_date(house, olga):
    begin(house, "pause")
    [job] = olga.get(JOB)
    olga.put(f"{JOB}/{job['id']}/duedate", {"duedate": "2026-11-24T09:30:00.000+0800"})
    assert olga.get(f"{JOB}/{job['id']}")["dueDate"] == "2026-11-24T01:30:00.000+0000"
    house.clock.advance(timedelta(minutes=29))
    assert commands.run_job(house, job["id"], worker="test") is commands.Ran.NOT_DUE
    house.clock.advance(timedelta(minutes=1))
    assert commands.run_job(house, job["id"], worker="test") is commands.Ran.DONE
    begin(house, "sends")
    [other] = olga.get(JOB)
    olga.put(f"{JOB}/{other['id']}/duedate", {"duedate": None}, expect=400)
    olga.put(f"{JOB}/{other['id']}/duedate", {"duedate": None, "cascade": True}, expect=400)


def test_a_job_is_held_back_and_let_go(house, olga):
    begin(house, "sends")
    [job] = olga.get(JOB)
    olga.put(f"{JOB}/{job['id']}/suspended", {"suspended": True})
    assert commands.run_job(house, job["id"], worker="test") is commands.Ran.SUSPENDED
    olga.post(f"{JOB}/{job['id']}/execute", expect=409)
    olga.put(f"{JOB}/{job['id']}/suspended", {"suspended": False})
    assert commands.run_job(house, job["id"], worker="test") is commands.Ran.DONE


def test_only_what_no_instance_waits_for_is_discarded(house, olga):
    begin(house, "orders")
    [message] = olga.get(JOB, messages="true")
    assert message["processInstanceId"] is None
    olga.delete(f"{JOB}/{message['id']}")
    begin(house, "pause")
    [timer] = olga.get(JOB)
    olga.delete(f"{JOB}/{timer['id']}", expect=409)


def test_external_tasks_are_no_jobs(house, olga, deploy):
    deploy(diagram("parcel", start(), service("ship", "ship"), end(), flows="start>ship ship>end"))
    begin(house, "parcel")
    assert olga.get(JOB) == []
    [task] = olga.get("/engine-rest/external-task")
    olga.get(f"{JOB}/{task['id']}", expect=404)
    olga.post(f"{JOB}/{task['id']}/execute", expect=404)


def test_ann_sees_the_jobs_of_her_instances_only_and_changes_none(house, ann, calls):
    with house.database.read() as connection:
        actor = load_actor(connection, "Ann", now=house.clock.now())
    own, other = begin(house, "pause", actor), begin(house, "pause")
    [job] = ann.get(JOB)
    assert job["processInstanceId"] == own
    [foreign] = queries.find_jobs(house, queries.JobFilter(instance_ids=[other]), actor=SYSTEM)
    ann.get(f"{JOB}/{foreign.id}", expect=404)
    for verb, body in (("retries", {"retries": 1}), ("duedate", {}), ("suspended", {"suspended": True})):
        ann.put(f"{JOB}/{job['id']}/{verb}", body, expect=403)
    ann.post(f"{JOB}/{job['id']}/execute", expect=403)
    ann.get("/engine-rest/incident", expect=403)
    ann.get("/engine-rest/incident/count", expect=403)
