"""Tasks over REST: their life from claim to completion, spoken to by clients of the field and by hand."""

from __future__ import annotations

import base64
from datetime import timedelta

import generic_camunda_client as camunda
import pycamunda.task
import pytest

from engine import commands, queries
from engine.people import SYSTEM
from tests.rest.conftest import PASSWORD
from tests.runtime.diagrams import TWO_STEPS, boundary, diagram, end, start, user

ESCALATES = diagram(
    "escalates",
    start(),
    user("repair", people='camunda:candidateGroups="desk"', extra="<bpmn:documentation>Mend what broke.</bpmn:documentation>"),
    boundary("lost", "repair", '<bpmn:errorEventDefinition errorRef="e_lost"/>'),
    boundary("slow", "repair", '<bpmn:escalationEventDefinition escalationRef="s_slow"/>', interrupting=False),
    user("replace"),
    user("hurry"),
    end(),
    end("end_replaced"),
    end("end_hurried"),
    flows="start>repair repair>end lost>replace replace>end_replaced slow>hurry hurry>end_hurried",
    roots='<bpmn:error id="e_lost" name="lost" errorCode="lost"/><bpmn:escalation id="s_slow" name="slow" escalationCode="slow"/>',
)


@pytest.fixture
def review(house, deploy):
    """The id of the open task `review` of an instance with the business key incident:7."""
    deploy(TWO_STEPS)
    commands.start(house, "two_steps", business_key="incident:7", variables={"site": "north"}, actor=SYSTEM)
    return at(house, "review")


def at(house, element):
    (found,) = queries.open_tasks(house, actor=SYSTEM, mine=False, element=element).items
    return found.id


def facts(house, task_id):
    """What happened to a task, without what its token did."""
    instance_id = queries.task(house, task_id, actor=SYSTEM).instance_id
    events = [entry.event for entry in queries.history_of(house, instance_id, actor=SYSTEM)]
    return [(event.kind, event.actor, event.data) for event in events if event.token == task_id and event.kind.startswith("task.")]


@pytest.fixture
def anns_client(server):
    """The generated client of Camunda's own description, signed in as Ann."""
    client = camunda.ApiClient(camunda.Configuration(host=f"{server}/engine-rest"))
    client.set_default_header("Authorization", "Basic " + base64.b64encode(f"Ann:{PASSWORD}".encode()).decode())
    yield client
    client.close()


class TestWithTheGeneratedClient:
    """Camunda's generated Python client reads what is answered, and does a person's work."""

    def test_it_reads_claims_completes_and_gets_the_variables(self, house, review, anns_client):
        api = camunda.TaskApi(anns_client)
        (found,) = api.get_tasks(process_definition_key="two_steps", unassigned=True)
        assert (found.id, found.name, found.task_definition_key, found.assignee) == (review, "Review", "review", None)
        assert found.created == house.clock.now()
        assert found.execution_id == review
        api.claim(review, user_id_dto=camunda.UserIdDto(user_id="Ann"))
        assert api.get_task(review).assignee == "Ann"
        given = {"ok": camunda.VariableValueDto(value=True, type="Boolean")}
        returned = api.complete(review, complete_task_dto=camunda.CompleteTaskDto(variables=given, with_variables_in_return=True))
        assert {name: (each.type, each.value) for name, each in returned.items()} == {
            "ok": ("Boolean", True),
            "site": ("String", "north"),
        }
        assert [each.task_definition_key for each in api.query_tasks(task_query_dto=camunda.TaskQueryDto(candidate_group="desk"))] == [
            "approve"
        ]
        assert api.get_tasks_count().count == 1

    def test_it_is_told_what_is_wrong(self, review, anns_client):
        with pytest.raises(camunda.ApiException) as refused:
            camunda.TaskApi(anns_client).get_task("nothing")
        assert refused.value.status == 404
        assert "no task 'nothing'" in refused.value.body

    def test_it_changes_a_task_that_it_read_and_only_that(self, house, review, anns_client):
        api = camunda.TaskApi(anns_client)
        api.claim(review, user_id_dto=camunda.UserIdDto(user_id="Ann"))
        task = api.get_task(review)
        task.priority, task.due = 80, house.clock.now() + timedelta(hours=2)
        api.update_task(review, task_dto=task)
        again = api.get_task(review)
        assert (again.priority, again.due, again.assignee, again.name) == (80, task.due, "Ann", "Review")
        kind, actor, data = facts(house, review)[-1]
        assert (kind, actor) == ("task.changed", "Ann")
        assert set(data["to"]) == {"priority", "due_at"}


