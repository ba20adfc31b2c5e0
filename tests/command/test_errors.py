"""Whatever is wrong outside the program is told in one line on standard error; the command ends with a number, never with a traceback."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
from pathlib import Path

import pytest

from engine import db
from tests.command.conftest import PROGRAM, Command


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("claim nothing --as Ann", "there is no task 'nothing'"),
        ("complete nothing", "there is no task 'nothing'"),
        ("retry nothing", "there is no failure 'nothing'"),
        ("history nothing", "there is no process instance 'nothing'"),
        ("verify --instance nothing", "there is no process instance 'nothing'"),
        ("start nothing", "no process 'nothing' is deployed"),
        ("message nothing", "nobody waits for the message 'nothing'"),
        ("tasks --as nobody", "there is no person 'nobody': add one with `watchbill users add`"),
        ("deploy /no/such.bpmn", "There is no file or folder /no/such.bpmn."),
        ("lint /no/such.bpmn", "There is no file or folder /no/such.bpmn."),
        ("backup /no/such/file", "/no/such/file.part: No such file or directory."),
        ("replay /no/such.csv", "/no/such.csv"),
    ],
)
def test_what_is_not_there_is_named(watchbill: Command, words: str, said: str) -> None:
    assert said in watchbill.refused(*words.split())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--bogus", "No such option '--bogus'. See watchbill --help."),
        ("bogus", "No such command 'bogus'. See watchbill --help."),
        ("start", "Missing argument 'KEY'. See watchbill start --help."),
        ("start a b", "Got unexpected extra argument (b) See watchbill start --help."),
        ("users bogus", "No such command 'bogus'. See watchbill users --help."),
        ("users add", "Missing argument 'NAME'. See watchbill users add --help."),
        ("instances --limit many", "Invalid value for '--limit': 'many' is not a valid integer range. See watchbill instances --help."),
        ("instances --limit 0", "0 is not in the range 1<=x<=1000"),
        ("instances --status lost", "'lost' is not one of 'active', 'suspended', 'completed', 'cancelled'"),
        ("serve --port 70000", "70000 is not in the range"),
        ("start check --var a", "'a' is not of the form name=value"),
        ("start check --var =1", "'=1' is not of the form name=value"),
        ("start check --var a={", "a is not JSON"),
        ('start check --var a="b', "a is not JSON"),
        ("start check --var a=" + "[" * 100_000, "a is not JSON"),
        ("complete x --var a=[1,", "a is not JSON"),
        ("restore /no/such/file", "File '/no/such/file' does not exist"),
    ],
    ids=lambda value: value[:30],
)
def test_a_wrong_command_line_is_told_in_one_line_with_where_to_read_on(watchbill: Command, words: str, said: str) -> None:
    told = watchbill.refused(*words.split(), exit_code=2)
    assert said in told
    assert "--help." in told


@pytest.mark.parametrize("value", ["NaN", "Infinity", '"\\ud800"', "1e999"])
def test_a_variable_that_json_cannot_hold_is_refused(watchbill: Command, value: str) -> None:
    assert "variables.a" in watchbill.refused("start", "check", "--var", f"a={value}")


def test_garbage_is_refused_whatever_command_reads_it(watchbill: Command, tmp_path: Path) -> None:
    garbage, empty, text = tmp_path / "garbage.bpmn", tmp_path / "empty", tmp_path / "notes.txt"
    garbage.write_bytes(bytes(range(256)) * 20)
    empty.mkdir()
    text.write_text("hello")

    for command in ("deploy", "lint"):
        assert f"There is no .bpmn, .dmn or .form file in {empty}." in watchbill.refused(command, empty)
        assert "Two of the files are called garbage.bpmn" in watchbill.refused(command, garbage, garbage)
        for file in (garbage, text):
            result = watchbill.run(command, file)
            assert result.exit_code == 1
            assert f"{file.name}:" in result.output
            assert "1 problem" in result.output
    assert "is not a whole backup" in watchbill.refused("restore", garbage)
    assert "is a directory" in watchbill.refused("restore", empty, exit_code=2)
    assert "is a directory" in watchbill.refused("backup", empty, exit_code=2)
    assert watchbill.refused("replay", garbage)
    assert watchbill.refused("replay", empty)


def test_a_file_that_cannot_be_read_is_named(watchbill: Command, tmp_path: Path) -> None:
    loop = tmp_path / "loop.bpmn"
    loop.symlink_to(loop)
    assert "loop.bpmn" in watchbill.refused("deploy", loop)
    locked = tmp_path / "locked.bpmn"
    locked.write_text("<x/>")
    locked.chmod(0)
    if os.geteuid():  # root reads everything
        assert watchbill.refused("deploy", locked) == f"{locked}: Permission denied."


def test_without_a_home_the_first_step_is_named(bare: Command) -> None:
    for words in ("instances", "verify", "serve", "worker", "users list"):
        assert bare.refused(*words.split()) == (f"There is no Watchbill in {bare.home}: run `watchbill init` first, or set WATCHBILL_HOME.")
    assert not bare.home.exists()


def test_a_home_that_cannot_be_is_refused(watchbill: Command, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    for home in (file, file / "home", "/proc/home"):
        assert f"The home {home} cannot be made" in watchbill.refused("init", home=home)
    assert "WATCHBILL_HOME names no folder" in watchbill.refused("init", home="~no.such.user/home")


def test_a_database_that_cannot_be_written_is_told(watchbill: Command) -> None:
    url = f"sqlite:///file:{watchbill.home / 'watchbill.db'}?mode=ro&uri=true"
    assert "No instances" in watchbill("instances", database_url=url)
    assert watchbill.refused("start", "check", database_url=url) == (
        "The database refuses (attempt to write a readonly database): try again, or ask watchbill doctor."
    )


def test_a_database_that_is_locked_is_told_after_a_while(watchbill: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "BUSY_S", 0.1)
    holder = sqlite3.connect(watchbill.home / "watchbill.db")
    holder.execute("BEGIN IMMEDIATE")
    assert "others kept the database busy" in watchbill.refused("start", "check")
    assert watchbill.refused("users", "add", "Carl") == "The database refuses (database is locked): try again, or ask watchbill doctor."
    assert watchbill("instances") == "No instances: watchbill start KEY.\n"
    holder.rollback()
    holder.close()


def test_a_database_that_is_none_is_told(watchbill: Command) -> None:
    (watchbill.home / "watchbill.db").write_bytes(bytes(range(256)) * 20)
    for words in ("instances", "init", "backup x", "serve"):
        assert watchbill.refused(*words.split()) == ("The database refuses (file is not a database): try again, or ask watchbill doctor.")


def test_a_database_of_a_later_watchbill_is_left_alone(watchbill: Command) -> None:
    with sqlite3.connect(watchbill.home / "watchbill.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    for words in ("instances", "init", "backup x", "serve", "worker"):
        assert "The database is of version 9999, this program knows up to" in watchbill.refused(*words.split())


def test_a_database_that_does_not_answer_is_told_without_its_password(bare: Command) -> None:
    told = bare.refused("instances", database_url="postgresql+psycopg://ann:secret@127.0.0.1:1/watchbill")
    assert "connection refused" in told.lower()
    assert "secret" not in told


def test_an_argument_that_is_no_text_is_told(watchbill: Command) -> None:
    odd = "\udcff\udcfe"  # as Python reads the bytes FF FE of a command line
    for words in (("start", odd), ("start", "check", "--var", f"a={odd}"), ("users", "add", "Carl", "--email", odd), ("deploy", odd)):
        assert watchbill.refused(*words)
    result = watchbill.program("history", odd)
    assert (result.returncode, len(result.stderr.splitlines())) == (1, 1)


def shell(watchbill: Command, line: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a line of shell in which $W is the command."""
    given = {"PATH": "/usr/bin:/bin", "W": PROGRAM, "PYTHONWARNINGS": "ignore", **watchbill.environment(), **environment}
    return subprocess.run(["/bin/bash", "-c", line], env=given, capture_output=True, text=True, timeout=50, check=False)


