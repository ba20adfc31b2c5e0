"""Which tasks: every filter of the dialect that is offered, orders, pages, counts, and what is refused by name."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine import commands, queries
from engine.people import SYSTEM, load_actor
from tests.rest.test_tasks import at
from tests.runtime.diagrams import diagram, end, start, user
from webui.camunda.task_filters import FLAGS, PLAIN, TaskFilter

DUE = 'camunda:candidateGroups="desk" camunda:dueDate="2026-11-25T09:00:00+08:00" camunda:followUpDate="2026-11-24T20:00:00+08:00"'
PUMP = diagram(
    "pump",
    start(),
    user("open_valve", people=f'{DUE} camunda:priority="80"', extra="<bpmn:documentation>Left is open.</bpmn:documentation>"),
    end(),
    flows="start>open_valve open_valve>end",
    attributes='name="Pumping out"',
)
RADIO = diagram(
    "radio",
    start(),
    user("call_100%", people='camunda:candidateUsers="Bob"').replace('id="call_100%"', 'id="call"'),
    end(),
    flows="start>call call>end",
)
SAIL = diagram("sail", start(), user("hoist", people='camunda:assignee="Ann"'), end(), flows="start>hoist hoist>end")


@pytest.fixture
def board(house, deploy):
    """Four open tasks, an hour apart; their ids and their instances' by the task's element, with `lent` for the second pump's."""
    deploy(PUMP, RADIO, SAIL)
    ids = {}
    for key, business_key in (("pump", "P-1"), ("radio", "R_1"), ("sail", None), ("pump", "P-2")):
        started = commands.start(house, key, business_key=business_key, actor=SYSTEM)
        (task,) = queries.open_tasks(house, actor=SYSTEM, mine=False, instance_id=started.instance_id).items
        name = "lent" if task.element in ids else task.element
        ids[name], ids[f"{name}_instance"], ids[f"{name}_definition"] = task.id, started.instance_id, started.definition_id
        house.clock.advance(timedelta(hours=1))
    with house.database.read() as connection:
        ann, olga = (load_actor(connection, name, now=house.clock.now()) for name in ("Ann", "Olga"))
    commands.claim(house, ids["lent"], actor=ann)
    commands.delegate(house, ids["lent"], to="Bob", actor=ann)
    commands.suspend(house, ids["call_instance"], actor=olga)
    return ids


