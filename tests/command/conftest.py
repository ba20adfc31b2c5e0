"""The command as its users meet it: its real entry point on a home of its own, in this process and as a program."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import structlog
from click.testing import CliRunner, Result

from engine.ids import new_id
from tests.runtime.diagrams import diagram, end, start, user
from watchbill.cli import main

PROGRAM = str(Path(sys.executable).with_name("watchbill"))
PASSWORD = "correct horse battery staple"
CHECK = diagram(
    "check", start(), user("look"), user("sign", people='camunda:candidateGroups="bosses"'), end(), flows="start>look look>sign sign>end"
)


@dataclass(frozen=True)
class Command:
    """The command with the settings of one Watchbill in its environment."""

    home: Path
    settings: dict[str, str] = field(default_factory=dict)

    def environment(self, **settings: object) -> dict[str, str]:
        given = {"home": self.home, **self.settings, **settings}
        return {f"WATCHBILL_{name.upper()}": str(value) for name, value in given.items()}

    def run(self, *words: str | Path, text: str | bytes | None = None, **settings: object) -> Result:
        """Run it in this process; an exception that would be a traceback fails the test."""
        given = [str(word) for word in words]
        result = CliRunner().invoke(main, given, input=text, env=self.environment(**settings), prog_name="watchbill")
        assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
        return result

    def __call__(self, *words: str | Path, text: str | bytes | None = None, **settings: object) -> str:
        """Return what it prints when all goes well."""
        result = self.run(*words, text=text, **settings)
        assert (result.exit_code, result.stderr) == (0, ""), result.output
        return result.stdout

    def json(self, *words: str | Path, **settings: object) -> Any:
        """Return what it prints as JSON."""
        return json.loads(self(*words, "--json", **settings))

    def refused(self, *words: str | Path, text: str | bytes | None = None, exit_code: int = 1, **settings: object) -> str:
        """Return the one line in which it says what is wrong."""
        result = self.run(*words, text=text, **settings)
        lines = result.stderr.splitlines()
        assert (result.exit_code, result.stdout, len(lines)) == (exit_code, "", 1), result.output
        assert lines[0].startswith("watchbill: ")
        return lines[0].removeprefix("watchbill: ")

    def program(self, *words: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run it as a program of its own."""
        return subprocess.run([PROGRAM, *map(str, words)], **self._options(options), timeout=50, check=False)

    def begun(self, *words: str | Path, **options: Any) -> subprocess.Popen[str]:
        """Begin it as a program of its own."""
        return subprocess.Popen([PROGRAM, *map(str, words)], **self._options(options))

    def _options(self, options: dict[str, Any]) -> dict[str, Any]:
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(self.home.parent), "PYTHONWARNINGS": "ignore"}
        environment |= self.environment() | options.pop("env", {})
        return {"text": True, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": environment} | options


@pytest.fixture(autouse=True)
def nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The settings of whoever runs the tests do not count, and what the command configures ends with its test."""
    for name in list(os.environ):
        if name.startswith("WATCHBILL_"):
            monkeypatch.delenv(name)
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def made_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that was set up once: the bundled processes, the process `check`, Ann who operates, Bob who approves, Eve who may nothing."""
    folder = tmp_path_factory.mktemp("made")
    watchbill = Command(folder / "home")
    watchbill("init", "--admin", "root", "--password-stdin", text=PASSWORD)
    for name, *teams in (("Ann", "desk", "operators"), ("Bob", "bosses"), ("Eve",)):
        watchbill("users", "add", name, *[word for team in teams for word in ("--team", team)])
    file = folder / "check.bpmn"
    file.write_bytes(CHECK)
    watchbill("deploy", file)
    return watchbill.home


@pytest.fixture
def watchbill(made_home: Path, tmp_path: Path) -> Command:
    """The command on a home that is set up."""
    shutil.copytree(made_home, tmp_path / "home")
    return Command(tmp_path / "home")


@pytest.fixture
def bare(tmp_path: Path) -> Command:
    """The command on a home that is not there yet."""
    return Command(tmp_path / "home")


@pytest.fixture
def empty_postgres(postgres_server: sa.URL) -> Iterator[str]:
    """The address of a PostgreSQL database without a table."""
    name = f"t{new_id()}"
    owner = sa.create_engine(postgres_server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with owner.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        yield postgres_server.set(database=name).render_as_string(hide_password=False)
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    owner.dispose()
