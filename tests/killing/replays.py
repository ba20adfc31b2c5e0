"""Two replays of the same log: one in a single process, one whose work others do, who are killed meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.clock import FileClock
from engine.tables import job
from engine.work import look
from tests.killing.hand import Hand
from tests.killing.processes import LOOK_S
from tests.killing.siege import Siege
from watchbill.house import House
from watchbill.replaying import Replay

SETTLED_WITHIN_S = 60


class Quiet(Replay):
    """A replay in which all that is recorded for a moment is done before what falls due then."""

    commands = 0

    def pass_until(self, at: datetime) -> None:
        if at > self.house.engine.clock.now():
            super().pass_until(at)

    def do(self, command: Callable[..., Any], about: str, **said: Any) -> Any:
        self.commands += 1
        return super().do(command, about, **said)


class Disturbed(Quiet):
    """A replay whose commands a hand does and whose due work real processes do, while they are killed."""

    def __init__(self, house: House, *, siege: Siege, hand: Hand, last_orders: Collection[int]) -> None:
        assert isinstance(house.engine.clock, FileClock)
        super().__init__(house, house.engine.clock)
        self.siege = siege
        self.hand = hand
        self.last_orders = last_orders

    def do(self, command: Callable[..., Any], about: str, **said: Any) -> Any:
        self.siege.tick()
        self.commands += 1
        self.tally.steps += 1
        dies = self.commands in self.last_orders
        return self.hand.do(command, about, dies=dies, idempotency_key=f"command {self.commands}", **said)

    def settle(self) -> datetime | None:
        """Wait until all that is due is done; what that did to the tasks must be read anew, so it counts as a step."""
        self.tally.steps += 1
        until = time.monotonic() + SETTLED_WITHIN_S
        while left := self._left():
            assert time.monotonic() < until, f"not done within {SETTLED_WITHIN_S} s: {left}"
            self.siege.tick()
            time.sleep(LOOK_S)
        return look(self.house.engine, limit=1).next_at

    def _left(self) -> list[sa.Row[Any]]:
        due = sa.and_(job.c.status == "waiting", job.c.due_at <= self.house.engine.clock.now())
        with self.house.database.read() as connection:
            return list(connection.execute(sa.select(job).where(sa.or_(due, job.c.status == "taken")).limit(10)))
