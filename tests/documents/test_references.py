"""What the documents name is there: files, make targets, tables, packages, versions."""

from __future__ import annotations

import importlib
import pkgutil
import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

import engine.tables
import records
from engine.db import Database, metadata
from engine.handling import Context, HandlerRegistry
from tests.documents.pages import DOCUMENTS, ROOT, blocks, files, inline_code, links, rows, section, text_of

PATH = re.compile(r"^(?!/)[\w./-]*\w\.(py|md|toml|txt|bpmn|dmn|form|mako|html)$|^(?!/)\.?\w[\w./-]*/$")
MADE_BY_USE = {"watchbill.toml"}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES = tuple(PROJECT["tool"]["importlinter"]["root_packages"])

for module in pkgutil.walk_packages(records.__path__, "records."):
    importlib.import_module(module.name)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_relative_link_leads_somewhere(document: str) -> None:
    folder = (ROOT / document).parent
    targets = [link.partition("#")[0] for link in links(text_of(document)) if not re.match(r"\w+:|#", link)]
    assert [target for target in targets if not (folder / target).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_and_folder_named_is_there(document: str) -> None:
    names = {path.name for path in files()}
    folder = (ROOT / document).parent
    named = {code for code in inline_code(text_of(document)) if PATH.match(code) and "NAME" not in code} - MADE_BY_USE
    missing = [name for name in named if not (ROOT / name).exists() and not (folder / name).exists() and name not in names]
    assert sorted(missing) == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_make_target_named_is_one(document: str) -> None:
    text = text_of(document)
    code = [*inline_code(text), *(line for _, block in blocks(text) for line in block.splitlines())]
    named = {word for each in code for word in re.findall(r"^make ([a-z]+)", each)}
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))
    assert named <= targets


def test_every_target_that_is_no_file_is_said_to_be_none() -> None:
    makefile = text_of("Makefile")
    phony = set(re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)[0].split())
    assert phony == set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))


def test_the_index_names_every_document_once() -> None:
    present = [path.name for path in (ROOT / "docs").glob("*.md") if path.name != "README.md"]
    beside = [f"../{path.name}" for path in ROOT.glob("*.md")]
    assert sorted(links(text_of("docs/README.md"))) == sorted([*present, *beside])


@pytest.mark.parametrize("document", ["README.md", "README.zh-CN.md"])
def test_the_readme_names_every_folder_of_the_tree(document: str) -> None:
    listed = {name for name in inline_code(text_of(document)) if re.fullmatch(r"[a-z]+/", name)}
    present = {f"{path.name}/" for path in ROOT.iterdir() if path.is_dir() and any(each.parent != ROOT for each in files(path))}
    hidden = {name for name in present if name.startswith(".") or name in ("__pycache__/", "var/", "build/", "dist/")}
    assert listed == present - hidden
    assert {f"{name}/" for name in PACKAGES} <= listed


def test_the_design_draws_every_folder_of_the_tree() -> None:
    (tree, *_) = blocks(text_of("docs/design.md"), "text")
    drawn = set(re.findall(r"(?:^|\s)([a-z]+)/(?=\s)", tree[1]))
    assert set(PACKAGES) <= drawn
    assert [name for name in drawn if not (ROOT / name).is_dir()] == []


def test_the_tour_explains_exactly_the_tables_there_are() -> None:
    text = text_of("docs/engine.md")
    of_engine = {name for name, table in vars(engine.tables).items() if isinstance(table, sa.Table)}
    told = {
        heading: {row[0].strip("`") for row in rows(section(text, heading))}
        for heading in ("The tables of the engine", "The tables of the records")
    }
    assert told["The tables of the engine"] == of_engine
    assert told["The tables of the records"] == set(metadata.tables) - of_engine


def test_the_tour_names_the_layers_of_the_engine_in_their_order() -> None:
    contracts = {each["id"]: each for each in PROJECT["tool"]["importlinter"]["contracts"]}
    layers = [name for layer in contracts["engine"]["layers"] for name in layer.split(" | ")]
    told = re.search(r"from top to bottom:(.*?)\.\n", text_of("docs/engine.md"), re.DOTALL)
    assert told is not None
    assert re.findall(r"`(\w+)`", told[1]) == layers


def test_the_changelog_begins_with_the_version_of_the_program() -> None:
    versions = re.findall(r"^## \[([^\]]+)\] - (Unreleased|\d{4}-\d\d-\d\d)$", text_of("CHANGELOG.md"), re.MULTILINE)
    assert versions[0][0] == PROJECT["project"]["version"]
    kinds = set(re.findall(r"^### (.+)$", text_of("CHANGELOG.md"), re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_licence_and_the_notice_go_with_the_package() -> None:
    assert PROJECT["project"]["license"] == "Apache-2.0"
    assert "Apache License\n                           Version 2.0" in text_of("LICENSE")
    assert [name for name in PROJECT["project"]["license-files"] if not (ROOT / name).is_file()] == []


def test_the_handler_of_contributing_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sqlite_database: Database) -> None:
    (block,) = blocks(text_of("CONTRIBUTING.md"), "python")
    (tmp_path / "contributed").mkdir()
    (tmp_path / "contributed" / "__init__.py").touch()
    (tmp_path / "contributed" / "handover.py").write_text(block[1], encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    count = HandlerRegistry().discover("contributed").get("handover.count")
    with sqlite_database.write() as connection:
        place = {"topic": count.topic, "instance_id": "i", "token": "t", "element": "count", "actor": "ann"}
        context = Context(**place, now=datetime(2026, 11, 24, tzinfo=UTC), database=connection)
        assert count.run(context, {"open_points": "Line 1 is down\nLine 2 is slow"}) == {"points": 2}
