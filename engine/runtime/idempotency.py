"""Idempotency keys: the second call with a key gets the first one's answer.

The key is inserted before the work begins, in the same transaction. A second call at the same time waits there for the first one's end,
and then finds its answer, or, if the first was rolled back, does the work itself.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from engine.errors import Conflict, Invalid
from engine.tables import idempotency

MAX_KEY = 255


def claim_key(connection: Connection, key: str, *, command: str, of: str, actor: str, now: datetime) -> dict[str, Any] | None:
    """Take a key for a command, or return the answer that the same command of the same actor gave under it, done to the same thing.

    Raises Conflict when the key served another command, another thing or another person.
    """
    if not key or len(key) > MAX_KEY:
        raise Invalid(f"the idempotency key has {len(key)} characters: use 1 to {MAX_KEY}")
    row = {"key": key, "command": command, "actor": actor, "answer": None, "created_at": now}
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    if connection.scalar(insert(idempotency).values(row).on_conflict_do_nothing().returning(idempotency.c.key)) is not None:
        return None
    stored = connection.execute(sa.select(idempotency).where(idempotency.c.key == key)).one()
    if (stored.command, stored.actor, stored.answer["of"]) != (command, actor, of):
        raise Conflict(f"the idempotency key {key!r} was used for another request ({stored.command}): use a new key for each request")
    answer: dict[str, Any] = stored.answer["answer"]
    return answer


def store_answer(connection: Connection, key: str, *, of: str, answer: dict[str, Any]) -> None:
    """Keep the answer, and what it is of, under a key that was taken."""
    connection.execute(sa.update(idempotency).where(idempotency.c.key == key).values(answer={"of": of, "answer": answer}))


def forget_keys(connection: Connection, *, before: datetime) -> int:
    """Forget keys from before a moment and return how many."""
    return connection.execute(sa.delete(idempotency).where(idempotency.c.created_at < before)).rowcount
