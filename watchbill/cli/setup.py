"""Commands that set a Watchbill up, run it and keep it: init, serve, worker, doctor, backup, restore."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path
from types import FrameType

import click

from engine import people
from engine.errors import Invalid
from engine.work import run_worker
from watchbill import backups, demo, lifeline, migrating, serving
from watchbill.cli.options import House, as_json, password_from_stdin, with_house
from watchbill.cli.output import print_json
from watchbill.doctoring import examine
from watchbill.house import bring_up_to_date, open_house
from watchbill.settings import Settings


@click.command()
@click.option("--admin", metavar="NAME", help="The first administrator.")
@click.option("--password-stdin", is_flag=True, help="Read the administrator's password from standard input.")
@click.option("--demo", "with_demo", is_flag=True, help="Set up a demo organisation.")
@click.pass_obj
def init(settings: Settings, *, admin: str | None, password_stdin: bool, with_demo: bool) -> None:
    """Set up the database, and deploy the bundled processes. Run again, it brings both up to date."""
    house = open_house(settings, must_be_ready=False)
    try:
        migrating.upgrade(house.database)
        new = bring_up_to_date(house)
        click.echo(f"Watchbill is in {settings.home}. " + (f"Deployed {', '.join(new)}." if new else "The processes are up to date."))
        if with_demo:
            click.echo(demo.set_up(house))
        if admin is not None or not _administrators(house):
            _add_admin(house, admin, password_stdin=password_stdin)
    finally:
        house.close()


def _administrators(house: House) -> set[str]:
    with house.database.read() as connection:
        return {person.name for person in people.list_people(connection) if person.is_admin}


def _add_admin(house: House, name: str | None, *, password_stdin: bool) -> None:
    asks = sys.stdin.isatty()
    if name is None and not asks:
        click.echo("There is no administrator yet: watchbill init --admin NAME --password-stdin")
        return
    chosen = name or click.prompt("The administrator's name")
    if chosen in _administrators(house):
        click.echo(f"{chosen} is an administrator already; the password stays.")
        return
    if password_stdin:
        password = password_from_stdin()
    elif asks:
        password = click.prompt("Password (at least 12 characters)", hide_input=True, confirmation_prompt=True)
    else:
        raise Invalid("The administrator needs a password: give it with --password-stdin.")
    with house.database.write() as connection:
        people.add_person(connection, chosen, now=house.engine.clock.now(), password=password, is_admin=True)
    click.echo(f"{chosen} is an administrator.")


@click.command()
@click.option("--host", help="The address to listen on (default 127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65535), help="The port (default 8033).")
@click.option("--workers", type=click.IntRange(1, 64), help="How many web processes (default 2).")
@click.option("--demo", "with_demo", is_flag=True, help="Serve the demo organisation; only on a loopback address.")
@click.pass_context
def serve(ctx: click.Context, *, host: str | None, port: int | None, workers: int | None, with_demo: bool) -> None:
    """Serve the pages and do the work, until stopped."""
    given = {"host": host, "port": port, "workers": workers}
    settings = ctx.obj.model_copy(update={name: value for name, value in given.items() if value is not None})
    if with_demo and settings.host not in ("127.0.0.1", "::1", "localhost"):
        raise Invalid(f"The demo organisation is not served on {settings.host}: its passwords are known to everybody.")
    open_house(settings).close()
    ctx.exit(serving.serve(settings, say=click.echo, guide=demo.guide(settings) if with_demo else ""))


@click.command()
@click.pass_obj
def worker(settings: Settings) -> None:
    """Do the work that nobody clicks, until stopped. A second worker waits until the first is gone."""
    house = open_house(settings)
    stop = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    lifeline.hold(stop.set)
    try:
        run_worker(house.engine, stop=stop, ready=lambda: click.echo("The worker is ready: one works, others wait."))
    finally:
        house.close()


@click.command()
@as_json
@click.pass_context
def doctor(ctx: click.Context, *, as_json: bool) -> None:
    """Examine this Watchbill; exit with 1 when something is wrong.

    Versions, where each package was imported from, disk, clock, database, migrations, the work process, and what failed.
    """
    report = examine(ctx.obj)
    if as_json:
        print_json(report)
    else:
        for check in report.checks:
            click.echo(
                f"{'ok  ' if check.is_well else 'BAD '} {check.name}: {check.found}" + (f" -- {check.advice}" if check.advice else "")
            )
    ctx.exit(0 if report.is_well else 1)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@as_json
@with_house
def backup(house: House, *, file: Path, as_json: bool) -> None:
    """Write everything to a file, consistent, while the work goes on."""
    done = backups.backup(house.database, file)
    print_json(done) if as_json else click.echo(f"{done.rows} rows of {done.tables} tables in {file}")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--force", is_flag=True, help="Replace what is there.")
@as_json
@click.pass_obj
def restore(settings: Settings, *, file: Path, force: bool, as_json: bool) -> None:
    """Bring back everything from a file, all or nothing. Stop serving first."""
    house = open_house(settings, must_be_ready=False)
    try:
        done = backups.restore(house.database, file, force=force)
    finally:
        house.close()
    print_json(done) if as_json else click.echo(f"{done.rows} rows of {done.tables} tables are back")


COMMANDS: tuple[click.Command, ...] = (init, serve, worker, doctor, backup, restore)
