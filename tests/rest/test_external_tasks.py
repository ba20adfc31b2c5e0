"""External tasks over REST: fetched by one worker, completed, failed, thrown at, and steered by operators."""

from __future__ import annotations

import threading
from datetime import timedelta

import generic_camunda_client
import pytest

from engine import commands, queries
from engine.history import history_of
from engine.people import SYSTEM
from tests.rest.conftest import PASSWORD
from tests.rest.external import PARCEL, WEIGHED, begin, fetch, path
from tests.runtime.diagrams import diagram, end, service, start, user


@pytest.fixture(autouse=True)
def parcels(deploy):
    deploy(PARCEL)


def open_elements(house, instance_id):
    return [task.element for task in queries.instance(house, instance_id, actor=SYSTEM).tasks]


def events(house, instance_id, kind):
    with house.database.read() as connection:
        found = [entry.event for entry in history_of(connection, instance_id)]
    return [(event.actor, dict(event.data or {})) for event in found if event.kind == kind]


def test_a_worker_gets_the_task_with_its_place_and_its_variables_typed(house, wanda):
    started = begin(house, business_key="P-1", weight=2, fragile=True, parts=["a"])
    [task] = fetch(wanda)
    found = queries.instance(house, started, actor=SYSTEM)
    assert task["processInstanceId"] == started
    assert task["processDefinitionId"] == found.view.definition_id
    assert (task["activityId"], task["executionId"]) == ("ship", found.tokens[0].token)
    assert (task["workerId"], task["topicName"], task["businessKey"], task["retries"], task["priority"]) == ("w1", "ship", "P-1", None, 0)
    assert task["lockExpirationTime"] == "2026-11-24T01:01:00.000+0000"
    assert task["variables"] == {
        "address": {"type": "String", "value": "To Yichang", "valueInfo": {}},
        "town": {"type": "String", "value": "Yichang", "valueInfo": {}},
        "weight": {"type": "Integer", "value": 2, "valueInfo": {}},
        "fragile": {"type": "Boolean", "value": True, "valueInfo": {}},
        "parts": {"type": "Json", "value": '["a"]', "valueInfo": {}},
    }


def test_a_worker_says_which_variables_it_wants(house, wanda):
    for _ in range(3):
        begin(house)
    assert set(fetch(wanda, most=1, localVariables=True)[0]["variables"]) == {"address"}
    assert set(fetch(wanda, most=1, variables=["town", "unknown"])[0]["variables"]) == {"town"}
    assert fetch(wanda, most=1, variables=[])[0]["variables"] == {}


def test_a_task_is_fetched_by_one_worker_until_its_lock_runs_out(house, wanda):
    begin(house)
    [task] = fetch(wanda, who="w1", lock_ms=1000)
    assert fetch(wanda, who="w2") == []
    house.clock.advance(timedelta(seconds=1))
    [again] = fetch(wanda, who="w2")
    assert again["id"] == task["id"]
    said = wanda.post(path(task["id"], "complete"), {"workerId": "w1"}, expect=400)
    assert "locked by w2" in said["message"]
    wanda.post(path(task["id"], "complete"), {"workerId": "w2"}, expect=204)


def test_a_worker_whose_lock_ran_out_is_heard_while_nobody_else_fetched(house, wanda):
    started = begin(house)
    [task] = fetch(wanda, lock_ms=1000)
    house.clock.advance(timedelta(minutes=5))
    wanda.post(path(task["id"], "complete"), {"workerId": "w1"}, expect=204)
    assert open_elements(house, started) == ["file"]


