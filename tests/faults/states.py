"""The whole content of a database as plain rows: taken, compared, and put back; and identifiers that are the same in every run."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from engine.db import Database, metadata

State = dict[str, list[tuple[Any, ...]]]


def taken(database: Database) -> State:
    """Return all rows of all tables, each table's sorted."""
    with database.read() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(sa.select(table))), key=repr) for table in metadata.sorted_tables
        }


def put_back(database: Database, state: State) -> None:
    """Make the database's content this one again."""
    with database.write() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(sa.delete(table))
        for table in metadata.sorted_tables:
            if state[table.name]:
                names = [column.name for column in table.columns]
                connection.execute(sa.insert(table), [dict(zip(names, row, strict=True)) for row in state[table.name]])


def difference(one: State, other: State) -> str:
    """Say which rows two states do not share, for the reader of a failure."""
    found = []
    for name, rows in one.items():
        found += [f"- {name} {row}" for row in rows if row not in other[name]]
        found += [f"+ {name} {row}" for row in other[name] if row not in rows]
    return "\n".join(found)


def unguard(database: Database) -> None:
    """Take away the triggers that keep the history append-only, so that a state can be put back."""
    on_sqlite = database.is_sqlite
    names = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'history'"
    if not on_sqlite:
        names = "SELECT tgname FROM pg_trigger WHERE tgrelid = 'history'::regclass AND NOT tgisinternal"
    with database.write() as connection:
        for name in connection.exec_driver_sql(names).scalars().all():
            connection.exec_driver_sql(f"DROP TRIGGER {name}" if on_sqlite else f"DROP TRIGGER {name} ON history")


class Numbered(threading.local):
    """Identifiers counted in each thread, under the thread's mark: a run that is repeated makes the same ones."""

    mark, count = 1, 0

    def restart(self, mark: int) -> None:
        """Count from the beginning again."""
        self.mark, self.count = mark, 0

    def __call__(self) -> UUID:
        self.count += 1
        return UUID(int=(self.mark << 96) + self.count)


class Watched:
    """Calls a function before every statement and every commit of a database, with the number of what comes."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @contextmanager
    def by(self, before: Any) -> Iterator[None]:
        """Watch for the length of a block."""

        def statement(_connection: Any, _cursor: Any, text: str, *_rest: Any) -> None:
            before(text)

        def commit(_connection: Any) -> None:
            before("COMMIT")

        sa.event.listen(self.database.engine, "before_cursor_execute", statement)
        sa.event.listen(self.database.engine, "commit", commit)
        try:
            yield
        finally:
            sa.event.remove(self.database.engine, "before_cursor_execute", statement)
            sa.event.remove(self.database.engine, "commit", commit)