def cases(ids):
    """(filters, elements of the tasks that they find); `lent` is the second pump's task."""
    return [
        ({}, "open_valve call hoist lent"),
        ({"taskId": ids["call"]}, "call"),
        ({"taskIdIn": f"{ids['call']},{ids['lent']},x"}, "call lent"),
        ({"taskIdIn": ""}, ""),
        ({"executionId": ids["hoist"]}, "hoist"),
        ({"processInstanceId": ids["lent_instance"]}, "lent"),
        ({"processInstanceIdIn": f"{ids['lent_instance']},{ids['hoist_instance']}"}, "hoist lent"),
        ({"processInstanceBusinessKey": "P-1"}, "open_valve"),
        ({"processInstanceBusinessKeyIn": "P-1,R_1"}, "open_valve call"),
        ({"processInstanceBusinessKeyLike": "P-%"}, "open_valve lent"),
        ({"processInstanceBusinessKeyLike": "P\\_%"}, ""),
        ({"processInstanceBusinessKeyLike": "R\\_%"}, "call"),
        ({"processDefinitionId": ids["call_definition"]}, "call"),
        ({"processDefinitionKey": "pump"}, "open_valve lent"),
        ({"processDefinitionKeyIn": "radio,sail"}, "call hoist"),
        ({"processDefinitionName": "Pumping out"}, "open_valve lent"),
        ({"processDefinitionNameLike": "%out"}, "open_valve lent"),
        ({"assignee": "Ann"}, "hoist"),
        ({"assigneeIn": "Ann,Bob"}, "hoist lent"),
        ({"assigneeNotIn": "Ann"}, "lent"),
        ({"assigneeLike": "B%"}, "lent"),
        ({"owner": "Ann"}, "lent"),
        ({"candidateGroup": "desk"}, "open_valve"),
        ({"candidateGroup": "desk", "includeAssignedTasks": "true"}, "open_valve lent"),
        ({"candidateGroups": "desk,other"}, "open_valve"),
        ({"candidateUser": "Bob"}, "open_valve call"),
        ({"candidateUser": "Bob", "includeAssignedTasks": "true"}, "open_valve call lent"),
        ({"candidateUser": "Wanda"}, ""),
        ({"involvedUser": "Ann"}, "hoist lent"),
        ({"involvedUser": "Bob"}, "call lent"),
        ({"assigned": "true"}, "hoist lent"),
        ({"unassigned": "true"}, "open_valve call"),
        ({"assigned": "false"}, "open_valve call hoist lent"),
        ({"taskDefinitionKey": "hoist"}, "hoist"),
        ({"taskDefinitionKeyIn": "hoist,call"}, "call hoist"),
        ({"taskDefinitionKeyNotIn": "hoist,call"}, "open_valve lent"),
        ({"taskDefinitionKeyLike": "%_valve"}, "open_valve lent"),
        ({"name": "OPEN valve"}, "open_valve lent"),
        ({"nameNotEqual": "hoist"}, "open_valve call lent"),
        ({"nameLike": "%oi%"}, "hoist"),
        ({"nameLike": "call 100\\%"}, "call"),
        ({"nameNotLike": "open%"}, "call hoist"),
        ({"description": "left is open."}, "open_valve lent"),
        ({"descriptionLike": "%open%"}, "open_valve lent"),
        ({"priority": "80"}, "open_valve lent"),
        ({"minPriority": "51"}, "open_valve lent"),
        ({"maxPriority": "50"}, "call hoist"),
        ({"dueDate": "2026-11-25T01:00:00.000+0000"}, "open_valve lent"),
        ({"dueBefore": "2026-11-25T01:00:00.000+0000"}, ""),
        ({"dueBefore": "2026-11-25T09:00:00.001+0800"}, "open_valve lent"),
        ({"dueAfter": "2026-11-25T00:59:59.999+0000"}, "open_valve lent"),
        ({"withoutDueDate": "true"}, "call hoist"),
        ({"followUpDate": "2026-11-24T12:00:00.000+0000"}, "open_valve lent"),
        ({"followUpAfter": "2026-11-24T12:00:00.000+0000"}, ""),
        ({"followUpBefore": "2026-11-24T13:00:00.000+0000"}, "open_valve lent"),
        ({"followUpBeforeOrNotExistent": "2026-11-24T11:00:00.000+0000"}, "call hoist"),
        ({"createdOn": "2026-11-24T10:00:00.000+0800"}, "call"),
        ({"createdAfter": "2026-11-24T11:00:00.000+0800"}, "lent"),
        ({"createdBefore": "2026-11-24T10:00:00.000+0800"}, "open_valve"),
        ({"delegationState": "PENDING"}, "lent"),
        ({"delegationState": "RESOLVED"}, ""),
        ({"withCandidateGroups": "true"}, "open_valve lent"),
        ({"withoutCandidateGroups": "true"}, "call hoist"),
        ({"withCandidateUsers": "true"}, "call"),
        ({"withoutCandidateUsers": "true"}, "open_valve hoist lent"),
        ({"active": "true"}, "open_valve hoist lent"),
        ({"suspended": "true"}, "call"),
        ({"withoutTenantId": "true", "variableNamesIgnoreCase": "false", "variableValuesIgnoreCase": "true"}, "open_valve call hoist lent"),
        ({"candidateGroup": "desk", "assignee": "Bob", "includeAssignedTasks": "true"}, "lent"),
    ]