def test_a_reader_that_has_read_enough_ends_the_command_silently(watchbill: Command) -> None:
    done = shell(watchbill, "$W definitions --json | true; echo ${PIPESTATUS[0]}")
    assert (done.stdout, done.stderr) == ("1\n", "")
    done = shell(watchbill, "$W definitions --json | head -1")
    assert (done.returncode, done.stdout, done.stderr) == (0, "[\n", "")


def test_standard_streams_that_are_closed_or_full_are_no_traceback(watchbill: Command) -> None:
    done = shell(watchbill, "$W instances >&-")
    assert (done.returncode, done.stderr) == (0, "")
    done = shell(watchbill, "$W users add Carl --password-stdin <&-")
    assert (done.returncode, done.stderr) == (1, "watchbill: the password has 0 characters: use at least 12\n")
    done = shell(watchbill, "$W instances >/dev/full")
    assert (done.returncode, done.stderr) == (1, "watchbill: input or output: No space left on device.\n")


def test_a_terminal_without_chinese_letters_still_gets_an_answer(watchbill: Command) -> None:
    watchbill("users", "add", "Carl", "--display-name", "卡尔")
    done = shell(watchbill, "$W users list", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\\u5361\\u5c14" in done.stdout


def test_an_interrupt_ends_a_command_without_a_traceback_and_changes_nothing(watchbill: Command, tmp_path: Path) -> None:
    watchbill("start", "check")
    os.mkfifo(tmp_path / "slow")
    running = watchbill.begun("restore", "--force", tmp_path / "slow")
    with (tmp_path / "slow").open("wb"):  # opens when the command reads it
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=20)
    assert (running.returncode, said.split()) == (1, ["Aborted!"])
    assert len(watchbill.json("instances")) == 1
