"""Slices of long lists, and how records are shown."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Annotated, Any, Generic, TypeVar, get_args, get_type_hints
from urllib.parse import urlencode

from flask import request
from pydantic import BeforeValidator, ConfigDict, Field, create_model
from pydantic.alias_generators import to_camel, to_snake

from records.keyset import MAX_LIMIT, Slice
from webui.endpoints import Model

Item = TypeVar("Item")
Names = Annotated[
    tuple[str, ...], BeforeValidator(lambda value: tuple(part for part in value.split(",") if part) if isinstance(value, str) else value)
]
"""Several names, separated by commas."""


class SliceQuery(Model):
    """Which slice, in which order: `sort` is a field, with a `-` before it to descend; `cursor` is taken from a `next`."""

    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = 50
    cursor: str | None = None
    sort: str | None = None

    def place(self) -> dict[str, Any]:
        """Return what a query of the records takes of it."""
        sort = {} if self.sort is None else {"sort": to_column(self.sort)}
        return {"limit": self.limit, "cursor": self.cursor, **sort}

    def filters(self) -> dict[str, Any]:
        """Return everything else that was given."""
        return self.model_dump(exclude=set(SliceQuery.model_fields), exclude_none=True)


class SliceBody(Model, Generic[Item]):
    """A slice; `next` is the address of the one after it, null when this is the last."""

    items: tuple[Item, ...]
    next: str | None


def shown(made: type[SliceBody[Any]], found: Slice[Any]) -> SliceBody[Any]:
    """Return a slice as it is answered."""
    following = None if found.cursor is None else f"{request.path}?{urlencode({**request.args.to_dict(), 'cursor': found.cursor})}"
    return made.model_validate({"items": found.items, "next": following}, from_attributes=True)


def to_column(name: str) -> str:
    """Return the name of the column that a field shows: `-reportedAt` becomes `-reported_at`."""
    return f"-{to_snake(name[1:])}" if name.startswith("-") else to_snake(name)


class View(Model):
    """What shows a record's view."""

    model_config = ConfigDict(from_attributes=True)


def model_of(view: type[Any], name: str) -> type[View]:
    """Return the model that shows a view (a dataclass) under a name, in camelCase."""
    hints = get_type_hints(view)
    parts: dict[str, Any] = {each.name: (_shown_as(hints[each.name]), ...) for each in fields(view)}
    return create_model(name, __base__=View, __doc__=view.__doc__, **parts)


def _shown_as(hint: Any) -> Any:
    """Return what shows a field: views within a view are shown alike."""
    if is_dataclass(hint) and isinstance(hint, type):
        return model_of(hint, to_camel(hint.__name__.removesuffix("View")).title())
    inner = get_args(hint)
    if inner and is_dataclass(inner[0]) and isinstance(inner[0], type):
        return tuple[model_of(inner[0], inner[0].__name__.removesuffix("View")), ...]  # type: ignore[misc]  # made at run time
    return hint
