"""Sessions that were ended: a cookie cannot be taken back from whoever copied it, so it is known as ended until it would run out."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from engine.tables import ended_session

LASTS = timedelta(days=7)
"""How long a session lasts that nobody ends."""
ENDED = sa.select(sa.exists().where(ended_session.c.id == sa.bindparam("of_id")))


def end_session(connection: Connection, session_id: str, *, now: datetime) -> None:
    """Make a session worth nothing from now on; twice is once."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(insert(ended_session).values(id=session_id, at=now).on_conflict_do_nothing())


def is_ended(connection: Connection, session_id: str) -> bool:
    """Tell whether a session was ended."""
    return connection.scalar(ENDED, {"of_id": session_id}) is True


def forget_ended(connection: Connection, *, now: datetime) -> int:
    """Forget the sessions that have run out since they were ended, and return how many."""
    return connection.execute(sa.delete(ended_session).where(ended_session.c.at <= now - LASTS)).rowcount
