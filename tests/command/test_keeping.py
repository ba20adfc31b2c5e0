"""Keeping a Watchbill: verify, backup, restore, doctor."""

from __future__ import annotations

import gzip
import json
import sqlite3
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.db import Database
from engine.work import take
from tests.command.conftest import Command
from watchbill import doctoring

Lines = list[Any]


def change(watchbill: Command, *statements: str) -> None:
    """Do to the database what nobody may."""
    connection = sqlite3.connect(watchbill.home / "watchbill.db")
    for trigger in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {trigger[0]}")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def test_verify_ends_with_1_when_the_history_is_not_what_was_written(watchbill: Command) -> None:
    good, bad = (watchbill.json("start", "check")["instance_id"] for _ in range(2))
    assert watchbill("verify") == "The history is whole.\n"
    assert watchbill.json("verify") == {"is_whole": True, "breaks": []}

    change(watchbill, f"UPDATE history SET actor = 'Mallory' WHERE instance_id = '{bad}' AND seq = 2")
    result = watchbill.run("verify")
    assert (result.exit_code, result.stderr) == (1, "")
    first, *_, last = result.stdout.splitlines()
    assert first.startswith(f"instance {bad}, event 2: ")
    assert last == "1 break in the history."
    told = watchbill.run("verify", "--json")
    assert told.exit_code == 1
    [found] = json.loads(told.stdout)["breaks"]
    assert (found["instance_id"], found["seq"], found["kind"]) == (bad, 2, "changed")
    assert watchbill("verify", "--instance", good) == "The history is whole.\n"
    assert watchbill.run("verify", "--instance", bad).exit_code == 1
    assert watchbill.refused("verify", "--as", "Eve")


def test_a_backup_holds_one_state_while_another_process_writes(watchbill: Command, tmp_path: Path) -> None:
    """Each completion writes to several tables; in every backup they agree, and its history is whole."""
    for _ in range(12):
        watchbill("start", "check")
    stop = threading.Event()
    backups: list[Path] = []

    def keep() -> None:
        while not stop.is_set():
            backups.append(tmp_path / f"backup{len(backups)}")
            watchbill.program("backup", backups[-1])

    keeper = threading.Thread(target=keep)
    keeper.start()
    try:
        while len(backups) < 3:
            watchbill("start", "check")
    finally:
        stop.set()
        keeper.join()

    counts = []
    for number, file in enumerate(backups[:3]):
        other = Command(tmp_path / f"other{number}")
        other("restore", file)
        assert other("verify") == "The history is whole.\n"
        instances = other.json("instances", "--limit", "1000")
        assert len(other.json("tasks", "--limit", "1000")) == len(instances)
        counts.append(len(instances))
    assert 12 <= counts[0] < counts[-1]


