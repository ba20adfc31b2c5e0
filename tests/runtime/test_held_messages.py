"""A message on its way to a suspended instance waits for it: no try is used up, and nothing is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine import commands, queries
from engine.errors import Conflict
from engine.tables import job, message_inbox
from tests.runtime.conftest import ANN, OLGA, kinds, rows, run_due, task_at
from tests.runtime.diagrams import REPLY, diagram, end, message_root, start, throw

ANSWERS = diagram(
    "answers",
    start(),
    throw("answer", '<bpmn:messageEventDefinition messageRef="m_reply"/>'),
    end(),
    flows="start>answer answer>end",
    roots=message_root("m_reply", "customer.reply", key="ticket", expression="ticket"),
)


@pytest.fixture
def waiting(house, deploy):
    """A suspended instance, with a message for it on its way."""
    deploy(REPLY, ANSWERS)
    instance = begin(house)
    commands.suspend(house, instance, actor=OLGA)
    commands.start(house, "answers", variables={"ticket": 1}, actor=ANN)
    return instance


def begin(house):
    return commands.start(house, "reply", variables={"ticket": 1}, actor=ANN).instance_id


def pass_days(house, clock, days=3):
    """Run what is due, again and again; return what became of it."""
    ran = []
    for _ in range(days):
        ran += run_due(house)
        clock.advance(timedelta(days=1))
    return ran


def test_it_waits_as_long_as_the_suspension_lasts_and_uses_up_no_try(house, clock, waiting):
    assert pass_days(house, clock) == ["suspended"]
    (held,) = rows(house, job)
    assert (held.status, held.attempts, held.retries_left, held.error) == ("waiting", 0, house.settings.retries, None)
    assert queries.failures(house, actor=OLGA, with_resolved=True).items == ()


def test_it_is_delivered_once_when_the_instance_is_resumed(house, clock, waiting):
    pass_days(house, clock)
    commands.resume(house, waiting, actor=OLGA)
    assert run_due(house) == ["done"]
    assert task_at(house, "read_reply", instance_id=waiting)
    assert kinds(house, waiting).count("message.received") == 1
    assert (rows(house, job), rows(house, message_inbox)) == ([], [])


def test_operators_see_where_it_waits_and_cannot_run_it_before(house, waiting):
    run_due(house)
    (held,) = queries.find_jobs(house, queries.JobFilter(instance_ids=[waiting]), actor=OLGA)
    assert (held.kind, held.is_suspended) == ("message", True)
    with pytest.raises(Conflict, match="is suspended"):
        commands.execute_job(house, held.id, actor=OLGA)


def test_an_operator_may_discard_it(house, waiting):
    run_due(house)
    (held,) = rows(house, job)
    commands.discard_job(house, held.id, actor=OLGA)
    commands.resume(house, waiting, actor=OLGA)
    assert (run_due(house), kinds(house, waiting).count("message.received")) == ([], 0)


def test_when_its_receiver_is_cancelled_it_goes_to_who_waits_next(house, waiting):
    run_due(house)
    commands.cancel(house, waiting, reason="a mistake", actor=OLGA)
    other = begin(house)
    assert run_due(house) == ["done"]
    assert task_at(house, "read_reply", instance_id=other)


def test_when_its_receiver_is_cancelled_and_nobody_else_waits_it_is_kept(house, waiting):
    run_due(house)
    commands.cancel(house, waiting, reason="a mistake", actor=OLGA)
    assert run_due(house) == ["done"]
    assert (len(rows(house, message_inbox)), rows(house, job)) == (1, [])
    assert task_at(house, "read_reply", instance_id=begin(house))


def test_when_its_receiver_goes_on_elsewhere_it_goes_to_who_waits_next(house, waiting):
    run_due(house)
    (token,) = queries.instance(house, waiting, actor=OLGA).tokens
    commands.move(house, waiting, token=token.token, to_element="read_reply", reason="told by phone", actor=OLGA)
    other = begin(house)
    commands.resume(house, waiting, actor=OLGA)
    assert run_due(house) == ["done"]
    assert task_at(house, "read_reply", instance_id=other)
    assert "message.received" not in kinds(house, waiting)


def test_a_second_suspension_holds_it_again(house, waiting):
    run_due(house)
    commands.resume(house, waiting, actor=OLGA)
    commands.suspend(house, waiting, actor=OLGA)
    assert run_due(house) == ["suspended"]
    commands.resume(house, waiting, actor=OLGA)
    assert run_due(house) == ["done"]
