"""Plain data: what JSON and both databases keep exactly.

A database that parses JSON keeps the number and not its spelling: PostgreSQL returns 1e+23 as a hundred sextillion in digits, and has no
negative zero. So a float without a fraction is written as the integer that its shortest decimal form names, and both read back alike.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

from engine.errors import Invalid

MAX_INTEGER_BITS = 13_000
"""About 3,900 digits; Python refuses to write more than 4,300."""
MAX_DEPTH = 100
"""Deeper data would end in Python's recursion limit, sooner here and later there."""
ROOM = 10
"""Where to begin to count what will be put into other data, as variables are put into the history."""

Plain = None | bool | int | float | str | list["Plain"] | dict[str, "Plain"]


def plain(value: object, *, where: str = "data", depth: int = 0) -> Plain:
    """Return the value as JSON data that both databases keep exactly: moments become UTC text, tuples lists, whole floats integers.

    Raises Invalid, naming the place, for what JSON or a database cannot hold (NaN, the character U+0000, an object of a class), and for
    lists and objects that are nested more than MAX_DEPTH deep, counted from `depth`.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value, where)
    if isinstance(value, int | float):
        return _number(value, where)
    if isinstance(value, datetime):
        return iso(value)
    if depth >= MAX_DEPTH:
        raise Invalid(f"{where[:80]}... is nested too deep: flatten it, or keep it as text")
    if isinstance(value, list | tuple):
        return [plain(item, where=f"{where}[{index}]", depth=depth + 1) for index, item in enumerate(value)]
    if isinstance(value, Mapping):
        return {_key(key, where): plain(item, where=f"{where}.{key}", depth=depth + 1) for key, item in value.items()}
    kinds = "null, true, false, numbers, text, lists and objects"
    raise Invalid(f"{where} is a {type(value).__name__}: only {kinds} are kept; convert it first")


def iso(moment: datetime) -> str:
    """Return a moment as UTC text with microseconds, such as 2026-11-24T01:00:00.000000+00:00."""
    if moment.tzinfo is None:
        raise Invalid(f"{moment.isoformat()} has no zone: a moment in the history needs one")
    try:
        return moment.astimezone(UTC).isoformat(timespec="microseconds")
    except OverflowError as exc:
        raise Invalid(f"{moment.isoformat()} lies outside the years 1 to 9999 in UTC: give a moment that people live in") from exc


def _number(value: float, where: str) -> int | float:
    if isinstance(value, int):
        if value.bit_length() > MAX_INTEGER_BITS:
            raise Invalid(f"{where} is a whole number of more than 3,900 digits: keep such a value as text")
        return int(value)
    if not math.isfinite(value):
        raise Invalid(f"{where} is {value}: JSON has no such number; leave it out or use null")
    exact = Decimal(repr(float(value)))
    return int(exact) if exact == exact.to_integral_value() else float(value)


def _text(value: str, where: str) -> str:
    if "\x00" in value:
        raise Invalid(f"{where} holds the character U+0000, which a database cannot keep in JSON: remove it")
    if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
        raise Invalid(f"{where} holds half of a surrogate pair, which is no character: repair the text")
    return str.__str__(value)


def _key(key: object, where: str) -> str:
    if not isinstance(key, str):
        raise Invalid(f"{where} has the key {key!r}: keys must be text")
    return _text(key, f"a key of {where}")
