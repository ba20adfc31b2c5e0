"""Options that several commands share, and how they get the opened house."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

import click

from engine.errors import Invalid
from engine.people import Actor
from watchbill.house import House, open_house

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
as_user = click.option("--as", "as_user", metavar="USER", help="Act as this person (default: WATCHBILL_USER, else the engine itself).")
variables = click.option("--var", "pairs", metavar="NAME=JSON", multiple=True, help="Set a variable; repeat for more.")
limit = click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="At most so many.")


def password_from_stdin() -> str:
    """Return the first line of standard input. Raises Invalid when it is no text."""
    try:
        line = sys.stdin.readline().rstrip("\r\n")
        line.encode()
    except UnicodeError as error:
        raise Invalid("The password on standard input is not UTF-8 text.") from error
    return line


def with_house(command: Callable[..., Any]) -> Callable[..., Any]:
    """Open the house for a command, and close it after."""

    @click.pass_obj
    @functools.wraps(command)
    def wrapped(settings: Any, /, **options: Any) -> Any:
        house = open_house(settings)
        try:
            if "as_user" in options:
                return command(house, house.actor(options.pop("as_user")), **options)
            return command(house, **options)
        finally:
            house.close()

    return wrapped


__all__ = ["Actor", "House", "as_json", "as_user", "limit", "password_from_stdin", "variables", "with_house"]
