"""FEEL unary tests: the input cells of decision tables (DMN 1.3, 9.1 and 10.3.1.2; grammar rules 7 to 15)."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.errors import ExpressionError
from engine.expressions.functions import OPERATORS
from engine.expressions.language import CompiledExpression, compile_expression, evaluate_inside
from engine.expressions.spelling import OPENING, Word, quoted, words
from engine.expressions.values import shown

INPUT = "cell_input"
MOST_CHARACTERS = 40_000
SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "<": OPERATORS[ast.Lt], "<=": OPERATORS[ast.LtE], ">": OPERATORS[ast.Gt], ">=": OPERATORS[ast.GtE],
    "=": OPERATORS[ast.Eq], "!=": OPERATORS[ast.NotEq],
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Test:
    """One test: `kind` (compares, holds, equals) over compiled ends; `signs` say how the input compares with each end."""

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
    if len(text) > MOST_CHARACTERS:
        raise ExpressionError(f"A cell has at most {MOST_CHARACTERS} characters; this one has {len(text)}.")
    cell = _Cell(text, words(text))
    end = len(cell.words)
    negated = cell.negation_at(0) and cell.sign(end - 1) == ")"
    start, end = (2, end - 1) if negated else (0, end)
    return UnaryTests(source, tuple(_test(cell, *part) for part in _parts(cell, start, end)), negated)


@dataclass(frozen=True, slots=True)
class _Cell:
    """A cell's text and its words; a stretch of it is from one word's index up to another's."""

    text: str
    words: list[Word]

    def sign(self, index: int) -> str:
        return self.words[index].written if 0 <= index < len(self.words) and self.words[index].kind == "sign" else ""

    def negation_at(self, index: int) -> bool:
        return self.words[index].written == "not" and self.sign(index + 1) == "("

    def source(self, start: int, end: int) -> str:
        at = [word.at for word in self.words[start : end + 1]]
        return self.text[at[0] : at[end - start] if end < len(self.words) else len(self.text)] if start < end else ""


def _parts(cell: _Cell, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut a list of tests at its commas, those in brackets and intervals apart."""
    while True:
        interval = _interval(cell, start, end)
        comma = interval[1] + 1 if interval else _comma(cell, start, end)
        if comma == start:
            raise ExpressionError(f"{quoted(cell.text)} has an empty test between its commas.")
        yield start, comma
        if comma == end:
            return
        start = comma + 1


def _comma(cell: _Cell, start: int, end: int) -> int:
    depth = 0
    for index in range(start, end):
        sign = cell.sign(index)
        if sign == "," and not depth:
            return index
        depth += (sign in OPENING) - (sign in OPENING.values())
        if depth < 0:
            raise ExpressionError(f"The {sign!r} at character {cell.words[index].at + 1} of {quoted(cell.text)} closes nothing.")
    return end


def _interval(cell: _Cell, start: int, end: int) -> tuple[int, int] | None:
    """Return where the dots and the closing bracket of an interval stand; `[` closes one too (`]1..5[`), before a comma or the end."""
    if cell.sign(start) not in ("[", "]", "("):
        return None
    depth, dots = 0, 0
    for index in range(start + 1, end):
        sign = cell.sign(index)
        if not depth and sign == "..":
            dots = dots or index
        elif not depth and dots and sign in (")", "]", "[") and (index + 1 == end or cell.sign(index + 1) == ","):
            return dots, index
        depth += (sign in OPENING) - (sign in OPENING.values())
        if depth < 0:
            return None
    return None


def _test(cell: _Cell, start: int, end: int) -> Test:
    interval = _interval(cell, start, end)
    if interval:
        dots, closing = interval
        signs = (">=" if cell.sign(start) == "[" else ">", "<=" if cell.sign(closing) == "]" else "<")
        return Test("compares", (_end(cell.source(start + 1, dots)), _end(cell.source(dots + 1, closing))), signs)
    if cell.sign(start) in SIGNS:
        return _comparisons(cell, start, end)
    if cell.negation_at(start):
        raise ExpressionError(f"{quoted(cell.text)}: not(...) stands around all tests of a cell, or nowhere.")
    inputs = [index for index in range(start, end) if cell.sign(index) == "?"]
    if inputs:
        edges = [start, *(index + 1 for index in inputs)]
        pieces = [cell.source(edge, index) for edge, index in zip(edges, [*inputs, end], strict=True)]
        return Test("holds", (compile_expression(f" {INPUT} ".join(pieces).strip()),))
    compiled = compile_expression(cell.source(start, end))
    return Test("holds" if _is_condition(compiled) else "equals", (compiled,))


def _comparisons(cell: _Cell, start: int, end: int) -> Test:
    """Read `> 1`, and `> 1 and < 5`: all of them must hold."""
    ands = [index for index in range(start, end) if cell.words[index].written == "and" and cell.sign(index + 1) in SIGNS]
    edges = [start, *(index + 1 for index in ands)]
    ends = tuple(_end(cell.source(edge + 1, stop)) for edge, stop in zip(edges, [*ands, end], strict=True))
    return Test("compares", ends, tuple(cell.sign(edge) for edge in edges))


def _end(text: str) -> CompiledExpression:
    compiled = compile_expression(text)
    if _is_condition(compiled):
        raise ExpressionError(f"{quoted(text.strip())} is a condition where a value to compare with is meant: write the test with '?'.")
    return compiled


def _is_condition(compiled: CompiledExpression) -> bool:
    tree = compiled.tree
    return isinstance(tree, ast.Compare | ast.BoolOp) or (isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.Not))


def _passes(test: Test, value: Any, names: Mapping[str, Any], now: datetime) -> bool:
    if test.kind == "holds":
        answer = evaluate_inside(test.ends[0], {**names, INPUT: value}, now=now)
        if not isinstance(answer, bool | None):
            raise ExpressionError(f"{test.ends[0].source.replace(INPUT, '?')}: a test answers true or false, not {shown(answer)}.")
        return bool(answer)
    ends = [evaluate_inside(end, names, now=now) for end in test.ends]
    if test.kind == "equals":
        one_of = isinstance(ends[0], list) and not isinstance(value, list)
        return any(_same(value, end) for end in (ends[0] if one_of else ends))
    return all(_compares(value, sign, end) for sign, end in zip(test.signs, ends, strict=True))


def _compares(value: Any, sign: str, end: Any) -> bool:
    if sign in ("=", "!="):
        return _same(value, end) == (sign == "=")
    if value is None or end is None or isinstance(value, bool):
        return False
    try:
        return bool(SIGNS[sign](value, end))
    except TypeError as error:
        raise ExpressionError(f"The input {shown(value)} cannot be compared with {shown(end)}: check the input's type.") from error


def _same(value: Any, end: Any) -> bool:
    return isinstance(value, bool) == isinstance(end, bool) and SIGNS["="](value, end)
