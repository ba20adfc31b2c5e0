"""Finds instances that make no progress and wait for nothing, and tells of each once."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from engine.commands import ProcessEngine
from engine.runtime.failures import FailureKind, insert_failures, new_failure
from engine.tables import failure, human_task, job, process_instance, subscription

QUIET = timedelta(minutes=1)
MESSAGE = (
    "The instance is active but waits for nobody and nothing: no task, no timer, no job, no message. "
    "Look where its tokens are; move a token, or cancel the instance."
)


def note_stalled(engine: ProcessEngine) -> int:
    """Insert a failure for each such instance that has none yet; return how many."""
    now = engine.clock.now()
    instance = process_instance.c
    waits = [
        sa.exists().where(human_task.c.instance_id == instance.id, human_task.c.status == "open"),
        sa.exists().where(job.c.instance_id == instance.id),
        sa.exists().where(subscription.c.instance_id == instance.id),
        sa.exists().where(failure.c.instance_id == instance.id, failure.c.resolved_at.is_(None)),
    ]
    stalled = sa.select(instance.id, instance.definition_key, instance.business_key)
    stalled = stalled.where(instance.status == "active", instance.started_at <= now - QUIET, *(sa.not_(each) for each in waits))

    def work(connection: sa.Connection) -> int:
        rows = connection.execute(stalled.limit(1000)).all()
        place = ({"instance_id": row.id, "definition_key": row.definition_key, "business_key": row.business_key} for row in rows)
        insert_failures(connection, [new_failure(FailureKind.STALLED, MESSAGE, now=now, **each) for each in place])
        return len(rows)

    return engine.transaction(work)
