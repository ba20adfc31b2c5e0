"""The chain: equal on both databases, closed to changes, and every tampering found and named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import Connection

from engine.db import Database
from engine.errors import Invalid
from engine.history import EMPTY, Break, BreakKind, Event, Head, append, history_of, verify
from engine.ids import new_id
from engine.tables import HISTORY_GUARDS, blob, definition, deployed_file, deployment, history, process_instance

NOW = datetime(2026, 11, 24, 1, tzinfo=UTC)
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**60), 10**60)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3)
)
MOMENTS = st.integers(-(10**15), 10**15).map(lambda count: NOW + timedelta(microseconds=count))
EVENTS = st.builds(
    Event,
    kind=st.sampled_from(["element.completed", "variables.changed"]),
    at=MOMENTS,
    actor=TEXT,
    on_behalf_of=st.none() | TEXT,
    element=st.none() | TEXT,
    token=st.none() | st.just("0" * 32),
    data=st.none() | st.dictionaries(TEXT, VALUES, max_size=3),
)
NO_EVENTS = Head()
THREE = tuple(
    Event("element.completed", NOW + timedelta(minutes=count), "ann", element=f"step_{count}", data={"n": count}) for count in (1, 2, 3)
)


def instance(connection: Connection, head: Head = NO_EVENTS, *, instance_id: str = "1" * 32) -> str:
    """Insert an instance whose row knows this end of its chain."""
    if connection.scalar(sa.select(definition.c.id)) is None:
        connection.execute(sa.insert(blob), {"hash": "0" * 64, "content": b""})
        connection.execute(sa.insert(deployment), {"id": "d", "name": "d", "hash": "d", "deployed_at": NOW, "deployed_by": "ann"})
        connection.execute(sa.insert(deployed_file), {"id": "f", "deployment_id": "d", "name": "f", "kind": "bpmn", "hash": "0" * 64})
        row = {"id": "p", "kind": "process", "key": "p", "version": 1, "deployment_id": "d", "file_id": "f", "hash": "h", "is_latest": True}
        connection.execute(sa.insert(definition), row)
    row = {"id": instance_id, "definition_id": "p", "definition_key": "p", "status": "active", "state": b"", "version": 1}
    row |= {"history_seq": head.seq, "history_hash": head.hash, "started_at": NOW, "started_by": "ann", "is_drill": False}
    connection.execute(sa.insert(process_instance), row)
    return instance_id


def written(connection: Connection, *, instance_id: str = "1" * 32, events: tuple[Event, ...] = THREE) -> Head:
    """Write an instance with its history."""
    head = append(connection, instance_id, seq=0, last_hash=EMPTY, events=events)
    instance(connection, head, instance_id=instance_id)
    return head


@contextmanager
def unguarded(connection: Connection) -> Iterator[None]:
    """Take the triggers away, as a person with the owner's rights on the database could."""
    names = ("history_refuses_update", "history_refuses_delete")
    on_sqlite = connection.dialect.name == "sqlite"
    for name in names if on_sqlite else ("history_refuses_change",):
        connection.exec_driver_sql(f"DROP TRIGGER {name}" if on_sqlite else f"DROP TRIGGER {name} ON history")
    yield
    for statement in HISTORY_GUARDS[connection.dialect.name]:
        connection.exec_driver_sql(statement)


def test_events_come_back_in_order(database: Database) -> None:
    with database.write() as connection:
        head = append(connection, "i", seq=0, last_hash=EMPTY, events=THREE[:2])
        end = append(connection, "i", seq=head.seq, last_hash=head.hash, events=THREE[2:])
    with database.read() as connection:
        entries = list(history_of(connection, "i"))
        assert tuple(entry.event for entry in entries) == THREE
        assert [entry.seq for entry in entries] == [1, 2, 3]
        assert (end.seq, end.hash) == (3, entries[-1].hash)
        assert [entry.seq for entry in history_of(connection, "i", after=1, limit=1)] == [2]


def test_the_hash_of_known_events_never_changes(database: Database) -> None:
    """The figure is part of the stored format: when it differs, histories of earlier versions fail to verify."""
    with database.write() as connection:
        head = append(connection, "1" * 32, seq=0, last_hash=EMPTY, events=THREE)
    assert head == Head(3, "b66bbe570ba56f40fbe1e63febfef0eca08687593cc833b0245dee1509506b1b")


def test_nothing_is_appended_when_nothing_happened(database: Database) -> None:
    with database.write() as connection:
        assert append(connection, "i", seq=4, last_hash="a" * 64, events=()) == Head(4, "a" * 64)


