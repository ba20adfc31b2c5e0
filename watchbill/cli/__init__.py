"""The command `watchbill`."""

from __future__ import annotations

import io
import logging
import sys
from pathlib import Path

import click
import structlog

from watchbill.cli import hooks, integrations, people, processes, replaying, setup, tasks
from watchbill.cli.errors import Group
from watchbill.cli.options import SERVER, only_here, server_of
from watchbill.settings import load_settings


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="watchbill")
@click.option(
    "--url", envvar="WATCHBILL_URL", metavar="URL", help="Ask the Watchbill at this address, not the one here (or WATCHBILL_URL)."
)
@click.option(
    "--token", envvar="WATCHBILL_TOKEN", metavar="TOKEN", help="The token for --url; others see it here, but not in WATCHBILL_TOKEN."
)
@click.option("--token-file", type=click.Path(path_type=Path, dir_okay=False), help="Read the token for --url from this file's first line.")
@click.pass_context
def main(ctx: click.Context, *, url: str | None, token: str | None, token_file: Path | None) -> None:
    """Run an operations organisation's processes from their diagrams."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    ctx.obj = load_settings()
    server = server_of(ctx, url, token=token, token_file=token_file)
    if server is not None:
        ctx.meta[SERVER] = server
    level = getattr(logging, ctx.obj.log_level.upper())
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(level), logger_factory=structlog.PrintLoggerFactory(sys.stderr))


for module in (setup, processes, tasks, people, hooks, integrations, replaying):
    for each in module.COMMANDS:
        only_here(each)
        main.add_command(each)
