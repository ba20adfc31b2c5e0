"""Pages and orders of the dialect: firstResult, maxResults, sortBy, sortOrder."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from engine.errors import Invalid
from engine.queries import Sort
from webui.endpoints import ONE_TOO_MANY, Model

Whole = Annotated[int, Field(ge=0, le=2**31 - 1)]
"""A number of things."""


Most = Annotated[Whole, AfterValidator(lambda number: min(number, ONE_TOO_MANY))]
"""How many to answer: whoever leaves it out, or asks for all there could be, is answered only when that is not too much."""


class Part(Model):
    """Which part of a long answer. Without `maxResults` an answer of more than 10,000 is refused."""

    first_result: Whole = 0
    max_results: Most = ONE_TOO_MANY


class Page(Part):
    """Which part of a long answer, and in which order."""

    sort_by: str | None = None
    sort_order: Literal["asc", "desc"] | None = None


class Sorting(Model):
    """One part of an order."""

    sort_by: str
    sort_order: Literal["asc", "desc"]


class Count(Model):
    """How many there are."""

    count: int


def sorts(page: Page, names: Mapping[str, str]) -> tuple[Sort, ...]:
    """Return the order that is asked for; `names` maps the dialect's names to ours. Raises Invalid for half of an order."""
    if page.sort_by is None and page.sort_order is None:
        return ()
    if page.sort_by is None or page.sort_order is None:
        raise Invalid("sortBy and sortOrder go together: give both, or none")
    if page.sort_by not in names:
        raise Invalid(f"sortBy is {page.sort_by!r}: use one of {', '.join(names)}")
    return (Sort(names[page.sort_by], is_descending=page.sort_order == "desc"),)


def sorts_of(sorting: Collection[Sorting] | None, names: Mapping[str, str]) -> tuple[Sort, ...]:
    """Return an order of several parts. Raises Invalid."""
    return tuple(part for each in sorting or () for part in sorts(Page(sort_by=each.sort_by, sort_order=each.sort_order), names))