def test_workers_that_fetch_at_the_same_time_never_share_a_task(house, wanda, calls):
    for _ in range(24):
        begin(house)
    got, begun = [], threading.Barrier(6)

    def work(name):
        begun.wait()
        while found := fetch(calls("Wanda"), who=name, most=3):
            got.extend(task["id"] for task in found)

    threads = [threading.Thread(target=work, args=(f"w{number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == len(set(got)) == 24


def test_completing_moves_on_with_the_variables_and_says_who_did_it(house, wanda):
    started = begin(house)
    [task] = fetch(wanda)
    given = {"town": {"value": "Wuhan", "type": "String"}, "price": {"value": 12.5, "type": "Double"}}
    wanda.post(path(task["id"], "complete"), {"workerId": "w1", "variables": given}, expect=204)
    found = queries.instance(house, started, actor=SYSTEM)
    assert (found.variables, open_elements(house, started)) == ({"town": "Wuhan", "price": 12.5}, ["file"])
    assert events(house, started, "job.done") == [("Wanda", {"topic": "ship", "attempt": 1, "worker": "w1"})]
    wanda.post(path(task["id"], "complete"), {"workerId": "w1"}, expect=404)


def test_local_variables_are_for_the_output_parameters_alone(house, wanda, deploy):
    deploy(WEIGHED)
    started = begin(house, "weighed")
    [task] = fetch(wanda, "weigh")
    body = {"workerId": "w1", "localVariables": {"kilos": {"value": 3}}, "variables": {"scale": {"value": "B"}}}
    wanda.post(path(task["id"], "complete"), body, expect=204)
    assert queries.instance(house, started, actor=SYSTEM).variables == {"town": "Yichang", "grams": 3000, "scale": "B"}


def test_a_failed_try_comes_again_after_its_pause(house, wanda):
    started = begin(house)
    [task] = fetch(wanda)
    body = {"workerId": "w1", "errorMessage": "no truck", "errorDetails": "line 1\nline 2", "retries": 2, "retryTimeout": 60_000}
    wanda.post(path(task["id"], "failure"), body, expect=204)
    assert fetch(wanda, who="w2") == []
    house.clock.advance(timedelta(minutes=1))
    [again] = fetch(wanda, who="w2")
    assert (again["id"], again["retries"], again["errorMessage"], again["errorDetails"]) == (task["id"], 2, "no truck", "line 1\nline 2")
    assert wanda("GET", path(task["id"], "errorDetails")).get_data(as_text=True) == "line 1\nline 2"
    [(actor, told)] = events(house, started, "job.failed")
    assert (actor, told["error"], told["retries"], told["worker"]) == ("Wanda", "no truck", 2, "w1")


def test_without_tries_left_it_is_a_failure_until_an_operator_lets_it_be_tried_again(house, wanda, olga):
    started = begin(house, business_key="P-9")
    [task] = fetch(wanda)
    body = {"workerId": "w1", "errorMessage": "no truck", "errorDetails": "all broken", "retries": 0}
    wanda.post(path(task["id"], "failure"), body, expect=204)
    [failure] = queries.failures(house, actor=SYSTEM).items
    assert (failure.kind, failure.instance_id, failure.element) == ("external", started, "ship")
    assert (failure.message, failure.details) == ("no truck", "all broken")
    assert fetch(wanda) == []
    [incident] = olga.get("/engine-rest/incident")
    assert (incident["incidentType"], incident["configuration"], incident["activityId"]) == ("failedExternalTask", task["id"], "ship")
    olga.delete(f"/engine-rest/incident/{incident['id']}")
    assert olga.get("/engine-rest/incident/count") == {"count": 0}
    [again] = fetch(wanda, who="w2")
    assert (again["id"], again["retries"], again["errorMessage"]) == (task["id"], None, None)


def test_retries_set_anew_resolve_the_failure_and_none_make_one(house, wanda, olga):
    begin(house)
    [task] = fetch(wanda)
    wanda.post(path(task["id"], "failure"), {"workerId": "w1", "errorMessage": "no truck", "retries": 0}, expect=204)
    olga.put(path(task["id"], "retries"), {"retries": 3})
    assert queries.failures(house, actor=SYSTEM).total == 0
    [again] = fetch(wanda)
    assert again["retries"] == 3
    olga.put("/engine-rest/external-task/retries", {"retries": 0, "externalTaskIds": [task["id"]]})
    assert [failure.message for failure in queries.failures(house, actor=SYSTEM).items] == ["no truck"]
    olga.put("/engine-rest/external-task/retries", {"retries": 1, "externalTaskQuery": {"noRetriesLeft": True}})
    assert queries.failures(house, actor=SYSTEM).total == 0
    olga.put("/engine-rest/external-task/retries", {"retries": 1}, expect=400)
    olga.put("/engine-rest/external-task/retries", {"retries": 1, "externalTaskIds": ["none"]}, expect=404)


def test_a_task_that_failed_twice_without_tries_is_one_failure(house, wanda):
    begin(house)
    [task] = fetch(wanda)
    for _ in range(2):
        wanda.post(path(task["id"], "failure"), {"workerId": "w1", "retries": 0}, expect=204)
    assert queries.failures(house, actor=SYSTEM).total == 1
    wanda.post(path(task["id"], "complete"), {"workerId": "w1"}, expect=204)
    assert queries.failures(house, actor=SYSTEM).total == 0


def test_a_bpmn_error_reaches_the_boundary_event_with_its_variables(house, wanda):
    started = begin(house)
    [task] = fetch(wanda)
    body = {"workerId": "w1", "errorCode": "refused", "errorMessage": "too large", "variables": {"size": {"value": 9}}}
    wanda.post(path(task["id"], "bpmnError"), body, expect=204)
    found = queries.instance(house, started, actor=SYSTEM)
    assert (open_elements(house, started), found.variables["size"]) == (["ask_again"], 9)
    assert events(house, started, "job.done")[0][1]["error"] == "refused"


def test_a_bpmn_error_that_nothing_catches_is_a_failure(house, wanda):
    begin(house)
    [task] = fetch(wanda)
    wanda.post(path(task["id"], "bpmnError"), {"workerId": "w1", "errorCode": "unknown"}, expect=204)
    [failure] = queries.failures(house, actor=SYSTEM).items
    assert "BPMN error 'unknown'" in failure.message
    commands.retry(house, failure.id, actor=SYSTEM)
    assert [each["activityId"] for each in fetch(wanda)] == ["ship"]


def test_variables_of_a_failed_try_are_kept(house, wanda):
    started = begin(house)
    [task] = fetch(wanda)
    body = {"workerId": "w1", "retries": 1, "variables": {"seen": {"value": 1}}, "localVariables": {"mine": {"value": 2}}}
    wanda.post(path(task["id"], "failure"), body, expect=204)
    assert queries.instance(house, started, actor=SYSTEM).variables["seen"] == 1
    assert fetch(wanda, localVariables=True)[0]["variables"]["mine"]["value"] == 2


def test_the_tasks_of_a_suspended_instance_are_not_fetched_but_what_was_done_is_kept(house, wanda):
    held, other = begin(house), begin(house)
    commands.suspend(house, held, actor=SYSTEM)
    [task] = fetch(wanda)
    assert task["processInstanceId"] == other
    commands.suspend(house, other, actor=SYSTEM)
    wanda.post(path(task["id"], "complete"), {"workerId": "w1"}, expect=204)
    assert [(task.element, task.is_suspended) for task in queries.instance(house, other, actor=SYSTEM).tasks] == [("file", True)]
    assert wanda.get("/engine-rest/external-task/count", suspended="true") == {"count": 1}
    commands.resume(house, held, actor=SYSTEM)
    assert [task["processInstanceId"] for task in fetch(wanda)] == [held]


def test_filters_of_a_topic(house, wanda, deploy):
    deploy(diagram("post", start(), service("ship", "ship"), user("file"), end(), flows="start>ship ship>file file>end"))
    first, second = begin(house, business_key="A", size=1), begin(house, business_key="B", size=True)
    third = begin(house, "post", business_key="C", size=2)
    definition = queries.instance(house, third, actor=SYSTEM).view.definition_id

    def got(**more):
        found = [task["processInstanceId"] for task in fetch(wanda, lock_ms=1000, **more)]
        house.clock.advance(timedelta(seconds=1))
        return found

    assert got(businessKey="B") == [second]
    assert got(processDefinitionKey="post") == [third]
    assert got(processDefinitionKeyIn=["parcel"]) == [first, second]
    assert got(processDefinitionId=definition) == [third]
    assert got(processDefinitionIdIn=[definition]) == [third]
    assert got(processVariables={"size": 1}) == [first]
    assert got(processVariables={"size": 2, "town": "Yichang"}) == [third]
    assert got(processVariables={"size": 3}) == []
    assert got(processDefinitionVersionTag="none") == []
    assert got() == [first, second, third]
    fetch(wanda, tenantIdIn=["t"], expect=400)


def test_the_most_urgent_comes_first_unless_the_worker_wants_the_oldest(house, wanda, olga):
    old = begin(house)
    house.clock.advance(timedelta(seconds=1))
    urgent = begin(house)
    [task] = olga.get("/engine-rest/external-task", processInstanceId=urgent)
    olga.put(path(task["id"], "priority"), {"priority": 70})

    def order(**more):
        topics = [{"topicName": "ship", "lockDuration": 1000}]
        found = wanda.post("/engine-rest/external-task/fetchAndLock", {"workerId": "w1", "maxTasks": 9, "topics": topics, **more})
        house.clock.advance(timedelta(seconds=1))
        return [task["processInstanceId"] for task in found]

    assert order(usePriority=True) == [urgent, old]
    assert order(usePriority=False) == [old, urgent]
    newest = [{"sortBy": "createTime", "sortOrder": "desc"}]
    assert order(usePriority=False, sorting=newest) == [urgent, old]
    assert order(sorting=None) == [urgent, old]


def test_a_lock_is_extended_only_by_its_worker_while_it_holds(house, wanda):
    begin(house)
    [task] = fetch(wanda, lock_ms=1000)
    wanda.post(path(task["id"], "extendLock"), {"workerId": "w2", "newDuration": 60_000}, expect=400)
    wanda.post(path(task["id"], "extendLock"), {"workerId": "w1", "newDuration": 60_000}, expect=204)
    house.clock.advance(timedelta(seconds=30))
    assert fetch(wanda, who="w2") == []
    house.clock.advance(timedelta(seconds=30))
    wanda.post(path(task["id"], "extendLock"), {"workerId": "w1", "newDuration": 60_000}, expect=400)


def test_a_task_is_locked_by_name_and_unlocked(house, wanda):
    started = begin(house)
    [task] = wanda.get("/engine-rest/external-task")
    wanda.post(path(task["id"], "lock"), {"workerId": "w1", "lockDuration": 60_000}, expect=204)
    wanda.post(path(task["id"], "lock"), {"workerId": "w2", "lockDuration": 60_000}, expect=400)
    wanda.post(path(task["id"], "unlock"), expect=204)
    assert wanda.get(path(task["id"]))["workerId"] is None
    assert [each["id"] for each in fetch(wanda, who="w2")] == [task["id"]]
    assert [told["worker"] for _, told in events(house, started, "job.unlocked")] == ["w1"]


def test_tasks_are_listed_counted_and_sorted(house, wanda, olga):
    first, second = begin(house, business_key="A"), begin(house, business_key="B")
    [held] = fetch(wanda, most=1)
    base = "/engine-rest/external-task"
    assert [each["processInstanceId"] for each in olga.get(base)] == [first, second]
    assert [each["businessKey"] for each in olga.get(base, locked="true")] == ["A"]
    assert [each["businessKey"] for each in olga.post(base, {"notLocked": True, "withRetriesLeft": True})] == ["B"]
    assert olga.get(f"{base}/count", workerId="w1", topicName="ship") == {"count": 1}
    assert olga.post(f"{base}/count", {"processInstanceIdIn": [first, second], "active": True}) == {"count": 2}
    ids = [each["processInstanceId"] for each in olga.get(base, sortBy="processInstanceId", sortOrder="desc", maxResults=1)]
    assert ids == [max(first, second)]
    by_lock = olga.post(f"{base}?firstResult=0&maxResults=1", {"sorting": [{"sortBy": "lockExpirationTime", "sortOrder": "asc"}]})
    assert [each["id"] for each in by_lock] == [held["id"]]
    assert olga.get(f"{base}/topic-names") == ["ship"]
    assert olga.get(f"{base}/topic-names", withLockedTasks="true", withRetriesLeft="true") == ["ship"]
    assert olga.get(f"{base}/count", lockExpirationAfter="2026-11-24T01:00:30.000+0000") == {"count": 1}
    assert olga.get(f"{base}/count", activityIdIn="ship,other", priorityHigherThanOrEquals=1) == {"count": 0}
    olga.get(base, expect=400, locked="true", notLocked="true")
    olga.get(base, expect=400, colour="red")


def test_only_who_does_such_work_may_fetch_and_answer(house, wanda, ann, olga, calls):
    started = begin(house)
    [task] = wanda.get("/engine-rest/external-task")
    for caller in (ann, olga):
        fetch(caller, expect=403)
        for verb, body in (
            ("complete", {}), ("failure", {}), ("bpmnError", {"errorCode": "x"}), ("extendLock", {"newDuration": 1}),
            ("lock", {"lockDuration": 1}),
        ):  # fmt: skip
            caller.post(path(task["id"], verb), {"workerId": "w1", **body}, expect=403)
    for verb, body in (("retries", {"retries": 1}), ("priority", {"priority": 1})):
        ann.put(path(task["id"], verb), body, expect=403)
    ann.post(path(task["id"], "unlock"), expect=403)
    assert ann.get("/engine-rest/external-task") == []
    assert ann.get("/engine-rest/external-task/topic-names") == []
    ann.get(path(task["id"]), expect=404)
    [locked] = fetch(wanda)
    wanda.post(path(locked["id"], "complete"), {"workerId": "w1"}, expect=204)
    assert open_elements(house, started) == ["file"]


def test_who_started_an_instance_sees_its_external_tasks(house, ann):
    from engine.people import load_actor

    with house.database.read() as connection:
        actor = load_actor(connection, "Ann", now=house.clock.now())
    started = commands.start(house, "parcel", variables={"town": "Yichang"}, actor=actor).instance_id
    begin(house)
    assert [each["processInstanceId"] for each in ann.get("/engine-rest/external-task")] == [started]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"workerId": "", "maxTasks": 1, "topics": [{"topicName": "ship", "lockDuration": 1}]},
        {"workerId": "w\x00", "maxTasks": 1, "topics": [{"topicName": "ship", "lockDuration": 1}]},
        {"workerId": "w", "maxTasks": 0, "topics": [{"topicName": "ship", "lockDuration": 1}]},
        {"workerId": "w", "maxTasks": 1, "topics": [{"topicName": "ship", "lockDuration": 0}]},
        {"workerId": "w", "maxTasks": 1, "topics": [{"topicName": "ship", "lockDuration": 10**15}]},
        {"workerId": "w", "maxTasks": 1, "topics": [{"topicName": "ship", "lockDuration": 1}] * 2},
        {"workerId": "w", "maxTasks": 1, "asyncResponseTimeout": 1_800_001, "topics": []},
        {"workerId": "w", "maxTasks": 1, "topics": [{"topicName": "ship", "lockDuration": 1, "colour": "red"}]},
    ],
)  # fmt: skip
def test_a_fetch_that_cannot_be_meant_is_refused(wanda, body):
    wanda.post("/engine-rest/external-task/fetchAndLock", body, expect=400)


