"""Pages of long answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from engine.errors import Invalid

Item = TypeVar("Item")
MAX_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some of the answers, and how many there are in all."""

    items: tuple[Item, ...]
    total: int
    offset: int


def checked_page(limit: int, offset: int) -> None:
    """Raise Invalid for a page that nobody could mean."""
    if not 1 <= limit <= MAX_LIMIT or offset < 0:
        raise Invalid(f"a page of {limit} from {offset}: use a limit of 1 to {MAX_LIMIT} and an offset of at least 0")