def names_of(ids, found):
    known = {value: name for name, value in ids.items() if "_" not in name or name == "open_valve"}
    return [known[each["id"]] for each in found]


def test_every_filter_finds_its_tasks_as_a_parameter_and_in_a_body_and_counts_them(olga, board):
    lists = {name for name in TaskFilter.model_fields if name.endswith("_in") or name == "candidate_groups"}
    aliases = {field.alias or name: name for name, field in TaskFilter.model_fields.items()}
    for filters, due in cases(board):
        assert names_of(board, olga.get("/engine-rest/task", **filters)) == due.split(), filters
        assert olga.get("/engine-rest/task/count", **filters) == {"count": len(due.split())}
        body = {name: value.split(",") if aliases[name] in lists and value else value for name, value in filters.items()}
        assert names_of(board, olga.post("/engine-rest/task", body)) == due.split(), body
        assert olga.post("/engine-rest/task/count", body) == {"count": len(due.split())}


def test_every_filter_that_is_offered_is_among_these_cases(board):
    aliases = {field.alias or name: name for name, field in TaskFilter.model_fields.items()}
    tried = {aliases[name] for filters, _ in cases(board) for name in filters}
    assert tried == set(TaskFilter.model_fields)
    assert {*PLAIN, *FLAGS} <= tried


def test_of_alternatives_one_suffices_and_all_groups_of_them_must_hold(olga, board):
    def found(*alternatives, **filters):
        return names_of(board, olga.post("/engine-rest/task", {**filters, "orQueries": list(alternatives)}))

    assert found({"assignee": "Ann", "taskDefinitionKey": "call"}) == ["call", "hoist"]
    assert found({"assignee": "Ann", "priority": 80}, {"owner": "Ann", "taskDefinitionKey": "hoist"}) == ["hoist", "lent"]
    assert found({"assignee": "Ann", "priority": 80}, owner="Ann") == ["lent"]
    assert found({}) == ["open_valve", "call", "hoist", "lent"]
    assert found({"candidateGroup": "desk", "taskDefinitionKey": "hoist"}) == ["open_valve", "hoist"]


@pytest.mark.parametrize(
    ("name", "due"),
    [
        ("created", "open_valve call hoist lent"),
        ("id", "open_valve call hoist lent"),
        ("executionId", "open_valve call hoist lent"),
        ("instanceId", "open_valve call hoist lent"),
        ("name", "call hoist open_valve lent"),
        ("nameCaseInsensitive", "call hoist open_valve lent"),
        ("priority", "call hoist open_valve lent"),
        ("dueDate", "open_valve lent call hoist"),
        ("followUpDate", "open_valve lent call hoist"),
        ("assignee", "hoist lent open_valve call"),
        ("description", "open_valve lent call hoist"),
    ],
)
def test_tasks_come_in_the_order_that_is_asked_for(olga, board, name, due):
    assert names_of(board, olga.get("/engine-rest/task", sortBy=name, sortOrder="asc")) == due.split()
    body = {"sorting": [{"sortBy": name, "sortOrder": "asc"}, {"sortBy": "created", "sortOrder": "desc"}]}
    assert {each["id"] for each in olga.post("/engine-rest/task", body)} == {board[each] for each in due.split()}


def test_several_orders_count_one_after_the_other(olga, board):
    body = {"sorting": [{"sortBy": "priority", "sortOrder": "desc"}, {"sortBy": "created", "sortOrder": "desc"}]}
    assert names_of(board, olga.post("/engine-rest/task", body)) == ["lent", "open_valve", "hoist", "call"]


def test_pages_are_cut_where_they_are_asked_for(olga, board):
    assert names_of(board, olga.get("/engine-rest/task", firstResult=1, maxResults=2)) == ["call", "hoist"]
    answer = olga("POST", "/engine-rest/task?firstResult=3&maxResults=5", json={})
    assert names_of(board, answer.get_json()) == ["lent"]


