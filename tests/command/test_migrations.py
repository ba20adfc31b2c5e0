"""Migrations: replayed one by one they make exactly the tables that the program declares, on both databases, and all of them or none."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from engine.db import Database, metadata
from engine.errors import Invalid
from engine.ids import new_id
from engine.tables import HISTORY_GUARDS
from tests.command.conftest import Command
from watchbill import migrating

VERSIONS = sorted((migrating.FOLDER / "versions").glob("*.py"))
COLUMNS = {
    "sqlite": 'SELECT m.name, p.name, lower(p.type), p."notnull", p.dflt_value, p.pk FROM sqlite_master m, pragma_table_info(m.name) p '
    "WHERE m.type = 'table'",
    "postgresql": "SELECT table_name, column_name, data_type, is_nullable, column_default, ordinal_position, character_maximum_length, "
    "col_description(to_regclass(quote_ident(table_name))::oid, ordinal_position::int) FROM information_schema.columns "
    "WHERE table_schema = 'public'",
}
TRIGGERS = {
    "sqlite": "SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(t.oid), prosrc FROM pg_trigger t "
    "JOIN pg_proc p ON p.oid = tgfoid WHERE NOT tgisinternal",
}
CONSTRAINTS = {
    "sqlite": 'SELECT m.name, f."from", f."table", f."to", f.on_delete FROM sqlite_master m, pragma_foreign_key_list(m.name) f '
    "WHERE m.type = 'table'",
    "postgresql": "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
    "WHERE connamespace = 'public'::regnamespace",
}
INDEXES = {
    "sqlite": 'SELECT m.name, i.name, i."unique", i.origin, i.partial, (SELECT group_concat(c.name) FROM pragma_index_info(i.name) c), '
    "(SELECT x.sql FROM sqlite_master x WHERE x.name = i.name) FROM sqlite_master m, pragma_index_list(m.name) i WHERE m.type = 'table'",
    "postgresql": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
}


@contextmanager
def new_database(request: pytest.FixtureRequest, *, is_sqlite: bool) -> Iterator[Database]:
    """Open a database without a table."""
    name = f"t{new_id()}"
    if is_sqlite:
        database = Database(f"sqlite:///{request.getfixturevalue('tmp_path') / name}.db")
        yield database
        database.dispose()
        return
    url: sa.URL = request.getfixturevalue("postgres_server")
    owner = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with owner.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE template0")
        database = Database(url.set(database=name).render_as_string(hide_password=False))
        yield database
        database.dispose()
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    owner.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database without a table."""
    with new_database(request, is_sqlite=request.param == "sqlite") as database:
        yield database


@pytest.fixture
def declared(empty: Database, request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database of the same kind, with the tables as the program declares them."""
    with new_database(request, is_sqlite=empty.is_sqlite) as database:
        metadata.create_all(database.engine)
        yield database


def shape(database: Database) -> dict[str, set[tuple[Any, ...]]]:
    """Return everything that a database knows of its tables, but for alembic's own."""
    found = {}
    dialect = database.engine.dialect.name
    with database.read() as connection:
        for name, queries in (("columns", COLUMNS), ("triggers", TRIGGERS), ("constraints", CONSTRAINTS), ("indexes", INDEXES)):
            rows = connection.exec_driver_sql(queries[dialect])
            found[name] = {tuple(row) for row in rows if not str(row[0]).startswith(("alembic_", "sqlite_"))}
    return found


def test_replayed_migrations_make_what_the_tables_declare(empty: Database, declared: Database) -> None:
    migrating.upgrade(empty)
    replayed, due = shape(empty), shape(declared)
    for what in due:
        assert due[what], f"no {what} at all"
        assert replayed[what] == due[what]


@pytest.mark.filterwarnings("ignore:.*expression-based index")  # on SQLite alembic leaves these out; the test before compares them
def test_alembic_finds_nothing_to_add(empty: Database) -> None:
    migrating.upgrade(empty)
    with empty.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_the_history_of_a_migrated_database_is_append_only(empty: Database) -> None:
    migrating.upgrade(empty)
    for statement in ("DELETE FROM history", "UPDATE history SET actor = 'x'"):
        with empty.write() as connection:
            row = (
                "INSERT INTO history (instance_id, seq, at, kind, actor, hash) VALUES ('i', 1, '2026-11-24T00:00:00+00:00', 'k', 'a', 'h')"
            )
            if not connection.exec_driver_sql("SELECT 1 FROM history").all():
                connection.exec_driver_sql(row)
        with pytest.raises(sa.exc.DBAPIError), empty.write() as connection:
            connection.exec_driver_sql(statement)


def test_upgrading_twice_is_once_and_says_what_was_pending(empty: Database) -> None:
    every = tuple(path.name[1:5] for path in VERSIONS)
    assert migrating.pending(empty) == every
    migrating.upgrade(empty)
    assert migrating.pending(empty) == ()
    before = shape(empty)
    migrating.upgrade(empty)
    assert shape(empty) == before


def test_a_migration_that_fails_leaves_nothing_behind(empty: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(HISTORY_GUARDS, empty.engine.dialect.name, ("CREATE NONSENSE",))
    with pytest.raises(sa.exc.DBAPIError):
        migrating.upgrade(empty)
    with empty.read() as connection:
        assert sa.inspect(connection).get_table_names() == []
    monkeypatch.undo()
    migrating.upgrade(empty)
    assert migrating.pending(empty) == ()


def test_two_programs_that_set_up_at_once_do_it_once(empty: Database, tmp_path: Path) -> None:
    watchbill = Command(tmp_path / "home", {"database_url": empty.url.render_as_string(hide_password=False)})
    running = [watchbill.begun("init") for _ in range(2)]
    said = [each.communicate(timeout=50) for each in running]
    assert [each.returncode for each in running] == [0, 0], said
    assert {each["version"] for each in watchbill.json("definitions", "--all")} == {1}


def test_a_database_of_a_later_program_is_refused(empty: Database) -> None:
    migrating.upgrade(empty)
    with empty.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    for ask in (migrating.pending, migrating.upgrade):
        with pytest.raises(Invalid, match="is of version 9999"):
            ask(empty)


def test_the_versions_are_one_line_without_a_way_down(sqlite_database: Database) -> None:
    """A downgrade would lose what is append-only: the way back is a backup."""
    script = ScriptDirectory.from_config(migrating.config(sqlite_database))
    assert len(script.get_heads()) == len(script.get_bases()) == 1
    for number, path in enumerate(VERSIONS, start=1):
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        assert module.revision == f"{number:04d}" == path.name[1:5]
        assert module.down_revision == (f"{number - 1:04d}" if number > 1 else None)
        assert not hasattr(module, "downgrade")
