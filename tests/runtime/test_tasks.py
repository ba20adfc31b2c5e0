"""Human tasks: who may do what, in which state, and what it leaves behind."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from engine import commands, queries
from engine.errors import AlreadyDone, Conflict, Forbidden, Invalid, NotFound
from engine.people import Absent
from tests.runtime.conftest import ANN, BOB, EVE, OLGA, kinds, run_due, task_at
from tests.runtime.diagrams import DIVIDES, LATE, TWO_STEPS, diagram, end, start, user


@pytest.fixture
def review(house, deploy):
    deploy(TWO_STEPS)
    commands.start(house, "two_steps", business_key="incident:7", actor=ANN)
    return task_at(house, "review")


def test_a_started_instance_offers_its_first_task_to_the_candidates(house, review):
    page = queries.open_tasks(house, actor=BOB)
    assert [(task.id, task.element, task.business_key, task.assignee) for task in page.items] == [(review, "review", "incident:7", None)]
    assert page.total == 1
    assert queries.open_tasks(house, actor=EVE).items == ()


def test_a_candidate_claims_and_completes_a_task_and_the_next_one_opens(house, review):
    assert commands.claim(house, review, actor=ANN).assignee == "Ann"
    done = commands.complete(house, review, variables={"ok": True}, actor=ANN)
    assert (done.task_status, done.instance_status) == ("completed", "active")
    (approve,) = queries.open_tasks(house, actor=BOB).items
    assert approve.element == "approve"
    last = commands.complete(house, approve.id, actor=BOB)
    assert last.instance_status == "completed"
    detail = queries.instance(house, last.instance_id, actor=OLGA)
    assert detail.variables == {"ok": True}
    assert (detail.tokens, detail.tasks) == ((), ())


def test_claiming_ones_own_task_again_changes_nothing(house, review):
    first = commands.claim(house, review, actor=ANN)
    before = kinds(house, first.instance_id)
    assert commands.claim(house, review, actor=ANN) == first
    assert kinds(house, first.instance_id) == before


def test_a_claim_by_another_person_is_refused_with_name_and_time(house, review):
    commands.claim(house, review, actor=ANN)
    with pytest.raises(Conflict, match="already claimed by Ann at 2026-11-24 09:00"):
        commands.claim(house, review, actor=BOB)


def test_a_second_completion_is_refused_with_name_and_time(house, review):
    commands.complete(house, review, actor=ANN)
    with pytest.raises(AlreadyDone, match="completed by Ann at 2026-11-24 09:00"):
        commands.complete(house, review, actor=BOB)
    with pytest.raises(AlreadyDone, match="completed by Ann"):
        commands.claim(house, review, actor=BOB)


def test_completing_an_unassigned_task_counts_as_claiming_it(house, review):
    commands.complete(house, review, actor=BOB)
    found = queries.task(house, review, actor=BOB)
    assert (found.assignee, found.completed_by, found.status) == ("Bob", "Bob", "completed")


@pytest.mark.parametrize(
    "command",
    [
        lambda house, task: commands.claim(house, task, actor=EVE),
        lambda house, task: commands.complete(house, task, actor=EVE),
        lambda house, task: commands.release(house, task, actor=EVE),
        lambda house, task: commands.delegate(house, task, to="Ann", actor=EVE),
        lambda house, task: commands.resolve(house, task, actor=EVE),
        lambda house, task: commands.reassign(house, task, to="Eve", actor=EVE),
        lambda house, task: commands.save_draft(house, task, draft={}, actor=EVE),
        lambda house, task: queries.task(house, task, actor=EVE),
    ],
)
def test_eve_may_do_nothing_with_a_task(house, review, command):
    with pytest.raises(Forbidden, match="Eve may not"):
        command(house, review)
    assert queries.task(house, review, actor=ANN).assignee is None


def test_a_task_claimed_by_another_cannot_be_completed_not_even_by_an_administrator(house, review):
    commands.claim(house, review, actor=ANN)
    for other in (BOB, replace(EVE, is_admin=True)):
        with pytest.raises(Forbidden, match="assigned to Ann"):
            commands.complete(house, review, actor=other)


def test_an_unknown_task_is_not_found(house, review):
    with pytest.raises(NotFound, match="no task 'nothing'"):
        commands.claim(house, "nothing", actor=ANN)


def test_a_released_task_is_everybodys_again(house, review):
    commands.claim(house, review, actor=ANN)
    commands.release(house, review, actor=ANN)
    assert commands.claim(house, review, actor=BOB).assignee == "Bob"
    with pytest.raises(Forbidden):
        commands.release(house, review, actor=ANN)


def test_a_delegated_task_comes_back_to_its_owner_who_completes_it(house, review):
    commands.claim(house, review, actor=ANN)
    commands.delegate(house, review, to="Eve", actor=ANN)
    with pytest.raises(Conflict, match="delegated by Ann"):
        commands.complete(house, review, actor=EVE)
    assert commands.resolve(house, review, variables={"found": "cut"}, actor=EVE).assignee == "Ann"
    done = commands.complete(house, review, actor=ANN)
    assert queries.instance(house, done.instance_id, actor=OLGA).variables == {"found": "cut"}


def test_work_is_given_only_to_people_who_exist(house, review):
    with pytest.raises(Invalid, match="no person 'Nobody'"):
        commands.reassign(house, review, to="Nobody", actor=OLGA)
    assert commands.reassign(house, review, to="Eve", actor=OLGA).assignee == "Eve"
    assert commands.reassign(house, review, to=None, actor=OLGA).assignee is None


def test_a_substitute_works_in_the_name_of_the_absent(house, review):
    commands.reassign(house, review, to="Ann", actor=OLGA)
    eve = replace(EVE, absent=(Absent("Ann", frozenset({"desk"})),))
    assert [task.id for task in queries.open_tasks(house, actor=eve).items] == [review]
    done = commands.complete(house, review, actor=eve)
    entry = next(e for e in queries.history_of(house, done.instance_id, actor=OLGA) if e.event.kind == "task.completed")
    assert (entry.event.actor, entry.event.on_behalf_of) == ("Eve", "Ann")


def test_a_draft_is_kept_for_its_assignee_until_completion(house, review):
    commands.claim(house, review, actor=ANN)
    commands.save_draft(house, review, draft={"text": "half"}, actor=ANN)
    assert queries.task(house, review, actor=ANN).draft == {"text": "half"}
    commands.complete(house, review, actor=ANN)
    assert queries.task(house, review, actor=ANN).draft is None
    with pytest.raises(AlreadyDone):
        commands.save_draft(house, review, draft={}, actor=ANN)


def test_variables_that_json_cannot_hold_or_that_are_too_large_are_refused(house, review):
    for variables, words in (({"x": float("nan")}, "nan"), ({"x": object()}, "object"), ({"x": "y" * 1_100_000}, "bytes")):
        with pytest.raises(Invalid, match=words):
            commands.complete(house, review, variables=variables, actor=ANN)
    assert queries.task(house, review, actor=ANN).status == "open"


def test_a_failing_step_after_a_task_becomes_a_failure_and_the_completion_stays(house, deploy):
    deploy(DIVIDES)
    commands.start(house, "divides", actor=ANN)
    done = commands.complete(house, task_at(house, "ask"), variables={"people": 0}, actor=ANN)
    assert done.instance_status == "active"
    (failure,) = queries.failures(house, actor=OLGA).items
    assert (failure.kind, failure.element, failure.instance_id) == ("step", "divide", done.instance_id)
    with pytest.raises(Forbidden):
        commands.retry(house, failure.id, actor=ANN)
    commands.set_variables(house, done.instance_id, variables={"people": 3}, actor=OLGA)
    commands.retry(house, failure.id, actor=OLGA)
    assert queries.failures(house, actor=OLGA).items == ()
    assert queries.instance(house, done.instance_id, actor=OLGA).variables["share"] == 4
    assert task_at(house, "tell")
    with pytest.raises(AlreadyDone, match="dealt with by Olga"):
        commands.retry(house, failure.id, actor=OLGA)


def test_tasks_are_sorted_by_due_date_then_priority_then_age(house, deploy, clock):
    for element, more in {"low": 'priority="10"', "high": 'priority="90"', "due": 'dueDate="P1D"', "soon": 'dueDate="PT1H"'}.items():
        task = user(element, people=f'camunda:candidateGroups="desk" camunda:{more}')
        deploy(diagram(f"{element}_work", start(), task, end(), flows=f"start>{element} {element}>end"))
    for key in ("low", "due", "high", "soon", "low"):
        commands.start(house, f"{key}_work", actor=ANN)
        clock.advance(timedelta(seconds=1))
    page = queries.open_tasks(house, actor=ANN)
    assert [task.element for task in page.items] == ["soon", "due", "high", "low", "low"]
    assert page.items[3].created_at < page.items[4].created_at
    second = queries.open_tasks(house, actor=ANN, limit=2, offset=1)
    assert ([task.element for task in second.items], second.total) == (["due", "high"], 5)


def test_a_task_that_its_boundary_timer_ends_is_withdrawn(house, deploy, clock):
    deploy(LATE)
    commands.start(house, "late", actor=ANN)
    answer = task_at(house, "answer")
    clock.advance(timedelta(hours=4))
    assert run_due(house) == ["done"]
    assert task_at(house, "escalate")
    with pytest.raises(AlreadyDone, match="withdrawn"):
        commands.complete(house, answer, actor=ANN)
