"""What expressions can call, and how they calculate: plain data in, plain data out, every cost bounded."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from engine.errors import ExpressionError
from engine.expressions.times import ZONE, Duration, parse_duration, parse_moment
from engine.expressions.values import MOST_BITS, MOST_ITEMS, bounded, plain, shown

MOST_EXPONENT = 64
NUMBER = re.compile(r"[+-]?(?:\d+(?P<part>\.\d*)?|(?P<bare>\.\d+))(?P<power>[eE][+-]?\d+)?", re.ASCII)


def _add(left: Any, right: Any) -> Any:
    if isinstance(left, datetime) and isinstance(right, Duration):
        return right.add(left)
    if isinstance(left, Duration) and isinstance(right, datetime):
        return left.add(right)
    if isinstance(left, Duration) and isinstance(right, Duration):
        return Duration(left.months + right.months, left.exact + right.exact)
    if isinstance(left, str) != isinstance(right, str):
        raise ExpressionError(f"{shown(left)} + {shown(right)}: a text is joined with a text only; write str(...) around the other.")
    return bounded(left + right)


def _subtract(left: Any, right: Any) -> Any:
    if isinstance(left, datetime) and isinstance(right, Duration):
        return right.add(left, times=-1)
    if isinstance(left, datetime) and isinstance(right, datetime):
        return Duration(exact=left - right)
    return bounded(left - right)


def _multiply(left: Any, right: Any) -> Any:
    if isinstance(left, int) and isinstance(right, int):
        if left.bit_length() + right.bit_length() > MOST_BITS + 64:
            raise ExpressionError("A number grew beyond 1200 digits.")
    elif not isinstance(left, int | float) or not isinstance(right, int | float):
        raise ExpressionError(f"{shown(left)} * {shown(right)}: only numbers are multiplied.")
    return bounded(left * right)


def _power(left: Any, right: Any) -> Any:
    if not isinstance(left, int | float) or not isinstance(right, int | float) or abs(right) > MOST_EXPONENT or abs(left) > 10**12:
        raise ExpressionError(f"{shown(left)} ** {shown(right)}: the exponent is at most {MOST_EXPONENT}.")
    result = left**right
    if isinstance(result, complex):
        raise ExpressionError(f"{shown(left)} ** {shown(right)} is no real number.")
    return bounded(result)


def _remainder(left: Any, right: Any) -> Any:
    if isinstance(left, str):
        raise ExpressionError("'%' does not format texts: join them with +.")
    return left % right


def _alike(left: Any, right: Any) -> tuple[Any, Any]:
    """Return both sides as one kind: a text beside a moment or a duration is read as one, since that is how variables hold them."""
    read = parse_moment if isinstance(left, datetime) or isinstance(right, datetime) else parse_duration
    if isinstance(left, datetime | Duration) and isinstance(right, str):
        return left, read(right)
    if isinstance(right, datetime | Duration) and isinstance(left, str):
        return read(left), right
    return left, right


def _equal(left: Any, right: Any) -> bool:
    left, right = _alike(left, right)
    return bool(left == right)


def _compared(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def apply(left: Any, right: Any) -> bool:
        left, right = _alike(left, right)
        if left is None or right is None:
            raise ExpressionError(f"{shown(left)} and {shown(right)} cannot be compared by size: test for null first.")
        return compare(left, right)

    return apply


def _within(left: Any, right: Any) -> bool:
    if not isinstance(right, str | list | tuple | dict):
        raise ExpressionError(f"'in' needs a text, a list or an object, not {shown(right)}.")
    return left in right


OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: _add,
    ast.Sub: _subtract,
    ast.Mult: _multiply,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: _remainder,
    ast.Pow: _power,
    ast.Eq: _equal,
    ast.NotEq: lambda left, right: not _equal(left, right),
    ast.Lt: _compared(operator.lt),
    ast.LtE: _compared(operator.le),
    ast.Gt: _compared(operator.gt),
    ast.GtE: _compared(operator.ge),
    ast.In: _within,
    ast.NotIn: lambda left, right: not _within(left, right),
    ast.Not: operator.not_,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}


def _text(value: Any) -> str:
    return "" if value is None else str(plain(value)) if not isinstance(value, bool) else str(value).lower()


def _contains(where: Any, what: Any) -> bool:
    return _within(what, where)


def _round(value: float, digits: int = 0) -> float:
    if not -15 <= digits <= 15:
        raise ExpressionError(f"round(..., {digits}): give -15 to 15 digits.")
    return round(value, digits) if digits else round(value)


def _split(text: str, by: str) -> list[str]:
    return bounded(text.split(by))  # type: ignore[no-any-return]


def _join(items: list[Any], by: str = ", ") -> str:
    if len(items) > MOST_ITEMS or len(by) * len(items) > MOST_ITEMS:
        raise ExpressionError(f"A text grew beyond {MOST_ITEMS} items.")
    return bounded(by.join(_text(item) for item in items))  # type: ignore[no-any-return]


def as_number(value: Any) -> Any:
    """Read a number from a text; a number stays as it is."""
    if isinstance(value, int | float):
        return value
    if isinstance(value, str) and len(value) > 400:
        raise ExpressionError("A number of more than 400 digits is not read.")
    found = NUMBER.fullmatch(value.strip()) if isinstance(value, str) else None
    number = None if found is None else float(value) if any(found.groups()) else int(value)
    if number is None or number in (float("inf"), float("-inf")):
        raise ExpressionError(f"{shown(value)} is not a number.")
    return number


def _fixed(span: Any) -> timedelta:
    return (span if isinstance(span, Duration) else parse_duration(span)).fixed


def _moment(value: Any) -> datetime:
    return value if isinstance(value, datetime) else parse_moment(value, ZONE)


def _get(where: Any, key: Any, default: Any = None) -> Any:
    if isinstance(where, dict):
        return where.get(key, default)
    if isinstance(where, list) and isinstance(key, int) and -len(where) <= key < len(where):
        return where[key]
    return default


def _range_of(start: int, end: int) -> list[int]:
    if end - start > 10_000:
        raise ExpressionError("A list of numbers holds at most 10000.")
    return list(range(start, end))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "len": len,
    "count": len,
    "str": _text,
    "string": _text,
    "int": lambda value: int(as_number(value)),
    "number": as_number,
    "float": lambda value: float(as_number(value)),
    "bool": bool,
    "abs": abs,
    "min": min,
    "max": max,
    "sum": lambda items: bounded(sum(items)),
    "mean": lambda items: sum(items) / len(items),
    "round": _round,
    "floor": lambda value: int(value // 1),
    "ceiling": lambda value: int(-(-value // 1)),
    "lower": lambda text: str.lower(text),
    "upper": lambda text: str.upper(text),
    "trim": lambda text: str.strip(text),
    "contains": _contains,
    "starts_with": lambda text, start: str.startswith(text, start),
    "ends_with": lambda text, end: str.endswith(text, end),
    "split": _split,
    "join": _join,
    "is_empty": lambda value: value is None or value in ("", [], {}),
    "is_null": lambda value: value is None,
    "get": _get,
    "keys": lambda value: list(dict.keys(value)),
    "values": lambda value: list(dict.values(value)),
    "sorted": lambda items: sorted(items),
    "numbers": _range_of,
    "any": lambda items: any(items),
    "all": lambda items: all(items),
    "duration": lambda value: value if isinstance(value, Duration) else parse_duration(value),
    "date": _moment,
    "date_time": _moment,
    "hours": lambda span: _fixed(span) / timedelta(hours=1),
    "minutes": lambda span: _fixed(span) / timedelta(minutes=1),
}
CLOCK_FUNCTIONS: Mapping[str, Callable[[datetime], Any]] = {
    "now": lambda now: now,
    "today": lambda now: now.astimezone(ZoneInfo(ZONE)).date().isoformat(),
}
