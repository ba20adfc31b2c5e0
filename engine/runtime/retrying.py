"""How often work is tried, and what passes by itself."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from engine.db import Database
from engine.errors import Passing
from engine.handling import RetryPlan

if TYPE_CHECKING:
    from engine.runtime.process_engine import ProcessEngine

TRIES = 6
FIRST_PAUSE_S = 0.01
PASSING_STATES = frozenset({"40001", "40P01", "55P03"})
"""PostgreSQL: serialization failure, deadlock detected, lock not available."""

Answer = TypeVar("Answer")


def in_transaction(database: Database, work: Callable[[Connection], Answer]) -> Answer:
    """Do the work in one writing transaction, again from the start after a deadlock or the like. Raises Passing when that goes on."""
    for attempt in range(TRIES):
        if attempt:
            time.sleep(FIRST_PAUSE_S * 2**attempt * random.random())  # noqa: S311  # jitter, so that those who met do not meet again
        try:
            with database.write() as connection:
                return work(connection)
        except Passing as exc:
            cause: Exception = exc
        except PoolTimeout as exc:
            raise Passing("every connection to the database is in use: try again") from exc
        except DBAPIError as exc:
            if exc.connection_invalidated:
                raise Passing(f"the connection to the database was lost: {exc.orig}; try again") from exc
            if not _passes(exc):
                raise
            cause = exc
    raise Passing(f"others kept the database busy through {TRIES} tries: try again") from cause


def _passes(exc: DBAPIError) -> bool:
    state = getattr(exc.orig, "sqlstate", None)
    return state in PASSING_STATES or "database is locked" in str(exc.orig) or "database table is locked" in str(exc.orig)


def retry_plan(engine: ProcessEngine, topic: str | None, cycle: str | None) -> RetryPlan:
    """Return how often to try a topic: what the diagram says, else its handler, else the settings."""
    if cycle:
        return RetryPlan.of_cycle(cycle)
    if topic is not None and topic in engine.handlers:
        plan = engine.handlers.get(topic).retries
        if plan is not None:
            return plan
    settings = engine.settings
    return RetryPlan.growing(settings.retries, settings.backoff, longest=settings.max_backoff)
