"""Options that several commands share, and how they get the opened house."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from engine.errors import Invalid
from engine.people import Actor
from watchbill.desk import Desk
from watchbill.house import House, open_house
from watchbill.local import LocalDesk
from watchbill.remote import RemoteDesk
from watchbill.server import Server

SERVER = "watchbill.server"
"""Under this name the context keeps the server that --url names."""

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


def with_desk(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the desk to ask at: of the server that --url names, else of the house here, which is opened and closed."""

    @click.pass_context
    @functools.wraps(command)
    def wrapped(ctx: click.Context, /, **options: Any) -> Any:
        as_user, server = options.pop("as_user", None), ctx.meta.get(SERVER)
        if server is not None:
            if as_user is not None:
                raise click.UsageError("--as and --url exclude each other: on a server the token says who acts.", ctx)
            return command(RemoteDesk(server), **options)
        house = open_house(ctx.obj)
        try:
            return command(LocalDesk(house.engine, house.actor(as_user)), **options)
        finally:
            house.close()

    return anywhere(wrapped)


def anywhere(command: Callable[..., Any]) -> Callable[..., Any]:
    """Let a command run when --url names a server; all others need the house itself."""
    command.__dict__["runs_anywhere"] = True
    return command


def only_here(command: click.Command) -> None:
    """Let a command refuse --url unless it runs anywhere, and so the commands of a group."""
    if isinstance(command, click.Group):
        for each in command.commands.values():
            only_here(each)
    elif not getattr(command.callback, "runs_anywhere", False):
        command.callback = _refusing(command.callback)


def _refusing(callback: Callable[..., Any] | None) -> Callable[..., Any]:
    assert callback is not None

    @functools.wraps(callback)
    def wrapped(*given: Any, **options: Any) -> Any:
        ctx = click.get_current_context()
        if SERVER in ctx.meta:
            raise Invalid(f"`{ctx.command_path}` needs the house itself: run it where that Watchbill lives, without --url.")
        return callback(*given, **options)

    return wrapped


def server_of(ctx: click.Context, url: str | None, *, token: str | None, token_file: Path | None) -> Server | None:
    """Return the server that the options name, None without --url. Raises UsageError when they do not fit together."""
    if token is not None and token_file is not None:
        raise click.UsageError("The token is given twice, as a text and by --token-file: give it once.", ctx)
    if url is None:
        if token is not None or token_file is not None:
            raise click.UsageError("A token is for a server: name it by --url or WATCHBILL_URL, too.", ctx)
        return None
    return Server(url, token if token_file is None else _first_line(token_file))


def _first_line(file: Path) -> str:
    try:
        return next(iter(file.read_text(encoding="utf-8").splitlines()), "").strip()
    except UnicodeError as error:
        raise Invalid(f"The token file {file} is no text.") from error


__all__ = [
    "Actor",
    "Desk",
    "House",
    "anywhere",
    "as_json",
    "as_user",
    "limit",
    "only_here",
    "password_from_stdin",
    "server_of",
    "variables",
    "with_desk",
    "with_house",
]
