"""The one expression language: a small part of Python's expressions over plain data, evaluated by simpleeval, every cost bounded.

There is no attribute but a key of an object, no call but of a listed function, no comprehension, no lambda, no format; what is not in the
list of allowed forms is refused when the text is compiled, before anything runs.
"""

from __future__ import annotations

import ast
import difflib
import inspect
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from simpleeval import InvalidExpression, SimpleEval

from engine.errors import ExpressionError
from engine.expressions.functions import CLOCK_FUNCTIONS, FUNCTIONS, OPERATORS
from engine.expressions.spelling import cut, normalise, quoted
from engine.expressions.values import bounded, plain, shown

MOST_CHARACTERS = 4000
MOST_NODES = 400
MOST_DEPTH = 40
ALLOWED = (
    ast.Expression, ast.BoolOp, ast.And, ast.Or, ast.BinOp, ast.UnaryOp, ast.Compare, ast.IfExp, ast.Call, ast.Constant, ast.Name,
    ast.Load, ast.Attribute, ast.Subscript, ast.Slice, ast.List, ast.Tuple, ast.Dict, *OPERATORS,
)  # fmt: skip
UNWRITABLE = re.compile(r"[\0\ud800-\udfff]")
KNOWN_FUNCTIONS = frozenset(FUNCTIONS) | frozenset(CLOCK_FUNCTIONS)


@dataclass(frozen=True, slots=True)
class CompiledExpression:
    """A checked expression: its source as written, its tree, and the variables it uses."""

    source: str
    tree: ast.expr
    names: frozenset[str]


class _Evaluator(SimpleEval):  # type: ignore[misc]
    """simpleeval with our operators, keys instead of attributes, and lists and objects."""

    def __init__(self) -> None:
        super().__init__(operators=OPERATORS, functions={}, names={})
        self.nodes[ast.List] = self._eval_list
        self.nodes[ast.Tuple] = self._eval_list
        self.nodes[ast.Dict] = self._eval_dict

    def _eval_list(self, node: ast.List | ast.Tuple) -> list[Any]:
        return [self._eval(item) for item in node.elts]

    def _eval_dict(self, node: ast.Dict) -> dict[Any, Any]:
        return {self._eval(key): self._eval(value) for key, value in zip(node.keys, node.values, strict=True)}

    def _eval_attribute(self, node: ast.Attribute) -> Any:
        where = self._eval(node.value)
        if not isinstance(where, dict):
            raise ExpressionError(f"'.{node.attr}' reads a key of an object, but there is {shown(where)}.")
        return _value_of(where, node.attr)

    def _eval_subscript(self, node: ast.Subscript) -> Any:
        where, key = self._eval(node.value), self._eval(node.slice)
        return _value_of(where, key) if isinstance(where, dict) else where[key]

    def _eval_call(self, node: ast.Call) -> Any:
        assert isinstance(node.func, ast.Name)
        arguments = [self._eval(argument) for argument in node.args]
        try:
            return bounded(self.functions[node.func.id](*arguments))
        except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError) as error:
            raise ExpressionError(f"{node.func.id}({', '.join(map(shown, arguments))}) has no answer: {error}.") from error

    def _eval_name(self, node: ast.Name) -> Any:
        try:
            return self.names[node.id]
        except KeyError:
            raise ExpressionError(_unknown(node.id, self.names)) from None

    def _check_disallowed_items(self, item: Any) -> None:
        """Check nothing here: only plain data can arise, since every form and function is on our lists."""


_local = threading.local()


def _evaluator() -> _Evaluator:
    found: _Evaluator | None = getattr(_local, "evaluator", None)
    if found is None:
        found = _local.evaluator = _Evaluator()
    return found


@lru_cache(maxsize=4096)
def compile_expression(source: str, extra_functions: frozenset[str] = frozenset()) -> CompiledExpression:
    """Check an expression (without `${}` around it) and return it compiled. Raises ExpressionError, saying where and what."""
    if len(source) > MOST_CHARACTERS:
        raise ExpressionError(f"An expression has at most {MOST_CHARACTERS} characters; this one has {len(source)}.")
    if not source.strip():
        raise ExpressionError("The expression is empty.")
    try:
        tree = ast.parse(normalise(source), mode="eval")
    except (RecursionError, MemoryError) as error:
        raise ExpressionError(f"{quoted(source)} is too long or too deep: split it into several steps.") from error
    except (SyntaxError, ValueError) as error:
        raise ExpressionError(f"{quoted(source)} is not an expression: {getattr(error, 'msg', error)}.") from error
    names = _check(tree, source, KNOWN_FUNCTIONS | extra_functions)
    return CompiledExpression(source, tree.body, names)


