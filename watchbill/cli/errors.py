"""How the command tells what went wrong: one line on standard error and an exit code, never a traceback."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import click
from click.exceptions import NoArgsIsHelpError
from sqlalchemy.exc import SQLAlchemyError

from engine.errors import DeploymentRefused, WatchbillError
from watchbill.house import said_by_database


class Told(click.ClickException):
    """An error as it is told; the command ends with 1."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))

    def show(self, file: IO[Any] | None = None) -> None:
        """Print it."""
        click.echo(f"watchbill: {self.message}", file=file, err=file is None)


class Misused(Told):
    """The command line itself is wrong; the command ends with 2."""

    exit_code = 2


class Group(click.Group):
    """A group of commands whose errors are told in one line each."""

    def main(self, *args: Any, **options: Any) -> Any:
        """Run as a program; a standard stream that the caller closed is an empty one."""
        for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
            if getattr(sys, name) is None:
                setattr(sys, name, _nowhere(mode))
        return super().main(*args, **options)

    def make_context(self, *args: Any, **options: Any) -> click.Context:
        """Read the command line."""
        with _told():
            return super().make_context(*args, **options)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        with _told():
            return super().invoke(ctx)


@contextmanager
def _told() -> Iterator[None]:
    """Turn what went wrong outside the program into one line; what is wrong in the program itself stays as it is."""
    try:
        yield
    except NoArgsIsHelpError:
        raise
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx is not None else "watchbill"
        raise Misused(f"{error.format_message()} See {where} --help.") from error
    except DeploymentRefused as error:
        for problem in error.problems:
            click.echo(str(problem), err=True)
        raise Told(f"{counted(len(error.problems), 'problem')}; nothing was deployed.") from error
    except WatchbillError as error:
        raise Told(str(error)) from error
    except SQLAlchemyError as error:
        raise Told(f"The database refuses ({said_by_database(error)}): try again, or ask watchbill doctor.") from error
    except UnicodeError as error:
        raise Told(f"The text {getattr(error, 'object', '')!r} is not UTF-8: type it again.") from error
    except OSError as error:
        if error.errno == errno.EPIPE:  # whoever read the answer has read enough: click ends silently
            raise
        _drop_what_cannot_be_written()
        raise Told(f"{error.filename or 'input or output'}: {error.strerror or error}.") from error


def _drop_what_cannot_be_written() -> None:
    """Python would end with a complaint of its own about what is left for standard output."""
    try:
        sys.stdout.flush()
    except OSError:
        sys.stdout = _nowhere("w")


def _nowhere(mode: str) -> Any:
    return Path(os.devnull).open(mode, encoding="utf-8")


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, as in '1 problem' and '2 problems'."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
