"""Figures, and how they are taken: medians and best of several, the garbage collector held still."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value; `limit` is the most (or with `at_least` the least) it may be, None when nothing is promised."""

    section: str
    name: str
    value: float
    unit: str
    limit: float | None = None
    at_least: bool = False

    @property
    def holds(self) -> bool:
        """Tell whether the promise is kept."""
        return self.limit is None or (self.value >= self.limit if self.at_least else self.value <= self.limit)

    @property
    def promise(self) -> str:
        """Return the limit in words, empty when there is none."""
        if self.limit is None:
            return ""
        return f"{'at least' if self.at_least else 'at most'} {self.limit:g}"


@contextmanager
def still() -> Iterator[None]:
    """Hold the garbage collector still for the length of a block."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def milliseconds(call: Callable[[], object]) -> float:
    """Return how long one call takes, in ms."""
    began = time.perf_counter_ns()
    call()
    return (time.perf_counter_ns() - began) / 1e6


def median_ms(calls: Sequence[Callable[[], object]]) -> float:
    """Return the median time of calls that are made one after the other, in ms."""
    with still():
        return statistics.median([milliseconds(call) for call in calls])


def best_ms(call: Callable[[], object], *, of: int) -> float:
    """Return the shortest time of `of` repetitions of a call, in ms: what it takes when nothing disturbs it."""
    with still():
        return min(milliseconds(call) for _ in range(of))
