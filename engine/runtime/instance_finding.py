"""Finding instances, live or ended, by all that is known of them in columns."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from engine.people import HOUSE, Action, Actor, may
from engine.runtime.instance_queries import VIEW_COLUMNS, InstanceView, concerns
from engine.runtime.paging import Sort, ordered
from engine.runtime.patterns import like
from engine.tables import definition, failure, human_task, job, process_instance, subscription

if TYPE_CHECKING:
    from engine.runtime.process_engine import ProcessEngine

LIVE = ("active", "suspended")
SORTS: dict[str, sa.ColumnElement[Any]] = {
    name: process_instance.c[name] for name in ("id", "definition_key", "definition_id", "business_key", "started_at", "ended_at", "status")
}


@dataclass(frozen=True, slots=True)
class InstanceFilter:
    """Which instances; a pattern is SQL's, with `%` for anything. `elements` are those at which a token rests now."""

    statuses: Collection[str] = LIVE
    ids: Collection[str] | None = None
    business_keys: Collection[str] | None = None
    business_key_like: str | None = None
    definition_ids: Collection[str] | None = None
    definition_keys: Collection[str] | None = None
    not_definition_keys: Collection[str] = ()
    definition_name: str | None = None
    deployment_id: str | None = None
    super_instance_id: str | None = None
    sub_instance_id: str | None = None
    roots_only: bool = False
    started_by: str | None = None
    started_after: datetime | None = None
    started_before: datetime | None = None
    ended_after: datetime | None = None
    ended_before: datetime | None = None
    with_failure: bool = False
    failure_message_like: str | None = None
    failure_id: str | None = None
    elements: Collection[str] = field(default=())


def find_instances(
    engine: ProcessEngine, wanted: InstanceFilter, *, actor: Actor, sort: Collection[Sort] = (), limit: int | None = None, offset: int = 0
) -> tuple[InstanceView, ...]:
    """Return instances, newest first unless sorted otherwise: all for who may read everything, else those that concern the actor."""
    statement = sa.select(*VIEW_COLUMNS).where(*_conditions(wanted, actor))
    statement = ordered(statement, SORTS, sort or (Sort("started_at", is_descending=True),), last=process_instance.c.id.desc())
    with engine.database.glance() as connection:
        return tuple(InstanceView(*row) for row in connection.execute(statement.limit(limit).offset(offset)))


def count_instances(engine: ProcessEngine, wanted: InstanceFilter, *, actor: Actor) -> int:
    """Return how many instances there are that the actor may see."""
    counted = sa.select(sa.func.count()).select_from(process_instance).where(*_conditions(wanted, actor))
    with engine.database.glance() as connection:
        return int(connection.execute(counted).scalar_one())


def _conditions(wanted: InstanceFilter, actor: Actor) -> list[sa.ColumnElement[bool]]:
    table = process_instance.c
    found: list[sa.ColumnElement[bool]] = [table.status.in_(wanted.statuses)]
    among = {
        table.id: wanted.ids,
        table.business_key: wanted.business_keys,
        table.definition_id: wanted.definition_ids,
        table.definition_key: wanted.definition_keys,
    }
    found += [column.in_(values) for column, values in among.items() if values is not None]
    equal = {table.super_instance_id: wanted.super_instance_id, table.started_by: wanted.started_by}
    found += [column == value for column, value in equal.items() if value is not None]
    after = {table.started_at: wanted.started_after, table.ended_at: wanted.ended_after}
    found += [column >= moment for column, moment in after.items() if moment is not None]
    before = {table.started_at: wanted.started_before, table.ended_at: wanted.ended_before}
    found += [column <= moment for column, moment in before.items() if moment is not None]
    if wanted.not_definition_keys:
        found.append(table.definition_key.not_in(wanted.not_definition_keys))
    if wanted.business_key_like is not None:
        found.append(like(table.business_key, wanted.business_key_like))
    if wanted.roots_only:
        found.append(table.super_instance_id.is_(None))
    if wanted.sub_instance_id is not None:
        sub = process_instance.alias()
        found.append(table.id.in_(sa.select(sub.c.super_instance_id).where(sub.c.id == wanted.sub_instance_id)))
    found += _by_definition(wanted)
    found += _by_failure(wanted)
    if wanted.elements:
        found.append(_rests_at(wanted.elements))
    if not may(actor, Action.READ_ALL, HOUSE):
        found.append(concerns(actor))
    return found


def _by_definition(wanted: InstanceFilter) -> list[sa.ColumnElement[bool]]:
    equal = {definition.c.deployment_id: wanted.deployment_id, definition.c.name: wanted.definition_name}
    conditions = [column == value for column, value in equal.items() if value is not None]
    return [process_instance.c.definition_id.in_(sa.select(definition.c.id).where(*conditions))] if conditions else []


def _by_failure(wanted: InstanceFilter) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = [failure.c.resolved_at.is_(None)]
    if wanted.failure_id is not None:
        conditions.append(failure.c.id == wanted.failure_id)
    if wanted.failure_message_like is not None:
        conditions.append(like(failure.c.message, wanted.failure_message_like))
    is_asked = wanted.with_failure or len(conditions) > 1
    return [process_instance.c.id.in_(sa.select(failure.c.instance_id).where(*conditions))] if is_asked else []


def _rests_at(elements: Collection[str]) -> sa.ColumnElement[bool]:
    places = (
        sa.select(human_task.c.instance_id).where(human_task.c.status == "open", human_task.c.element.in_(elements)),
        sa.select(job.c.instance_id).where(job.c.element.in_(elements), job.c.instance_id.is_not(None)),
        sa.select(subscription.c.instance_id).where(subscription.c.element.in_(elements), subscription.c.instance_id.is_not(None)),
        sa.select(failure.c.instance_id).where(failure.c.resolved_at.is_(None), failure.c.element.in_(elements)),
    )
    return sa.or_(*(process_instance.c.id.in_(place) for place in places))