def test_a_backup_is_its_owners_alone_and_a_failed_one_leaves_nothing(
    watchbill: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "kept"
    assert watchbill("backup", file) == f"{watchbill.json('backup', file)['rows']} rows of {len(tables(file))} tables in {file}\n"
    assert file.stat().st_mode & 0o777 == 0o600
    whole = file.read_bytes()

    def full(_number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    assert watchbill.refused("backup", file) == "input or output: No space left on device."
    assert file.read_bytes() == whole
    assert sorted(each.name for each in tmp_path.iterdir()) == ["home", "kept"]


def lines_of(file: Path) -> Lines:
    with gzip.open(file, "rt", encoding="utf-8") as read:
        return [json.loads(line) for line in read]


def write(file: Path, lines: Lines) -> None:
    with gzip.open(file, "wt", encoding="utf-8") as out:
        out.writelines(json.dumps(line) + "\n" for line in lines)


def tables(file: Path) -> list[str]:
    return [line["table"] for line in lines_of(file) if isinstance(line, dict) and "table" in line]


def test_what_is_restored_is_what_was_backed_up(watchbill: Command, tmp_path: Path) -> None:
    watchbill("start", "check", "--business-key", "order:7", "--var", 'a={"$time": "no", "$bytes": [1.5, null, "天"]}')
    first, second = tmp_path / "first", tmp_path / "second"
    watchbill("backup", first)
    other = Command(tmp_path / "other")
    told = other.json("restore", first)
    assert set(told) == {"tables", "rows"}
    other("backup", second)
    assert [line for line in lines_of(first) if "work" not in line] == [line for line in lines_of(second) if "work" not in line]
    task = other.json("tasks", "--as", "Ann")[0]["id"]
    assert other("complete", task, "--as", "Ann") == "completed; the instance is active\n"


def test_data_is_replaced_only_by_force_and_the_history_stays_guarded(watchbill: Command, tmp_path: Path) -> None:
    watchbill("start", "check")
    watchbill("backup", tmp_path / "kept")
    watchbill("start", "check")
    assert "There is data already (in " in watchbill.refused("restore", tmp_path / "kept")
    assert len(watchbill.json("instances")) == 2
    assert watchbill("restore", "--force", tmp_path / "kept").endswith(" are back\n")
    assert len(watchbill.json("instances")) == 1
    with pytest.raises(sqlite3.IntegrityError), sqlite3.connect(watchbill.home / "watchbill.db") as connection:
        connection.execute("DELETE FROM history")
    connection.close()


def test_nothing_is_restored_while_somebody_works(watchbill: Command, tmp_path: Path) -> None:
    watchbill("backup", tmp_path / "kept")
    database = Database(f"sqlite:///{watchbill.home / 'watchbill.db'}")
    take(database, "here:1", now=datetime.now(UTC), ttl=timedelta(minutes=1))
    database.dispose()
    assert watchbill.refused("restore", "--force", tmp_path / "kept") == "here:1 does the work of this Watchbill: stop serving first."


def without_a_table(lines: Lines) -> Lines:
    return [line for line in lines if line != {"table": "outbox"}]


def first_row(lines: Lines) -> int:
    return next(number for number, line in enumerate(lines) if isinstance(line, list))


BROKEN: dict[str, Callable[[Lines], Lines]] = {
    "another format": lambda lines: [{"format": "tar", "revision": "0001"}, *lines[1:]],
    "another version": lambda lines: [lines[0] | {"revision": "0000"}, *lines[1:]],
    "no head": lambda lines: lines[1:],
    "a list for a head": lambda lines: [[], *lines[1:]],
    "a table too few": without_a_table,
    "an unknown table": lambda lines: [*lines, {"table": "spells"}],
    "a row without a table": lambda lines: [lines[0], ["x"], *lines[1:]],
    "a row that is too long": lambda lines: [*lines[: first_row(lines)], [*lines[first_row(lines)], 1], *lines[first_row(lines) + 1 :]],
    "a row twice": lambda lines: [*lines[: first_row(lines)], lines[first_row(lines)], *lines[first_row(lines) :]],
    "a number for a row": lambda lines: [*lines, 7],
    "a wrong type": lambda lines: [
        *lines[: first_row(lines)],
        [{"$json": {}}] * len(lines[first_row(lines)]),
        *lines[first_row(lines) + 1 :],
    ],
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_backup_that_is_not_whole_changes_nothing(watchbill: Command, tmp_path: Path, how: str) -> None:
    watchbill("start", "check")
    file = tmp_path / "kept"
    watchbill("backup", file)
    before = lines_of(file)
    write(tmp_path / "broken", BROKEN[how](before))

    assert watchbill.refused("restore", "--force", tmp_path / "broken")
    watchbill("backup", file)
    assert lines_of(file) == before


@pytest.mark.parametrize("where", [10, 200, -30])
def test_a_backup_that_was_damaged_or_cut_changes_nothing(watchbill: Command, tmp_path: Path, where: int) -> None:
    watchbill("backup", tmp_path / "kept")
    content = (tmp_path / "kept").read_bytes()
    (tmp_path / "cut").write_bytes(content[:where])
    place = where % len(content)
    (tmp_path / "damaged").write_bytes(content[:place] + bytes(255 - byte for byte in content[place : place + 8]) + content[place + 8 :])
    for name in ("cut", "damaged"):
        assert "is not a whole backup" in watchbill.refused("restore", "--force", tmp_path / name)
    assert [each["name"] for each in watchbill.json("users", "list")] == ["Ann", "Bob", "Eve", "root"]


def examined(watchbill: Command, **settings: object) -> dict[str, dict[str, Any]]:
    """Return the doctor's checks by name; its exit code and its two ways of telling agree."""
    told = watchbill.run("doctor", "--json", **settings)
    report = json.loads(told.stdout)
    assert told.stderr == ""
    assert told.exit_code == (0 if report["is_well"] else 1)
    assert report["is_well"] == all(check["is_well"] for check in report["checks"])
    lines = watchbill.run("doctor", **settings).stdout.splitlines()
    assert [line[:4].strip() for line in lines] == ["ok" if check["is_well"] else "BAD" for check in report["checks"]]
    assert {tuple(check) for check in report["checks"]} == {("name", "is_well", "found", "advice")}
    return {check["name"]: check for check in report["checks"]}


def wrong(checks: dict[str, dict[str, Any]]) -> dict[str, tuple[str, str]]:
    return {name: (check["found"], check["advice"]) for name, check in checks.items() if not check["is_well"]}


def test_the_doctor_finds_nothing_wrong_where_the_work_is_done(watchbill: Command) -> None:
    database = Database(f"sqlite:///{watchbill.home / 'watchbill.db'}")
    take(database, "here:1", now=datetime.now(UTC), ttl=timedelta(minutes=1))
    database.dispose()
    watchbill("start", "check")
    checks = examined(watchbill)
    assert wrong(checks) == {}
    assert checks["work process"]["found"] == "here:1 under fence 1"
    assert checks["instances"]["found"] == "1 active"
    assert checks["SpiffWorkflow"]["found"] == "3.2.0"
    assert Path(checks["package engine"]["found"]).name == "engine"


def test_the_doctor_tells_what_is_wrong_and_what_to_do(watchbill: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    assert wrong(examined(watchbill)) == {"work process": ("nobody does the work", "Run watchbill serve, or watchbill worker.")}

    change(watchbill, "INSERT INTO failure (id, kind, message, created_at) VALUES ('f1', 'job', 'x', '2026-11-24T00:00:00.000000+00:00')")
    assert wrong(examined(watchbill))["failures"] == ("1 open", "Look at watchbill failures.")

    monkeypatch.setattr(doctoring, "LEAST_FREE_BYTES", 1 << 60)
    assert wrong(examined(watchbill))["disk"][1] == "Make room."


def test_the_doctor_examines_a_sick_database(watchbill: Command) -> None:
    change(watchbill, "DELETE FROM alembic_version")
    found, advice = wrong(examined(watchbill))["migrations"]
    assert found.startswith("pending: 0001")
    assert advice == "Run watchbill init."

    change(watchbill, "INSERT INTO alembic_version VALUES ('9999')")
    found, _ = wrong(examined(watchbill))["database"]
    assert "of version 9999" in found

    (watchbill.home / "watchbill.db").write_bytes(bytes(range(256)) * 20)
    found, advice = wrong(examined(watchbill))["database"]
    assert found.endswith("watchbill.db: file is not a database")
    assert advice == "Start the database, or correct WATCHBILL_DATABASE_URL."


def test_the_doctor_needs_no_home_and_makes_none(bare: Command) -> None:
    assert wrong(examined(bare))["database"][1] == "Run watchbill init."
    assert not bare.home.exists()
    checks = wrong(examined(bare, database_url="postgresql+psycopg://ann:secret@127.0.0.1:1/watchbill"))
    assert "secret" not in str(checks)
    assert "refused" in checks["database"][0]


def test_the_doctor_warns_of_a_clock_that_stands(watchbill: Command, tmp_path: Path) -> None:
    (tmp_path / "clock").write_text("2026-11-24T09:00+08:00")
    found, advice = wrong(examined(watchbill, clock_file=tmp_path / "clock"))["clock"]
    assert "2026-11-24T01:00:00+00:00" in found
    assert "WATCHBILL_CLOCK_FILE" in advice
    assert "tells no time" in wrong(examined(watchbill, clock_file=tmp_path / "none"))["clock"][0]
