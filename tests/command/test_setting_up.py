"""Setting up a Watchbill and its accounts."""

from __future__ import annotations

import os
import pty
import re
import select
from pathlib import Path

import pytest

from tests.command.conftest import PASSWORD, PROGRAM, Command

READ_WITHIN_S = 20


class Terminal:
    """A program that a terminal watches: read until it asks, and type."""

    def __init__(self, watchbill: Command, *words: str, columns: int = 80) -> None:
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(watchbill.home.parent), "TERM": "xterm", "COLUMNS": str(columns)}
        self.process, self.end = pty.fork()
        if self.process == 0:
            os.execve(PROGRAM, [PROGRAM, *words], environment | watchbill.environment())
        self.seen = ""

    def read_until(self, text: str) -> None:
        while text not in self.seen:
            some = self._some()
            assert some, f"{text!r} did not come: {self.seen!r}"
            self.seen += some

    def interrupt(self) -> None:
        """Press Ctrl-C, and again when nothing follows: Python does not notice one that comes just before it reads."""
        os.write(self.end, b"\x03")
        while "Aborted!" not in self.seen:
            if not select.select([self.end], [], [], 1)[0]:
                os.write(self.end, b"\x03")
                continue
            some = self._some()
            if not some:
                return
            self.seen += some

    def type(self, line: str) -> None:
        os.write(self.end, f"{line}\n".encode())

    def ended(self) -> int:
        """Read what is left, and return the exit code."""
        while some := self._some():
            self.seen += some
        os.close(self.end)
        return os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])

    def _some(self) -> str:
        """Return what comes next; nothing when the program is gone."""
        if not select.select([self.end], [], [], READ_WITHIN_S)[0]:
            raise TimeoutError(f"nothing came after {self.seen!r}")
        try:
            return os.read(self.end, 4096).decode()
        except OSError:  # so Linux says that the program is gone
            return ""


def test_init_asks_for_the_administrator_on_a_terminal(bare: Command) -> None:
    terminal = Terminal(bare, "init")
    terminal.read_until("The administrator's name: ")
    terminal.type("root")
    terminal.read_until("characters): ")
    terminal.type(PASSWORD)
    terminal.read_until("confirmation: ")
    terminal.type(PASSWORD)
    assert terminal.ended() == 0, terminal.seen
    assert "root is an administrator." in terminal.seen
    assert PASSWORD not in terminal.seen
    assert [(each["name"], each["is_admin"]) for each in bare.json("users", "list")] == [("root", True)]


def test_a_terminal_that_is_interrupted_or_closed_ends_the_question_without_an_account(bare: Command) -> None:
    terminal = Terminal(bare, "init")
    terminal.read_until("The administrator's name: ")
    terminal.interrupt()
    assert terminal.ended() == 1
    assert terminal.seen.rstrip().endswith("Aborted!")
    assert "Traceback" not in terminal.seen
    assert bare.json("users", "list") == []


def test_init_takes_the_password_from_standard_input_and_twice_is_once(bare: Command) -> None:
    words = ("init", "--admin", "root", "--password-stdin")
    first = bare(*words, text=f"{PASSWORD}\n")
    assert re.fullmatch(rf"Watchbill is in {bare.home}\. Deployed .*incident.*\.\nroot is an administrator\.\n", first)
    again = bare(*words, text="another password\n")
    assert again.splitlines() == [
        f"Watchbill is in {bare.home}. The processes are up to date.",
        "root is an administrator already; the password stays.",
    ]
    assert bare("init").splitlines() == again.splitlines()[:1]
    assert len(bare.json("users", "list")) == 1
    assert {each["version"] for each in bare.json("definitions", "--all")} == {1}


def test_init_without_a_terminal_says_how_to_add_the_administrator(bare: Command) -> None:
    assert bare("init").splitlines()[-1] == "There is no administrator yet: watchbill init --admin NAME --password-stdin"
    result = bare.run("init", "--admin", "root")
    assert (result.exit_code, result.stderr) == (1, "watchbill: The administrator needs a password: give it with --password-stdin.\n")


@pytest.mark.parametrize(
    ("given", "said"),
    [("short\n", "the password has 5 characters"), ("", "the password has 0 characters"), (b"\xff\xfe\xfa" * 10, "is not UTF-8 text")],
)
def test_a_password_that_is_none_is_refused(watchbill: Command, given: str | bytes, said: str) -> None:
    assert said in watchbill.refused("users", "add", "Carl", "--password-stdin", text=given)
    assert "Carl" not in watchbill("users", "list")


