"""The command explains itself."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from watchbill.cli import main


def commands(command: click.Command = main, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command with the words that lead to it, groups included."""
    yield path, command
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from commands(inner, (*path, name))


EVERY = dict(commands())
DUE = {
    "init", "serve", "worker", "deploy", "lint", "definitions", "start", "instances", "tasks", "claim", "complete", "message", "signal",
    "failures", "retry", "users.add", "users.list", "token.create", "history", "verify", "backup", "restore", "doctor", "replay",
    "templates", "hooks.add", "hooks.list", "hooks.remove", "hooks.subscribe", "hooks.subscriptions", "hooks.unsubscribe",
    "hooks.deliveries",
}  # fmt: skip


def test_every_command_is_there() -> None:
    assert {".".join(path) for path, command in EVERY.items() if not isinstance(command, click.Group)} >= DUE


@pytest.mark.parametrize("path", EVERY, ids=".".join)
def test_a_command_explains_itself_and_each_of_its_parameters(path: tuple[str, ...]) -> None:
    command = EVERY[path]
    shown = CliRunner().invoke(main, [*path, "--help"], prog_name="watchbill", env={"COLUMNS": "200"})
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert command.help
    assert command.help.splitlines()[0].endswith(".")
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{parameter.opts} says nothing"
            assert parameter.help.endswith((".", ")")), parameter.help
            assert parameter.opts[0] in shown.stdout
        else:
            assert parameter.make_metavar(click.Context(command)) in shown.stdout


@pytest.mark.parametrize("path", [path for path, command in EVERY.items() if not isinstance(command, click.Group)], ids=".".join)
def test_the_list_of_commands_tells_each_in_a_whole_sentence(path: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(main, [*path[:-1], "--help"], prog_name="watchbill")
    [line] = [line for line in shown.stdout.splitlines() if line.strip().startswith(f"{path[-1]} ")]
    assert line.endswith(".")
    assert not line.endswith("...")


def test_what_lists_or_answers_can_do_it_in_json() -> None:
    without = {"init", "serve", "worker", "templates", "hooks.remove", "hooks.unsubscribe"}
    for name in DUE - without:
        assert "as_json" in {parameter.name for parameter in EVERY[tuple(name.split("."))].params}, name
