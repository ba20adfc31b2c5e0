"""The local dispatcher: one process that does due work, rung by APScheduler, as long as it holds the lease."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor as RingingPool
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.exc import SQLAlchemyError

from engine.clock import SystemClock
from engine.commands import ProcessEngine
from engine.errors import Fenced, Passing
from engine.runtime.jobs import Job, JobKind
from engine.work.lease import Lease, release, renew, take
from engine.work.slots import run_slots
from engine.work.stalled import note_stalled
from engine.work.sweep import look, run_guarded

log = structlog.get_logger(__name__)
RING_S = 0.4
STANDBY_S = 1.0
TIDY_S = 60
SENDERS = 4
SENT_IN_A_TURN = 10


class Dispatcher:
    """Does due work while it holds the lease.

    A ring looks for due jobs and hands them to a pool: jobs of one instance one after the other, different instances side by side. Webhooks
    have a pool of their own, each hook its turn, so that slow receivers keep nobody else waiting. A heartbeat prolongs the lease; when that
    fails, or a commit is refused by the fence, the dispatcher stops.
    """

    def __init__(self, engine: ProcessEngine, held: Lease) -> None:
        self.engine = engine
        self.held = held
        self.stopped = threading.Event()
        self._pool = ThreadPoolExecutor(engine.settings.worker_threads, thread_name_prefix="work")
        self._senders = ThreadPoolExecutor(SENDERS, thread_name_prefix="send")
        self._busy: set[str] = set()
        self._lock = threading.Lock()
        self._scheduler = BackgroundScheduler(
            executors={"default": RingingPool(2)}, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )

    def start(self) -> None:
        """Begin to ring."""
        beat = self.engine.settings.lease / 3
        for name, ring, seconds in (
            ("jobs", self._ring, RING_S),
            ("heartbeat", self._beat, beat.total_seconds()),
            ("tidy", self._tidy, TIDY_S),
        ):
            self._scheduler.add_job(self._guarded(ring), "interval", seconds=seconds, id=name)
        self._scheduler.start()

    def stop(self) -> None:
        """Stop ringing, finish what is being done, and give the lease back."""
        self.stopped.set()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)
        for pool in (self._pool, self._senders):
            pool.shutdown(wait=True, cancel_futures=True)
        try:
            release(self.engine.database, self.held, now=SystemClock().now())
        except (SQLAlchemyError, Passing) as error:
            log.warning("lease not released", error=str(error))

    def _guarded(self, ring: Callable[[], None]) -> Callable[[], None]:
        def call() -> None:
            if self.stopped.is_set():
                return
            try:
                ring()
            except Fenced as error:
                log.error("fenced", error=str(error))
                self.stopped.set()
            except (SQLAlchemyError, Passing) as error:
                log.warning("database away", error=str(error))

        return call

    def _ring(self) -> None:
        with self._lock:
            busy = frozenset(self._busy)  # one with more due jobs than a look returns would else hide those of all others
        due = look(self.engine, limit=self.engine.settings.sweep_limit, busy=busy)
        if due.has_slots:
            run_slots(self.engine, fence=self.held.fence)
        groups: dict[str, list[Job]] = {}
        for each in due.jobs:
            is_notice = each.kind == JobKind.NOTICE
            groups.setdefault(each.name or "" if is_notice else each.instance_id or each.id, []).append(each)
        for group, jobs in groups.items():
            with self._lock:
                if group in self._busy:
                    continue
                self._busy.add(group)
            if jobs[0].kind == JobKind.NOTICE:
                self._senders.submit(self._run, group, jobs[:SENT_IN_A_TURN])
            else:
                self._pool.submit(self._run, group, jobs)

    def _run(self, group: str, jobs: list[Job]) -> None:
        def work() -> None:
            for each in jobs:
                if self.stopped.is_set():
                    return
                run_guarded(self.engine, each, worker=self.held.holder, fence=self.held.fence)

        try:
            self._guarded(work)()
        finally:
            with self._lock:
                self._busy.discard(group)

    def _beat(self) -> None:
        if not renew(self.engine.database, self.held, now=SystemClock().now(), ttl=self.engine.settings.lease):
            log.error("lease lost", holder=self.held.holder, fence=self.held.fence)
            self.stopped.set()

    def _tidy(self) -> None:
        note_stalled(self.engine)
        self.engine.tidy()


def worker_name() -> str:
    """Return a name for this worker: its machine and process."""
    return f"{socket.gethostname()}:{os.getpid()}"


def run_worker(engine: ProcessEngine, *, stop: threading.Event, ready: Callable[[], None] | None = None) -> None:
    """Work until told to stop: wait for the lease, dispatch while it is held, and wait again if it was lost."""
    holder = worker_name()
    standby_s = min(STANDBY_S, (engine.settings.lease / 3).total_seconds())
    told = False
    while not stop.is_set():
        held = _try_take(engine, holder)
        if not told and ready is not None:
            ready()
            told = True
        if held is None:
            stop.wait(standby_s)
            continue
        log.info("working", holder=holder, fence=held.fence)
        dispatcher = Dispatcher(engine, held)
        dispatcher.start()
        while not stop.is_set() and not dispatcher.stopped.wait(STANDBY_S / 5):
            pass
        dispatcher.stop()


def _try_take(engine: ProcessEngine, holder: str) -> Lease | None:
    try:
        return take(engine.database, holder, now=SystemClock().now(), ttl=engine.settings.lease)
    except (SQLAlchemyError, Passing) as error:
        log.warning("database away", error=str(error))
        return None
