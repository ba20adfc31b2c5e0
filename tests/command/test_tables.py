"""Tables that people read: no id is cut, times are of the organisation's zone, and what people wrote stands as they wrote it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from watchbill.cli import main


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Watchbill with the demo organisation and one incident that waits to be classified."""
    monkeypatch.setenv("WATCHBILL_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "80")
    run("init", "--demo")
    run("start", "incident", "--as", "li.na", "--var", "symptom=The [/bold] line :bug: is down")
    return tmp_path


def run(*words: str) -> Result:
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    return result


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("command", ["tasks", "instances", "definitions"])
def test_a_table_shows_every_id_whole(command: str) -> None:
    rows = json.loads(run(command, "--json").stdout)
    assert rows
    table = run(command).stdout.splitlines()
    assert [row["id"] in line for row, line in zip(rows, table[1:], strict=True)] == [True] * len(rows)


@pytest.mark.usefixtures("home")
def test_history_is_told_in_lines_with_what_people_wrote() -> None:
    (instance,) = json.loads(run("instances", "--json").stdout)
    told = run("history", instance["id"]).stdout.splitlines()
    assert told[0].split() == ["seq", "at", "kind", "element", "actor", "data"]
    assert "instance.started" in told[1]
    assert "li.na" in told[1]
    assert 'symptom": "The [/bold] line :bug: is down"' in told[1]


@pytest.mark.usefixtures("home")
def test_times_are_shown_in_the_zone_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    (instance,) = json.loads(run("instances", "--json").stdout)
    shown = {}
    for zone in ("UTC", "Asia/Shanghai"):
        monkeypatch.setenv("WATCHBILL_ZONE", zone)
        shown[zone] = run("history", instance["id"]).stdout.splitlines()[1].split()[1:3]
    assert " ".join(shown["UTC"]) == instance["started_at"][:19].replace("T", " ")
    assert (int(shown["Asia/Shanghai"][1][:2]) - int(shown["UTC"][1][:2])) % 24 == 8


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("command", ["tasks", "instances"])
def test_a_narrow_terminal_folds_and_loses_nothing(command: str) -> None:
    (row,) = json.loads(run(command, "--json").stdout)
    terminal, end = os.openpty()
    subprocess.run(
        [sys.executable, "-m", "watchbill", command], stdout=end, check=True, env={**os.environ, "TERM": "dumb", "COLUMNS": "80"}
    )
    os.close(end)
    lines = os.read(terminal, 4096).decode().splitlines()
    os.close(terminal)
    assert max(map(len, lines)) <= 80
    assert any(line.startswith(row["id"]) for line in lines)
    last = {"tasks": str(row.get("priority")), "instances": "li.na"}[command]
    assert any(line.split()[-1:] == [last] for line in lines)
