"""The one expression language: a small part of Python's expressions over plain data, evaluated by simpleeval, every cost bounded.

There is no attribute but a key of an object, no call but of a listed function, no comprehension, no lambda, no format; what is not in the
list of allowed forms is refused when the text is compiled, before anything runs.
"""

from __future__ import annotations

import ast
import difflib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from simpleeval import InvalidExpression, SimpleEval

from engine.diagram.model import Value
from engine.errors import ExpressionError
from engine.expressions.functions import CLOCK_FUNCTIONS, FUNCTIONS, OPERATORS, bounded, plain
from engine.expressions.spelling import normalise

MOST_CHARACTERS = 4000
MOST_NODES = 400
MOST_DEPTH = 40
ALLOWED = (
    ast.Expression, ast.BoolOp, ast.And, ast.Or, ast.BinOp, ast.UnaryOp, ast.Compare, ast.IfExp, ast.Call, ast.Constant, ast.Name,
    ast.Load, ast.Attribute, ast.Subscript, ast.Slice, ast.List, ast.Tuple, ast.Dict, *OPERATORS,
)  # fmt: skip
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
            raise ExpressionError(f"'.{node.attr}' reads a key of an object, but there is {where!r}.")
        if node.attr not in where:
            raise ExpressionError(f"There is no '{node.attr}' in {sorted(where)}.")
        return where[node.attr]

    def _eval_call(self, node: ast.Call) -> Any:
        assert isinstance(node.func, ast.Name)
        return bounded(self.functions[node.func.id](*(self._eval(argument) for argument in node.args)))

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
    spelled = normalise(source)
    try:
        tree = ast.parse(spelled, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ExpressionError(f"{source!r} is not an expression: {getattr(error, 'msg', error)}.") from error
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
            raise ExpressionError(f"{source[:60]!r}... is too long or too deep: split it into several steps.")
        _check_form(node, source, functions)
        if isinstance(node, ast.Call):
            called.add(id(node.func))
        elif isinstance(node, ast.Name) and id(node) not in called:
            names.add(node.id)
        agenda.extend((child, depth + 1) for child in ast.iter_child_nodes(node))
    return frozenset(names)


def _check_form(node: ast.AST, source: str, functions: frozenset[str]) -> None:
    if not isinstance(node, ALLOWED) or (isinstance(node, ast.Dict) and None in node.keys):
        raise ExpressionError(f"{source!r} uses {type(node).__name__}, which the expression language does not have.")
    if isinstance(node, ast.Constant) and not isinstance(node.value, str | int | float | bool | None):
        raise ExpressionError(f"{source!r} holds {node.value!r}, which is not plain data.")
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        bounded(node.value)
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    if name.startswith("_"):
        raise ExpressionError(f"{source!r} uses {name!r}: names do not begin with an underscore.")
    if isinstance(node, ast.Call):
        if not isinstance(node.func, ast.Name) or node.keywords:
            raise ExpressionError(f"{source!r} calls something that is not a function of the language: {', '.join(sorted(functions))}.")
        if node.func.id not in functions:
            near = difflib.get_close_matches(node.func.id, functions, 1)
            raise ExpressionError(f"There is no function {node.func.id!r} in {source!r}{f'; is {near[0]!r} meant?' if near else '.'}")


def evaluate(
    expression: str | CompiledExpression,
    names: Mapping[str, Any],
    *,
    now: datetime,
    functions: Mapping[str, Callable[..., Any]] | None = None,
) -> Any:
    """Evaluate an expression over plain data and return plain data (moments and durations as ISO 8601 texts). Raises ExpressionError."""
    return plain(evaluate_inside(expression, names, now=now, functions=functions))


def evaluate_inside(
    expression: str | CompiledExpression,
    names: Mapping[str, Any],
    *,
    now: datetime,
    functions: Mapping[str, Callable[..., Any]] | None = None,
) -> Any:
    """Evaluate without turning moments and durations into texts: for callers that compare them."""
    compiled = compile_expression(expression, frozenset(functions or ())) if isinstance(expression, str) else expression
    evaluator = _evaluator()
    evaluator.names = names
    evaluator.functions = {**FUNCTIONS, "now": lambda: now, "today": lambda: CLOCK_FUNCTIONS["today"](now), **(functions or {})}
    try:
        return bounded(evaluator._eval(compiled.tree))
    except ExpressionError as error:
        raise ExpressionError(f"{compiled.source}: {error}") from error
    except (
        InvalidExpression, ArithmeticError, TypeError, ValueError, LookupError, AttributeError, RecursionError, MemoryError
    ) as error:  # fmt: skip
        raise ExpressionError(f"{compiled.source}: {error or type(error).__name__}.") from error
    finally:
        evaluator.names = {}


def _unknown(name: str, names: Mapping[str, Any]) -> str:
    near = difflib.get_close_matches(name, list(names), 1)
    known = ", ".join(sorted(map(str, names))[:12]) or "none"
    return f"there is no variable {name!r}{f' (is {near[0]!r} meant?)' if near else ''}; there are: {known}"


def names_used(source: str) -> frozenset[str]:
    """Return the variables that an expression uses."""
    return compile_expression(source).names


def strip_expression(text: str) -> Value:
    """Tell a literal from an expression as modelers write it: `${x}`, `#{x}` or `=x`; a text around `${x}` becomes a joined text."""
    bare = text.strip()
    if bare.startswith("=") and not bare.startswith("=="):
        return Value(expression=bare[1:].strip())
    parts = _parts(bare)
    if len(parts) == 1 and parts[0][0]:
        return Value(expression=parts[0][1].strip())
    if not any(is_expression for is_expression, _ in parts):
        return Value(literal=text)
    return Value(expression=" + ".join(f"str({part})" if is_expression else repr(part) for is_expression, part in parts))


def _parts(text: str) -> list[tuple[bool, str]]:
    parts: list[tuple[bool, str]] = []
    at = 0
    while at < len(text):
        start = min((found for found in (text.find("${", at), text.find("#{", at)) if found >= 0), default=-1)
        end = _end_of(text, start + 2) if start >= 0 else -1
        if start < 0 or end < 0:
            break
        if start > at:
            parts.append((False, text[at:start]))
        parts.append((True, text[start + 2 : end]))
        at = end + 1
    if at < len(text):
        parts.append((False, text[at:]))
    return parts


def _end_of(text: str, start: int) -> int:
    """Return where the `}` that closes an expression stands, past texts in quotes and inner braces; -1 when there is none."""
    depth, quote = 0, ""
    for index in range(start, len(text)):
        sign = text[index]
        if quote:
            quote = "" if sign == quote and text[index - 1] != "\\" else quote
        elif sign in "'\"":
            quote = sign
        elif sign == "{":
            depth += 1
        elif sign == "}":
            if not depth:
                return index
            depth -= 1
    return -1
