"""When an instance ends, its jobs go and its failures are settled with it, by whoever ended it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine import commands, queries
from engine.errors import AlreadyDone
from engine.tables import job, process_instance
from tests.runtime import topics
from tests.runtime.conftest import ANN, OLGA, rows, run_due, task_at
from tests.runtime.diagrams import ALARM, TWO_STEPS, boundary, diagram, end, on_signal, service, start, user

TEXT = '<camunda:inputParameter name="text">x</camunda:inputParameter>'
HEARS = diagram(
    "hears",
    start(),
    user("work"),
    boundary("heard", "work", on_signal("s_alarm"), interrupting=False),
    service("tell", "topics.send", inputs=TEXT),
    end(),
    end("told"),
    flows="start>work work>end heard>tell tell>told",
    roots=ALARM,
)
ASKS = diagram("asks", start(), user("work"), service("spawn", "topics.spawn"), end(), flows="start>work work>spawn spawn>end")
ENDS_ALL = HEARS.replace(b'<bpmn:endEvent id="end"/>', b'<bpmn:endEvent id="end"><bpmn:terminateEventDefinition id="t"/></bpmn:endEvent>')


def exhaust(house, clock):
    """Run what is due until its tries are used up."""
    for _ in range(house.settings.retries + 1):
        run_due(house)
        clock.advance(timedelta(hours=2))


def break_signal(house, clock, instance):
    """Let the job of a signal fail for good while the instance's state cannot be read."""
    sound = next(row.state for row in rows(house, process_instance) if row.id == instance)
    write_state(house, instance, b"broken")
    commands.signal(house, "alarm", actor=OLGA)
    exhaust(house, clock)
    write_state(house, instance, sound)


def write_state(house, instance, state):
    with house.database.write() as connection:
        connection.execute(process_instance.update().where(process_instance.c.id == instance).values(state=state))


@pytest.fixture
def instance(house, deploy, clock):
    """An instance with a signal's job that failed for good."""
    deploy(ENDS_ALL)
    begun = commands.start(house, "hears", actor=ANN).instance_id
    break_signal(house, clock, begun)
    assert [(row.kind, row.status) for row in rows(house, job)] == [("signal", "failed")]
    return begun


def open_failures(house):
    return queries.failures(house, actor=OLGA).items


def test_a_failed_signal_goes_with_an_instance_that_is_cancelled(house, clock, instance):
    (failed,) = open_failures(house)
    commands.cancel(house, instance, reason="a mistake", actor=ANN)
    assert (rows(house, job), open_failures(house)) == ([], ())
    (settled,) = queries.failures(house, actor=OLGA, with_resolved=True).items
    assert (settled.resolved_by, settled.resolved_at) == ("Ann", clock.now())
    with pytest.raises(AlreadyDone, match="dealt with by Ann"):
        commands.retry(house, failed.id, actor=OLGA)


def test_a_failed_signal_goes_with_an_instance_that_completes(house, clock, instance):
    commands.complete(house, task_at(house, "work"), actor=ANN)
    assert queries.instance(house, instance, actor=OLGA).view.status == "completed"
    assert (rows(house, job), open_failures(house)) == ([], ())
    assert [each.resolved_by for each in queries.failures(house, actor=OLGA, with_resolved=True).items] == ["Ann"]


def test_all_that_failed_in_an_instance_is_settled_when_it_ends(house, deploy, clock):
    """A failed topic and a failed signal, at different tokens, while the instance is suspended."""
    deploy(ENDS_ALL)
    instance = commands.start(house, "hears", actor=ANN).instance_id
    topics.answers.extend(RuntimeError("the line is dead") for _ in range(house.settings.retries))
    commands.signal(house, "alarm", actor=OLGA)
    exhaust(house, clock)
    break_signal(house, clock, instance)
    assert sorted((row.kind, row.status) for row in rows(house, job)) == [("signal", "failed"), ("topic", "failed")]
    assert len(open_failures(house)) == 2
    commands.suspend(house, instance, actor=OLGA)
    commands.cancel(house, instance, reason="broken", actor=OLGA)
    assert (rows(house, job), open_failures(house)) == ([], ())


def test_what_an_instance_asked_of_others_goes_on_without_it(house, deploy):
    deploy(TWO_STEPS, ASKS)
    commands.start(house, "asks", actor=ANN)
    commands.complete(house, task_at(house, "work"), actor=ANN)
    assert sorted((row.kind, row.instance_id) for row in rows(house, job)) == [("message", None), ("start", None)]
    assert run_due(house) == ["done"] * 2
    (started,) = queries.instances(house, actor=OLGA, definition_key="two_steps").items
    assert started.business_key == "child"
