"""Commands about webhooks."""

from __future__ import annotations

import click

from engine import hooks as webhooks
from engine.hooks import HookKind
from watchbill.cli.options import Actor, House, as_json, as_user, limit, with_house
from watchbill.cli.output import print_json, show


@click.group()
def hooks() -> None:
    """Webhooks: what other systems tell Watchbill, and what it tells them."""


def pairs(_ctx: click.Context, _parameter: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    """Read `name=expression` pairs."""
    found = dict(each.partition("=")[::2] for each in given)
    if not all(name and text for name, text in found.items()):
        raise click.BadParameter("write it as NAME=EXPRESSION")
    return found


@hooks.command("add")
@click.argument("name")
@click.option("--kind", type=click.Choice([kind.value for kind in HookKind]), required=True, help="Who calls it.")
@click.option("--person", required=True, help="As whom it acts: somebody who may send messages.")
@click.option("--message", required=True, help="The message that it sends.")
@click.option("--resolved-message", help="The message that it sends when something is resolved (default: that is only noted).")
@click.option("--fingerprint", metavar="EXPRESSION", help="What names a thing (generic hooks only).")
@click.option("--resolved", metavar="EXPRESSION", help="Whether a thing is resolved (generic hooks only).")
@click.option("--business-key", metavar="EXPRESSION", help="The message's business key.")
@click.option("--correlate", multiple=True, callback=pairs, metavar="NAME=EXPRESSION", help="A correlation key. Repeat for more.")
@click.option("--map", "variables", multiple=True, callback=pairs, metavar="NAME=EXPRESSION", help="A variable. Repeat for more.")
@as_json
@as_user
@with_house
def add(
    house: House,
    actor: Actor,
    *,
    name: str,
    kind: str,
    person: str,
    message: str,
    resolved_message: str | None,
    correlate: dict[str, str],
    variables: dict[str, str],
    as_json: bool,
    **single: str | None,
) -> None:
    """Add a hook that another system calls; its secret is shown."""
    mapping = {name: text for name, text in single.items() if text} | {"correlation": correlate, "variables": variables}
    made = webhooks.add_hook_in(
        house.database,
        name,
        kind=HookKind(kind),
        person=person,
        message=message,
        resolved_message=resolved_message,
        mapping=mapping,
        actor=actor,
        now=house.engine.clock.now(),
    )
    secret = webhooks.secret_of_hook_in(made, house.engine.secret_key(), actor=actor)
    path = f"/hooks/{name}"
    print_json({"path": path, "secret": secret}) if as_json else click.echo(f"{path} takes calls with the secret {secret}")


@hooks.command("list")
@as_json
@as_user
@with_house
def list_(house: House, actor: Actor, *, as_json: bool) -> None:
    """List hooks."""
    columns = ("name", "kind", "person", "message", "resolved_message", "is_enabled", "mapping")
    show(webhooks.list_hooks_in(house.database, actor=actor), columns, as_json=as_json, empty="No hooks: watchbill hooks add NAME.")


@hooks.command("remove")
@click.argument("name")
@as_user
@with_house
def remove(house: House, actor: Actor, *, name: str) -> None:
    """Remove a hook."""
    webhooks.remove_hook_in(house.database, name, actor=actor)
    click.echo(f"removed {name}")


@hooks.command("subscribe")
@click.argument("name")
@click.argument("url")
@click.option("--event", "events", multiple=True, required=True, help="A kind of notice, such as sla.breach or 'sla.*'. Repeat for more.")
@as_json
@as_user
@with_house
def subscribe(house: House, actor: Actor, *, name: str, url: str, events: tuple[str, ...], as_json: bool) -> None:
    """Tell another system of notices.

    The secret by which it knows us is shown.
    """
    private = house.engine.settings.private_webhooks
    now = house.engine.clock.now()
    made = webhooks.add_hook_out(house.database, name, url=url, events=events, may_be_private=private, actor=actor, now=now)
    secret = webhooks.secret_of_hook_out(made, house.engine.secret_key(), actor=actor)
    print_json({"url": url, "secret": secret}) if as_json else click.echo(f"{url} is told, signed with the secret {secret}")


@hooks.command("subscriptions")
@as_json
@as_user
@with_house
def subscriptions(house: House, actor: Actor, *, as_json: bool) -> None:
    """List the systems that are told of notices."""
    columns = ("name", "url", "events", "is_enabled")
    show(webhooks.list_hooks_out(house.database, actor=actor), columns, as_json=as_json, empty="None: watchbill hooks subscribe NAME URL.")


@hooks.command("unsubscribe")
@click.argument("name")
@as_user
@with_house
def unsubscribe(house: House, actor: Actor, *, name: str) -> None:
    """Tell a system nothing any more, not even what waits."""
    webhooks.remove_hook_out(house.database, name, actor=actor)
    click.echo(f"removed {name}")


@hooks.command("deliveries")
@click.argument("name", required=False)
@limit
@as_json
@as_user
@with_house
def deliveries(house: House, actor: Actor, *, name: str | None, limit: int, as_json: bool) -> None:
    """List what was told, with the last answers, newest first."""
    most = min(limit, webhooks.MOST_LISTED)
    columns = ("id", "hook", "kind", "status", "attempts", "last_at", "status_code", "error", "answer")
    show(webhooks.deliveries(house.database, actor=actor, hook=name, limit=most), columns, as_json=as_json, empty="Nothing was told.")


COMMANDS: tuple[click.Command, ...] = (hooks,)
