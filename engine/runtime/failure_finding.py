"""Finding failures, open or resolved, by all that is known of them in columns."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from engine.people import HOUSE, Action, Actor, require
from engine.runtime.failures import FAILURE_COLUMNS, Failure
from engine.runtime.paging import Sort, ordered
from engine.runtime.patterns import like
from engine.tables import failure, process_instance

if TYPE_CHECKING:
    from engine.runtime.process_engine import ProcessEngine

SORTS: dict[str, sa.ColumnElement[Any]] = {
    name: failure.c[name] for name in ("id", "message", "created_at", "kind", "token", "element", "instance_id", "definition_key", "job_id")
}


JOINED = failure.outerjoin(process_instance, process_instance.c.id == failure.c.instance_id)
SORTS["definition_id"] = process_instance.c.definition_id


@dataclass(frozen=True, slots=True)
class FoundFailure(Failure):
    """A failure with the definition of its instance."""

    definition_id: str | None


@dataclass(frozen=True, slots=True)
class FailureFilter:
    """Which failures; a pattern is SQL's, with `%` for anything. `is_open` None means the resolved ones too."""

    ids: Collection[str] | None = None
    kind: str | None = None
    message: str | None = None
    message_like: str | None = None
    instance_id: str | None = None
    definition_keys: Collection[str] | None = None
    definition_key: str | None = None
    element: str | None = None
    token: str | None = None
    job_id: str | None = None
    is_open: bool | None = None
    elements: Collection[str] | None = None
    definition_id: str | None = None
    after: datetime | None = None
    before: datetime | None = None


def find_failures(
    engine: ProcessEngine, wanted: FailureFilter, *, actor: Actor, sort: Collection[Sort] = (), limit: int | None = None, offset: int = 0
) -> tuple[FoundFailure, ...]:
    """Return failures, newest first unless sorted otherwise."""
    require(actor, Action.READ_FAILURES, HOUSE)
    statement = sa.select(*FAILURE_COLUMNS, process_instance.c.definition_id).select_from(JOINED).where(*_conditions(wanted))
    statement = ordered(statement, SORTS, sort or (Sort("created_at", is_descending=True),), last=failure.c.id.desc())
    with engine.database.glance() as connection:
        return tuple(FoundFailure(*row) for row in connection.execute(statement.limit(limit).offset(offset)))


def count_failures(engine: ProcessEngine, wanted: FailureFilter, *, actor: Actor) -> int:
    """Return how many failures there are."""
    require(actor, Action.READ_FAILURES, HOUSE)
    with engine.database.glance() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(JOINED).where(*_conditions(wanted))).scalar_one())


def _conditions(wanted: FailureFilter) -> list[sa.ColumnElement[bool]]:
    names = ("kind", "message", "instance_id", "definition_key", "element", "token", "job_id")
    found: list[sa.ColumnElement[bool]] = [failure.c[name] == getattr(wanted, name) for name in names if getattr(wanted, name) is not None]
    if wanted.ids is not None:
        found.append(failure.c.id.in_(wanted.ids))
    if wanted.definition_keys is not None:
        found.append(failure.c.definition_key.in_(wanted.definition_keys))
    if wanted.message_like is not None:
        found.append(like(failure.c.message, wanted.message_like))
    if wanted.is_open is not None:
        found.append(failure.c.resolved_at.is_(None) if wanted.is_open else failure.c.resolved_at.is_not(None))
    if wanted.elements is not None:
        found.append(failure.c.element.in_(wanted.elements))
    if wanted.definition_id is not None:
        found.append(process_instance.c.definition_id == wanted.definition_id)
    if wanted.after is not None:
        found.append(failure.c.created_at > wanted.after)
    if wanted.before is not None:
        found.append(failure.c.created_at < wanted.before)
    return found
