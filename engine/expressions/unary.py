"""FEEL unary tests: the input cells of decision tables (DMN 1.3, 9.1 and 10.3.1.2; grammar rules 7 to 15)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.errors import ExpressionError
from engine.expressions.functions import OPERATORS
from engine.expressions.language import CompiledExpression, compile_expression, evaluate_inside
from engine.expressions.spelling import OPENING

INPUT = "cell_input"
COMPARISON = re.compile(r"(<=|>=|<|>|!=|=)\s*(.+)", re.DOTALL)
INTERVAL = re.compile(r"([\[\](])\s*(.+?)\s*\.\.\s*(.+?)\s*([\[\])])", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Test:
    """One test: `kind` (compare, interval, holds, equals) over compiled ends; `signs` say how the ends count."""

    kind: str
    ends: tuple[CompiledExpression, ...]
    signs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UnaryTests:
    """A cell: true for any input, or when one of its tests holds; `negated` turns that round."""

    source: str
    tests: tuple[Test, ...]
    negated: bool = False

    def holds(self, value: Any, names: Mapping[str, Any], *, now: datetime) -> bool:
        """Tell whether an input passes. Raises ExpressionError when the cell's own expressions fail."""
        if not self.tests:
            return True
        return self.negated != any(_passes(test, value, names, now) for test in self.tests)


def compile_unary_tests(source: str) -> UnaryTests:
    """Check a cell and return it compiled. Raises ExpressionError."""
    text = source.strip()
    if text in ("", "-"):
        return UnaryTests(source, ())
    negated = re.fullmatch(r"not\s*\((.*)\)", text, re.DOTALL)
    if negated and _balanced(negated[1]):
        return UnaryTests(source, tuple(_test(part) for part in split(negated[1])), negated=True)
    return UnaryTests(source, tuple(_test(part) for part in split(text)))


def split(text: str) -> list[str]:
    """Cut a list of tests at its commas, those in quotes, brackets and intervals apart."""
    parts, depth, quote, start = [], 0, "", 0
    for index, sign in enumerate(text):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign in OPENING or (sign == "]" and _opens(text, index)):
            depth += 1
        elif sign in OPENING.values() and depth:
            depth -= 1
        elif sign == "," and not depth:
            parts.append(text[start:index])
            start = index + 1
    parts.append(text[start:])
    if not all(part.strip() for part in parts):
        raise ExpressionError(f"{text!r} has an empty test between its commas.")
    return [part.strip() for part in parts]


def _opens(text: str, index: int) -> bool:
    """Tell whether a `]` begins an interval (`]1..5]`): nothing but a comma or a bracket stands before it."""
    before = text[:index].rstrip()
    return not before or before[-1] in ",("


def _balanced(text: str) -> bool:
    depth = 0
    for sign in text:
        depth += (sign == "(") - (sign == ")")
        if depth < 0:
            return False
    return depth == 0


def _test(text: str) -> Test:
    interval = INTERVAL.fullmatch(text)
    if interval:
        opening, low, high, closing = interval.groups()
        signs = (">=" if opening == "[" else ">", "<=" if closing == "]" else "<")
        return Test("interval", (_value(low), _value(high)), signs)
    comparison = COMPARISON.fullmatch(text)
    if comparison:
        return Test("compare", (_value(comparison[2]),), (comparison[1],))
    if _asks_input(text):
        return Test("holds", (compile_expression(_with_input(text)),))
    return Test("equals", (_value(text),))


def _asks_input(text: str) -> bool:
    return "?" in re.sub(r"\"[^\"]*\"|'[^']*'", "", text)


def _with_input(text: str) -> str:
    pieces = re.split(r"(\"[^\"]*\"|'[^']*')", text)
    return "".join(piece if piece[:1] in "'\"" and piece else piece.replace("?", f" {INPUT} ") for piece in pieces)


def _value(text: str) -> CompiledExpression:
    return compile_expression(re.sub(r"\bdate and time\s*\(", "date_time(", text.strip()))


SIGNS: dict[str, Callable[..., Any]] = {}
for _node, _sign in (("Lt", "<"), ("LtE", "<="), ("Gt", ">"), ("GtE", ">="), ("Eq", "="), ("NotEq", "!=")):
    SIGNS[_sign] = next(operate for node, operate in OPERATORS.items() if node.__name__ == _node)


def _passes(test: Test, value: Any, names: Mapping[str, Any], now: datetime) -> bool:
    if test.kind == "holds":
        return bool(evaluate_inside(test.ends[0], {**names, INPUT: value}, now=now))
    ends = [evaluate_inside(end, names, now=now) for end in test.ends]
    if test.kind == "equals":
        return value in ends[0] if isinstance(ends[0], list) and not isinstance(value, list) else _same(value, ends[0])
    if value is None or isinstance(value, bool) or any(end is None for end in ends):
        return test.signs == ("=",) and _same(value, ends[0])
    try:
        return all(bool(SIGNS[sign](value, end)) for sign, end in zip(test.signs, ends, strict=True))
    except TypeError as error:
        raise ExpressionError(f"The input {value!r} cannot be compared with {ends!r}: check the input's type.") from error


def _same(value: Any, end: Any) -> bool:
    if isinstance(value, bool) != isinstance(end, bool):
        return False
    return (
        bool(SIGNS["="](value, end))
        if not isinstance(end, datetime) or not isinstance(value, str)
        else bool(SIGNS["<="](value, end) and SIGNS[">="](value, end))
    )
