"""Commands about people's tasks."""

from __future__ import annotations

import click

from engine import commands, queries
from watchbill.cli.options import Actor, House, as_json, as_user, limit, variables, with_house
from watchbill.cli.output import parse_variables, print_json, show


@click.command()
@click.option("--group", help="Only tasks of this team.")
@limit
@as_json
@as_user
@with_house
def tasks(house: House, actor: Actor, *, group: str | None, limit: int, as_json: bool) -> None:
    """List open tasks: one's own with --as, else all."""
    page = queries.open_tasks(house.engine, actor=actor, mine=not actor.is_system, group=group, limit=limit)
    columns = ("id", "name", "business_key", "assignee", "candidate_groups", "due_at", "priority")
    show(page.items, columns, as_json=as_json, empty="No open tasks.")


@click.command()
@click.argument("task")
@as_json
@as_user
@with_house
def claim(house: House, actor: Actor, *, task: str, as_json: bool) -> None:
    """Take a task on."""
    answer = commands.claim(house.engine, task, actor=actor)
    print_json(answer) if as_json else click.echo(f"claimed by {answer.assignee}")


@click.command()
@click.argument("task")
@variables
@as_json
@as_user
@with_house
def complete(house: House, actor: Actor, *, task: str, pairs: tuple[str, ...], as_json: bool) -> None:
    """Complete a task."""
    answer = commands.complete(house.engine, task, variables=parse_variables(pairs), actor=actor)
    print_json(answer) if as_json else click.echo(f"completed; the instance is {answer.instance_status}")


COMMANDS: tuple[click.Command, ...] = (tasks, claim, complete)
