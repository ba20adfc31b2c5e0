"""Commands about accounts and tokens."""

from __future__ import annotations

from datetime import timedelta

import click

from engine import people
from engine.people import HOUSE, Action, Scope, require
from watchbill.cli.options import Actor, Desk, House, as_json, as_user, password_from_stdin, with_desk, with_house
from watchbill.cli.output import print_json, show


@click.group()
def users() -> None:
    """Accounts."""


@users.command("add")
@click.argument("name")
@click.option("--display-name", default="", help="The name that others see.")
@click.option("--email", help="Where notices go.")
@click.option("--team", "teams", multiple=True, help="A team; it is made when there is none. Repeat for more.")
@click.option("--admin", is_flag=True, help="Make an administrator.")
@click.option("--customer", help="The customer whose user this is: sees only that customer's records.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@as_json
@as_user
@with_house
def add(
    house: House,
    actor: Actor,
    *,
    name: str,
    display_name: str,
    email: str | None,
    teams: tuple[str, ...],
    admin: bool,
    customer: str | None,
    password_stdin: bool,
    as_json: bool,
) -> None:
    """Add an account."""
    require(actor, Action.MANAGE_PEOPLE, HOUSE)
    password = password_from_stdin() if password_stdin else None
    with house.database.write() as connection:
        known = {team.name for team in people.list_teams(connection)}
        for team in teams:
            if team not in known:
                people.add_team(connection, team)
        kept = people.add_person(
            connection,
            name,
            now=house.engine.clock.now(),
            display_name=display_name,
            email=email,
            password=password,
            is_admin=admin,
            customer=customer,
            teams=teams,
        )
    print_json({"name": kept}) if as_json else click.echo(f"added {kept}")


@users.command("list")
@as_json
@as_user
@with_desk
def list_(desk: Desk, *, as_json: bool) -> None:
    """List accounts."""
    columns = ("name", "display_name", "email", "teams", "is_admin", "is_active", "customer")
    show(desk.people(), columns, as_json=as_json, empty="No accounts: watchbill users add NAME.")


@click.group()
def token() -> None:
    """Tokens for programs."""


@token.command("create")
@click.argument("user")
@click.option("--label", default="command line", show_default=True, help="Where it is used.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([scope.value for scope in Scope]),
    default=("read", "work"),
    show_default=True,
    help="What it may do. Repeat for more.",
)
@click.option("--days", type=click.IntRange(1, 3650), help="Let it expire after so many days (default: never).")
@as_json
@as_user
@with_house
def create(house: House, actor: Actor, *, user: str, label: str, scopes: tuple[str, ...], days: int | None, as_json: bool) -> None:
    """Create a token; it is shown once."""
    require(actor, Action.MANAGE_TOKENS, people.PersonThing(user))
    now = house.engine.clock.now()
    with house.database.write() as connection:
        made = people.create_token(
            connection,
            user,
            label=label,
            now=now,
            scopes=[Scope(scope) for scope in scopes],
            expires_at=None if days is None else now + timedelta(days=days),
        )
    print_json({"id": made.id, "token": made.secret}) if as_json else click.echo(made.secret)


COMMANDS: tuple[click.Command, ...] = (users, token)
