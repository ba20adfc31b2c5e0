"""Whoever kills the processes of a Watchbill at random moments, and starts them again."""

from __future__ import annotations

import time
from collections.abc import Mapping
from random import Random

import sqlalchemy as sa

from engine.db import Database
from engine.tables import history
from engine.work import holder_of
from tests.killing.processes import Processes

SHORT_S, LONG_S = 0.06, 0.3


class Siege:
    """Kills its victims, each as often as is said, and starts again who has ended, as a supervisor would.

    `tick` is called while there is work to do. The next one dies a random while after the first commit since the last death: so something
    was done between any two, and something is being done at each. A victim is `serve`, its `web` or `work` process, the `worker`, or the
    `holder`: whichever of the two holds the lease. One that is not there at the time has its turn later.
    """

    def __init__(self, processes: Processes, database: Database, *, victims: Mapping[str, int], luck: Random) -> None:
        self.processes = processes
        self.victims = [name for name, times in victims.items() for _ in range(times)]
        self._database = database
        self._luck = luck
        luck.shuffle(self.victims)
        self._done_at_kill = self._done()
        self._strike_at: float | None = None

    def tick(self) -> None:
        """Start who has ended, and kill the next victim if it is time."""
        self.processes.start_again()
        if not self.victims:
            return
        if self._strike_at is None:
            if self._done() > self._done_at_kill:
                self._strike_at = time.monotonic() + self._luck.uniform(0, self._luck.choice((SHORT_S, LONG_S)))
        elif time.monotonic() >= self._strike_at:
            self._strike()

    def _strike(self) -> None:
        for victim in self.victims:
            name = self._holder() if victim == "holder" else victim
            if name is not None and self.processes.kill(name):
                self.victims.remove(victim)
                self._done_at_kill, self._strike_at = self._done(), None
                return

    def _holder(self) -> str | None:
        held = holder_of(self._database)
        pid = None if held is None else int(held.holder.rpartition(":")[2])
        return next((name for name in ("work", "worker") if pid is not None and self.processes.pid_of(name) == pid), None)

    def _done(self) -> int:
        with self._database.read() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(history)) or 0
