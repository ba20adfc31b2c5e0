"""How often work is tried again, and after how long.

`camunda:failedJobRetryTimeCycle` is taken at its word: `R3/PT5M` is three tries in all, five minutes apart; `PT1M,PT5M` is one more try
after a minute and a last one after five. A handler's own `retries=5, backoff="PT30S"` doubles the delay each time. Every delay is
lengthened by up to a tenth, at random, so that what failed together does not come back together.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import accumulate, repeat

from engine.errors import Invalid

JITTER = 0.1
MAX_TRIES = 100
DURATION = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
CYCLE = re.compile(r"R(\d+)/(.+)")


@dataclass(frozen=True, slots=True)
class RetryPlan:
    """The delays between tries: `delays[0]` after the first failure, and so on; one more try than delays."""

    delays: tuple[timedelta, ...] = ()

    @property
    def tries(self) -> int:
        """Return how often the work is tried in all."""
        return len(self.delays) + 1

    @classmethod
    def of_cycle(cls, text: str) -> RetryPlan:
        """Read `R3/PT5M` or `PT1M,PT5M,PT1H`. Raises Invalid, saying which part is wrong."""
        found = CYCLE.fullmatch(text.strip())
        if found is None:
            return cls(tuple(parse_delay(part.strip()) for part in text.split(",")))
        tries = int(found[1])
        if not 1 <= tries <= MAX_TRIES:
            raise Invalid(f"the retry cycle {text!r} asks for {tries} tries: use 1 to {MAX_TRIES}")
        return cls(tuple(repeat(parse_delay(found[2]), tries - 1)))

    @classmethod
    def growing(cls, tries: int, backoff: timedelta, *, longest: timedelta = timedelta(hours=1)) -> RetryPlan:
        """Double the delay after each failure, up to the longest: 4 tries from 30 s wait 30, 60 and 120 s."""
        if not 1 <= tries <= MAX_TRIES:
            raise Invalid(f"{tries} tries: use 1 to {MAX_TRIES}")
        first = min(backoff, longest)
        return cls(tuple(accumulate(repeat(first, tries - 1), lambda delay, _: min(delay + delay, longest))))

    def next_delay(self, failures: int, *, chance: Callable[[], float] = random.random) -> timedelta | None:
        """Return how long to wait after so many failures (from 1), None when no try is left; `chance` yields numbers in [0, 1)."""
        if failures > len(self.delays):
            return None
        return self.delays[failures - 1] * (1 + JITTER * chance())


def parse_delay(text: str) -> timedelta:
    """Read an ISO 8601 duration of fixed length, in weeks, days, hours, minutes and seconds."""
    found = DURATION.fullmatch(text)
    if found is None or not any(found.groups()) or text.endswith("T"):
        raise Invalid(f"{text!r} is no delay: write one like PT5M, PT30S or P1D, or a cycle like R3/PT5M")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    try:
        return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError as exc:
        raise Invalid(f"the delay {text!r} is too long") from exc
