"""What expressions calculate with and return: plain data, no value too large."""

from __future__ import annotations

import reprlib
from datetime import UTC, datetime
from typing import Any

from engine.errors import ExpressionError
from engine.expressions.times import Duration

MOST_ITEMS = 100_000
MOST_BITS = 4096
MOST_WEIGHT = 5_000_000


def shown(value: Any) -> str:
    """Return a value as a message shows it: a large one cut short."""
    return str(value) if isinstance(value, datetime | Duration) else reprlib.repr(value)


def bounded(value: Any) -> Any:
    """Return a value that is not too large. Raises ExpressionError."""
    if isinstance(value, int) and value.bit_length() > MOST_BITS:
        raise ExpressionError("A number grew beyond 1200 digits.")
    if isinstance(value, str | list | tuple) and len(value) > MOST_ITEMS:
        raise ExpressionError(f"A text or list grew beyond {MOST_ITEMS} items.")
    return value


def plain(value: Any) -> Any:
    """Return a result as plain JSON data: moments and durations become ISO 8601 texts.

    Raises ExpressionError for anything else, and when items and characters together weigh too much: each alone is bounded, but a list
    may hold the same large list a hundred times.
    """
    return _plain(value, [MOST_WEIGHT])


def _plain(value: Any, left: list[int]) -> Any:
    left[0] -= len(value) + 1 if isinstance(value, str | list | tuple | dict) else 1
    if left[0] < 0:
        raise ExpressionError(f"The result holds more than {MOST_WEIGHT} items and characters.")
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise ExpressionError("The result is no finite number.")
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Duration):
        return str(value)
    if isinstance(value, list | tuple):
        return [_plain(item, left) for item in value]
    if isinstance(value, dict):
        return {_key(key): _plain(item, left) for key, item in value.items()}
    raise ExpressionError(f"The result {shown(value)} is not plain data.")


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise ExpressionError(f"The key {shown(key)} of an object is not a text.")
    return key
