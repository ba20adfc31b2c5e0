"""Verifying at scale: many instances, some tampered with, in bounded memory, while others write."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from engine.db import Database
from engine.history import EMPTY, Event, append, history_of, verify
from engine.tables import HISTORY_GUARDS, blob, definition, deployed_file, deployment, history, process_instance

NOW = datetime(2026, 11, 24, 1, tzinfo=UTC)
INSTANCES = 300
EVENTS = 20


def key(number: int) -> str:
    """Return the id of an instance."""
    return f"{number:032x}"


def events(number: int, *, count: int = EVENTS) -> list[Event]:
    """Return what happened in an instance."""
    return [
        Event("element.completed", NOW + timedelta(seconds=step), "ann", element=f"step_{step}", data={"n": number, "flows": ["a"]})
        for step in range(count)
    ]


def fill(database: Database, *, instances: int) -> None:
    """Write instances with their histories."""
    with database.write() as connection:
        connection.execute(sa.insert(blob), {"hash": "0" * 64, "content": b""})
        connection.execute(sa.insert(deployment), {"id": "d", "name": "d", "hash": "d", "deployed_at": NOW, "deployed_by": "ann"})
        connection.execute(sa.insert(deployed_file), {"id": "f", "deployment_id": "d", "name": "f", "kind": "bpmn", "hash": "0" * 64})
        row = {"id": "p", "kind": "process", "key": "p", "version": 1, "deployment_id": "d", "file_id": "f", "hash": "h", "is_latest": True}
        connection.execute(sa.insert(definition), row)
        connection.execute(sa.insert(process_instance), [_instance(connection, number) for number in range(instances)])


def _instance(connection: Connection, number: int) -> dict[str, object]:
    head = append(connection, key(number), seq=0, last_hash=EMPTY, events=events(number))
    row = {"id": key(number), "definition_id": "p", "definition_key": "p", "status": "active", "state": b"", "version": 1}
    return row | {"history_seq": head.seq, "history_hash": head.hash, "started_at": NOW, "started_by": "ann", "is_drill": False}


@pytest.fixture
def filled(database: Database) -> Database:
    """Return a database with many histories, whose guards are gone."""
    fill(database, instances=INSTANCES)
    with database.write() as connection:
        if database.is_sqlite:
            connection.exec_driver_sql("DROP TRIGGER history_refuses_update")
            connection.exec_driver_sql("DROP TRIGGER history_refuses_delete")
        else:
            connection.exec_driver_sql("DROP TRIGGER history_refuses_change ON history")
    return database


def _row(number: int, seq: int) -> sa.ColumnElement[bool]:
    return sa.and_(history.c.instance_id == key(number), history.c.seq == seq)


def change(connection: Connection, number: int, seq: int) -> None:
    """Say that Eve did it."""
    connection.execute(sa.update(history).where(_row(number, seq)).values(actor="eve"))


def change_data(connection: Connection, number: int, seq: int) -> None:
    """Change one figure."""
    connection.execute(sa.update(history).where(_row(number, seq)).values(data={"n": -1, "flows": ["a"]}))


def remove(connection: Connection, number: int, seq: int) -> None:
    """Remove one event."""
    connection.execute(sa.delete(history).where(_row(number, seq)))


def cut(connection: Connection, number: int, seq: int) -> None:
    """Remove the end, from one event on."""
    connection.execute(sa.delete(history).where(history.c.instance_id == key(number), history.c.seq >= seq))


def swap(connection: Connection, number: int, seq: int) -> None:
    """Exchange two neighbours."""
    other = seq + 1 if seq < EVENTS else seq - 1
    for before, after in ((seq, 1000), (other, seq), (1000, other)):
        connection.execute(sa.update(history).where(_row(number, before)).values(seq=after))


def forge(connection: Connection, number: int, seq: int) -> None:
    """Rewrite the rest with right hashes."""
    before = list(history_of(connection, key(number)))[: seq - 1]
    cut(connection, number, seq)
    forged = [Event("element.completed", NOW, "eve")] * (EVENTS - seq + 1)
    append(connection, key(number), seq=seq - 1, last_hash=before[-1].hash if before else EMPTY, events=forged)


TAMPERINGS: tuple[Callable[[Connection, int, int], None], ...] = (change, change_data, remove, cut, swap, forge)


@pytest.mark.parametrize("seed", range(3))
def test_exactly_the_tampered_instances_are_reported(filled: Database, seed: int) -> None:
    chance = random.Random(seed)
    tampered = chance.sample(range(INSTANCES), 40)
    with filled.write() as connection:
        for number in tampered:
            chance.choice(TAMPERINGS)(connection, number, chance.randint(1, EVENTS))
    with filled.read() as connection:
        assert {found.instance_id for found in verify(connection)} == {key(number) for number in tampered}


def test_memory_does_not_grow_with_the_history(filled: Database) -> None:
    """Six thousand events pass within two megabytes: a thousand rows are held at a time."""
    with filled.read() as connection:
        list(verify(connection, key(1)))
        tracemalloc.start()
        try:
            assert list(verify(connection)) == []
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 2_000_000


def test_writers_may_go_on_while_the_history_is_verified(filled: Database) -> None:
    with filled.write() as connection:
        change(connection, 0, 1)
        change(connection, INSTANCES - 1, 1)
    with filled.read() as reading:
        breaks = verify(reading)
        first = next(breaks)
        with filled.write() as writing:
            _grow(writing, 5)
            _grow(writing, INSTANCES - 2)
        rest = list(breaks)
    assert [found.instance_id for found in (first, *rest)] == [key(0), key(INSTANCES - 1)]
    with filled.read() as reading:
        assert {found.instance_id for found in verify(reading)} == {key(0), key(INSTANCES - 1)}


def _grow(connection: Connection, number: int) -> None:
    """Let an instance go on by one event, as a command does."""
    mine = process_instance.c.id == key(number)
    row = connection.execute(sa.select(process_instance.c.history_seq, process_instance.c.history_hash).where(mine)).one()
    head = append(connection, key(number), seq=row.history_seq, last_hash=row.history_hash, events=events(number, count=1))
    connection.execute(sa.update(process_instance).where(mine).values(history_seq=head.seq, history_hash=head.hash))


def test_the_guards_can_be_put_back(filled: Database) -> None:
    with filled.write() as connection:
        for statement in HISTORY_GUARDS[connection.dialect.name]:
            connection.exec_driver_sql(statement)
    with pytest.raises(sa.exc.DBAPIError, match="history is append-only"), filled.write() as connection:
        change(connection, 1, 1)
