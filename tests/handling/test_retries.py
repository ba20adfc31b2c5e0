"""How often, and after how long."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Invalid
from engine.handling import RetryPlan
from engine.handling.retries import parse_delay

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("R3/PT5M", [5, 5]),
        ("R1/PT5M", []),
        ("R2/P1D", [1440]),
        ("PT5M", [5]),
        ("PT1M,PT5M", [1, 5]),
        (" PT1M, PT5M ,PT1H ", [1, 5, 60]),
        ("P1DT1H30M", [1530]),
        ("R2/P1W", [10080]),
    ],
)
def test_a_cycle_is_taken_at_its_word(text: str, minutes: list[int]) -> None:
    plan = RetryPlan.of_cycle(text)
    assert plan.delays == tuple(count * MINUTE for count in minutes)
    assert plan.tries == len(minutes) + 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "R",
        "R3",
        "R3/",
        "R0/PT5M",
        "R101/PT5M",
        "R3/5M",
        "-PT5M",
        "PT",
        "P",
        "PT1H30",
        "PT5M,",
        "R/PT5M",
        "PT1.5M",
        "P1M",
        "P9999999999W",
    ],
)
def test_a_cycle_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        RetryPlan.of_cycle(text)


def test_a_refused_delay_says_how_to_write_one() -> None:
    with pytest.raises(Invalid, match="'5 minutes' is no delay: write one like PT5M"):
        parse_delay("5 minutes")


def test_delays_double_up_to_the_longest() -> None:
    assert RetryPlan.growing(6, MINUTE, longest=10 * MINUTE).delays == (MINUTE, 2 * MINUTE, 4 * MINUTE, 8 * MINUTE, 10 * MINUTE)
    assert RetryPlan.growing(1, MINUTE).delays == ()
    assert RetryPlan.growing(100, MINUTE).delays[-1] == timedelta(hours=1)
    with pytest.raises(Invalid, match="0 tries: use 1 to 100"):
        RetryPlan.growing(0, MINUTE)


def test_jitter_lengthens_by_up_to_a_tenth() -> None:
    plan = RetryPlan.of_cycle("R3/PT10M")
    assert plan.next_delay(1, chance=lambda: 0.0) == 10 * MINUTE
    assert plan.next_delay(2, chance=lambda: 0.5) == 10.5 * MINUTE
    assert plan.next_delay(3) is None


@given(failures=st.integers(1, 20), tries=st.integers(1, 20))
def test_the_delay_stays_between_the_written_one_and_a_tenth_more(failures: int, tries: int) -> None:
    delay = RetryPlan.growing(tries, MINUTE).next_delay(failures)
    if failures >= tries:
        assert delay is None
        return
    due = min(MINUTE * 2 ** (failures - 1), timedelta(hours=1))
    assert delay is not None
    assert due <= delay <= due * 1.1