def test_pycamunda_claims_and_completes(house, server, review):
    def asked(request):
        request.auth = ("Ann", PASSWORD)
        return request()

    url = f"{server}/engine-rest"
    asked(pycamunda.task.Claim(url, review, "Ann"))
    assert asked(pycamunda.task.Get(url, review)).assignee == "Ann"
    done = pycamunda.task.Complete(url, review, with_variables_in_return=True)
    done.add_variable("ok", True)
    assert asked(done)["ok"].value is True
    assert [each.task_definition_key for each in asked(pycamunda.task.GetList(url, candidate_group="desk"))] == ["approve"]


def test_a_claimed_task_is_refused_to_another_and_given_back_by_its_person(calls, ann, review):
    ann.post(f"/engine-rest/task/{review}/claim", {"userId": "Ann"}, expect=204)
    said = calls("Bob").post(f"/engine-rest/task/{review}/claim", {"userId": "Bob"}, expect=409)
    assert "already claimed by Ann" in said["message"]
    ann.post(f"/engine-rest/task/{review}/unclaim", expect=204)
    calls("Bob").post(f"/engine-rest/task/{review}/claim", {"userId": "Bob"}, expect=204)
    calls("Bob").post(f"/engine-rest/task/{review}/claim", {"userId": None}, expect=204)
    assert ann.get(f"/engine-rest/task/{review}")["assignee"] is None


def test_a_claim_for_somebody_else_needs_the_right_to_reassign_and_a_free_task(ann, olga, review):
    path = f"/engine-rest/task/{review}/claim"
    assert "may not reassign" in ann.post(path, {"userId": "Bob"}, expect=403)["message"]
    assert "no person 'Nobody'" in olga.post(path, {"userId": "Nobody"}, expect=400)["message"]
    olga.post(path, {"userId": "Bob"}, expect=204)
    assert "already claimed by Bob" in olga.post(path, {"userId": "Ann"}, expect=409)["message"]


def test_a_completion_without_the_wish_for_variables_answers_nothing(ann, review):
    answer = ann("POST", f"/engine-rest/task/{review}/complete", json={"variables": {"ok": {"value": 1}}})
    assert (answer.status_code, answer.data) == (204, b"")
    ann.get(f"/engine-rest/task/{review}", expect=404)
    again = ann.post(f"/engine-rest/task/{review}/complete", expect=409)
    assert "was completed by Ann" in again["message"]


def test_a_local_variable_cannot_outlive_its_task(ann, review):
    said = ann.post(f"/engine-rest/task/{review}/complete", {"variables": {"ok": {"value": 1, "local": True}}}, expect=400)
    assert "variable ok" in said["message"]


def test_a_form_is_submitted_by_who_may_complete(calls, ann, review):
    ann.post(f"/engine-rest/task/{review}/claim", {"userId": "Ann"}, expect=204)
    calls("Bob").post(f"/engine-rest/task/{review}/submit-form", {}, expect=403)
    found = ann.post(f"/engine-rest/task/{review}/submit-form", {"variables": {"n": {"value": 5}}, "withVariablesInReturn": True})
    assert found["n"] == {"type": "Integer", "value": 5, "valueInfo": {}}


