"""Backups: one file that holds every row, written in one consistent read while the work goes on, and restored all or nothing.

The file is a gzip of JSON lines: a head with the version of the database, then for each table its name and its rows. It is the same for
SQLite and PostgreSQL, so a Watchbill can move from one to the other.
"""

from __future__ import annotations

import base64
import gzip
import json
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

import sqlalchemy as sa

from engine.clock import SystemClock
from engine.db import Database
from engine.errors import Conflict, Invalid
from engine.tables import HISTORY_GUARDS, lease
from engine.work import holder_of
from watchbill import migrating
from watchbill.house import said_by_database
from watchbill.migrating import metadata

FORMAT = "watchbill backup 1"
AT_A_TIME = 500


@dataclass(frozen=True, slots=True)
class Kept:
    """What a backup holds."""

    tables: int
    rows: int


def backup(database: Database, file: Path) -> Kept:
    """Write every row to a file that its owner alone can read; it appears only when it is whole."""
    part = file.with_name(f"{file.name}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as raw:
            with gzip.open(raw, "wt", encoding="utf-8") as out, _one_state(database) as connection:
                kept = _write(connection, out)
            raw.flush()
            os.fsync(raw.fileno())
        part.replace(file)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return kept


@contextmanager
def _one_state(database: Database) -> Iterator[sa.Connection]:
    """Read one consistent state, while others write."""
    if database.is_sqlite:
        with database.read() as connection:
            yield connection
        return
    with database.engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        yield connection


def _write(connection: sa.Connection, out: TextIO) -> Kept:
    rows = 0
    out.write(json.dumps({"format": FORMAT, "revision": _revision(connection)}) + "\n")
    for table in metadata.sorted_tables:
        out.write(json.dumps({"table": table.name}) + "\n")
        for row in connection.execution_options(yield_per=AT_A_TIME).execute(sa.select(table)):
            out.write(json.dumps([_pack(value) for value in row], ensure_ascii=False) + "\n")
            rows += 1
    return Kept(len(metadata.sorted_tables), rows)


def restore(database: Database, file: Path, *, force: bool) -> Kept:
    """Bring back every row in one transaction; whoever held the work then does not hold it here.

    Raises Conflict when there is data and no `force`, or somebody works, and Invalid for a file that is no backup.
    """
    migrating.upgrade(database)
    held = holder_of(database)
    if held is not None and held.expires_at > SystemClock().now():
        raise Conflict(f"{held.holder} does the work of this Watchbill: stop serving first.")
    try:
        with gzip.open(file, "rt", encoding="utf-8") as read, database.write() as connection:
            _check_head(read, _revision(connection))
            _make_empty(connection, force=force)
            rows = _read(connection, read)
            connection.execute(sa.update(lease).values(expires_at=datetime.fromtimestamp(0, UTC)))
    except sa.exc.OperationalError:
        raise
    except (OSError, EOFError, ValueError, LookupError, TypeError, zlib.error, sa.exc.StatementError) as error:
        said = said_by_database(error) if isinstance(error, sa.exc.StatementError) else error
        raise Invalid(f"{file} is not a whole backup ({said}); nothing was changed.") from error
    return Kept(len(metadata.sorted_tables), rows)


def _read(connection: sa.Connection, read: TextIO) -> int:
    rows = 0
    missing = set(metadata.tables)
    for table, values in _tables(read):
        missing.discard(table.name)
        if values:
            connection.execute(sa.insert(table), [dict(zip(table.c.keys(), row, strict=True)) for row in values])
        rows += len(values)
    if missing:
        raise ValueError(f"it lacks {', '.join(sorted(missing)[:5])}")
    return rows


def _check_head(read: TextIO, revision: str) -> None:
    head = json.loads(read.readline())
    if head["format"] != FORMAT:
        raise Invalid(f"The file's format is {head['format']!r}, not {FORMAT!r}.")
    if head["revision"] != revision:
        raise Invalid(
            f"The backup is of version {head['revision']}, the database of {revision}: restore it with that version, then upgrade."
        )


def _make_empty(connection: sa.Connection, *, force: bool) -> None:
    taken = [table.name for table in metadata.sorted_tables if connection.scalar(sa.select(sa.func.count()).select_from(table))]
    if taken and not force:
        raise Conflict(f"There is data already (in {', '.join(taken[:5])}): restore into an empty Watchbill, or say --force.")
    if not taken:
        return
    _drop_guards(connection)
    for table in reversed(metadata.sorted_tables):
        connection.execute(sa.delete(table))
    for statement in HISTORY_GUARDS[connection.dialect.name]:
        connection.exec_driver_sql(statement)


def _drop_guards(connection: sa.Connection) -> None:
    """Lift the triggers that keep the history append-only, for the one case in which it is replaced as a whole."""
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'history'")
        for name in [row[0] for row in rows]:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        return
    rows = connection.exec_driver_sql("SELECT tgname FROM pg_trigger WHERE tgrelid = 'history'::regclass AND NOT tgisinternal")
    for name in [row[0] for row in rows]:
        connection.exec_driver_sql(f"DROP TRIGGER {name} ON history")


def _tables(read: TextIO) -> Iterator[tuple[sa.Table, list[list[Any]]]]:
    """Yield each table with its rows, some at a time."""
    table: sa.Table | None = None
    rows: list[list[Any]] = []
    for line in read:
        item = json.loads(line)
        begins = isinstance(item, dict)
        if table is not None and (begins or len(rows) == AT_A_TIME):
            yield table, rows
            rows = []
        if begins:
            table = metadata.tables[item["table"]]
        else:
            rows.append([_unpack(value) for value in item])
    if table is not None:
        yield table, rows


def _revision(connection: sa.Connection) -> str:
    return str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar())


def _pack(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"$time": value.isoformat()}
    if isinstance(value, bytes | memoryview):
        return {"$bytes": base64.b64encode(bytes(value)).decode()}
    return {"$json": value} if isinstance(value, dict | list) else value


def _unpack(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if "$time" in value:
        return datetime.fromisoformat(value["$time"])
    return base64.b64decode(value["$bytes"]) if "$bytes" in value else value["$json"]
