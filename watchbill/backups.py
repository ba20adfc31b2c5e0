"""Backups: one file that holds every row, written in one consistent read while the work goes on, and restored all or nothing.

The file is a gzip of JSON lines: a head with the version of the database, then for each table its name and its rows. It is the same for
SQLite and PostgreSQL, so a Watchbill can move from one to the other.
"""

from __future__ import annotations

import base64
import gzip
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

import sqlalchemy as sa

from engine.db import Database
from engine.errors import Conflict, Invalid
from engine.tables import HISTORY_GUARDS
from watchbill import migrating
from watchbill.migrating import metadata

FORMAT = "watchbill backup 1"
AT_A_TIME = 500


@dataclass(frozen=True, slots=True)
class Kept:
    """What a backup holds."""

    tables: int
    rows: int


def backup(database: Database, file: Path) -> Kept:
    """Write every row to a file, which appears only when it is whole."""
    part = file.with_name(f"{file.name}.part")
    rows = 0
    reading = database.engine.connect()
    if not database.is_sqlite:
        reading = reading.execution_options(isolation_level="REPEATABLE READ")
    with reading as connection, gzip.open(part, "wt", encoding="utf-8") as out:
        if database.is_sqlite:
            connection.exec_driver_sql("BEGIN")
        head = {"format": FORMAT, "revision": _revision(connection)}
        out.write(json.dumps(head) + "\n")
        for table in metadata.sorted_tables:
            out.write(json.dumps({"table": table.name}) + "\n")
            for row in connection.execution_options(yield_per=AT_A_TIME).execute(sa.select(table)):
                out.write(json.dumps([_pack(value) for value in row], ensure_ascii=False) + "\n")
                rows += 1
        connection.rollback()
    with part.open("rb") as written:
        os.fsync(written.fileno())
    part.replace(file)
    return Kept(len(metadata.sorted_tables), rows)


def restore(database: Database, file: Path, *, force: bool) -> Kept:
    """Bring back every row in one transaction. Raises Conflict when there is data and no `force`, Invalid for a file that is no backup."""
    migrating.upgrade(database)
    rows = 0
    try:
        with gzip.open(file, "rt", encoding="utf-8") as read, database.write() as connection:
            _check_head(read, _revision(connection))
            _make_empty(connection, force=force)
            for table, values in _tables(read):
                names = [column.name for column in table.columns]
                for start in range(0, len(values), AT_A_TIME):
                    some = values[start : start + AT_A_TIME]
                    connection.execute(sa.insert(table), [dict(zip(names, row, strict=True)) for row in some])
                rows += len(values)
    except (OSError, EOFError, ValueError, KeyError) as error:
        raise Invalid(f"{file} is not a whole backup ({error}); nothing was changed.") from error
    return Kept(len(metadata.sorted_tables), rows)


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
    table: sa.Table | None = None
    rows: list[list[Any]] = []
    for line in read:
        item = json.loads(line)
        if isinstance(item, dict):
            if table is not None:
                yield table, rows
            table, rows = metadata.tables[item["table"]], []
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
