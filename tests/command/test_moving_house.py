"""A backup moves a Watchbill from one database to the other, and back over what is there."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from watchbill.cli import main


def watchbill(*words: str, exit_code: int = 0, **settings: str) -> Result:
    result = CliRunner().invoke(main, words, env={f"WATCHBILL_{name.upper()}": value for name, value in settings.items()})
    assert result.exit_code == exit_code, result.output
    return result


def test_a_watchbill_moves_from_sqlite_to_postgresql_and_back(tmp_path: Path, empty_postgres: str) -> None:
    first, second, third = ({"home": str(tmp_path / name)} for name in ("first", "second", "third"))
    second["database_url"] = empty_postgres
    watchbill("init", "--demo", **first)
    watchbill("start", "incident", "--as", "li.na", "--var", "symptom=Line down", **first)
    before = watchbill("tasks", "--json", **first).stdout

    watchbill("backup", str(tmp_path / "1.backup"), **first)
    watchbill("restore", str(tmp_path / "1.backup"), **second)
    watchbill("backup", str(tmp_path / "2.backup"), **second)
    watchbill("restore", str(tmp_path / "2.backup"), **third)

    for place in (second, third):
        assert watchbill("tasks", "--json", **place).stdout == before
        assert watchbill("verify", **place).stdout == "The history is whole.\n"


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_only_force_replaces_what_is_there_and_the_history_stays_guarded(
    dialect: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    place = {"home": str(tmp_path / "home")}
    url = f"sqlite:///{tmp_path / 'home' / 'watchbill.db'}" if dialect == "sqlite" else request.getfixturevalue("empty_postgres")
    place["database_url"] = url
    file = str(tmp_path / "a.backup")
    watchbill("init", "--demo", **place)
    watchbill("start", "incident", "--as", "li.na", "--var", "symptom=Line down", **place)
    before = watchbill("instances", "--json", **place).stdout
    watchbill("backup", file, **place)
    watchbill("start", "incident", "--as", "li.na", "--var", "symptom=Another", **place)

    assert "--force" in watchbill("restore", file, exit_code=1, **place).stderr
    watchbill("restore", file, "--force", **place)
    assert watchbill("instances", "--json", **place).stdout == before
    database = sa.create_engine(url, poolclass=sa.NullPool)
    with database.connect() as connection, pytest.raises(sa.exc.DBAPIError, match="append-only"):
        connection.exec_driver_sql("DELETE FROM history")
    database.dispose()
