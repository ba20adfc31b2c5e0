"""What operators do with instances: cancel, suspend, resume, set variables, move, restart, migrate; and who may."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine import commands, queries
from engine.errors import Conflict, Forbidden, Invalid, NotFound
from engine.queries import DefinitionFilter
from engine.tables import human_task, job, process_instance, subscription
from tests.runtime.conftest import ANN, BOB, EVE, OLGA, kinds, rows, run_due, task_at
from tests.runtime.diagrams import EIGHT, ENDLESS, LATE, REPLY, THREE_STEPS, TWO_STEPS, UNTIL, WITHOUT_REVIEW


def begin(house, key="two_steps", **more):
    return commands.start(house, key, actor=ANN, **more).instance_id


@pytest.fixture
def instance(house, deploy):
    deploy(TWO_STEPS)
    return begin(house)


@pytest.mark.parametrize(
    "command",
    [
        lambda house, it: commands.cancel(house, it, reason="no", actor=EVE),
        lambda house, it: commands.suspend(house, it, actor=EVE),
        lambda house, it: commands.resume(house, it, actor=EVE),
        lambda house, it: commands.set_variables(house, it, variables={"x": 1}, actor=EVE),
        lambda house, it: commands.move(house, it, token="t", to_element="approve", reason="no", actor=EVE),
        lambda house, it: commands.migrate(house, it, version=2, reason="no", actor=EVE),
        lambda house, it: commands.migration_preview(house, it, version=2, actor=EVE),
        lambda house, it: commands.restart(house, it, reason="no", actor=EVE),
        lambda house, it: queries.instance(house, it, actor=EVE),
        lambda house, it: queries.history_of(house, it, actor=EVE),
        lambda house, it: queries.failures(house, actor=EVE),
        lambda house, it: queries.open_tasks(house, actor=EVE, mine=False),
    ],
)
def test_eve_may_do_nothing_with_an_instance(house, instance, command):
    before = kinds(house, instance)
    with pytest.raises(Forbidden, match="Eve may not"):
        command(house, instance)
    assert kinds(house, instance) == before


def test_cancelling_ends_everything_an_instance_has(house, deploy):
    deploy(LATE)
    instance = begin(house, "late")
    answer = commands.cancel(house, instance, reason="a mistake", actor=ANN)
    assert answer.status == "cancelled"
    assert rows(house, job) == []
    assert [row.status for row in rows(house, human_task)] == ["cancelled"]
    view = queries.instance(house, instance, actor=ANN).view
    assert (view.end_reason, view.ended_at) == ("a mistake", house.clock.now())
    with pytest.raises(Conflict, match="is cancelled"):
        commands.cancel(house, instance, reason="again", actor=ANN)


def test_cancelling_removes_subscriptions(house, deploy):
    deploy(REPLY)
    instance = begin(house, "reply", variables={"ticket": 1})
    commands.cancel(house, instance, reason="a mistake", actor=ANN)
    assert rows(house, subscription) == []


@pytest.mark.parametrize("command", [commands.cancel, commands.restart])
def test_what_needs_a_reason_is_refused_without_one(house, instance, command):
    with pytest.raises(Invalid, match="needs a reason"):
        command(house, instance, reason=" ", actor=OLGA)


def test_a_suspended_instance_stands_still_until_it_is_resumed(house, instance):
    review = task_at(house, "review")
    assert commands.suspend(house, instance, actor=OLGA).status == "suspended"
    for moving in (
        lambda: commands.claim(house, review, actor=ANN),
        lambda: commands.complete(house, review, actor=ANN),
        lambda: commands.reassign(house, review, to="Bob", actor=OLGA),
        lambda: commands.suspend(house, instance, actor=OLGA),
    ):
        with pytest.raises(Conflict, match="is suspended"):
            moving()
    assert queries.task(house, review, actor=ANN).is_suspended
    commands.advance(house, instance)
    assert commands.resume(house, instance, actor=OLGA).status == "active"
    with pytest.raises(Conflict, match="not suspended"):
        commands.resume(house, instance, actor=OLGA)
    assert commands.complete(house, review, actor=ANN).task_status == "completed"


def test_a_timer_that_falls_due_during_suspension_fires_late_and_once(house, deploy, clock):
    deploy(LATE)
    instance = begin(house, "late")
    commands.suspend(house, instance, actor=OLGA)
    (timer,) = rows(house, job)
    clock.advance(timedelta(hours=5))
    assert str(commands.run_job(house, timer.id, worker="w")) == "suspended"
    assert run_due(house) == []
    commands.resume(house, instance, actor=OLGA)
    assert run_due(house) == ["done"]
    fired = [e.event.data for e in queries.history_of(house, instance, actor=OLGA) if e.event.kind == "timer.fired"]
    assert [(each["due_at"], each["late_s"]) for each in fired] == [("2026-11-24T05:00:00+00:00", 3600)]


def test_a_condition_is_looked_at_when_variables_change(house, deploy):
    deploy(UNTIL)
    instance = begin(house, "until", variables={"level": 1})
    commands.set_variables(house, instance, variables={"level": 2}, actor=OLGA)
    assert queries.instance(house, instance, actor=OLGA).tokens[0].element == "ready"
    commands.set_variables(house, instance, variables={"level": 4}, actor=OLGA)
    assert task_at(house, "go_on", instance_id=instance)
    assert rows(house, subscription) == []


def test_variables_corrected_during_suspension_count_after_it(house, deploy):
    deploy(UNTIL)
    instance = begin(house, "until", variables={"level": 1})
    commands.suspend(house, instance, actor=OLGA)
    commands.set_variables(house, instance, variables={"level": 9}, actor=OLGA)
    assert queries.instance(house, instance, actor=OLGA).tokens[0].element == "ready"
    commands.resume(house, instance, actor=OLGA)
    assert task_at(house, "go_on", instance_id=instance)


def test_a_token_is_moved_with_a_reason_and_its_old_task_withdrawn(house, instance):
    review = task_at(house, "review")
    with pytest.raises(Invalid, match="needs a reason"):
        commands.move(house, instance, token=review, to_element="approve", reason="", actor=OLGA)
    commands.move(house, instance, token=review, to_element="approve", reason="reviewed by phone", actor=OLGA)
    assert queries.task(house, review, actor=ANN).status == "cancelled"
    assert task_at(house, "approve", instance_id=instance)
    move = next(e.event for e in queries.history_of(house, instance, actor=OLGA) if e.event.kind == "token.move")
    assert (move.actor, move.data) == ("Olga", {"to": "approve", "reason": "reviewed by phone"})


def test_a_restart_begins_anew_with_the_first_variables_and_both_histories_say_so(house, deploy):
    deploy(TWO_STEPS)
    old = begin(house, business_key="incident:1", variables={"x": 1}, is_drill=True)
    with pytest.raises(Conflict, match="cancel it before"):
        commands.restart(house, old, reason="again", actor=OLGA)
    commands.set_variables(house, old, variables={"x": 2}, actor=OLGA)
    commands.cancel(house, old, reason="wrong", actor=OLGA)
    new = commands.restart(house, old, reason="again", actor=OLGA).instance_id
    detail = queries.instance(house, new, actor=OLGA)
    assert detail.variables == {"x": 1}
    assert (detail.view.super_instance_id, detail.view.business_key, detail.view.is_drill) == (old, "incident:1", True)
    assert kinds(house, old)[-1] == "instance.restarted"
    first = queries.history_of(house, new, actor=OLGA)[0].event
    assert (first.data["restart_of"], first.data["reason"], first.actor) == (old, "again", "Olga")


def test_a_migration_keeps_tasks_drafts_assignees_and_due_times(house, deploy, instance):
    review = task_at(house, "review")
    commands.claim(house, review, actor=ANN)
    commands.save_draft(house, review, draft={"text": "half"}, actor=ANN)
    deploy(THREE_STEPS)
    preview = commands.migration_preview(house, instance, version=2, actor=OLGA)
    assert preview.is_possible
    assert [(each.element, each.kind) for each in preview.mapped] == [("review", "human")]
    commands.migrate(house, instance, version=2, reason="a new check", actor=OLGA)
    task = queries.task(house, review, actor=ANN)
    assert (task.assignee, task.draft) == ("Ann", {"text": "half"})
    assert task.definition_id == queries.instance(house, instance, actor=OLGA).view.definition_id == preview.to_definition
    commands.complete(house, review, actor=ANN)
    assert task_at(house, "check", instance_id=instance)


def test_a_migration_without_a_place_for_a_token_is_refused_and_the_preview_says_so(house, deploy, instance):
    deploy(WITHOUT_REVIEW)
    preview = commands.migration_preview(house, instance, version=2, actor=OLGA)
    assert not preview.is_possible
    assert [(each.element, each.reason) for each in preview.unmapped] == [("review", "'review' is not in the new version.")]
    with pytest.raises(Conflict, match="cannot migrate"):
        commands.migrate(house, instance, version=2, reason="x", actor=OLGA)
    with pytest.raises(NotFound, match="in version 7"):
        commands.migrate(house, instance, version=7, reason="x", actor=OLGA)
    with pytest.raises(Conflict, match="already"):
        commands.migrate(house, instance, version=1, reason="x", actor=OLGA)


def test_a_start_by_an_unknown_key_is_not_found(house):
    with pytest.raises(NotFound, match="no process 'nothing' is deployed"):
        begin(house, "nothing")


def test_a_process_with_starters_is_started_only_by_them(house, deploy):
    deploy(TWO_STEPS.replace(b'isExecutable="true"', b'isExecutable="true" camunda:candidateStarterGroups="desk"'))
    assert begin(house)
    with pytest.raises(Forbidden, match="Eve may not start"):
        commands.start(house, "two_steps", actor=EVE)


def test_an_older_version_is_started_by_number(house, deploy):
    deploy(TWO_STEPS, THREE_STEPS)
    first = commands.start(house, "two_steps", version=1, actor=ANN)
    latest = commands.start(house, "two_steps", actor=ANN)
    assert first.definition_id != latest.definition_id
    assert [view.version for view in queries.find_definitions(house, DefinitionFilter(keys=["two_steps"]), actor=ANN)] == [2, 1]


def test_an_endless_instance_gives_way_each_turn_and_is_suspended_as_stalled(house, deploy):
    from dataclasses import replace

    deploy(ENDLESS)
    house.settings = replace(house.settings, turn_budget_s=0.001, max_turns_in_row=3)
    instance = begin(house, "endless", variables={"n": 0})
    assert [(row.kind, row.instance_id) for row in rows(house, job)] == [("continue", instance)]
    assert run_due(house) == ["done"] * 3
    (failure,) = queries.failures(house, actor=OLGA).items
    assert (failure.kind, failure.instance_id) == ("stalled", instance)
    assert queries.instance(house, instance, actor=OLGA).view.status == "suspended"
    assert rows(house, job) == []
    commands.retry(house, failure.id, actor=OLGA)
    assert queries.failures(house, actor=OLGA).items == ()
    assert [row.kind for row in rows(house, job)] == ["continue"]
    commands.cancel(house, instance, reason="endless", actor=OLGA)
    assert rows(house, job) == []


def test_advancing_an_instance_that_rests_changes_nothing(house, instance):
    before = kinds(house, instance)
    commands.advance(house, instance)
    commands.advance(house, instance)
    assert kinds(house, instance) == before


def test_the_starter_and_the_participants_see_an_instance_and_others_do_not(house, deploy):
    deploy(EIGHT)
    instance = begin(house, "eight")
    assert queries.instance(house, instance, actor=BOB).view.id == instance
    assert [view.id for view in queries.instances(house, actor=ANN).items] == [instance]
    assert queries.instances(house, actor=EVE).items == ()
    assert len(queries.instance(house, instance, actor=ANN).tasks) == 8


def test_a_stale_write_is_refused(house, instance):
    from engine.errors import StaleWrite
    from engine.runtime.instances import read_instance, update_instance

    with house.database.read() as connection:
        old = read_instance(connection, instance)
    commands.suspend(house, instance, actor=OLGA)
    with pytest.raises(StaleWrite, match="changed since version"), house.database.write() as connection:
        update_instance(connection, old, with_state=True)
    assert [row.status for row in rows(house, process_instance)] == ["suspended"]