def test_a_delegated_task_comes_back_resolved(ann, calls, review):
    ann.post(f"/engine-rest/task/{review}/claim", {"userId": "Ann"}, expect=204)
    ann.post(f"/engine-rest/task/{review}/delegate", {}, expect=400)
    ann.post(f"/engine-rest/task/{review}/delegate", {"userId": "Bob"}, expect=204)
    lent = ann.get(f"/engine-rest/task/{review}")
    assert (lent["assignee"], lent["owner"], lent["delegationState"]) == ("Bob", "Ann", "PENDING")
    calls("Bob").post(f"/engine-rest/task/{review}/resolve", {"variables": {"found": {"value": "cut"}}}, expect=204)
    back = ann.get(f"/engine-rest/task/{review}")
    assert (back["assignee"], back["delegationState"]) == ("Ann", "RESOLVED")
    assert ann.get(f"/engine-rest/task/{review}/variables/found")["value"] == "cut"


def test_an_operator_gives_a_task_to_a_person_and_to_nobody(olga, calls, ann, review):
    olga.post(f"/engine-rest/task/{review}/assignee", {"userId": "Bob"}, expect=204)
    ann.post(f"/engine-rest/task/{review}/assignee", {"userId": "Ann"}, expect=403)
    olga.post(f"/engine-rest/task/{review}/assignee", {"userId": None}, expect=204)
    assert olga.get(f"/engine-rest/task/{review}")["assignee"] is None


class TestUpdate:
    """PUT replaces a task as a whole, as in Camunda."""

    def test_what_is_left_out_becomes_empty_but_name_and_priority_stay(self, house, olga, review):
        path = f"/engine-rest/task/{review}"
        olga.put(path, {"name": "Look", "description": "soon", "assignee": "Bob", "owner": "Ann", "due": "2026-11-24T12:00:00.000+0800"})
        full = olga.get(path)
        assert [full[name] for name in ("name", "description", "assignee", "owner")] == ["Look", "soon", "Bob", "Ann"]
        assert full["due"] == "2026-11-24T04:00:00.000+0000"
        olga.put(path, {"priority": 7})
        bare = olga.get(path)
        assert [bare[name] for name in ("name", "priority", "description", "assignee", "owner", "due")] == [
            "Look",
            7,
            None,
            None,
            None,
            None,
        ]
        assert facts(house, review)[-1] == (
            "task.changed",
            "Olga",
            {
                "from": {
                    "priority": 50, "description": "soon", "assignee": "Bob", "owner": "Ann", "due_at": "2026-11-24T04:00:00.000000+00:00",
                },
                "to": {"priority": 7, "description": None, "assignee": None, "owner": None, "due_at": None},
            },
        )  # fmt: skip

    def test_the_history_tells_each_property_in_the_dialects_words(self, house, olga, review):
        olga.put(f"/engine-rest/task/{review}", {"priority": 7, "due": "2026-11-24T12:00:00.000+0800", "assignee": "Bob"})
        instance_id = olga.get(f"/engine-rest/task/{review}")["processInstanceId"]
        told = olga.get("/engine-rest/history/user-operation", processInstanceId=instance_id, taskId=review)
        assert {(each["operationType"], each["property"], each["orgValue"], each["newValue"]) for each in told} == {
            ("Update", "priority", "50", "7"),
            ("Update", "dueDate", None, "2026-11-24T04:00:00.000000+00:00"),
            ("Update", "assignee", None, "Bob"),
        }
        assert len({each["id"] for each in told}) == 3

    def test_a_task_that_was_read_and_is_written_back_changes_nothing(self, house, olga, review):
        house.clock.advance(timedelta(microseconds=1234))
        olga.put(f"/engine-rest/task/{review}", {"due": "2026-11-24T12:00:00.123+0800"})
        before = facts(house, review)
        olga.put(f"/engine-rest/task/{review}", olga.get(f"/engine-rest/task/{review}"))
        assert facts(house, review) == before

    @pytest.mark.parametrize(
        "body",
        [
            {"assignee": "Nobody"},
            {"assignee": "Eve"},
            {"priority": 2**40},
            {"name": ""},
            {"name": "x" * 256},
            {"description": "x" * 5000},
            {"due": "tomorrow"},
            {"due": "0001-01-01T00:00:00.000+0800"},
            {"due": "2026-11-24T12:00:00"},
            {"parentTaskId": "x"},
            {"colour": "red"},
        ],
    )
    def test_what_makes_no_sense_is_refused(self, olga, review, body):
        olga.put(f"/engine-rest/task/{review}", body, expect=400)

    def test_a_candidate_may_not_change_what_a_task_is(self, ann, review):
        ann.put(f"/engine-rest/task/{review}", {"priority": 1}, expect=403)


