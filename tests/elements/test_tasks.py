"""Tasks of each kind, data, lanes, pools and the expressions in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from engine.errors import HandlerFailed
from engine.execution.model import ThrownKind, TopicCall, WaitKind
from tests.elements.play import START, Play, library, scenario


def reserve(call: TopicCall) -> dict[str, Any]:
    return {"count": call.inputs["amount"], "reserved_at": call.inputs.get("where")}


@scenario("tasks-of-each-kind", topics={"stock.reserve": reserve})
def test_tasks_of_each_kind(play: Play) -> None:
    play.start(price=21)
    assert play.wait("user_task").kind is WaitKind.HUMAN
    play.complete("user_task")
    assert play.wait("manual_task").kind is WaitKind.HUMAN
    play.complete("manual_task")
    assert play.variables == {"price": 21, "total": 42, "label": "sum 42", "count": 42, "reserved_at": "dock"}
    assert [each.name for each in play.thrown] == ["sent"]
    play.fire("receive_task", text="ok")
    assert play.trace == "start none_task user_task manual_task script_task service_task send_task receive_task end"
    assert play.is_completed


@scenario("user-task-details")
def test_a_user_tasks_people_dates_priority_and_form_are_worked_out_when_it_starts(play: Play) -> None:
    play.start(owner="ann", team="deck", deputies=["bob", "eve"], due="2026-11-25T17:00:00+08:00", urgency=7)
    human = play.wait("approve").human
    assert human is not None
    assert human.assignee == "ann"
    assert human.candidate_groups == ("desk", "deck")
    assert human.candidate_users == ("bob", "eve")
    assert human.due_at == datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
    assert human.follow_up_at == START + timedelta(hours=2)
    assert human.priority == 70
    assert human.form_fields[0]["id"] == "amount"
    play.complete("approve")


@scenario("service-inline-and-job", topics={"stock.reserve": reserve})
def test_a_service_task_runs_inside_the_step_or_as_a_job(play: Play) -> None:
    play.start(wanted=3, customer="Eve")
    assert play.variables == {"wanted": 3, "customer": "Eve", "reserved": 6}
    wait = play.wait("ship")
    assert (wait.kind, wait.name, wait.inputs, wait.retry_cycle) == (WaitKind.JOB, "parcel.send", {"to": "Eve"}, "R3/PT5M")
    play.complete("ship", parcel="P-1")
    assert play.variables["parcel"] == "P-1"
    assert play.trace == "start reserve ship end"


def charge(call: TopicCall) -> dict[str, Any]:
    if not call.variables["card"]:
        raise HandlerFailed("The card reader does not answer.")
    return {"charged": True}


@scenario("service-failure", topics={"card.charge": charge})
def test_a_failed_handler_rests_while_other_branches_go_on_and_is_retried(play: Play) -> None:
    play.start(card="")
    assert play.failed == "charge: The card reader does not answer."
    assert play.variables["other_done"] is True
    play.retry("charge")
    assert play.is_active
    play.set(card="4711")
    play.retry("charge")
    assert play.variables["charged"] is True
    assert play.is_completed


@scenario("async-before")
def test_async_before_waits_for_a_job_before_the_activity_runs(play: Play) -> None:
    play.start()
    assert (play.wait("later").kind, play.wait("later").name) == (WaitKind.JOB, None)
    assert play.variables == {}
    play.complete("later")
    assert play.variables == {"ran": True}
    assert play.is_completed


@scenario("send-and-receive")
def test_a_send_task_reaches_the_receive_task_of_its_instance(play: Play) -> None:
    play.start()
    assert sorted(play.trace.split()) == ["end", "fork", "get_note", "join", "send_note", "start"]
    assert play.thrown == []


@scenario("business-rule", "rules.dmn")
def test_a_business_rule_task_shapes_its_decisions_result(play: Play) -> None:
    play.start(impact="wide", urgency=2, which="minutes")
    assert {key: play.variables[key] for key in ("priority", "reaction", "crews", "rows", "minutes")} == {
        "priority": "P1",
        "reaction": {"hours": 1, "call": True},
        "crews": ["deck", "engine"],
        "rows": [{"crew": "deck"}, {"crew": "engine"}],
        "minutes": 45,
    }
    assert play.is_completed


@scenario("business-rule", "rules.dmn")
def test_feel_unary_tests_decide(play: Play) -> None:
    play.start(impact="small", urgency=9, which="minutes")
    assert play.variables["priority"] == "P3"
    assert play.variables["crews"] == []
    assert play.variables["reaction"] == {"hours": 8, "call": False}


@scenario("business-rule-many-rows", "rules.dmn")
def test_several_rows_where_one_value_is_wanted_fail(play: Play) -> None:
    play.start(urgency=2)
    assert play.failed.startswith("one_value: The decision of 'one_value' gave 2 rows where singleEntry allows one")
    play.set(urgency=4)
    play.retry("one_value")
    assert play.variables["crew"] == "deck"


@scenario("expressions-everywhere")
def test_expressions_are_accepted_as_modelers_write_them(play: Play) -> None:
    play.start(person="ann", until="PT8H", allowed="PT4H", reason="it rained")
    assert play.wait("deadline").due_at == START + timedelta(hours=4)
    assert play.wait("work_on").due_at is None
    human = play.wait("work_on").human
    assert human is not None
    assert (human.assignee, human.due_at) == ("ann", START + timedelta(hours=8))
    play.complete("work_on", answer="yes")
    assert play.trace == "start work_on is_it yes_end"


@scenario("expressions-everywhere")
def test_a_boundary_timer_given_by_an_expression_fires(play: Play) -> None:
    play.start(person="ann", until="PT8H", allowed="PT4H")
    play.fire("deadline")
    assert play.trace == "start deadline late_end"


@scenario("typename-key")
def test_no_name_of_a_variable_poisons_an_instance(play: Play) -> None:
    play.start()
    given = {"typename": "UUID", "nested": {"typename": "datetime", "data": 1}, "len": 3, "now": "then", "wait": 1}
    play.complete("fill_in", **given)
    assert play.variables == {**given, "copy": "UUID"}
    assert play.is_completed


@scenario("parameters")
def test_input_parameters_are_local_and_output_parameters_leave(play: Play) -> None:
    play.start(subject="pump", outer="process")
    token = play.wait("local_work").token
    assert play.execution.variables(token=token)["hint"] == "pump"
    assert play.execution.variables(token=token)["outer"] == "local"
    play.complete("local_work", reply="fixed")
    assert {key: play.variables[key] for key in ("subject", "outer", "answer", "seen", "doubled")} == {
        "subject": "pump",
        "outer": "process",
        "answer": "fixed",
        "seen": "local",
        "doubled": 42,
    }
    assert "hint" not in play.variables
    assert "factor" not in play.variables


@scenario("data-objects")
def test_data_objects_stores_and_annotations_are_documentation(play: Play) -> None:
    play.start()
    play.complete("write_plan")
    assert play.trace == "start write_plan end"
    assert library("data-objects.bpmn").processes["data_objects"].data_objects == (("Plan_ref", "Plan"),)


@scenario("lanes")
def test_a_lane_is_the_default_candidate_group_the_innermost_one_and_inside_subprocesses_too(play: Play) -> None:
    play.start()
    for element, group in (("receive_call", "Desk"), ("inspect", "Bridge"), ("fetch", "Engine")):
        human = play.wait(element).human
        assert human is not None
        assert (human.lane, human.candidate_groups) == (group, (group,))
        play.complete(element)
    assert play.is_completed


@scenario("pools")
def test_two_pools_are_two_processes_that_exchange_messages(play: Play) -> None:
    play.start("customer")
    assert [(each.kind, each.name) for each in play.thrown] == [(ThrownKind.MESSAGE, "order")]
    play.fire("wait_done")
    assert play.trace == "customer_start send_order wait_done customer_end"
    assert play.is_completed


@scenario("pools")
def test_the_other_pool_starts_by_its_message(play: Play) -> None:
    play.start("workshop", at="order_in")
    play.complete("build")
    assert [(each.kind, each.name) for each in play.thrown] == [(ThrownKind.MESSAGE, "done")]
    assert play.trace == "order_in build send_done workshop_end"
