"""Commands about definitions and instances."""

from __future__ import annotations

from pathlib import Path

import click

from engine import queries
from engine.definitions import lint as lint_files
from engine.handling import HandlerRegistry
from engine.history import verify as verify_history
from engine.people import HOUSE, Action, require
from watchbill.cli.errors import counted
from watchbill.cli.options import Actor, Desk, House, anywhere, as_json, as_user, limit, variables, with_desk, with_house
from watchbill.cli.output import parse_variables, print_json, show
from watchbill.house import HANDLERS, read_paths


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--name", help="The deployment's name (default: the first path's name).")
@as_json
@as_user
@with_desk
def deploy(desk: Desk, *, paths: tuple[Path, ...], name: str | None, as_json: bool) -> None:
    """Deploy files or folders: they stand or fall together."""
    made = desk.deploy(read_paths(list(paths)), name=name or paths[0].resolve().stem)
    if as_json:
        print_json(made)
        return
    for each in made.definitions:
        click.echo(f"{each.kind} {each.key} version {each.version}{'' if each.is_new else ' (unchanged)'}")


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@as_json
@click.pass_context
@anywhere
def lint(ctx: click.Context, *, paths: tuple[Path, ...], as_json: bool) -> None:
    """Check files or folders as if they were deployed alone. Exit with 1 when there are problems."""
    topics = HandlerRegistry().discover(HANDLERS).topics()
    problems = lint_files(read_paths(list(paths)), topics)
    if as_json:
        print_json(problems)
    else:
        for problem in problems:
            click.echo(str(problem))
        click.echo(f"{counted(len(problems), 'problem')}." if problems else "No problems.")
    ctx.exit(1 if problems else 0)


@click.command()
@click.option("--all", "all_versions", is_flag=True, help="All versions, not only the latest.")
@click.option("--kind", type=click.Choice(["process", "decision", "form"]), default="process", show_default=True, help="What to list.")
@as_json
@with_desk
def definitions(desk: Desk, *, all_versions: bool, kind: str, as_json: bool) -> None:
    """List what is deployed."""
    rows = desk.definitions(kind=kind, all_versions=all_versions)
    show(rows, ("key", "version", "version_tag", "name", "id"), as_json=as_json, empty="Nothing is deployed: watchbill deploy PATH.")


@click.command()
@click.argument("key")
@click.option("--business-key", help="Names the record that the instance is about, such as incident:INC-20260213-0007.")
@click.option("--drill", is_flag=True, help="Start it as a drill; everything it causes is a drill too.")
@variables
@as_json
@as_user
@with_desk
def start(desk: Desk, *, key: str, business_key: str | None, drill: bool, pairs: tuple[str, ...], as_json: bool) -> None:
    """Start an instance of a process."""
    started = desk.start(key, business_key=business_key, variables=parse_variables(pairs), is_drill=drill)
    print_json(started) if as_json else click.echo(f"started {started.instance_id} ({started.status})")


@click.command()
@click.option("--status", type=click.Choice(["active", "suspended", "completed", "cancelled"]), help="Only instances in this state.")
@click.option("--key", help="Only instances of this process.")
@click.option("--business-key", help="Only instances about this record.")
@limit
@as_json
@as_user
@with_desk
def instances(desk: Desk, *, status: str | None, key: str | None, business_key: str | None, limit: int, as_json: bool) -> None:
    """List instances, newest first."""
    rows = desk.instances(status=status, key=key, business_key=business_key, limit=limit)
    columns = ("id", "definition_key", "business_key", "status", "started_at", "started_by")
    show(rows, columns, as_json=as_json, empty="No instances: watchbill start KEY.")


@click.command()
@click.argument("name")
@click.option("--business-key", help="Only the instance about this record.")
@click.option("--correlation", metavar="NAME=JSON", multiple=True, help="A correlation key.")
@variables
@as_json
@as_user
@with_desk
def message(
    desk: Desk,
    *,
    name: str,
    business_key: str | None,
    correlation: tuple[str, ...],
    pairs: tuple[str, ...],
    as_json: bool,
) -> None:
    """Deliver a message to the instance that waits for it. It may also be a process that begins with it."""
    keys, payload = parse_variables(correlation), parse_variables(pairs)
    delivered = desk.message(name, business_key=business_key, correlation=keys, payload=payload)
    print_json(delivered) if as_json else click.echo(f"delivered to {', '.join((*delivered.instances, *delivered.started))}")


@click.command()
@click.argument("name")
@variables
@as_json
@as_user
@with_desk
def signal(desk: Desk, *, name: str, pairs: tuple[str, ...], as_json: bool) -> None:
    """Broadcast a signal."""
    delivered = desk.signal(name, payload=parse_variables(pairs))
    told = counted(len(delivered.instances) + len(delivered.started), "receiver")
    print_json(delivered) if as_json else click.echo(f"broadcast to {told}; each goes on by itself")


@click.command()
@limit
@as_json
@as_user
@with_desk
def failures(desk: Desk, *, limit: int, as_json: bool) -> None:
    """List what failed and waits for an operator."""
    rows = desk.failures(limit=limit)
    columns = ("id", "kind", "definition_key", "business_key", "element", "message", "created_at")
    show(rows, columns, as_json=as_json, empty="Nothing has failed.")


@click.command()
@click.argument("failure_id")
@as_json
@as_user
@with_desk
def retry(desk: Desk, *, failure_id: str, as_json: bool) -> None:
    """Try again what failed."""
    retried = desk.retry(failure_id)
    print_json(retried) if as_json else click.echo(f"tried again; the instance is {retried.status}")


@click.command()
@click.argument("instance")
@as_json
@as_user
@with_desk
def history(desk: Desk, *, instance: str, as_json: bool) -> None:
    """Tell what happened in an instance."""
    rows = desk.history(instance)
    show(rows, ("seq", "event.at", "event.kind", "event.element", "event.actor", "event.data"), as_json=as_json, empty="Nothing happened.")


@click.command()
@click.option("--instance", help="Only this instance.")
@as_json
@as_user
@with_house
def verify(house: House, actor: Actor, *, instance: str | None, as_json: bool) -> None:
    """Check that the history is what was written. Exit with 1 when it is not."""
    require(actor, Action.VERIFY, HOUSE)
    with house.database.read() as connection:
        breaks = list(verify_history(connection, instance))
    if instance is not None and not breaks:
        queries.history_of(house.engine, instance, actor=actor)  # an instance that is not there is no whole one
    if as_json:
        print_json({"is_whole": not breaks, "breaks": breaks})
    else:
        for each in breaks:
            click.echo(str(each))
        click.echo(f"{counted(len(breaks), 'break')} in the history." if breaks else "The history is whole.")
    click.get_current_context().exit(1 if breaks else 0)


COMMANDS: tuple[click.Command, ...] = (deploy, lint, definitions, start, instances, message, signal, failures, retry, history, verify)
