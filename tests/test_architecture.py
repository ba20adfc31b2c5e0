"""The house is as docs/design.md draws it: layers, homes of third-party packages, sizes."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("engine", "records", "handlers", "webui", "watchbill")
MIGRATIONS = ROOT / "watchbill/migrations/versions"
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if MIGRATIONS not in path.parents)
MOST_LINES = 400
MOST_FUNCTION_LINES = 45


def test_the_layers_hold() -> None:
    linter = Path(sys.executable).parent / "lint-imports"
    found = subprocess.run([str(linter), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr


def test_every_top_level_package_is_in_the_layers() -> None:
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    present = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert present == set(rules["root_packages"]) == set(PACKAGES)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_and_functions_are_short(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= MOST_LINES, "split the module"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            start = node.body[1].lineno if len(node.body) > 1 and ast.get_docstring(node) else node.lineno
            assert (node.end_lineno or 0) - start < MOST_FUNCTION_LINES, f"{node.name} is too long: split it"
