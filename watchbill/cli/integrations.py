"""Commands about what other systems need: element templates for modelers."""

from __future__ import annotations

import click

from engine.handling import LANGUAGES, HandlerRegistry, element_templates
from watchbill.cli.options import anywhere
from watchbill.cli.output import print_json
from watchbill.house import HANDLERS


@click.command()
@click.option("--lang", type=click.Choice(LANGUAGES), default="en", show_default=True, help="The language of the fields.")
@anywhere
def templates(*, lang: str) -> None:
    """Write the topics as element templates, for modelers."""
    print_json(element_templates(HandlerRegistry().discover(HANDLERS), language=lang))


COMMANDS: tuple[click.Command, ...] = (templates,)