class TestErrorAndEscalation:
    """What a person throws, the diagram catches."""

    @pytest.fixture
    def repair(self, house, deploy):
        deploy(ESCALATES, TWO_STEPS)
        commands.start(house, "escalates", actor=SYSTEM)
        return at(house, "repair")

    def test_the_documentation_of_the_element_says_what_the_task_is_about(self, ann, repair):
        assert ann.get(f"/engine-rest/task/{repair}")["description"] == "Mend what broke."

    def test_an_error_ends_the_task_and_goes_the_way_of_its_boundary_event(self, house, ann, repair):
        said = {"errorCode": "lost", "errorMessage": "gone", "variables": {"where": {"value": "sea"}}}
        ann.post(f"/engine-rest/task/{repair}/bpmnError", said, expect=204)
        ann.get(f"/engine-rest/task/{repair}", expect=404)
        replace = at(house, "replace")
        assert ann.get(f"/engine-rest/task/{replace}/variables")["where"]["value"] == "sea"
        assert facts(house, repair) == [("task.error", "Ann", {"error": "lost", "message": "gone", "variables": {"where": "sea"}})]

    def test_an_error_that_nothing_catches_is_a_failure(self, house, ann, olga, repair):
        ann.post(f"/engine-rest/task/{repair}/bpmnError", {"errorCode": "other"}, expect=204)
        (failure,) = queries.failures(house, actor=SYSTEM).items
        assert failure.element == "repair"
        assert "'other'" in failure.message
        assert queries.task(house, repair, actor=SYSTEM).status == "cancelled"

    def test_an_escalation_leaves_the_task_open_when_its_event_does_not_interrupt(self, house, ann, repair):
        ann.post(f"/engine-rest/task/{repair}/bpmnEscalation", {"escalationCode": "slow"}, expect=204)
        assert at(house, "hurry")
        assert ann.get(f"/engine-rest/task/{repair}")["id"] == repair

    def test_an_escalation_that_nothing_catches_is_refused_and_changes_nothing(self, house, ann, repair):
        said = ann.post(f"/engine-rest/task/{repair}/bpmnEscalation", {"escalationCode": "other"}, expect=400)
        assert "nothing around 'repair' catches the escalation 'other'" in said["message"]
        assert facts(house, repair) == []

    def test_only_who_may_complete_may_throw(self, wanda, repair):
        wanda.post(f"/engine-rest/task/{repair}/bpmnError", {"errorCode": "lost"}, expect=403)
        wanda.post(f"/engine-rest/task/{repair}/bpmnEscalation", {"escalationCode": "slow"}, expect=403)
        wanda.post(f"/engine-rest/task/{repair}/bpmnError", {"errorCode": ""}, expect=400)


def test_tasks_of_ones_own_are_neither_made_nor_deleted(ann, calls, review):
    for method, path in (("POST", "/engine-rest/task/create"), ("DELETE", f"/engine-rest/task/{review}")):
        answer = ann(method, path, json={})
        assert answer.status_code == 501
        assert answer.get_json()["type"] == "NotOffered"
        assert calls(None)(method, path).status_code == 401


def test_a_suspended_task_is_not_completed_but_may_be_changed(house, ann, olga, review):
    commands.suspend(house, queries.task(house, review, actor=SYSTEM).instance_id, actor=SYSTEM)
    assert olga.get(f"/engine-rest/task/{review}")["suspended"] is True
    ann.post(f"/engine-rest/task/{review}/complete", expect=409)
    olga.put(f"/engine-rest/task/{review}", {"priority": 9})
    assert olga.get(f"/engine-rest/task/{review}")["priority"] == 9


