"""The savepoint in which a handler runs: it may write, and it may not end the step's transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.engine import Connection


class TransactionEndedError(RuntimeError):
    """A handler committed or rolled back the step's transaction: its code is wrong, and the whole command must end."""


@contextmanager
def savepoint(connection: Connection, topic: str) -> Iterator[None]:
    """Undo what the block wrote when it raises.

    Raises TransactionEndedError when the block tried to commit (which does not happen) or rolled back.
    """
    sa.event.listen(connection, "commit", _refuse)
    try:
        with connection.begin_nested():
            yield
    finally:
        sa.event.remove(connection, "commit", _refuse)
        if not connection.in_transaction() and not connection.invalidated:
            # SQLAlchemy counts it as ended while the database may not: only a new connection is clean.
            connection.invalidate()
            raise TransactionEndedError(f"{topic} committed or rolled back the step's transaction: a handler only reads and writes in it")


def _refuse(_connection: Connection) -> None:
    raise TransactionEndedError
