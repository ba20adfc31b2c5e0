"""What is to leave the house (mail, chat, hooks): rows put in the step's own transaction, and sent after it committed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from engine.ids import new_id
from engine.tables import outbox

INSERT = sa.insert(outbox)


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to send. `id` is its idempotency key: it may be sent twice, so receivers that can should compare it."""

    id: str
    kind: str
    instance_id: str | None
    payload: Mapping[str, Any]
    is_drill: bool
    created_at: datetime


def put(
    connection: Connection, kind: str, *, payload: Mapping[str, Any], now: datetime, instance_id: str | None = None, is_drill: bool = False
) -> str:
    """Queue one notice in the caller's transaction and return its id."""
    notice = Notice(new_id(), kind, instance_id, payload, is_drill, now)
    put_all(connection, (notice,))
    return notice.id


def put_all(connection: Connection, notices: Collection[Notice]) -> None:
    """Queue several notices in one statement."""
    if notices:
        connection.execute(INSERT, [_row(notice) for notice in notices])


def unsent(connection: Connection, limit: int) -> tuple[Notice, ...]:
    """Return what has not been sent, oldest first."""
    statement = sa.select(outbox).where(outbox.c.sent_at.is_(None)).order_by(outbox.c.created_at, outbox.c.id).limit(limit)
    return tuple(
        Notice(row.id, row.kind, row.instance_id, row.payload, row.is_drill, row.created_at) for row in connection.execute(statement)
    )


def mark_sent(connection: Connection, ids: Collection[str], *, now: datetime) -> int:
    """Mark notices as sent and return how many were not yet; the first mark stays."""
    statement = sa.update(outbox).where(outbox.c.id.in_(ids), outbox.c.sent_at.is_(None)).values(sent_at=now)
    return connection.execute(statement).rowcount


def _row(notice: Notice) -> dict[str, Any]:
    return {
        "id": notice.id,
        "kind": notice.kind,
        "instance_id": notice.instance_id,
        "payload": dict(notice.payload),
        "is_drill": notice.is_drill,
        "created_at": notice.created_at,
        "sent_at": None,
    }
