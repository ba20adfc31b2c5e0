"""The command `watchbill`."""

from __future__ import annotations

import io
import logging
import sys

import click
import structlog

from watchbill.cli import hooks, integrations, people, processes, replaying, setup, tasks
from watchbill.cli.errors import Group
from watchbill.settings import load_settings


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="watchbill")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Run an operations organisation's processes from their diagrams."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    ctx.obj = load_settings()
    level = getattr(logging, ctx.obj.log_level.upper())
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(level), logger_factory=structlog.PrintLoggerFactory(sys.stderr))


for module in (setup, processes, tasks, people, hooks, integrations, replaying):
    for each in module.COMMANDS:
        main.add_command(each)
