"""The documents and the command agree: what is written can be typed, and what can be typed is written."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from tests.command.test_help import DUE, EVERY
from watchbill.cli import main

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / name for name in ("README.md", "README.zh-CN.md", "CONTRIBUTING.md")] + sorted((ROOT / "docs").glob("*.md"))
SHELL = re.compile(r"^```(?:sh|shell|bash|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]*)`")
ENDS_A_COMMAND = {"|", "||", "&&", ";", "&", ">", ">>", "<", "2>"}


def commands_in(line: str) -> list[list[str]]:
    """Return the words of each `watchbill ...` in a line of shell."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = "#"
    parts: list[list[str]] = [[]]
    for word in lexer:
        if word in ENDS_A_COMMAND:
            parts.append([])
        else:
            parts[-1].append(word)
    begins = [next((n for n, word in enumerate(part) if not re.match(r"\w+=|sudo$|\$$", word)), len(part)) for part in parts]
    return [part[begin + 1 :] for part, begin in zip(parts, begins, strict=True) if Path([*part, ""][begin]).name == "watchbill"]


def written(document: Path) -> list[list[str]]:
    """Return the words of every command in a document: the lines of its shell blocks, and what stands between back-quotes."""
    text = document.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for block in SHELL.findall(text) for line in block.splitlines()]
    lines += [code for code in INLINE.findall(re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)) if "watchbill " in code]
    return [words for line in lines for words in commands_in(line) if words and not words[0].endswith("...")]


def parse(words: list[str]) -> None:
    """Read a command line as the command would, without running it."""
    command: click.Command = main
    context = click.Context(main, info_name="watchbill")
    _, rest, _ = main.make_parser(context).parse_args(list(words))
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        name, found, rest = command.resolve_command(context, rest)
        assert found is not None
        context, command = click.Context(found, parent=context, info_name=name), found
    if not isinstance(command, click.Group) and "--help" not in rest:
        command.make_context(context.info_name, [word for word in rest if word != "..."], parent=context.parent)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_that_is_written_can_be_typed(document: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(click.Path, "convert", lambda _self, value, _parameter, _context: value)  # the files are not there
    for words in written(document):
        try:
            parse(words)
        except click.ClickException as error:
            pytest.fail(f"{document.name}: watchbill {shlex.join(words)}: {error.format_message()}")


@pytest.mark.parametrize("document", ["README.md", "README.zh-CN.md"])
def test_the_readme_names_every_command(document: str) -> None:
    named = {tuple(words) for words in written(ROOT / document)}
    for name in DUE:
        path = tuple(name.split("."))
        assert any(words[: len(path)] == path for words in named), f"{document} does not name watchbill {' '.join(path)}"
    assert all(".".join(path) in DUE or isinstance(command, click.Group) for path, command in EVERY.items())


def test_commands_are_found_wherever_they_stand() -> None:
    assert commands_in('X=1 .venv/bin/watchbill start a --var b="c d" | head -1 && watchbill tasks # watchbill no') == [
        ["start", "a", "--var", "b=c d"],
        ["tasks"],
    ]
    assert commands_in("export PATH=x; cat watchbill") == []
    for document in DOCUMENTS[:3]:
        assert written(document)


@pytest.mark.parametrize("line", ["bogus", "start", "tasks --bogus", "users add", "restore a b", "serve --port x"])
def test_what_cannot_be_typed_is_noticed(line: str) -> None:
    with pytest.raises(click.ClickException):
        parse(line.split())