def test_who_may_not_read_all_sees_what_concerns_him_or_her(ann, calls, board):
    assert names_of(board, ann.get("/engine-rest/task")) == ["open_valve", "hoist", "lent"]
    assert names_of(board, calls("Bob").get("/engine-rest/task")) == ["open_valve", "call", "lent"]
    assert calls("Wanda").get("/engine-rest/task") == []
    assert ann.get("/engine-rest/task/count", taskDefinitionKey="call") == {"count": 0}
    for path in ("/engine-rest/task", "/engine-rest/task/count", "/engine-rest/task/report/candidate-group-count"):
        calls(None).get(path, expect=401)
        calls("Eve").get(path, expect=403)


def test_open_tasks_are_counted_by_candidate_group(olga, ann, board):
    path = "/engine-rest/task/report/candidate-group-count"
    assert olga.get(path) == [{"groupName": "desk", "taskCount": 2}, {"groupName": None, "taskCount": 2}]
    assert ann.get(path) == [{"groupName": "desk", "taskCount": 2}, {"groupName": None, "taskCount": 1}]


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ({"processVariables": "x_eq_1"}, "processVariables"),
        ({"taskVariables": "x_eq_1"}, "taskVariables"),
        ({"tenantIdIn": "x"}, "tenantIdIn"),
        ({"caseInstanceId": "x"}, "caseInstanceId"),
        ({"assigneeExpression": "${x}"}, "assigneeExpression"),
        ({"sortBy": "name"}, "sortOrder"),
        ({"sortBy": "colour", "sortOrder": "asc"}, "colour"),
        ({"priority": "high"}, "priority"),
        ({"priority": str(2**31)}, "priority"),
        ({"dueBefore": "soon"}, "dueBefore"),
        ({"dueBefore": "0001-01-01T00:00:00.000+1400"}, "dueBefore"),
        ({"delegationState": "LOST"}, "delegationState"),
        ({"firstResult": "-1"}, "firstResult"),
        ({"assigned": "perhaps"}, "assigned"),
    ],
)
def test_a_filter_that_is_not_offered_or_makes_no_sense_is_refused_by_name(olga, query, word):
    assert word in olga.get("/engine-rest/task", expect=400, **query)["message"]


@pytest.mark.parametrize(
    "body",
    [
        {"processVariables": [{"name": "x", "operator": "eq", "value": 1}]},
        {"orQueries": [{"orQueries": []}]},
        {"orQueries": [{"sorting": []}]},
        {"sorting": [{"sortBy": "processVariable", "sortOrder": "asc", "parameters": {"variable": "x"}}]},
        {"sorting": [{"sortBy": "name"}]},
        {"taskIdIn": [1]},
        [],
    ],
)
def test_a_body_that_makes_no_sense_is_refused(olga, body):
    olga.post("/engine-rest/task", body, expect=400)


@pytest.mark.parametrize("text", ["\x00", "\ud800", "\\", "%\\", "x" * 100_000, "'; DROP TABLE human_task; --", "💥"])
def test_no_text_breaks_a_filter(olga, text):
    for name in ("nameLike", "assignee", "processInstanceBusinessKeyLike", "description", "candidateUser", "involvedUser"):
        assert olga("POST", "/engine-rest/task", json={name: text}).status_code in (200, 400), name


def test_a_list_costs_one_statement_and_two_to_know_who_asks(house, olga, board, counted):
    olga.get("/engine-rest/task")
    seen = counted(house.database)
    assert len(olga.get("/engine-rest/task", candidateUser="Bob", nameLike="%", sortBy="dueDate", sortOrder="asc")) == 2
    assert len([each for each in seen if not each.startswith(("BEGIN", "COMMIT"))]) == 3


def test_an_ended_task_is_in_no_list(house, ann, board):
    ann.post(f"/engine-rest/task/{at(house, 'hoist')}/complete", expect=204)
    assert names_of(board, ann.get("/engine-rest/task")) == ["open_valve", "lent"]
