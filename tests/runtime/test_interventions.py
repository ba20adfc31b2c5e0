"""What operators move and migrate goes on: no join, no repeated activity and no event waits for what cannot come any more."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine import commands, queries
from engine.errors import Conflict, Refused
from engine.tables import job, subscription
from tests.runtime.conftest import ANN, OLGA, kinds, rows, task_at
from tests.runtime.diagrams import (
    LATE,
    ORDERED,
    PAUSE,
    REPLY,
    boundary,
    catch,
    diagram,
    end,
    message_root,
    on_message,
    parallel,
    start,
    throw,
    timer,
    user,
)  # fmt: skip

REPLIED = message_root("m_reply", "customer.reply")
THREE = "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>3</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>"
VOTES = diagram("votes", start(), user("vote", extra=THREE), user("count"), end(), flows="start>vote vote>count count>end")
WHOLE = f'<bpmn:subProcess id="ballot">{THREE}'


def votes(house):
    return queries.open_tasks(house, actor=ANN, element="vote").items


def test_a_repeated_activity_waits_no_more_for_an_instance_that_was_moved_away(house, deploy):
    deploy(VOTES)
    instance = commands.start(house, "votes", actor=ANN).instance_id
    first, *others = votes(house)
    commands.move(house, instance, token=first.id, to_element="count", reason="by phone", actor=OLGA)
    for task in (*others, *queries.open_tasks(house, actor=ANN, element="count").items):
        commands.complete(house, task.id, actor=ANN)
    assert queries.open_tasks(house, actor=ANN).items[0].element == "count"
    commands.complete(house, task_at(house, "count"), actor=ANN)
    assert queries.instance(house, instance, actor=OLGA).view.status == "completed"


def test_a_repeated_subprocess_waits_no_more_for_one_that_was_left(house, deploy):
    inner = f"{WHOLE}{start(element='s')}{user('vote')}{end('e')}" + "".join(
        f'<bpmn:sequenceFlow id="{name}" sourceRef="{a}" targetRef="{b}"/>' for name, a, b in (("x1", "s", "vote"), ("x2", "vote", "e"))
    )
    deploy(diagram("ballots", start(), f"{inner}</bpmn:subProcess>", user("count"), end(), flows="start>ballot ballot>count count>end"))
    instance = commands.start(house, "ballots", actor=ANN).instance_id
    first, *others = votes(house)
    commands.move(house, instance, token=first.id, to_element="count", reason="by phone", actor=OLGA)
    for task in others:
        commands.complete(house, task.id, actor=ANN)
    assert queries.open_tasks(house, actor=ANN, element="count").total == 2


def test_what_people_say_cannot_change_how_often_an_activity_is_repeated(house, deploy):
    deploy(VOTES)
    commands.start(house, "votes", actor=ANN)
    first, *others = votes(house)
    told = {"nrOfInstances": "many", "nrOfCompletedInstances": 9, "nrOfActiveInstances": None, "loopCounter": 7}
    commands.complete(house, first.id, variables=told, actor=ANN)
    assert len(votes(house)) == 2
    for task in others:
        commands.complete(house, task.id, variables=told, actor=ANN)
    assert task_at(house, "count")


def test_a_token_at_an_event_gateway_is_moved_with_the_gateway(house, deploy):
    deploy(
        diagram(
            "waits", start(), '<bpmn:eventBasedGateway id="which"/>', catch("later", timer("PT1H")), catch("reply", on_message("m_reply")),
            user("act"), end(), end("late_end"),
            flows="start>which which>later which>reply later>late_end reply>act act>end", roots=REPLIED,
        )
    )  # fmt: skip
    instance = commands.start(house, "waits", actor=ANN).instance_id
    token = next(each.token for each in queries.instance(house, instance, actor=OLGA).tokens if each.element == "reply")
    commands.move(house, instance, token=token, to_element="act", reason="by phone", actor=OLGA)
    assert [each.element for each in queries.instance(house, instance, actor=OLGA).tokens] == ["act"]
    assert (rows(house, job), rows(house, subscription)) == ([], [])


BOTH = [start(), parallel("split"), user("a"), user("b"), parallel("join"), end()]
JOINED = diagram("both", *BOTH, flows="start>split split>a split>b a>join b>join join>end")
CHECKED = diagram("both", *BOTH, user("check"), flows="start>split split>a split>b a>check b>join join>end check>join")
ONE_LESS = diagram("both", *BOTH, end("end_b"), flows="start>split split>a split>b a>join b>end_b join>end")


@pytest.fixture
def half_joined(house, deploy):
    """An instance of version 1 with a token that waits at the join for the other branch."""
    deploy(JOINED)
    instance = commands.start(house, "both", actor=ANN).instance_id
    commands.complete(house, task_at(house, "a"), actor=ANN)
    return instance


def test_a_join_that_would_wait_for_ever_in_the_new_version_is_told_before(house, deploy, half_joined):
    deploy(CHECKED)
    preview = commands.migration_preview(house, half_joined, version=2, actor=OLGA)
    assert [each.reason for each in preview.unmapped] == [
        "the flow 'f3', on which a token came to 'join', does not lead there in the new version."
    ]
    with pytest.raises(Conflict, match="does not lead there"):
        commands.migrate(house, half_joined, version=2, reason="r", actor=OLGA)


def test_a_join_that_is_complete_in_the_new_version_passes(house, deploy, half_joined):
    deploy(ONE_LESS)
    commands.migrate(house, half_joined, version=2, reason="r", actor=OLGA)
    assert [each.element for each in queries.instance(house, half_joined, actor=OLGA).tokens] == ["b"]
    commands.complete(house, task_at(house, "b"), actor=ANN)
    assert queries.instance(house, half_joined, actor=OLGA).view.status == "completed"


def test_a_token_that_would_wait_for_another_kind_of_event_has_no_place(house, deploy):
    deploy(PAUSE)
    instance = commands.start(house, "pause", actor=ANN).instance_id
    deploy(diagram("pause", start(), catch("wait", on_message("m_reply")), end(), flows="start>wait wait>end", roots=REPLIED))
    preview = commands.migration_preview(house, instance, version=2, actor=OLGA)
    assert [each.reason for each in preview.unmapped] == ["'wait' waits for another kind of event in the new version."]


def test_a_boundary_event_of_another_kind_watches_anew(house, deploy):
    deploy(LATE)
    instance = commands.start(house, "late", actor=ANN).instance_id
    deploy(
        diagram(
            "late", start(), user("answer"), boundary("overdue", "answer", on_message("m_reply")), user("escalate"), end(), end("late_end"),
            flows="start>answer answer>end overdue>escalate escalate>late_end", roots=REPLIED,
        )
    )  # fmt: skip
    commands.migrate(house, instance, version=2, reason="r", actor=OLGA)
    assert ([row.name for row in rows(house, subscription)], rows(house, job)) == (["customer.reply"], [])
    commands.message(house, "customer.reply", actor=OLGA)
    assert task_at(house, "escalate", instance_id=instance)


def test_a_restart_at_a_start_event_that_is_gone_is_refused(house, deploy):
    deploy(ORDERED)
    (instance,) = commands.message(house, "order.placed", actor=OLGA).started
    commands.cancel(house, instance, reason="r", actor=OLGA)
    deploy(diagram("ordered", start(element="begin"), user("pack"), end(), flows="begin>pack pack>end"))
    with pytest.raises(Refused):
        commands.restart(house, instance, reason="again", actor=OLGA)


def test_a_receiver_that_failed_and_is_retried_finds_the_message_that_came_meanwhile(house, deploy):
    deploy(REPLY.replace(b"<bpmn:messagePath>ticket</bpmn:messagePath>", b"<bpmn:messagePath>ticket - 1</bpmn:messagePath>"))
    instance = commands.start(house, "reply", variables={"ticket": "seven"}, actor=ANN).instance_id
    (failure,) = queries.failures(house, actor=OLGA).items
    assert commands.message(house, "customer.reply", correlation={"ticket": 6}, actor=OLGA, ttl=timedelta(hours=1)).kept
    commands.set_variables(house, instance, variables={"ticket": 7}, actor=OLGA)
    commands.retry(house, failure.id, actor=OLGA)
    assert task_at(house, "read_reply", instance_id=instance)


def test_an_uncaught_escalation_of_the_first_turn_is_in_the_history(house, deploy):
    thrown = throw("raise", '<bpmn:escalationEventDefinition escalationRef="e_late"/>')
    root = '<bpmn:escalation id="e_late" name="late" escalationCode="late"/>'
    deploy(diagram("raises", start(), thrown, user("act"), end(), flows="start>raise raise>act act>end", roots=root))
    instance = commands.start(house, "raises", actor=ANN).instance_id
    assert kinds(house, instance).count("escalation.uncaught") == 1
