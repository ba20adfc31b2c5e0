"""What expressions can call, and how they calculate: plain data in, plain data out, every cost bounded."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from engine.errors import ExpressionError
from engine.expressions.times import Duration, parse_duration, parse_moment

MOST_ITEMS = 100_000
MOST_BITS = 4096
MOST_EXPONENT = 64
ZONE = "Asia/Shanghai"


def bounded(value: Any) -> Any:
    """Return a value that is not too large. Raises ExpressionError."""
    if isinstance(value, int) and value.bit_length() > MOST_BITS:
        raise ExpressionError("A number grew beyond 1200 digits.")
    if isinstance(value, str | list | tuple) and len(value) > MOST_ITEMS:
        raise ExpressionError(f"A text or list grew beyond {MOST_ITEMS} items.")
    return value


def _add(left: Any, right: Any) -> Any:
    if isinstance(left, datetime) and isinstance(right, Duration):
        return right.add(left)
    if isinstance(left, Duration) and isinstance(right, datetime):
        return left.add(right)
    if isinstance(left, Duration) and isinstance(right, Duration):
        return Duration(left.months + right.months, left.exact + right.exact)
    if isinstance(left, str) != isinstance(right, str):
        raise ExpressionError(f"{left!r} + {right!r}: a text is joined with a text only; write str(...) around the other.")
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
        raise ExpressionError(f"{left!r} * {right!r}: only numbers are multiplied.")
    return bounded(left * right)


def _power(left: Any, right: Any) -> Any:
    if not isinstance(left, int | float) or not isinstance(right, int | float) or abs(right) > MOST_EXPONENT or abs(left) > 10**12:
        raise ExpressionError(f"{left!r} ** {right!r}: the exponent is at most {MOST_EXPONENT}.")
    result = left**right
    if isinstance(result, complex):
        raise ExpressionError(f"{left!r} ** {right!r} is no real number.")
    return bounded(result)


def _remainder(left: Any, right: Any) -> Any:
    if isinstance(left, str):
        raise ExpressionError("'%' does not format texts: join them with +.")
    return left % right


def _compared(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def apply(left: Any, right: Any) -> bool:
        if isinstance(left, datetime) and isinstance(right, str):
            right = parse_moment(right)
        elif isinstance(right, datetime) and isinstance(left, str):
            left = parse_moment(left)
        elif isinstance(left, Duration) and isinstance(right, str):
            right = parse_duration(right)
        if left is None or right is None:
            raise ExpressionError(f"{left!r} and {right!r} cannot be compared by size: test for null first.")
        return compare(left, right)

    return apply


def _within(left: Any, right: Any) -> bool:
    if not isinstance(right, str | list | tuple | dict):
        raise ExpressionError(f"'in' needs a text, a list or an object, not {right!r}.")
    return left in right


OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: _add,
    ast.Sub: _subtract,
    ast.Mult: _multiply,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: _remainder,
    ast.Pow: _power,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
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
    return bounded(by.join(_text(item) for item in items))  # type: ignore[no-any-return]


def _number(value: Any) -> Any:
    if isinstance(value, str) and len(value) > 400:
        raise ExpressionError("A number of more than 400 digits is not read.")
    try:
        return int(value) if not isinstance(value, str) or value.strip().lstrip("+-").isdigit() else float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise ExpressionError(f"{value!r} is not a number.") from error


def _float(value: Any) -> float:
    return float(_number(value)) if isinstance(value, str) else float(value)


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
    "int": lambda value: int(_number(value)),
    "number": _number,
    "float": _float,
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
    "duration": lambda text: parse_duration(text),
    "date": lambda text: text if isinstance(text, datetime) else parse_moment(text, ZONE),
    "date_time": lambda text: text if isinstance(text, datetime) else parse_moment(text, ZONE),
    "hours": lambda span: (span if isinstance(span, Duration) else parse_duration(span)).exact / timedelta(hours=1),
    "minutes": lambda span: (span if isinstance(span, Duration) else parse_duration(span)).exact / timedelta(minutes=1),
}
CLOCK_FUNCTIONS: Mapping[str, Callable[[datetime], Any]] = {
    "now": lambda now: now,
    "today": lambda now: now.astimezone(ZoneInfo(ZONE)).date().isoformat(),
}


def plain(value: Any) -> Any:
    """Return a result as plain JSON data: moments and durations become ISO 8601 texts. Raises ExpressionError for anything else."""
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
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    raise ExpressionError(f"The result {value!r} is not plain data.")
