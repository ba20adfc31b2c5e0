"""The database: one engine per process, one transaction per unit of work, SQLite and PostgreSQL alike.

SQLite in its default mode silently loses updates under concurrency, so a write transaction begins with `BEGIN IMMEDIATE`, in WAL mode,
behind a lock that serialises the writers of this process. PostgreSQL serialises by row locks (`SELECT ... FOR UPDATE`).
"""

from __future__ import annotations

import fcntl
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Dialect, Engine, make_url
from sqlalchemy.exc import DataError, DisconnectionError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.types import TypeDecorator

from engine.errors import Invalid

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
LOOK_AGAIN_S = 0.0005
RESTS_SINCE = "watchbill.rests_since"
ASKED_AFTER_S = 5.0
metadata = sa.MetaData(naming_convention=NAMING)


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC moment with microseconds; stored as fixed-width ISO text on SQLite, so that text order is time order."""

    impl = sa.DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Use timestamptz on PostgreSQL and text on SQLite."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(sa.DateTime(timezone=True))
        return dialect.type_descriptor(sa.String(32))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuse naive times: they have no meaning."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive time {value!r}: give it a zone")
        moment = value.astimezone(UTC)
        return moment if dialect.name == "postgresql" else moment.isoformat(timespec="microseconds")

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return aware UTC."""
        if value is None:
            return None
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        return moment.astimezone(UTC)


class Json(TypeDecorator[Any]):
    """Plain JSON data; text on SQLite, jsonb on PostgreSQL."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Use the database's own JSON where it has one."""
        if dialect.name == "postgresql":
            from sqlalchemy.dialects.postgresql import JSONB

            return dialect.type_descriptor(JSONB())
        return dialect.type_descriptor(sa.Text())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Encode; NULL stands for None."""
        if value is None or dialect.name == "postgresql":
            return value
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Decode."""
        if value is None or dialect.name == "postgresql":
            return value
        return json.loads(value)


HELD = "watchbill.held"
ASIDE = 2
PLACE_S = 30
TOO_MANY = ("number of parameters must be between", "too many SQL variables", "Expression tree is too large", "pattern too complex")
"""What PostgreSQL's driver and SQLite say of a statement with more values or conditions, or a longer pattern, than they take."""
BUSY_S = 30
"""How long a command waits for its turn to write to SQLite."""


@contextmanager
def held(connection: Connection) -> Iterator[None]:
    """Refuse a commit on a connection for the length of a block; it raises CommitRefusedError."""
    connection.info[HELD] = True
    try:
        yield
    finally:
        connection.info.pop(HELD, None)


class CommitRefusedError(RuntimeError):
    """Something tried to commit a transaction that is another's to commit."""


def _refuse_when_held(connection: Connection) -> None:
    if HELD in connection.info:
        raise CommitRefusedError


@contextmanager
def _keepable() -> Iterator[None]:
    """Raise Invalid for what the database cannot hold, or not at once: U+0000, half a surrogate pair, a number or text that is too long."""
    try:
        yield
    except (UnicodeEncodeError, OverflowError) as exc:
        raise Invalid(f"the database cannot hold this: {exc}; correct the text or number") from exc
    except StatementError as exc:
        if isinstance(exc, DataError) or isinstance(exc.orig, ValueError | TypeError | OverflowError):
            raise Invalid(f"the database cannot hold this: {exc.orig}; correct the text or number") from exc
        if any(sign in str(exc.orig) for sign in TOO_MANY):
            raise Invalid("these are too many values, or too long a pattern, for one question: ask in several, or for less") from exc
        raise


class Database:
    """A database and the ways to use it: `read()`, `write()`, and `glance()` for single questions.

    What reads while its thread holds a connection reads *aside*, by one of a few connections that are kept for that: else, when as many
    threads as there are connections each held one and wanted a second, all would wait for each other.
    """

    def __init__(self, url: str, *, pool_size: int = 20) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._write_lock = threading.RLock()
        self._queue = self._open_queue()
        self._places = threading.BoundedSemaphore(pool_size)
        options: dict[str, Any] = {"pool_size": pool_size + ASIDE, "max_overflow": 0}
        if self.is_sqlite:
            options["connect_args"] = {"timeout": BUSY_S, "isolation_level": None, "check_same_thread": False}
        self.engine: Engine = sa.create_engine(self.url, **options)
        sa.event.listen(self.engine, "commit", _refuse_when_held)
        if self.is_sqlite:
            sa.event.listen(self.engine, "connect", _prepare_sqlite)
        else:
            sa.event.listen(self.engine, "checkin", _note_rest)
            sa.event.listen(self.engine, "checkout", _ask_after_rest)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open one transaction that may write; it commits at the end of the block and rolls back on any exception.

        Raises Invalid for a value that the database cannot hold.
        """
        if not self.is_sqlite:
            with _keepable(), self._place(), self.engine.begin() as connection:
                yield connection
            return
        with _keepable(), self._write_lock, self._turn(), self._place(), self.engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.commit()
            except BaseException:
                connection.rollback()
                raise

    @contextmanager
    def read(self, *, aside: bool = False) -> Iterator[Connection]:
        """Open a reading transaction that sees one state: every commit that came before it, and none after. `aside`: see the class."""
        with _keepable(), nullcontext() if aside else self._place(), self.engine.connect() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN")
            else:
                connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection
            connection.rollback()

    @contextmanager
    def glance(self) -> Iterator[Connection]:
        """Open a connection for statements that read, each for itself: no round trip begins or ends a transaction."""
        with _keepable(), self._place(), self.engine.connect() as connection:
            yield connection if self.is_sqlite else connection.execution_options(isolation_level="AUTOCOMMIT")

    def dispose(self) -> None:
        """Close every connection (after a fork, or at the end)."""
        self.engine.dispose()
        if self._queue is not None:
            self._queue.close()
            self._queue = None

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait for the other processes that write to the same file: SQLite itself only looks again after growing pauses.

        A process that holds its turn for too long is passed by: then SQLite's own lock decides.
        """
        if self._queue is None:
            yield
            return
        until = time.monotonic() + BUSY_S
        is_mine = False
        while not is_mine and time.monotonic() < until:
            with suppress(BlockingIOError):
                fcntl.flock(self._queue, fcntl.LOCK_EX | fcntl.LOCK_NB)
                is_mine = True
                break
            time.sleep(LOOK_AGAIN_S)
        try:
            yield
        finally:
            if is_mine:
                fcntl.flock(self._queue, fcntl.LOCK_UN)

    def _open_queue(self) -> IO[bytes] | None:
        """Open the file by which the processes that write to a database take turns; None where no other can, or none may."""
        if not self.is_sqlite or not self.url.database or self.url.database == ":memory:" or self.url.query:
            return None
        with suppress(OSError):
            return Path(f"{self.url.database}-turn").open("wb")
        return None

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._places.acquire(timeout=PLACE_S):
            raise PoolTimeout(f"no connection became free in {PLACE_S} s")
        try:
            yield
        finally:
            self._places.release()


def _note_rest(_connection: Any, record: Any) -> None:
    record.info[RESTS_SINCE] = time.monotonic()


def _ask_after_rest(connection: Any, record: Any, _proxy: Any) -> None:
    """Ask a connection that rested for a while whether it still serves, and have a new one if not; one just used needs no asking."""
    if time.monotonic() - record.info.get(RESTS_SINCE, time.monotonic()) < ASKED_AFTER_S:
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        connection.rollback()
    except connection.OperationalError as error:
        raise DisconnectionError from error


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", f"busy_timeout={BUSY_S * 1000:.0f}", "temp_store=MEMORY"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
