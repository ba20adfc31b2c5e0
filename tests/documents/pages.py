"""The documents as data: their headings, code blocks, inline code, links and tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
MADE = {"__pycache__", "var", "build", "dist", "node_modules"}
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def files(folder: Path = ROOT) -> Iterator[Path]:
    """Yield the files that belong to the project, and none that it makes or that tools keep for themselves."""
    for path in sorted(folder.iterdir()):
        hidden = path.name.startswith(".") and path.name not in (".ci", ".gitignore", ".gitattributes", ".editorconfig")
        if hidden or path.name in MADE or path.name.endswith(".egg-info"):
            continue
        if path.is_dir():
            yield from files(path)
        else:
            yield path


DOCUMENTS = tuple(str(path.relative_to(ROOT)) for path in files() if path.suffix == ".md")


def text_of(document: str) -> str:
    """Return a document's text."""
    return (ROOT / document).read_text(encoding="utf-8")


def blocks(text: str, language: str | None = None) -> list[tuple[str, str]]:
    """Return the code blocks, as language and content."""
    return [(name, code) for name, code in FENCE.findall(text) if language in (None, name)]


def prose(text: str) -> str:
    """Return a document without its code blocks."""
    return FENCE.sub("", text)


def inline_code(text: str) -> list[str]:
    """Return what stands between backticks outside of code blocks."""
    return re.findall(r"`([^`]+)`", prose(text))


def links(text: str) -> list[str]:
    """Return the targets of links."""
    return re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", prose(text)))


def headings(text: str) -> list[tuple[int, str]]:
    """Return the headings, as level and words."""
    return [(len(marks), words) for marks, words in re.findall(r"^(#+) (.+)$", prose(text), re.MULTILINE)]


def section(text: str, heading: str) -> str:
    """Return what stands under a heading, up to the next of any level."""
    return re.split(r"^#+ ", text.split(f"# {heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def rows(text: str) -> list[list[str]]:
    """Return the cells of the first table in a text, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
