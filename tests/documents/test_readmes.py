"""The two READMEs say the same, and the walk in them can be walked."""

from __future__ import annotations

import json
import re
import shlex
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.clock import SystemClock
from engine.db import Database
from engine.work.lease import release, take
from tests.documents.pages import blocks, headings, inline_code, links, prose, text_of
from watchbill.cli import main

ENGLISH, CHINESE = text_of("README.md"), text_of("README.zh-CN.md")
OTHER_TONGUE = {"README.md", "README.zh-CN.md"}


def test_both_have_the_same_headings() -> None:
    assert [level for level, _ in headings(ENGLISH)] == [level for level, _ in headings(CHINESE)]
    assert all(re.search(r"[\u4e00-\u9fff]", words) for level, words in headings(CHINESE) if level > 1)


def test_both_have_the_same_code() -> None:
    assert blocks(ENGLISH) == blocks(CHINESE)
    assert sorted(inline_code(ENGLISH)) == sorted(inline_code(CHINESE))


def test_both_lead_to_the_same_places_and_to_each_other() -> None:
    assert set(links(ENGLISH)) ^ set(links(CHINESE)) == OTHER_TONGUE
    assert len(re.findall(r"^- ", prose(ENGLISH), re.MULTILINE)) == len(re.findall(r"^- ", prose(CHINESE), re.MULTILINE))


def walk() -> list[list[str]]:
    """Return the commands of the first walk, in order."""
    lines = [line for _, block in blocks(ENGLISH, "sh") for line in block.splitlines()]
    return [shlex.split(line)[1:] for line in lines if line.startswith("watchbill ")]


def test_the_first_walk_goes_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHBILL_HOME", str(tmp_path))
    seen: dict[str, str] = {}
    run("init", "--demo")
    database = Database(f"sqlite:///{tmp_path / 'watchbill.db'}")
    held = take(database, "walker", now=SystemClock().now(), ttl=timedelta(hours=1))
    assert held is not None
    for words in walk():
        run(*(seen.get(word, word) for word in words))
        if words[0] in ("tasks", "instances"):
            rows = json.loads(run(*words, "--json"))
            wanted = [row for row in rows if row.get("name", "") != "Take it on"]
            seen["TASK" if words[0] == "tasks" else "INSTANCE"] = wanted[0]["id"]
    (instance,) = json.loads(run("instances", "--key", "incident", "--json"))
    assert instance["status"] == "completed"
    release(database, held, now=SystemClock().now())
    database.dispose()


def run(*words: str) -> str:
    """Run a command that must succeed, and return what it prints."""
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, f"{words}: {result.output}"
    return result.stdout
