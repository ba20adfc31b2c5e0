"""`python -m watchbill.bench`: measure, tell, and write the page when asked."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from watchbill.bench import in_memory, over_rest, stored, whole
from watchbill.bench.figures import Figure
from watchbill.bench.page import shown, write
from watchbill.cli.output import print_json

PARTS = ("memory", "stored", "rest", "whole")


@click.command()
@click.option("--only", type=click.Choice(PARTS), multiple=True, help="Only this part; repeat for more.")
@click.option("--quick", is_flag=True, help="Few repetitions: tries the bench, measures nothing worth telling.")
@click.option("--log", metavar="CSV", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="An event log to replay.")
@click.option("--write", "page", metavar="FILE.md", type=click.Path(path_type=Path, dir_okay=False), help="Write the page of figures.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def bench(*, only: tuple[str, ...], quick: bool, log: Path | None, page: Path | None, as_json: bool) -> None:
    """Measure what Watchbill costs; exit with 1 when a promise is broken."""
    measures: dict[str, Callable[[], Iterator[Figure]]] = {
        "memory": lambda: in_memory.measure(quick=quick),
        "stored": lambda: stored.measure(quick=quick),
        "rest": lambda: over_rest.measure(quick=quick),
        "whole": lambda: whole.measure(log=log),
    }
    figures: list[Figure] = []
    for part in only or PARTS:
        for figure in measures[part]():
            figures.append(figure)
            if not as_json:
                _tell(figure, is_first=len(figures) == 1 or figures[-2].section != figure.section)
    if as_json:
        print_json(
            [{"section": f.section, "name": f.name, "value": f.value, "unit": f.unit, "limit": f.limit, "holds": f.holds} for f in figures]
        )
    if page is not None:
        write(figures, page)
    if not all(figure.holds for figure in figures) and not quick:
        sys.exit(1)


def _tell(figure: Figure, *, is_first: bool) -> None:
    if is_first:
        click.echo(f"\n{figure.section}")
    promise = f"  ({figure.promise}{'' if figure.holds else ': BROKEN'})" if figure.promise else ""
    click.echo(f"  {shown(figure):>12}  {figure.name}{promise}")


if __name__ == "__main__":
    bench()
