"""Typed values of the dialect, and its dates.

A variable is plain JSON data here. Outwards it gets the type that a client expects: a text is a String, a list or an object is Json, whose
value is its JSON text. Inwards a declared type must fit the value; what only Java could read (Bytes, File, serialised objects) is refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer

from engine.errors import Invalid
from webui.endpoints import Model

INT_MAX = 2**31 - 1
WHOLE = ("Short", "Integer", "Long")


def told(moment: datetime) -> str:
    """Return a moment as the dialect writes it: `2026-11-24T09:00:00.000+0000`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "+0000")


def read_moment(text: Any) -> Any:
    """Return a moment that a client wrote: with an offset, in the dialect's way or in ISO's. Raises ValueError."""
    if not isinstance(text, str):
        return text
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time needs an offset, such as 2026-11-24T09:00:00.000+0800")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("this is outside the years 1 to 9999 in UTC") from error


Moment = Annotated[datetime, BeforeValidator(read_moment), PlainSerializer(told, return_type=str), Field(json_schema_extra={"format": ""})]
"""A moment in the dialect's spelling."""

Flag = Annotated[bool, BeforeValidator(lambda value: {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value)]
"""A truth value, also as the text that a query parameter is."""

Names = Annotated[
    tuple[str, ...], BeforeValidator(lambda value: tuple(part for part in value.split(",") if part) if isinstance(value, str) else value)
]
"""Several names: a list in a body, separated by commas in a query parameter."""


def _refuse_what_is_said(value: Any) -> None:
    if value not in (None, False, "", {}, []):
        raise ValueError("is not offered here: leave it out")


Unoffered = Annotated[None, BeforeValidator(_refuse_what_is_said, json_schema_input_type=None)]
"""A field that clients send empty, whatever empty is; what would say something is refused, not ignored."""


class Value(Model):
    """A typed value. Without a type it is what its JSON says."""

    value: Any = None
    type: str | None = None
    value_info: dict[str, Any] | None = None
    local: bool = False


class TypedValue(Model):
    """A typed value as it is answered."""

    type: str
    value: Any
    value_info: dict[str, Any] = Field(default_factory=dict)


def typed(value: Any, *, as_text: bool = True) -> TypedValue:
    """Return a variable with its type; `as_text` false keeps lists and objects as they are."""
    match value:
        case None:
            return TypedValue(type="Null", value=None)
        case bool():
            return TypedValue(type="Boolean", value=value)
        case int():
            return TypedValue(type="Integer" if abs(value) <= INT_MAX else "Long", value=value)
        case float():
            return TypedValue(type="Double", value=value)
        case str():
            return TypedValue(type="String", value=value)
        case _:
            return TypedValue(type="Json", value=json.dumps(value, ensure_ascii=False) if as_text else value)


def typed_all(variables: Mapping[str, Any]) -> dict[str, TypedValue]:
    """Return variables with their types."""
    return {name: typed(value) for name, value in variables.items()}


def plain_all(values: Mapping[str, Value] | None) -> dict[str, Any]:
    """Return typed values as plain data. Raises Invalid, naming the variable."""
    return {name: plain_value(value, name=name) for name, value in (values or {}).items()}


def plain_value(given: Value, *, name: str) -> Any:
    """Return one typed value as plain data. Raises Invalid."""
    kind, value = (given.type or "").capitalize(), given.value
    if kind in ("", "String", "Json", "Object", "Null", "Boolean", "Double", "Date", *WHOLE):
        return _plain(kind, value, name)
    raise Invalid(f"variable {name} is of type {given.type!r}: use String, Boolean, Integer, Long, Double, Date, Json or Null")


def _plain(kind: str, value: Any, name: str) -> Any:
    if value is None or kind == "Null":
        if value is not None:
            raise Invalid(f"variable {name} is of type Null and has a value: leave one of the two out")
        return None
    if kind in ("Json", "Object") and isinstance(value, str):
        try:
            return json.loads(value)
        except (ValueError, RecursionError) as error:
            raise Invalid(f"variable {name} is of type {kind}, and its value is no JSON that can be used: {error}") from error
    fits: dict[str, Any] = {"Boolean": bool, "String": str, "Date": str, "Double": (int, float), **dict.fromkeys(WHOLE, int)}
    wrong = kind in fits and (not isinstance(value, fits[kind]) or (isinstance(value, bool) and kind != "Boolean"))
    if wrong:
        raise Invalid(f"variable {name} is of type {kind}, and its value is {value!r:.80}: make them agree")
    if kind == "Double":
        try:
            return float(value)
        except OverflowError as error:
            raise Invalid(f"variable {name} is of type Double, and its value has too many digits for that: send it as String") from error
    if kind == "Date":
        try:
            read_moment(value)
        except ValueError as error:
            raise Invalid(f"variable {name} is of type Date, and its value is {value!r:.80}: {error}") from error
    return value