def _check(tree: ast.Expression, source: str, functions: frozenset[str]) -> frozenset[str]:
    names: set[str] = set()
    called: set[int] = set()
    agenda: list[tuple[ast.AST, int]] = [(tree, 0)]
    seen = 0
    while agenda:
        node, depth = agenda.pop()
        seen += 1
        if seen > MOST_NODES or depth > MOST_DEPTH:
            raise ExpressionError(f"{quoted(source)} is too long or too deep: split it into several steps.")
        _check_form(node, source, functions)
        if isinstance(node, ast.Call):
            called.add(id(node.func))
        elif isinstance(node, ast.Name) and id(node) not in called:
            names.add(node.id)
        agenda.extend((child, depth + 1) for child in ast.iter_child_nodes(node))
    return frozenset(names)


def _check_form(node: ast.AST, source: str, functions: frozenset[str]) -> None:
    if not isinstance(node, ALLOWED) or (isinstance(node, ast.Dict) and None in node.keys):
        raise ExpressionError(f"{quoted(source)} uses {type(node).__name__}, which the expression language does not have.")
    if isinstance(node, ast.Constant):
        _check_constant(node.value, source)
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    if name.startswith("_"):
        raise ExpressionError(f"{quoted(source)} uses {quoted(name)}: names do not begin with an underscore.")
    if isinstance(node, ast.Call):
        if not isinstance(node.func, ast.Name) or node.keywords:
            raise ExpressionError(
                f"{quoted(source)} calls something that is not a function of the language: {', '.join(sorted(functions))}."
            )
        _check_call(node.func.id, len(node.args), source, functions)


def _check_constant(value: Any, source: str) -> None:
    if not isinstance(value, str | int | float | bool | None) or value in (float("inf"), float("-inf")):
        raise ExpressionError(f"{quoted(source)} holds {shown(value)}, which is not plain data.")
    if isinstance(value, str) and UNWRITABLE.search(value):
        raise ExpressionError(f"{quoted(source)} holds {shown(value)}, which cannot be stored: half of a character, or NUL.")
    bounded(value)


def _check_call(name: str, arguments: int, source: str, functions: frozenset[str]) -> None:
    if name not in functions:
        near = difflib.get_close_matches(name, functions, 1)
        raise ExpressionError(f"There is no function {quoted(name)} in {quoted(source)}{f'; is {near[0]!r} meant?' if near else '.'}")
    if name in SIGNATURES:
        try:
            SIGNATURES[name].bind(*range(arguments))
        except TypeError as error:
            raise ExpressionError(f"{name}() in {quoted(source)} has {arguments} arguments: {error}.") from error


def _signatures() -> Iterator[tuple[str, inspect.Signature]]:
    """The functions that say what they take; min and max do not."""
    for name, function in {**FUNCTIONS, **dict.fromkeys(CLOCK_FUNCTIONS, lambda: None)}.items():
        try:
            yield name, inspect.signature(function)
        except ValueError:
            continue


SIGNATURES = dict(_signatures())


def evaluate(
    expression: str | CompiledExpression,
    names: Mapping[str, Any],
    *,
    now: datetime,
    functions: Mapping[str, Callable[..., Any]] | None = None,
) -> Any:
    """Evaluate an expression over plain data and return plain data (moments and durations as ISO 8601 texts). Raises ExpressionError."""
    return _evaluated(expression, names, now, functions, plain)


def evaluate_inside(
    expression: str | CompiledExpression,
    names: Mapping[str, Any],
    *,
    now: datetime,
    functions: Mapping[str, Callable[..., Any]] | None = None,
) -> Any:
    """Evaluate without turning moments and durations into texts: for callers that compare them."""
    return _evaluated(expression, names, now, functions, bounded)


def _evaluated(
    expression: str | CompiledExpression,
    names: Mapping[str, Any],
    now: datetime,
    functions: Mapping[str, Callable[..., Any]] | None,
    finish: Callable[[Any], Any],
) -> Any:
    compiled = compile_expression(expression, frozenset(functions or ())) if isinstance(expression, str) else expression
    evaluator = _evaluator()
    evaluator.names = names
    evaluator.functions = {**FUNCTIONS, "now": lambda: now, "today": lambda: CLOCK_FUNCTIONS["today"](now), **(functions or {})}
    try:
        return finish(bounded(evaluator._eval(compiled.tree)))
    except ExpressionError as error:
        raise ExpressionError(f"{cut(compiled.source)}: {error}") from error
    except (
        InvalidExpression, ArithmeticError, TypeError, ValueError, LookupError, AttributeError, RecursionError, MemoryError
    ) as error:  # fmt: skip
        raise ExpressionError(f"{cut(compiled.source)}: {error or type(error).__name__}.") from error
    finally:
        evaluator.names = {}


def _value_of(where: dict[Any, Any], key: Any) -> Any:
    if key not in where:
        raise ExpressionError(f"There is no {shown(key)} in {shown(sorted(where, key=str))}.")
    return where[key]


def _unknown(name: str, names: Mapping[str, Any]) -> str:
    near = difflib.get_close_matches(name, list(names), 1)
    known = ", ".join(sorted(map(str, names))[:12]) or "none"
    return f"there is no variable {quoted(name)}{f' (is {near[0]!r} meant?)' if near else ''}; there are: {known}"


def names_used(source: str) -> frozenset[str]:
    """Return the variables that an expression uses."""
    return compile_expression(source).names