def test_init_demo_makes_the_same_organisation_every_time(bare: Command) -> None:
    first = bare("init", "--demo")
    people = bare.json("users", "list")
    assert "14 people and the administrator 'admin'" in first
    assert len(people) == 15
    bare("init", "--demo")
    assert bare.json("users", "list") == people


def test_only_the_owner_may_look_into_a_new_home(bare: Command) -> None:
    bare("init")
    assert bare.home.stat().st_mode & 0o777 == 0o700


def test_users_are_added_and_listed(watchbill: Command) -> None:
    words = ("--display-name", "卡尔", "--email", "carl@example.org", "--team", "desk", "--team", "night")
    assert watchbill("users", "add", "Carl", *words) == "added Carl\n"
    assert watchbill.json("users", "add", "Dora", "--customer", "bank") == {"name": "Dora"}
    watchbill("users", "add", "Dan", "--admin", "--password-stdin", text=PASSWORD)

    rows = {each["name"]: each for each in watchbill.json("users", "list")}
    assert set(rows["Carl"]) == {"name", "display_name", "email", "is_admin", "is_active", "customer", "language", "zone", "teams"}
    assert (rows["Carl"]["display_name"], rows["Carl"]["email"], rows["Carl"]["teams"]) == ("卡尔", "carl@example.org", ["desk", "night"])
    assert (rows["Dora"]["customer"], rows["Dan"]["is_admin"]) == ("bank", True)
    assert "卡尔" in watchbill("users", "list")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "Ann"), "there is a person 'Ann' already"),
        (("add", "a b"), "'a b' cannot name a person"),
        (("add", "Carl", "--team", "bad team"), "'bad team' cannot name a team"),
        (("add", "Carl", "--admin", "--customer", "bank"), "cannot be an administrator"),
        (("add", "Carl", "--as", "Eve"), "Eve"),
        (("list", "--as", "nobody"), "there is no person 'nobody'"),
    ],
)
def test_an_account_that_cannot_be_is_refused_as_a_whole(watchbill: Command, words: tuple[str, ...], said: str) -> None:
    before = watchbill.json("users", "list")
    assert said in watchbill.refused("users", *words)
    assert watchbill.json("users", "list") == before


def test_a_token_is_shown_once_and_its_owner_is_known(watchbill: Command) -> None:
    made = watchbill.json("token", "create", "Ann", "--label", "script", "--scope", "read", "--scope", "operate", "--days", "7")
    assert set(made) == {"id", "token"}
    assert re.fullmatch(r"wb_[\w-]{43}\n", watchbill("token", "create", "Ann"))
    assert "no active person 'Zoe'" in watchbill.refused("token", "create", "Zoe")
    assert watchbill.refused("token", "create", "Ann", "--as", "Eve")
    assert "'everything'" in watchbill.refused("token", "create", "Ann", "--scope", "everything", exit_code=2)
    assert "'0'" in watchbill.refused("token", "create", "Ann", "--days", "0", exit_code=2).replace("0 is", "'0' is")


@pytest.mark.parametrize("columns", [50, 80, 200])
def test_a_table_on_a_terminal_shows_each_id_whole(watchbill: Command, columns: int) -> None:
    instance = watchbill.json("start", "check", "--business-key", "order:2026-11-24-0007")["instance_id"]
    terminal = Terminal(watchbill, "instances", columns=columns)
    assert terminal.ended() == 0
    assert instance in terminal.seen
    shown = re.sub(r"\x1b\[[\d;]*m", "", terminal.seen)
    assert max(len(line) for line in shown.splitlines()) <= columns


def test_a_table_shows_what_is_in_it_as_it_is_and_times_where_people_live(watchbill: Command) -> None:
    key = "order:[/b] :fire: \x1b[31m\nred"
    watchbill("start", "check", "--business-key", key)
    lines = watchbill("instances").splitlines()
    assert len(lines) == 2
    assert "order:[/b] :fire:  [31m red" in lines[1]
    assert watchbill.json("instances")[0]["business_key"] == key
    hour = {zone: re.search(r" (\d\d):\d\d:\d\d ", watchbill("instances", zone=zone)).group(1) for zone in ("Asia/Shanghai", "UTC")}  # type: ignore[union-attr]
    assert (int(hour["UTC"]) + 8) % 24 == int(hour["Asia/Shanghai"])


def test_the_home_may_have_any_name(tmp_path: Path) -> None:
    watchbill = Command(tmp_path / "数据 ?x=1 #y %20 z" / "home")
    watchbill("init")
    assert (watchbill.home / "watchbill.db").exists()
    assert watchbill("instances") == "No instances: watchbill start KEY.\n"
