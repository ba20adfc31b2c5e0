"""Handlers and jobs: inline work in savepoints, outside work at least once, retries, failures, fences."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from engine import commands, queries
from engine.errors import BpmnError, Conflict, Fenced, NotFound
from engine.tables import job, lease, outbox, person
from tests.runtime import topics
from tests.runtime.conftest import ANN, OLGA, kinds, rows, run_due, task_at
from tests.runtime.diagrams import EIGHT, ORDERED, PAUSE, REPLY, TWO_STEPS, boundary, diagram, end, service, start, user

TEXT = '<camunda:inputParameter name="text">${text}</camunda:inputParameter>'
ERROR = '<bpmn:error id="e_none" errorCode="no_record"/>'
CAUGHT = boundary("caught", "work", '<bpmn:errorEventDefinition errorRef="e_none"/>')


def worker(topic, *, caught=False, attributes=""):
    nodes = [start(), service("work", topic, inputs=TEXT, attributes=attributes), user("after"), end()]
    flows = "start>work work>after after>end"
    if caught:
        nodes += [CAUGHT, user("instead"), end("end2")]
        flows += " caught>instead instead>end2"
    return diagram("works", *nodes, flows=flows, roots=ERROR if caught else "")


INLINE, INLINE_CAUGHT = worker("topics.record"), worker("topics.record", caught=True)
OUTSIDE, OUTSIDE_CAUGHT = worker("topics.send"), worker("topics.send", caught=True)
SPAWNS = diagram("spawns", start(), service("spawn", "topics.spawn"), end(), flows="start>spawn spawn>end")


def begin(house, text, **more):
    return commands.start(house, "works", variables={"text": text}, actor=ANN, **more).instance_id


def email(house):
    return next(row.email for row in rows(house, person) if row.name == "Eve")


def test_an_inline_handler_writes_in_the_step_and_its_outputs_become_variables(house, deploy):
    deploy(INLINE)
    instance = begin(house, "cut")
    assert email(house) == "cut"
    assert queries.instance(house, instance, actor=OLGA).variables["text"] == "CUT"
    assert [(row.kind, row.payload["to"]) for row in rows(house, outbox)] == [("mail", "Ann")]
    assert "note" in kinds(house, instance)


@pytest.mark.parametrize(("text", "words"), [("fail", "the record refuses"), ("clash", "broke a rule of the database")])
def test_a_failing_inline_handler_changes_no_record_and_rests_as_a_failure(house, deploy, text, words):
    deploy(INLINE)
    instance = begin(house, text)
    assert email(house) is None
    assert rows(house, outbox) == []
    (failure,) = queries.failures(house, actor=OLGA).items
    assert (failure.kind, failure.element) == ("step", "work")
    assert words in failure.message
    commands.set_variables(house, instance, variables={"text": "good"}, actor=OLGA)
    commands.retry(house, failure.id, actor=OLGA)
    assert email(house) == "good"
    assert task_at(house, "after", instance_id=instance)


def test_a_bpmn_error_of_an_inline_handler_goes_to_its_boundary_event(house, deploy):
    deploy(INLINE_CAUGHT)
    instance = begin(house, "throw")
    assert email(house) is None
    assert task_at(house, "instead", instance_id=instance)
    assert queries.failures(house, actor=OLGA).items == ()


def test_what_a_handler_queues_happens_after_the_step(house, deploy):
    deploy(SPAWNS, TWO_STEPS, REPLY)
    waiting = commands.start(house, "reply", variables={"ticket": 7}, actor=ANN).instance_id
    parent = commands.start(house, "spawns", actor=ANN, is_drill=False)
    assert parent.status == "completed"
    assert queries.instances(house, actor=OLGA, definition_key="two_steps").total == 0
    assert run_due(house) == ["done", "done"]
    (child,) = queries.instances(house, actor=OLGA, definition_key="two_steps").items
    assert (child.business_key, child.super_instance_id) == ("child", parent.instance_id)
    assert queries.instance(house, waiting, actor=OLGA).variables["text"] == "later"


def test_outside_work_is_done_after_the_commit_and_moves_the_token_on(house, deploy):
    deploy(OUTSIDE)
    instance = begin(house, "mail")
    assert topics.called == []
    assert run_due(house) == ["done"]
    assert topics.called == ["mail:1:True"]
    assert queries.instance(house, instance, actor=OLGA).variables["receipt"] == "mail-ok"
    assert task_at(house, "after", instance_id=instance)
    assert rows(house, job) == []


def test_outside_work_is_tried_again_with_pauses_and_then_becomes_a_failure_that_can_be_retried(house, deploy, clock):
    deploy(OUTSIDE)
    instance = begin(house, "mail")
    topics.answers[:] = [OSError("no route")] * 3
    assert run_due(house) == ["failed"]
    (waiting,) = rows(house, job)
    pause = (waiting.due_at - clock.now()).total_seconds()
    assert (waiting.status, waiting.attempts, waiting.error) == ("waiting", 1, "topics.send at work failed: OSError: no route")
    assert 60 <= pause <= 66
    clock.advance(timedelta(minutes=2))
    assert run_due(house) == ["failed"]
    clock.advance(timedelta(minutes=6))
    assert run_due(house) == ["failed"]
    clock.advance(timedelta(days=1))
    assert run_due(house) == []
    (failure,) = queries.failures(house, actor=OLGA).items
    assert (failure.kind, failure.instance_id, failure.element) == ("job", instance, "work")
    commands.retry(house, failure.id, actor=OLGA)
    assert run_due(house) == ["done"]
    assert [call.split(":")[1] for call in topics.called] == ["1", "2", "3", "1"]
    assert queries.failures(house, actor=OLGA).items == ()
    assert task_at(house, "after", instance_id=instance)


def test_a_bpmn_error_of_outside_work_goes_to_its_boundary_event(house, deploy):
    deploy(OUTSIDE_CAUGHT)
    instance = begin(house, "mail")
    topics.answers.append(BpmnError("no_record", "there is none"))
    assert run_due(house) == ["done"]
    assert task_at(house, "instead", instance_id=instance)


def test_the_diagrams_own_retry_cycle_goes_first(house, deploy):
    deploy(
        worker("topics.send", attributes='camunda:asyncBefore="false"').replace(
            b"<camunda:inputOutput>", b"<camunda:failedJobRetryTimeCycle>R7/PT5M</camunda:failedJobRetryTimeCycle><camunda:inputOutput>"
        )
    )
    begin(house, "mail")
    assert [(row.retries_left, row.retry_cycle) for row in rows(house, job)] == [(7, "R7/PT5M")]


def test_a_topic_without_a_handler_waits_for_an_external_worker(house, deploy):
    deploy(worker("elsewhere.act"))
    begin(house, "x")
    (external,) = rows(house, job)
    assert (external.status, external.name, external.payload["inputs"]) == ("external", "elsewhere.act", {"text": "x"})
    assert str(commands.run_job(house, external.id, worker="w")) == "not due"


def test_the_result_of_outside_work_is_kept_while_the_instance_is_suspended(house, deploy):
    deploy(OUTSIDE)
    instance = begin(house, "mail")
    (waiting,) = rows(house, job)
    topics.hooks.append(lambda: commands.suspend(house, instance, actor=OLGA))
    assert str(commands.run_job(house, waiting.id, worker="w")) == "done"
    detail = queries.instance(house, instance, actor=OLGA)
    assert (detail.view.status, detail.variables["receipt"]) == ("suspended", "mail-ok")
    commands.resume(house, instance, actor=OLGA)
    assert task_at(house, "after", instance_id=instance)


def test_a_worker_that_was_thought_dead_cannot_write(house, deploy, clock):
    deploy(OUTSIDE)
    instance = begin(house, "mail")
    (waiting,) = rows(house, job)

    def another_takes_over():
        topics.hooks.clear()
        clock.advance(house.settings.job_lease)
        assert str(commands.run_job(house, waiting.id, worker="second", fence=2)) == "done"

    topics.hooks.append(another_takes_over)
    assert str(commands.run_job(house, waiting.id, worker="first", fence=1)) == "gone"
    assert topics.called == ["mail:1:True", "mail:2:True"]
    assert kinds(house, instance).count("job.done") == 1


def test_an_old_fence_number_is_refused_and_nothing_is_written(house, deploy, clock):
    deploy(PAUSE)
    instance = commands.start(house, "pause", actor=ANN).instance_id
    clock.advance(timedelta(hours=1))
    with house.database.write() as connection:
        connection.execute(sa.insert(lease).values(name="work", holder="second", fence=2, expires_at=clock.now()))
    (timer,) = rows(house, job)
    with pytest.raises(Fenced, match="fence 2"):
        commands.run_job(house, timer.id, worker="first", fence=1)
    assert "timer.fired" not in kinds(house, instance)
    assert str(commands.run_job(house, timer.id, worker="second", fence=2)) == "done"


def test_a_timer_fires_at_its_moment_not_before(house, deploy, clock):
    deploy(PAUSE)
    instance = commands.start(house, "pause", actor=ANN).instance_id
    (timer,) = rows(house, job)
    assert timer.due_at == clock.now() + timedelta(hours=1)
    assert str(commands.run_job(house, timer.id, worker="w")) == "not due"
    clock.advance(timedelta(hours=1))
    assert run_due(house) == ["done"]
    assert queries.instance(house, instance, actor=OLGA).view.status == "completed"
    assert str(commands.run_job(house, timer.id, worker="w")) == "gone"


def test_an_idempotency_key_returns_the_first_answer_and_serves_one_command(house, deploy):
    deploy(TWO_STEPS, ORDERED)
    first = commands.start(house, "two_steps", actor=ANN, idempotency_key="k")
    assert commands.start(house, "two_steps", actor=ANN, idempotency_key="k") == first
    with pytest.raises(Conflict, match="used for another request"):
        commands.message(house, "order.placed", actor=OLGA, idempotency_key="k")
    with pytest.raises(Conflict, match="used for another request"):
        commands.start(house, "two_steps", actor=OLGA, idempotency_key="k")
    delivered = commands.message(house, "order.placed", actor=OLGA, idempotency_key="m")
    assert commands.message(house, "order.placed", actor=OLGA, idempotency_key="m") == delivered
    task = task_at(house, "review")
    done = commands.complete(house, task, actor=ANN, idempotency_key="c")
    assert commands.complete(house, task, actor=ANN, idempotency_key="c") == done
    assert queries.instances(house, actor=OLGA).total == 2


def test_a_refused_command_leaves_its_key_free_and_an_old_key_is_forgotten(house, deploy, clock):
    with pytest.raises(NotFound):
        commands.start(house, "two_steps", actor=ANN, idempotency_key="k")
    deploy(TWO_STEPS)
    first = commands.start(house, "two_steps", actor=ANN, idempotency_key="k")
    clock.advance(timedelta(days=2))
    assert house.tidy() == (1, 0)
    assert commands.start(house, "two_steps", actor=ANN, idempotency_key="k") != first


def test_an_idempotency_key_serves_one_thing(house, deploy):
    deploy(EIGHT, TWO_STEPS)
    instance = commands.start(house, "eight", actor=ANN, idempotency_key="s").instance_id
    first, second = (task_at(house, f"part_{number}", instance_id=instance) for number in (0, 1))
    done = commands.complete(house, first, actor=ANN, idempotency_key="k")
    for other in (
        lambda: commands.complete(house, second, actor=ANN, idempotency_key="k"),
        lambda: commands.start(house, "two_steps", actor=ANN, idempotency_key="s"),
    ):
        with pytest.raises(Conflict, match="used for another request"):
            other()
    assert queries.task(house, second, actor=ANN).status == "open"
    assert commands.complete(house, first, actor=ANN, idempotency_key="k") == done
