"""Messages and signals: exactly one receiver, or all of them; start events; the inbox; drills apart."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine import commands, queries
from engine.errors import Conflict, Forbidden
from engine.tables import job, message_inbox, subscription
from tests.runtime.conftest import ANN, EVE, OLGA, kinds, rows, run_due, task_at
from tests.runtime.diagrams import ALARMED, ALARMS, LISTENS, ORDERED, ORDERS, REPLY, TWO_STEPS


def begin_reply(house, ticket, business_key=None, **more):
    return commands.start(house, "reply", variables={"ticket": ticket}, business_key=business_key, actor=ANN, **more).instance_id


def test_a_message_reaches_the_one_instance_with_its_correlation_key(house, deploy):
    deploy(REPLY)
    begin_reply(house, 1)
    second = begin_reply(house, 2)
    done = commands.message(house, "customer.reply", correlation={"ticket": 2}, payload={"text": "yes"}, actor=OLGA)
    assert done == commands.Delivered(instances=(second,))
    assert queries.instance(house, second, actor=OLGA).variables == {"ticket": 2, "text": "yes"}
    assert [row.element for row in rows(house, subscription)] == ["wait_reply"]


def test_a_business_key_narrows_a_message(house, deploy):
    deploy(REPLY)
    begin_reply(house, 1, "incident:1")
    second = begin_reply(house, 1, "incident:2")
    with pytest.raises(Conflict, match="2 instances wait for the message"):
        commands.message(house, "customer.reply", correlation={"ticket": 1}, actor=OLGA)
    done = commands.message(house, "customer.reply", business_key="incident:2", correlation={"ticket": 1}, actor=OLGA)
    assert done.instances == (second,)


def test_a_message_that_nobody_waits_for_is_refused_without_a_time_to_live(house, deploy):
    deploy(REPLY)
    begin_reply(house, 1)
    with pytest.raises(Conflict, match=r"nobody waits for the message .* with ticket = 5"):
        commands.message(house, "customer.reply", correlation={"ticket": 5}, actor=OLGA)


def test_a_message_that_comes_early_is_kept_and_then_consumed_once(house, deploy):
    deploy(REPLY)
    early = {"correlation": {"ticket": 4}, "payload": {"text": "early"}, "actor": OLGA, "ttl": timedelta(hours=1)}
    assert commands.message(house, "customer.reply", **early).kept
    first, second = begin_reply(house, 4), begin_reply(house, 4)
    assert queries.instance(house, first, actor=OLGA).variables["text"] == "early"
    assert task_at(house, "read_reply", instance_id=first)
    assert "text" not in queries.instance(house, second, actor=OLGA).variables
    assert rows(house, message_inbox) == []


def test_a_kept_message_expires(house, deploy, clock):
    deploy(REPLY)
    commands.message(house, "customer.reply", correlation={"ticket": 4}, actor=OLGA, ttl=timedelta(hours=1))
    clock.advance(timedelta(hours=1))
    instance = begin_reply(house, 4)
    assert queries.instance(house, instance, actor=OLGA).tokens[0].element == "wait_reply"
    assert house.tidy() == (0, 1)
    assert rows(house, message_inbox) == []


def test_a_message_starts_the_process_whose_start_event_names_it(house, deploy):
    deploy(ORDERED)
    done = commands.message(house, "order.placed", business_key="order:1", payload={"items": 3}, actor=OLGA)
    (started,) = done.started
    detail = queries.instance(house, started, actor=OLGA)
    assert (detail.view.business_key, detail.variables, detail.view.started_by) == ("order:1", {"items": 3}, "Olga")


def test_a_redeployed_message_start_starts_only_the_latest_version(house, deploy):
    deploy(ORDERED)
    deploy(ORDERED.replace(b'"pack"', b'"wrap"'))
    (started,) = commands.message(house, "order.placed", actor=OLGA).started
    assert task_at(house, "wrap", instance_id=started)


def test_eve_may_send_no_message_and_no_signal(house, deploy):
    deploy(REPLY, LISTENS)
    begin_reply(house, 1)
    commands.start(house, "listens", actor=ANN)
    with pytest.raises(Forbidden):
        commands.message(house, "customer.reply", correlation={"ticket": 1}, actor=EVE)
    with pytest.raises(Forbidden):
        commands.signal(house, "alarm", actor=EVE)
    assert rows(house, job) == []


def test_who_started_an_instance_may_send_it_a_message(house, deploy):
    deploy(REPLY)
    mine = begin_reply(house, 1)
    assert commands.message(house, "customer.reply", correlation={"ticket": 1}, actor=ANN).instances == (mine,)


def test_a_thrown_message_is_delivered_after_the_commit_and_once(house, deploy):
    deploy(ORDERED, ORDERS)
    sender = commands.start(house, "orders", business_key="order:9", actor=ANN)
    assert sender.status == "completed"
    assert queries.instances(house, actor=OLGA, definition_key="ordered").total == 0
    assert run_due(house) == ["done"]
    (view,) = queries.instances(house, actor=OLGA, definition_key="ordered").items
    assert (view.business_key, view.super_instance_id) == ("order:9", sender.instance_id)


def test_a_signal_reaches_every_instance_that_waits_and_every_start_event(house, deploy):
    deploy(LISTENS, ALARMED)
    waiting = sorted(commands.start(house, "listens", actor=ANN).instance_id for _ in range(3))
    done = commands.signal(house, "alarm", payload={"place": "hall"}, actor=OLGA)
    assert (list(done.instances), len(done.started)) == (waiting, 1)
    assert run_due(house) == ["done"] * 4
    assert queries.open_tasks(house, actor=ANN, element="act").total == 3
    assert queries.instance(house, done.started[0], actor=OLGA).variables == {"place": "hall"}


def test_a_broken_receiver_of_a_signal_stops_no_other(house, deploy, clock):
    deploy(LISTENS)
    broken = commands.start(house, "listens", actor=ANN).instance_id
    sound = commands.start(house, "listens", actor=ANN).instance_id
    from engine.tables import process_instance

    with house.database.write() as connection:
        connection.execute(process_instance.update().where(process_instance.c.id == broken).values(state=b"broken"))
    commands.signal(house, "alarm", actor=OLGA)
    assert sorted(run_due(house)) == ["done", "failed"]
    assert task_at(house, "act", instance_id=sound)
    for _ in range(3):
        clock.advance(timedelta(hours=2))
        run_due(house)
    (failure,) = queries.failures(house, actor=OLGA).items
    assert (failure.kind, failure.instance_id) == ("job", broken)
    with house.database.write() as connection:
        state = connection.scalar(
            process_instance.select().with_only_columns(process_instance.c.state).where(process_instance.c.id == sound)
        )
        assert state


def test_a_drill_alarms_only_drills_and_what_it_starts_is_a_drill(house, deploy):
    deploy(LISTENS, ALARMED, ALARMS)
    real = commands.start(house, "listens", actor=ANN).instance_id
    drill = commands.start(house, "listens", actor=ANN, is_drill=True).instance_id
    commands.start(house, "alarms", actor=ANN, is_drill=True)
    run_due(house)
    assert task_at(house, "act", instance_id=drill)
    assert queries.instance(house, real, actor=OLGA).tokens[0].element == "wait_alarm"
    (started,) = queries.instances(house, actor=OLGA, definition_key="alarmed").items
    assert started.is_drill
    assert all(task.is_drill for task in queries.open_tasks(house, actor=ANN).items)


def test_a_start_caused_by_a_drill_is_a_drill(house, deploy):
    deploy(TWO_STEPS)
    drill = commands.start(house, "two_steps", actor=ANN, is_drill=True)
    child = commands.start(house, "two_steps", actor=ANN, super_instance_id=drill.instance_id)
    assert queries.instance(house, child.instance_id, actor=OLGA).view.is_drill


def test_a_message_to_a_suspended_instance_is_refused(house, deploy):
    deploy(REPLY)
    instance = begin_reply(house, 1)
    commands.suspend(house, instance, actor=OLGA)
    with pytest.raises(Conflict, match="suspended"):
        commands.message(house, "customer.reply", correlation={"ticket": 1}, actor=OLGA)
    commands.resume(house, instance, actor=OLGA)
    commands.message(house, "customer.reply", correlation={"ticket": 1}, actor=OLGA)
    assert "message.received" in kinds(house, instance)
