"""Handlers that fail in odd ways: each is a failure that an operator sees, and neither the sweep nor the step's rules break."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine import commands, queries
from engine.errors import BpmnError
from engine.tables import job
from engine.work import run_due as sweep
from engine.work import sweep as sweeping
from tests.runtime import topics
from tests.runtime.conftest import ANN, OLGA, rows, run_due, task_at
from tests.runtime.diagrams import PAUSE
from tests.runtime.test_jobs import INLINE, INLINE_CAUGHT, OUTSIDE, OUTSIDE_CAUGHT, begin, email


class Ratio(topics.Text):
    """An output that JSON cannot hold."""

    ratio: float = float("nan")


@pytest.fixture
def record(house, monkeypatch):
    """A function that lets another function do the work of the inline topic."""

    def put(function):
        handler = house.handlers.get("topics.record")
        object.__setattr__(handler, "function", function)

    yield put
    object.__setattr__(house.handlers.get("topics.record"), "function", topics.record)


def raising(error):
    def work(_context, _inputs):
        raise error

    return work


ODD = [
    (OSError("no file 'caf\udce9'"), "no file 'caf?'"),
    (ValueError("a\x00b"), "ab"),
    (SystemExit(3), "SystemExit: 3"),
    (BpmnError("no_record", "it has no \x00 name\udce9", thing=object()), "carries.thing is a object"),
    (BpmnError("other\udce9", "caf\udce9"), "'other?' (caf?)"),
]


@pytest.mark.parametrize(("error", "told"), ODD)
def test_an_outside_handler_that_fails_oddly_is_tried_again_and_then_a_failure(house, deploy, clock, error, told):
    deploy(OUTSIDE_CAUGHT)
    begin(house, "mail")
    topics.answers[:] = [error] * 3
    for _ in range(4):
        sweep(house)
        clock.advance(timedelta(hours=1))
    (failure,) = queries.failures(house, actor=OLGA).items
    assert told in failure.message
    assert len(topics.called) == (1 if "other" in told else 3)


@pytest.mark.parametrize(("error", "told"), ODD)
def test_an_inline_handler_that_fails_oddly_rests_as_a_failure(house, deploy, record, error, told):
    deploy(INLINE_CAUGHT)
    record(raising(error))
    begin(house, "x")
    (failure,) = queries.failures(house, actor=OLGA).items
    assert told in failure.message


def test_outputs_that_nobody_can_keep_undo_what_the_handler_wrote(house, deploy, record):
    def work(context, inputs):
        topics.record(context, inputs)
        return Ratio(text="x")

    deploy(INLINE)
    record(work)
    begin(house, "written")
    (failure,) = queries.failures(house, actor=OLGA).items
    assert "what topics.record returns.ratio is nan" in failure.message
    assert email(house) is None


def test_a_call_that_always_takes_its_worker_along_ends_as_a_failure(house, deploy, clock):
    deploy(OUTSIDE)
    instance = begin(house, "mail")

    def dies():
        raise KeyboardInterrupt

    topics.hooks.append(dies)
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            sweep(house)
        clock.advance(house.settings.job_lease)
    assert sweep(house).jobs == {"failed": 1}
    assert len(topics.called) == 3
    (failure,) = queries.failures(house, actor=OLGA).items
    assert "was lost in try 3" in failure.message
    topics.hooks.clear()
    commands.retry(house, failure.id, actor=OLGA)
    assert run_due(house) == ["done"]
    assert task_at(house, "after", instance_id=instance)


def test_a_job_of_which_not_even_a_failure_can_be_noted_stops_no_other(house, deploy, clock, monkeypatch):
    deploy(PAUSE)
    first = commands.start(house, "pause", actor=ANN).instance_id
    second = commands.start(house, "pause", actor=ANN).instance_id
    clock.advance(timedelta(hours=1))
    real = sweeping.run_job

    def broken(house, job_id, *, seen, **more):
        if seen.instance_id == first:
            raise RuntimeError("nobody thought of this")
        return real(house, job_id, seen=seen, **more)

    monkeypatch.setattr(sweeping, "run_job", broken)
    assert sweep(house).jobs == {"busy": 2, "done": 1}
    assert queries.instance(house, second, actor=OLGA).view.status == "completed"
    assert [row.instance_id for row in rows(house, job)] == [first]
