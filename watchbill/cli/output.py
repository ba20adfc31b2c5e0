"""How the command answers: JSON for programs, tables for people."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import Enum
from operator import attrgetter
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.table import Table

from watchbill.settings import Settings

ID_CHARS = 32
UNBOUNDED = 10_000
"""The width of a table that goes to a file or a program: nothing in it is folded."""


def plain(value: Any) -> Any:
    """Return a value as JSON-ready data."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(plain(each) for each in value)
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, Path):
        return str(value)
    return value


def print_json(value: Any) -> None:
    """Print one JSON value."""
    click.echo(json.dumps(plain(value), ensure_ascii=False, indent=2))


def show(rows: Sequence[Any], columns: Sequence[str], *, as_json: bool, empty: str) -> None:
    """Print rows as JSON or as a table of some of their fields; `empty` is said when there are none.

    An id is never cut, since the next command asks for it; times are shown in the zone of the settings.
    """
    if as_json:
        print_json(list(rows))
        return
    if not rows:
        click.echo(empty)
        return
    settings = click.get_current_context().find_object(Settings)
    assert settings is not None
    zone = ZoneInfo(settings.zone)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        is_id = column == "id"
        title = column.rpartition(".")[2].replace("_", " ")
        table.add_column(title, overflow="fold", no_wrap=is_id, min_width=ID_CHARS if is_id else None)
    for row in rows:
        table.add_row(*[_cell(attrgetter(column)(row), zone) for column in columns])
    width = None if sys.stdout.isatty() else UNBOUNDED
    Console(width=width, markup=False, emoji=False, highlight=False).print(table)


def _cell(value: Any, zone: ZoneInfo) -> str:
    """Return a value as one line that cannot steer the terminal."""
    return "".join(each if each.isprintable() else " " for each in _text(value, zone))


def _text(value: Any, zone: ZoneInfo) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, tuple | frozenset | list):
        return ", ".join(str(each) for each in plain(value))
    if isinstance(value, dict):
        return ", ".join(f"{name}={json.dumps(each, ensure_ascii=False)}" for name, each in value.items())
    return str(plain(value))


def parse_variables(pairs: Iterable[str]) -> dict[str, Any]:
    """Read `name=json` pairs; a plain word is a text without quotes. Raises BadParameter without a name, or for JSON that is broken."""
    found: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"{pair!r} is not of the form name=value")
        try:
            found[name] = json.loads(text)
        except (ValueError, RecursionError) as error:
            if text.startswith(("{", "[", '"')):
                raise click.BadParameter(f"{name} is not JSON ({error})") from error
            found[name] = text
    return found
