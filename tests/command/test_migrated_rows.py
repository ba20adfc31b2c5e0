"""What was stored before a migration is as good after it as what is stored now, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from alembic import command

from engine.db import Database
from engine.runtime.correlation import digest_of
from engine.tables import blob, definition, deployed_file, deployment, person, process_instance, subscription
from records.escalations import escalation
from tests.command.test_migrations import empty as empty  # a fixture
from watchbill import migrating

NOW = datetime(2026, 11, 24, 1, tzinfo=UTC)


@pytest.fixture
def before(request: pytest.FixtureRequest, empty: Database) -> Database:
    """A database as it was at the version that the test names."""
    command.upgrade(migrating.config(empty), request.param)
    return empty


def insert(database: Database, table: sa.Table, *rows: dict[str, object]) -> None:
    with database.write() as connection:
        for row in rows:
            connection.execute(sa.insert(table).values(row))


def ended_instance(database: Database, *, business_key: str, ended_at: datetime) -> None:
    """Insert an instance that has ended, with what it hangs on."""
    by = {"deployed_at": NOW, "deployed_by": "ann"}
    insert(database, blob, {"hash": "h", "content": b""})
    insert(database, deployment, {"id": "d", "name": "d", "hash": "h", **by})
    insert(database, deployed_file, {"id": "f", "deployment_id": "d", "name": "f", "kind": "bpmn", "hash": "h"})
    of = {"deployment_id": "d", "file_id": "f", "hash": "h", "is_latest": True}
    insert(database, definition, {"id": "p", "kind": "process", "key": "escalation", "version": 1, **of})
    row = {"id": "i", "definition_id": "p", "definition_key": "escalation", "business_key": business_key, "status": "cancelled"}
    row |= {"state": b"", "version": 1, "history_seq": 0, "history_hash": "", "started_at": NOW, "started_by": "ann", "is_drill": False}
    insert(database, process_instance, {**row, "ended_at": ended_at})


@pytest.mark.parametrize("before", ["0007"], indirect=True)
def test_who_waited_before_is_found_by_the_digest_of_the_keys(before: Database) -> None:
    row = {"kind": "message", "name": "reply", "element": "wait", "created_at": NOW}
    keys = {"keyed": {"ticket": 1.0, "line": "a"}, "unkeyed": None}
    insert(before, subscription, *({**row, "id": name, "correlation": pairs} for name, pairs in keys.items()))
    migrating.upgrade(before)
    with before.read() as connection:
        found = {row.id: row.digest for row in connection.execute(sa.select(subscription.c.id, subscription.c.digest))}
    assert found == {"keyed": digest_of({"line": "a", "ticket": 1}), "unkeyed": None}


@pytest.mark.parametrize("before", ["0008"], indirect=True)
def test_of_the_escalations_that_were_open_only_what_should_be_open_stays(before: Database) -> None:
    row = {"record": "incident:1", "priority": "P2", "reason": "late", "started_at": NOW, "level": 1, "is_drill": False}
    twice = (
        {**row, "id": "a1", "ladder": "page"},
        {**row, "id": "a2", "ladder": "page", "priority": "P1"},
        {**row, "id": "a3", "ladder": "page"},
    )
    insert(
        before, escalation, *twice, {**row, "id": "b1", "ladder": "breach"}, {**row, "id": "c1", "ladder": "page", "record": "incident:2"}
    )
    cancelled_at = NOW + timedelta(hours=1)
    ended_instance(before, business_key="incident:1#breach/b1", ended_at=cancelled_at)
    migrating.upgrade(before)
    with before.read() as connection:
        found = {row.id: row.ended_at for row in connection.execute(sa.select(escalation.c.id, escalation.c.ended_at))}
    assert found == {"a1": NOW, "a2": None, "a3": NOW, "b1": cancelled_at, "c1": None}


@pytest.mark.parametrize("before", ["0009"], indirect=True)
def test_names_that_were_there_stay_and_no_like_one_comes(before: Database) -> None:
    row = {"display_name": "Ann", "created_at": NOW}
    insert(before, person, {**row, "name": "ann"}, {**row, "name": "Bob"})
    migrating.upgrade(before)
    with pytest.raises(sa.exc.IntegrityError):
        insert(before, person, {**row, "name": "bob"})
