"""Texts and numbers that no database holds: each is refused in words, on SQLite and PostgreSQL alike, wherever it comes in."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine import commands, queries
from engine.errors import Invalid, Refused
from tests.runtime.conftest import ANN, OLGA, task_at
from tests.runtime.diagrams import TWO_STEPS

DAY = timedelta(days=1)
TEXTS = {"U+0000": "a\x00b", "half a surrogate pair": "\ud800", "long": "x" * 300, "empty": ""}
CALLS = {
    "start": lambda house, bad, it, task: commands.start(house, bad, actor=ANN),
    "business key": lambda house, bad, it, task: commands.start(house, "two_steps", business_key=bad, actor=ANN),
    "idempotency key": lambda house, bad, it, task: commands.start(house, "two_steps", actor=ANN, idempotency_key=bad),
    "variable": lambda house, bad, it, task: commands.start(house, "two_steps", variables={bad: bad}, actor=ANN),
    "super instance": lambda house, bad, it, task: commands.start(house, "two_steps", actor=ANN, super_instance_id=bad),
    "message": lambda house, bad, it, task: commands.message(house, bad, business_key=bad, actor=OLGA, ttl=DAY),
    "correlation": lambda house, bad, it, task: commands.message(house, "m", correlation={bad: bad}, actor=OLGA, ttl=DAY),
    "signal": lambda house, bad, it, task: commands.signal(house, bad, actor=OLGA),
    "reason": lambda house, bad, it, task: commands.cancel(house, it, reason=bad, actor=OLGA),
    "suspend": lambda house, bad, it, task: commands.suspend(house, it, reason=bad, actor=OLGA),
    "token": lambda house, bad, it, task: commands.move(house, it, token=bad, to_element="approve", reason="r", actor=OLGA),
    "element": lambda house, bad, it, task: commands.move(house, it, token=task, to_element=bad, reason="r", actor=OLGA),
    "person": lambda house, bad, it, task: commands.reassign(house, task, to=bad, actor=OLGA),
    "failure": lambda house, bad, it, task: commands.retry(house, bad, actor=OLGA),
    "task": lambda house, bad, it, task: queries.task(house, bad, actor=OLGA),
    "instances": lambda house, bad, it, task: queries.instances(house, actor=OLGA, business_key=bad),
    "group": lambda house, bad, it, task: queries.open_tasks(house, actor=OLGA, group=bad, mine=False),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_taken_or_refused_and_breaks_nothing(house, deploy, call, text):
    deploy(TWO_STEPS)
    instance = commands.start(house, "two_steps", actor=ANN).instance_id
    review = task_at(house, "review")
    try:
        CALLS[call](house, TEXTS[text], instance, review)
    except Refused:
        assert queries.task(house, review, actor=ANN).status == "open"


@pytest.mark.parametrize("number", [2**31, 2**63, 2**80, -1])
def test_a_number_that_is_too_large_is_refused(house, deploy, number):
    deploy(TWO_STEPS)
    instance = commands.start(house, "two_steps", actor=ANN).instance_id
    with pytest.raises(Refused):
        commands.start(house, "two_steps", version=number, actor=ANN)
    with pytest.raises(Refused):
        commands.migrate(house, instance, version=number, reason="r", actor=OLGA)
    with pytest.raises(Invalid, match="a page of"):
        queries.open_tasks(house, actor=ANN, offset=number)


def nested(depth):
    value: list = []
    for _ in range(depth - 1):
        value = [value]
    return value


def test_data_is_nested_only_so_deep(house, deploy):
    deploy(TWO_STEPS)
    for depth in (90, 5000):
        with pytest.raises(Invalid, match="nested too deep"):
            commands.start(house, "two_steps", variables={"x": nested(depth)}, actor=ANN)
    instance = commands.start(house, "two_steps", variables={"x": nested(89)}, actor=ANN).instance_id
    assert queries.instance(house, instance, actor=OLGA).variables == {"x": nested(89)}
