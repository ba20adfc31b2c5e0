"""Commands about people's tasks."""

from __future__ import annotations

import click

from watchbill.cli.options import Desk, as_json, as_user, limit, variables, with_desk
from watchbill.cli.output import parse_variables, print_json, show


@click.command()
@click.option("--group", help="Only tasks of this team.")
@limit
@as_json
@as_user
@with_desk
def tasks(desk: Desk, *, group: str | None, limit: int, as_json: bool) -> None:
    """List open tasks: one's own with --as or a token, else all."""
    rows = desk.tasks(group=group, limit=limit)
    columns = ("id", "name", "business_key", "assignee", "candidate_groups", "due_at", "priority")
    show(rows, columns, as_json=as_json, empty="No open tasks.")


@click.command()
@click.argument("task")
@as_json
@as_user
@with_desk
def claim(desk: Desk, *, task: str, as_json: bool) -> None:
    """Take a task on."""
    answer = desk.claim(task)
    print_json(answer) if as_json else click.echo(f"claimed by {answer.assignee}")


@click.command()
@click.argument("task")
@variables
@as_json
@as_user
@with_desk
def complete(desk: Desk, *, task: str, pairs: tuple[str, ...], as_json: bool) -> None:
    """Complete a task."""
    answer = desk.complete(task, variables=parse_variables(pairs))
    print_json(answer) if as_json else click.echo(f"completed; the instance is {answer.instance_status}")


COMMANDS: tuple[click.Command, ...] = (tasks, claim, complete)
