"""Options that several commands share, and how they get the opened house."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from engine.people import Actor
from watchbill.house import House, open_house

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
as_user = click.option("--as", "as_user", metavar="USER", help="Act as this person (default: WATCHBILL_USER, else the engine itself).")
variables = click.option("--var", "pairs", metavar="NAME=JSON", multiple=True, help="Set a variable; repeat for more.")
limit = click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="At most so many.")


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


__all__ = ["Actor", "House", "as_json", "as_user", "limit", "variables", "with_house"]
