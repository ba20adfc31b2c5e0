"""The savepoint in which a handler runs: it may write, and it may not end the step's transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from engine.db import held

NAME = "handler"


class TransactionEndedError(RuntimeError):
    """A handler committed or rolled back the step's transaction: its code is wrong, and the whole command must end."""


@contextmanager
def savepoint(connection: Connection, topic: str) -> Iterator[None]:
    """Undo what the block wrote when it raises.

    Raises TransactionEndedError when the block tried to commit (which does not happen) or rolled back.
    """
    step = connection.get_transaction()
    connection.exec_driver_sql(f"SAVEPOINT {NAME}")
    try:
        with held(connection):
            yield
    except BaseException:
        if connection.invalidated:
            raise
        _require_unended(connection, step, topic)
        connection.exec_driver_sql(f"ROLLBACK TO SAVEPOINT {NAME}")
        connection.exec_driver_sql(f"RELEASE SAVEPOINT {NAME}")
        raise
    _require_unended(connection, step, topic)
    connection.exec_driver_sql(f"RELEASE SAVEPOINT {NAME}")


def _require_unended(connection: Connection, step: sa.RootTransaction | None, topic: str) -> None:
    if step is not None and step.is_active and connection.get_transaction() is step:
        return
    # SQLAlchemy counts it as ended while the database may not: only a new connection is clean.
    connection.invalidate()
    raise TransactionEndedError(f"{topic} committed or rolled back the step's transaction: a handler only reads and writes in it")
