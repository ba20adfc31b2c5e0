"""Races with real threads on real transactions."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

from engine import commands, queries
from engine.errors import AlreadyDone, Conflict
from engine.tables import job
from tests.runtime.conftest import ANN, BOB, OLGA, kinds, rows, run_due, task_at
from tests.runtime.diagrams import EIGHT, PAUSE, REPLY, TWO_STEPS


def at_once(*calls):
    """Run all calls at the same moment, each in a thread; return answers and errors in order."""
    barrier = Barrier(len(calls))

    def go(call):
        barrier.wait()
        try:
            return call()
        except Exception as exc:  # noqa: BLE001  # the test looks at what each thread met
            return exc

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(go, calls))


def test_eight_threads_complete_eight_parallel_tasks_of_one_instance_in_eight_rounds(house, deploy):
    deploy(EIGHT)
    right = 0
    for _ in range(8):
        started = commands.start(house, "eight", actor=ANN)
        tasks = queries.open_tasks(house, actor=ANN, instance_id=started.instance_id).items
        answers = at_once(*(lambda task=task: commands.complete(house, task.id, variables={task.element: 1}, actor=ANN) for task in tasks))
        right += sum(isinstance(answer, commands.TaskAnswer) for answer in answers)
        detail = queries.instance(house, started.instance_id, actor=OLGA)
        assert detail.view.status == "completed"
        assert len(detail.variables) == 8
    assert right == 64


def test_of_eight_who_complete_the_same_task_one_succeeds_and_seven_are_told_who_did(house, deploy):
    deploy(TWO_STEPS)
    started = commands.start(house, "two_steps", actor=ANN)
    task = task_at(house, "review")
    who = [ANN, BOB] * 4
    answers = at_once(*(lambda actor=actor: commands.complete(house, task, actor=actor) for actor in who))
    winners = [answer for answer in answers if isinstance(answer, commands.TaskAnswer)]
    losers = [answer for answer in answers if isinstance(answer, AlreadyDone)]
    assert (len(winners), len(losers)) == (1, 7)
    assert {str(loser) for loser in losers} == {f"Review was completed by {winners[0].assignee} at 2026-11-24 09:00"}
    assert kinds(house, started.instance_id).count("task.completed") == 1
    assert queries.open_tasks(house, actor=ANN).total == 1


def test_of_eight_who_claim_the_same_task_one_has_it(house, deploy):
    deploy(TWO_STEPS)
    commands.start(house, "two_steps", actor=ANN)
    task = task_at(house, "review")
    answers = at_once(*(lambda actor=actor: commands.claim(house, task, actor=actor) for actor in [ANN, BOB] * 4))
    holder = queries.task(house, task, actor=ANN).assignee
    for actor, answer in zip([ANN, BOB] * 4, answers, strict=True):
        if actor.name == holder:
            assert answer.assignee == holder
        else:
            assert isinstance(answer, Conflict)
            assert f"claimed by {holder}" in str(answer)


def test_one_idempotency_key_used_by_eight_at_once_starts_one_instance(house, deploy):
    deploy(TWO_STEPS)
    answers = at_once(*(lambda: commands.start(house, "two_steps", actor=ANN, idempotency_key="once") for _ in range(8)))
    assert len({answer.instance_id for answer in answers}) == 1
    assert queries.instances(house, actor=OLGA).total == 1


def test_a_message_and_the_token_that_begins_to_wait_for_it_never_miss_each_other(house, deploy):
    deploy(REPLY)
    for number in range(6):
        at_once(
            lambda number=number: commands.start(house, "reply", variables={"ticket": number}, actor=ANN),
            lambda number=number: commands.message(
                house, "customer.reply", correlation={"ticket": number}, actor=OLGA, ttl=timedelta(hours=1)
            ),
        )
    waiting = queries.instances(house, actor=OLGA).items
    assert [queries.instance(house, view.id, actor=OLGA).tokens[0].element for view in waiting] == ["read_reply"] * 6


def test_a_timer_run_by_eight_workers_fires_once(house, deploy, clock):
    deploy(PAUSE)
    started = commands.start(house, "pause", actor=ANN)
    clock.advance(timedelta(hours=1))
    (timer,) = rows(house, job)
    answers = at_once(*(lambda worker=worker: str(commands.run_job(house, timer.id, worker=worker)) for worker in "abcdefgh"))
    assert sorted(answers) == ["done"] + ["gone"] * 7
    assert kinds(house, started.instance_id).count("timer.fired") == 1
    assert run_due(house) == []