def test_a_fetch_of_a_hundred_tasks_costs_a_handful_of_statements(house, wanda, counted):
    for _ in range(100):
        begin(house)
    fetch(wanda, "none")
    seen = counted(house.database)
    assert len(fetch(wanda, most=100)) == 100
    about_jobs = [statement for statement in seen if "job" in statement]
    assert len(about_jobs) == 4
    assert len(seen) <= 10


def test_a_generated_client_reads_every_answer(house, server, wanda, olga):
    begin(house, business_key="A", parts=[1])
    with client(server, "Wanda") as worker:
        work = generic_camunda_client.ExternalTaskApi(worker)
        topic = generic_camunda_client.FetchExternalTaskTopicDto(topic_name="ship", lock_duration=60_000)
        wish = generic_camunda_client.FetchExternalTasksDto(worker_id="w1", max_tasks=1, topics=[topic])
        [task] = work.fetch_and_lock(fetch_external_tasks_dto=wish)
        assert (task.business_key, task.variables["parts"].value, task.lock_expiration_time.minute) == ("A", "[1]", 1)
        assert work.get_external_task(task.id).worker_id == "w1"
        failure = generic_camunda_client.ExternalTaskFailureDto(worker_id="w1", error_message="no", error_details="all", retries=0)
        work.handle_failure(task.id, external_task_failure_dto=failure)
        assert work.get_external_task_error_details(task.id) == "all"
    with client(server, "Olga") as operator:
        incidents = generic_camunda_client.IncidentApi(operator)
        [incident] = incidents.get_incidents(incident_type="failedExternalTask")
        assert (incident.incident_message, incidents.get_incidents_count().count) == ("no", 1)
        incidents.resolve_incident(incident.id)
        assert generic_camunda_client.JobApi(operator).get_jobs(executable=True) == []
        assert [each.retries for each in generic_camunda_client.ExternalTaskApi(operator).get_external_tasks(active=True)] == [None]


def client(server, name):
    configuration = generic_camunda_client.Configuration(host=f"{server}/engine-rest", username=name, password=PASSWORD)
    return generic_camunda_client.ApiClient(configuration, header_name="Authorization", header_value=configuration.get_basic_auth_token())