def test_one_append_is_one_statement(database: Database) -> None:
    statements: list[str] = []
    with database.write() as connection:
        sa.event.listen(connection, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
        append(connection, "i", seq=0, last_hash=EMPTY, events=THREE)
    assert len(statements) == 1


def test_what_cannot_be_kept_is_refused_before_anything_is_written(database: Database) -> None:
    with database.write() as connection:
        with pytest.raises(Invalid, match=r"data\.x is nan"):
            append(connection, "i", seq=0, last_hash=EMPTY, events=(*THREE, Event("k", NOW, "ann", data={"x": float("nan")})))
        assert list(history_of(connection, "i")) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(events=st.lists(EVENTS, min_size=1, max_size=4))
def test_whatever_was_written_verifies_after_the_database_kept_it(database: Database, events: list[Event]) -> None:
    """The hash is computed from what was given, verified from what the database returns: floats, big integers and scripts survive."""
    with database.write() as connection:
        instance_id = new_id()
        written(connection, instance_id=instance_id, events=tuple(events))
    with database.read() as connection:
        assert list(verify(connection, instance_id)) == []


@pytest.mark.parametrize("statement", ["UPDATE history SET actor = 'eve'", "DELETE FROM history", "DELETE FROM history WHERE seq = 3"])
def test_the_database_itself_refuses_to_change_history(database: Database, statement: str) -> None:
    with database.write() as connection:
        written(connection)
    with pytest.raises(sa.exc.DBAPIError, match="history is append-only"), database.write() as connection:
        connection.exec_driver_sql(statement)
    with database.read() as connection:
        assert len(list(history_of(connection, "1" * 32))) == 3


def test_postgresql_refuses_truncation_too(database: Database) -> None:
    words = "syntax error" if database.is_sqlite else "history is append-only"
    with pytest.raises(sa.exc.DBAPIError, match=words), database.write() as connection:
        connection.exec_driver_sql("TRUNCATE history CASCADE")


def test_the_same_number_cannot_be_written_twice(database: Database) -> None:
    with database.write() as connection:
        head = written(connection)
    with pytest.raises(sa.exc.IntegrityError), database.write() as connection:
        append(connection, "1" * 32, seq=head.seq - 1, last_hash=head.hash, events=THREE[:1])


def test_an_untouched_history_has_no_break(database: Database) -> None:
    with database.write() as connection:
        written(connection)
        instance(connection, instance_id="2" * 32)
        written(connection, instance_id="3" * 32, events=THREE[:1])
        assert list(verify(connection)) == []


def swap(connection: Connection) -> None:
    """Exchange the numbers of the first two events."""
    for before, after in ((1, 99), (2, 1), (99, 2)):
        connection.execute(sa.update(history).where(history.c.seq == before).values(seq=after))


def change(**values: object) -> Callable[[Connection], None]:
    """Change the second event."""
    return lambda connection: _run(connection, sa.update(history).where(history.c.seq == 2).values(**values))


def _run(connection: Connection, statement: sa.Update | sa.Delete) -> None:
    connection.execute(statement)


def remove(*numbers: int) -> Callable[[Connection], None]:
    """Remove events by number."""
    return lambda connection: _run(connection, sa.delete(history).where(history.c.seq.in_(numbers)))


def forge(connection: Connection) -> None:
    """Rewrite everything from the second event on, with right hashes, but not the instance's row."""
    first = connection.scalar(sa.select(history.c.hash).where(history.c.seq == 1))
    connection.execute(sa.delete(history).where(history.c.seq > 1))
    append(connection, "1" * 32, seq=1, last_hash=str(first), events=(THREE[1], Event("element.completed", NOW, "eve")))


def add(connection: Connection) -> None:
    """Add an event at the end, with a right hash, behind the instance's back."""
    last = connection.scalar(sa.select(history.c.hash).where(history.c.seq == 3))
    append(connection, "1" * 32, seq=3, last_hash=str(last), events=THREE[:1])


def renumber(connection: Connection) -> None:
    """Let the chain begin at 0."""
    connection.execute(sa.update(history).where(history.c.seq == 1).values(seq=0))


def orphan(connection: Connection) -> None:
    """Remove the instance and leave its history."""
    connection.execute(sa.delete(process_instance))


def take_over(connection: Connection) -> None:
    """Give the history to another instance."""
    instance(connection, instance_id="2" * 32)
    connection.execute(sa.update(history).values(instance_id="2" * 32))


MOVED = "this event, or the hash of the one before it, was changed or moved"
TAMPERINGS: tuple[tuple[Callable[[Connection], None], list[tuple[int, BreakKind, str]]], ...] = (
    (change(actor="eve"), [(2, BreakKind.CHANGED, MOVED)]),
    (change(data={"n": 3}), [(2, BreakKind.CHANGED, MOVED)]),
    (change(data=None), [(2, BreakKind.CHANGED, MOVED)]),
    (change(at=NOW), [(2, BreakKind.CHANGED, MOVED)]),
    (change(on_behalf_of="bob"), [(2, BreakKind.CHANGED, MOVED)]),
    (change(element=None), [(2, BreakKind.CHANGED, MOVED)]),
    (change(kind="element.cancelled"), [(2, BreakKind.CHANGED, MOVED)]),
    (change(token="f" * 32), [(2, BreakKind.CHANGED, MOVED)]),
    (change(hash="f" * 64), [(2, BreakKind.CHANGED, MOVED), (3, BreakKind.CHANGED, MOVED)]),
    (
        change(seq=7),
        [(3, BreakKind.GAP, "before it, 2 is missing"), (7, BreakKind.GAP, "before it, 4 to 6 are missing"), (4, BreakKind.ADDED, "")],
    ),
    (swap, [(1, BreakKind.CHANGED, "this event was changed or moved"), (2, BreakKind.CHANGED, MOVED), (3, BreakKind.CHANGED, MOVED)]),
    (remove(1), [(2, BreakKind.GAP, "before it, 1 is missing")]),
    (remove(2), [(3, BreakKind.GAP, "before it, 2 is missing")]),
    (remove(1, 2), [(3, BreakKind.GAP, "before it, 1 to 2 are missing")]),
    (remove(3), [(3, BreakKind.CUT, "the instance counts 3 events, the last is 2")]),
    (remove(2, 3), [(2, BreakKind.CUT, "the instance counts 3 events, the last is 1")]),
    (remove(1, 2, 3), [(1, BreakKind.CUT, "all 3 events are missing")]),
    (forge, [(3, BreakKind.END, "the chain ends in hash")]),
    (add, [(4, BreakKind.ADDED, "the instance counts 3 events, the last is 4")]),
    (renumber, [(0, BreakKind.GAP, "its number is 0 where 1 is due"), (2, BreakKind.GAP, "before it, 1 is missing")]),
    (orphan, [(3, BreakKind.ORPHAN, "there is no such instance, but 3 events of it")]),
)


@pytest.mark.parametrize(("tamper", "expected"), TAMPERINGS, ids=range(len(TAMPERINGS)))
def test_every_tampering_is_found_and_named(
    database: Database, tamper: Callable[[Connection], None], expected: list[tuple[int, BreakKind, str]]
) -> None:
    with database.write() as connection:
        written(connection)
        with unguarded(connection):
            tamper(connection)
        found = list(verify(connection))
    assert [(one.seq, one.kind) for one in found] == [(seq, kind) for seq, kind, _ in expected]
    for one, (_, _, words) in zip(found, expected, strict=True):
        assert one.instance_id == "1" * 32
        assert words in one.message


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("data", "{", "it holds what was never written"),
        ("data", '{"n": NaN}', "data.n is nan"),
        ("data", '{"n": ' + "9" * 5000 + "}", "it holds what was never written"),
        ("data", "[" * 100_000, "it holds what was never written"),
        ("data", b"\xff", "it holds what was never written"),
        ("at", "yesterday", "it holds what was never written"),
        ("at", b"\xff", "it holds what was never written"),
        ("actor", b"\xff", "it holds what was never written"),
        ("hash", b"\xff", "was changed or moved"),
        ("seq", "two", "its number is 'two', which was never written"),
    ],
    ids=range(10),
)
def test_what_sqlite_lets_in_and_nobody_wrote_is_reported(sqlite_database: Database, column: str, value: str | bytes, message: str) -> None:
    """SQLite's columns take any value: a crash of the check must not hide a tampering."""
    with sqlite_database.write() as connection:
        written(connection)
        with unguarded(connection):
            connection.exec_driver_sql(f"UPDATE history SET {column} = ? WHERE seq = 2", (value,))
        found = list(verify(connection))
    assert {one.seq for one in found} <= {2, 3, 4}
    assert any(message in one.message for one in found)


def test_a_history_given_to_another_instance_is_found_on_both_sides(database: Database) -> None:
    with database.write() as connection:
        written(connection)
        with unguarded(connection):
            take_over(connection)
        found = [(one.instance_id[0], one.seq, one.kind) for one in verify(connection)]
    changed = [("2", seq, BreakKind.CHANGED) for seq in (1, 2, 3)]
    assert found == [*changed, ("2", 1, BreakKind.ADDED), ("1", 1, BreakKind.CUT)]


def test_only_the_asked_instance_is_verified(database: Database) -> None:
    with database.write() as connection:
        written(connection)
        written(connection, instance_id="2" * 32)
        with unguarded(connection):
            connection.execute(sa.delete(history).where(history.c.instance_id == "2" * 32))
        assert list(verify(connection, "1" * 32)) == []
        assert [str(one) for one in verify(connection, "2" * 32)] == [f"instance {'2' * 32}, event 1: all 3 events are missing"]


def test_a_break_reads_as_one_line() -> None:
    assert str(Break("i", 4, BreakKind.GAP, "before it, 3 is missing")) == "instance i, event 4: before it, 3 is missing"
