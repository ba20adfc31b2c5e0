"""Where external workers wait for work: long polling at a bounded price.

A worker that waits holds a thread of its web process, and nothing else: no connection, no lock. So at most SEATS of them wait in one
process, which has that many threads beyond those that serve everybody else; who finds no seat is answered at once with what there is.

1. All who wait share one look at the database every LOOK_EVERY_S: one of them asks, in one indexed query, which of all their topics
   have work, and wakes those whose topics do. That is how work is seen that another process made, or whose lock ran out.
2. A transaction of this process that makes work rings right after its commit, with no look at all.
3. Before each step a worker's connection is looked at, so that a seat is soon free again when its client has gone.
4. When the process must stop, the room closes and all are answered at once.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from engine.clock import Clock
from engine.db import Database
from engine.runtime.jobs import has_work
from engine.tables import job

SEATS = 12
"""How many workers may wait in one process."""
LOOK_EVERY_S = 0.5
LOOK = sa.select(job.c.name).where(has_work(sa.bindparam("now")), job.c.name.in_(sa.bindparam("topics", expanding=True))).distinct()


@dataclass(slots=True)
class Seat:
    """A worker that waits: for which topics, and the last round of news that it has seen."""

    topics: frozenset[str]
    seen: int


class WaitingRoom:
    """The waiting workers of one process."""

    def __init__(self, database: Database, clock: Clock, *, seats: int = SEATS) -> None:
        self._database, self._clock, self._free = database, clock, seats
        self._news = threading.Condition()
        self._round = 0
        self._rounds: dict[str, int] = {}
        self._waited_for: Counter[str] = Counter()
        self._next_look = 0.0
        self._is_looking = False
        self._is_closed = False
        self._made = threading.local()

    @property
    def free_seats(self) -> int:
        """Return how many more may wait now."""
        with self._news:
            return 0 if self._is_closed else self._free

    @contextmanager
    def seat(self, topics: Collection[str]) -> Iterator[Seat | None]:
        """Take a seat for the length of a block; None when there is none."""
        with self._news:
            seat = Seat(frozenset(topics), self._round) if self._free > 0 and not self._is_closed else None
            if seat is not None:
                self._free -= 1
                self._waited_for.update(seat.topics)
        try:
            yield seat
        finally:
            if seat is not None:
                with self._news:
                    self._free += 1
                    self._waited_for = self._waited_for - Counter(seat.topics)
                    self._rounds = {topic: number for topic, number in self._rounds.items() if topic in self._waited_for}

    def wait(self, seat: Seat, *, until: float, is_wanted: Callable[[], bool]) -> bool:
        """Wait until there may be new work for a seat; False when its time (of `time.monotonic`) is over or it is no longer wanted."""
        while is_wanted():
            with self._news:
                now = time.monotonic()
                if self._is_closed or now >= until:
                    return False
                latest = max(self._rounds.get(topic, 0) for topic in seat.topics)
                if latest > seat.seen:
                    seat.seen = latest
                    return True
                if self._is_looking or now < self._next_look:
                    pause = LOOK_EVERY_S if self._is_looking else self._next_look - now
                    self._news.wait(min(pause, until - now))
                    continue
                self._is_looking, self._next_look, topics = True, now + LOOK_EVERY_S, list(self._waited_for)
            self._look(topics)
        return False

    def _look(self, topics: Collection[str]) -> None:
        found: Collection[str] = ()
        try:
            with self._database.read() as connection:
                found = connection.scalars(LOOK, {"topics": topics, "now": self._clock.now()}).all()
        finally:
            with self._news:
                self._is_looking = False
                self._tell(found)

    def _tell(self, topics: Collection[str]) -> None:
        self._round += 1
        self._rounds |= {topic: self._round for topic in topics if topic in self._waited_for}
        self._news.notify_all()

    def made_work(self, topic: str) -> None:
        """Note in a transaction that it makes work; `ring`, after its commit, tells."""
        self._made.topics = {*getattr(self._made, "topics", ()), topic}

    def ring(self) -> None:
        """Wake those who wait for what the transaction that this thread has just committed made."""
        topics = getattr(self._made, "topics", ())
        if topics:
            self._made.topics = ()
            with self._news:
                self._tell(topics)

    def close(self) -> None:
        """Send everybody away and let nobody in: the process is about to stop."""
        with self._news:
            self._is_closed = True
            self._news.notify_all()