def test_a_completion_costs_what_the_command_costs_and_two_statements_to_know_who_asks(house, ann, review, counted):
    ann.get("/engine-rest/version")
    seen = counted(house.database)
    ann.post(f"/engine-rest/task/{review}/complete", {"variables": {"ok": {"value": True}}}, expect=204)
    statements = [each for each in seen if not each.startswith(("BEGIN", "COMMIT"))]
    assert len(statements) == 9
    assert seen.count("COMMIT") == 1


ROUTES = [
    ("GET", "", None),
    ("PUT", "", {}),
    ("POST", "/claim", {"userId": "Eve"}),
    ("POST", "/unclaim", None),
    ("POST", "/complete", {}),
    ("POST", "/submit-form", {}),
    ("POST", "/delegate", {"userId": "Ann"}),
    ("POST", "/resolve", {}),
    ("POST", "/assignee", {"userId": "Ann"}),
    ("POST", "/bpmnError", {"errorCode": "x"}),
    ("POST", "/bpmnEscalation", {"escalationCode": "x"}),
    ("GET", "/identity-links", None),
    ("POST", "/identity-links", {"userId": "Ann", "type": "candidate"}),
    ("POST", "/identity-links/delete", {"userId": "Ann", "type": "candidate"}),
    ("GET", "/variables", None),
    ("POST", "/variables", {}),
    ("GET", "/variables/site", None),
    ("PUT", "/variables/site", {"value": 1}),
    ("DELETE", "/variables/site", None),
    ("GET", "/localVariables", None),
    ("POST", "/localVariables", {}),
    ("GET", "/localVariables/site", None),
    ("PUT", "/localVariables/site", {"value": 1}),
    ("DELETE", "/localVariables/site", None),
    ("GET", "/form", None),
    ("GET", "/deployed-form", None),
    ("GET", "/rendered-form", None),
    ("GET", "/form-variables", None),
    ("GET", "/comment", None),
    ("POST", "/comment/create", {"message": "hello"}),
    ("GET", "/comment/x", None),
    ("GET", "/attachment", None),
    ("POST", "/attachment/create", {}),
    ("GET", "/attachment/x", None),
    ("GET", "/attachment/x/data", None),
    ("DELETE", "/attachment/x", None),
]


def test_the_routes_of_one_task_are_those_whose_rights_are_tested_here(app):
    rules = {
        (method, rule.rule.partition("<task_id>")[2])
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/engine-rest/task/<task_id>") and not rule.endpoint.rpartition(".")[2].startswith("left_out")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    tested = {(method, path.replace("/site", "/<name>")) for method, path, _ in ROUTES}
    kinds = {"comment/x": "comment/<comment_id>", "attachment/x": "attachment/<attachment_id>"}
    for short, full in kinds.items():
        tested = {(method, path.replace(short, full)) for method, path in tested}
    assert tested == rules


def called(caller, task_id, route):
    """The status of a route for a caller."""
    method, path, body = route
    given = {"data": {"url": "http://x.example/"}} if path == "/attachment/create" else {} if body is None else {"json": body}
    return caller(method, f"/engine-rest/task/{task_id}{path}", **given).status_code


def test_a_task_is_closed_to_nobody_to_customers_and_to_who_has_nothing_to_do_with_it(calls, review):
    for route in ROUTES:
        assert [called(calls(name), review, route) for name in (None, "Eve", "Wanda")] == [401, 403, 403], route


def test_an_unknown_task_is_not_found_on_every_route(olga):
    for route in ROUTES:
        assert called(olga, "nothing", route) == 404, route


@pytest.mark.parametrize("name", ["%00", "%ed%a0%80", "x" * 3000, "%20", "%F0%9F%92%A9"])
def test_no_task_id_whatsoever_breaks_a_route(olga, name):
    for route in ROUTES:
        assert called(olga, name, route) in (400, 404), route
