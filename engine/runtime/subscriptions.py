"""The rows of what instances and start events wait for: messages, signals, conditions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from engine.errors import Invalid
from engine.execution.model import Wait
from engine.plain import plain
from engine.runtime.correlation import digest_of
from engine.runtime.instances import Instance
from engine.tables import process_instance, subscription

MAX_NAME = 255


@dataclass(frozen=True, slots=True)
class Subscription:
    """Somebody who waits: an instance's token, or a start event (`definition_id` set)."""

    id: str
    kind: str
    name: str
    instance_id: str | None
    definition_id: str | None
    element: str
    business_key: str | None
    correlation: Mapping[str, Any] | None
    is_drill: bool | None

    @property
    def is_start(self) -> bool:
        """Tell whether it starts an instance."""
        return self.definition_id is not None


SUBSCRIPTION_COLUMNS = [*(subscription.c[name] for name in Subscription.__slots__ if name in subscription.c), process_instance.c.is_drill]
WITH_INSTANCE = subscription.outerjoin(process_instance, process_instance.c.id == subscription.c.instance_id)

SELECT = sa.select(*SUBSCRIPTION_COLUMNS).select_from(WITH_INSTANCE)
INSERT = sa.insert(subscription)
REMOVE = sa.delete(subscription).where(subscription.c.id.in_(sa.bindparam("tokens", expanding=True)))


def insert_subscriptions(connection: Connection, instance: Instance, *, waits: Sequence[Wait], now: datetime) -> None:
    """Insert a row for each token that began to wait."""
    if waits:
        connection.execute(INSERT, [_row(instance, wait, now) for wait in waits])


def _row(instance: Instance, wait: Wait, now: datetime) -> dict[str, Any]:
    name = wait.name or ""
    if len(name) > MAX_NAME and wait.kind != "condition":
        raise Invalid(f"the {wait.kind} that {wait.element} waits for has a name of {len(name)} characters: use at most {MAX_NAME}")
    correlation = plain(wait.correlation, where=f"the correlation keys of {wait.element}") or None
    assert correlation is None or isinstance(correlation, dict)
    return {
        "id": wait.token,
        "kind": wait.kind.value,
        "name": name[:MAX_NAME],
        "instance_id": instance.id,
        "definition_id": None,
        "element": wait.element,
        "business_key": instance.business_key,
        "correlation": correlation,
        "digest": digest_of(correlation),
        "created_at": now,
    }


def remove_subscriptions(connection: Connection, tokens: Collection[str]) -> None:
    """Remove the rows of tokens that no longer wait."""
    if tokens:
        connection.execute(REMOVE, {"tokens": list(tokens)})


def waiting_for(
    connection: Connection,
    kind: str,
    *,
    names: Collection[str],
    business_key: str | None = None,
    digests: Collection[str] | None = None,
    is_drill: bool | None = None,
) -> tuple[Subscription, ...]:
    """Return everybody who waits for one of these names, oldest first.

    `business_key` leaves only tokens of instances that have it, `digests` those that declare one of these sets of correlation keys or none
    at all, `is_drill` only drills or only others; start events always remain.
    """
    alike = sa.and_(subscription.c.kind == kind, subscription.c.name.in_(names))
    statement = SELECT.where(alike if digests is None else subscription.c.id.in_(_declaring(alike, digests)))
    starts = subscription.c.definition_id.is_not(None)
    if business_key is not None:
        statement = statement.where(sa.or_(subscription.c.business_key == business_key, starts))
    if is_drill is not None:
        statement = statement.where(sa.or_(process_instance.c.is_drill == is_drill, starts))
    statement = statement.order_by(subscription.c.created_at, subscription.c.id)
    return tuple(Subscription(*row) for row in connection.execute(statement))


def _declaring(alike: sa.ColumnElement[bool], digests: Collection[str]) -> sa.CompoundSelect[tuple[str]]:
    """Return the ids of who declares one of these sets of keys, or none: two questions, since SQLite answers an OR without the index."""
    wanted = (subscription.c.digest.is_(None), subscription.c.digest.in_(digests))
    return sa.union_all(*(sa.select(subscription.c.id).where(alike, each) for each in wanted))
