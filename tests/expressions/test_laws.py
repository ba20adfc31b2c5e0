"""Laws of the expression language, tried on random trees and random texts."""

from __future__ import annotations

import contextlib
import copy
import json
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.errors import ExpressionError
from engine.expressions import compile_assignments, compile_expression, evaluate, names_used, strip_expression
from engine.expressions.functions import CLOCK_FUNCTIONS, FUNCTIONS

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
NAMES = ("a", "b", "c", "text", "items", "data")
VARIABLES: dict[str, Any] = {
    "a": 3, "b": -2.5, "c": None, "text": "Ann's", "items": [3, 1, [2]], "data": {"k": 1, "deep": {"k": [True]}}
}  # fmt: skip

scalars = st.one_of(
    st.none().map(lambda _: "null"),
    st.booleans().map(lambda value: str(value).lower()),
    st.integers(-1000, 1000).map(str),
    st.floats(0, 100).map(lambda value: f"{value:.3f}"),
    st.text("ab ?:=&|!${}#;,()'\"\\", max_size=6).map(json.dumps),
)
SIGNS = (
    "+",
    "-",
    "*",
    "/",
    "//",
    "%",
    "**",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "in",
    "not in",
    "and",
    "or",
    "&&",
    "||",
    "=",
    "mod",
    "eq",
    "lt",
)


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    functions = st.sampled_from(sorted(set(FUNCTIONS) | set(CLOCK_FUNCTIONS)))
    return st.one_of(
        st.builds("({0} {1} {2})".format, inner, st.sampled_from(SIGNS), inner),
        st.builds("{0} {1}".format, st.sampled_from(["not", "!", "-", "+", "empty"]), inner),
        st.builds("({0} ? {1} : {2})".format, inner, inner, inner),
        st.builds("(if {0} then {1} else {2})".format, inner, inner, inner),
        st.builds("({0} if {1} else {2})".format, inner, inner, inner),
        st.builds("{0}({1})".format, functions, st.lists(inner, max_size=3).map(", ".join)),
        st.builds("[{0}]".format, st.lists(inner, max_size=3).map(", ".join)),
        st.builds('{{"k": {0}}}'.format, inner),
        st.builds("{0}[{1}]".format, inner, inner),
        st.builds("{0}.{1}".format, st.sampled_from(NAMES), st.sampled_from(["k", "deep", "upper", "items"])),
    )


trees = st.recursive(scalars | st.sampled_from(NAMES), grown, max_leaves=12)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(trees, st.fixed_dictionaries(dict.fromkeys(NAMES, values)))
def test_a_tree_gives_plain_data_or_an_expression_error_and_changes_no_variable(source: str, variables: dict[str, Any]) -> None:
    before = copy.deepcopy(variables)
    try:
        result = evaluate(source, variables, now=NOW)
    except ExpressionError:
        assert variables == before
        return
    assert variables == before
    assert json.loads(json.dumps(result, allow_nan=False)) == result


@given(st.text(max_size=80) | st.text("ab1.,()[]{}<>=!&|?:'\"\\$#+-*/% \n", max_size=60))
def test_any_text_gives_plain_data_or_an_expression_error(text: str) -> None:
    for source in (text, f"a + {text}", f"len({text})"):
        try:
            result = evaluate(source, VARIABLES, now=NOW)
        except ExpressionError:
            continue
        json.dumps(result, allow_nan=False)
    with contextlib.suppress(ExpressionError):
        compile_assignments(text)
    strip_expression(text)


@given(trees)
def test_the_result_shares_nothing_with_the_variables(source: str) -> None:
    variables = copy.deepcopy(VARIABLES)
    try:
        result = evaluate(source, variables, now=NOW)
    except ExpressionError:
        return
    spoil(result)
    assert variables == VARIABLES


def spoil(value: Any) -> None:
    inside = list(value) if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []
    for each in inside:
        spoil(each)
    if isinstance(value, list | dict):
        value.clear()


@given(trees)
def test_twice_is_the_same(source: str) -> None:
    assert told(source) == told(source)


def told(source: str) -> object:
    try:
        return evaluate(source, VARIABLES, now=NOW)
    except ExpressionError as error:
        return str(error)


class Watched(Mapping[str, Any]):
    """Variables that note which of them are read."""

    def __init__(self) -> None:
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.read.add(name)
        return VARIABLES[name]

    def __iter__(self) -> Iterator[str]:
        return iter(VARIABLES)

    def __len__(self) -> int:
        return len(VARIABLES)


@given(trees)
def test_nothing_is_read_but_the_names_that_are_used(source: str) -> None:
    watched = Watched()
    with contextlib.suppress(ExpressionError):
        used = compile_expression(source).names
        with contextlib.suppress(ExpressionError):
            evaluate(source, watched, now=NOW)
        assert watched.read <= used <= set(NAMES)


@given(st.lists(st.sampled_from(NAMES), min_size=1, max_size=6))
def test_every_name_that_is_used_is_read_where_nothing_is_skipped(names: list[str]) -> None:
    source = f"[{', '.join(f'[{name}]' for name in names)}]"
    watched = Watched()
    assert evaluate(source, watched, now=NOW) == [[VARIABLES[name]] for name in names]
    assert watched.read == names_used(source) == set(names)


@given(trees, st.sampled_from(["${%s}", "#{%s}", "=%s", " ${ %s } "]))
def test_the_spelling_around_an_expression_makes_no_difference(source: str, around: str) -> None:
    assume(not source.startswith("="))
    value = strip_expression(around % source)
    assert value.expression is not None
    assert told(value.expression) == told(source) or isinstance(told(source), str)


@given(st.lists(st.tuples(st.text("abc $#{", max_size=5), st.sampled_from(["a", "text", "b + 1"])), min_size=1, max_size=4))
def test_a_text_around_expressions_is_joined(parts: list[tuple[str, str]]) -> None:
    """Where no text opens an expression by itself."""
    assume(not any("{" in text or text.endswith(("$", "#")) for text, _ in parts))
    value = strip_expression("<" + "".join(f"{text}${{{source}}}" for text, source in parts) + ">")
    known = {"a": "3", "text": "Ann's", "b + 1": "-1.5"}
    assert evaluate(value.expression or "", VARIABLES, now=NOW) == "<" + "".join(text + known[source] for text, source in parts) + ">"


numbers = st.integers(-50, 50) | st.sampled_from([0.5, -1.25, 2.0])
arithmetic = st.recursive(
    numbers.map(lambda value: f"({value})") | st.sampled_from(["p", "q"]),
    lambda inner: st.one_of(
        st.builds("({0} {1} {2})".format, inner, st.sampled_from(["+", "-", "*", "/", "//", "%"]), inner),
        st.builds("(-{0})".format, inner),
        st.builds("abs({0})".format, inner),
        st.builds("min({0}, {1})".format, inner, inner),
        st.builds("({0} if {1} > {2} else {3})".format, inner, inner, inner, inner),
    ),
    max_leaves=8,
)
logic = st.recursive(
    st.builds("({0} {1} {2})".format, arithmetic, st.sampled_from(["<", "<=", "==", "!=", ">", ">="]), arithmetic)
    | st.sampled_from(["True", "False", "('a' < 'b')", "(p in [1, 2, q])", "(p < q < 10)"]),
    lambda inner: st.builds("({0} {1} {2})".format, inner, st.sampled_from(["and", "or"]), inner) | st.builds("(not {0})".format, inner),
    max_leaves=5,
)


@given(arithmetic | logic, numbers, numbers)
def test_arithmetic_comparisons_and_logic_agree_with_python(source: str, p: float, q: float) -> None:
    try:
        expected = eval(source, {"abs": abs, "min": min}, {"p": p, "q": q})
    except ZeroDivisionError:
        with pytest.raises(ExpressionError, match=r"zero|modulo"):
            evaluate(source, {"p": p, "q": q}, now=NOW)
        return
    except OverflowError:
        return
    assume(isinstance(expected, bool) or math.isfinite(expected))
    found = evaluate(source, {"p": p, "q": q}, now=NOW)
    assert (found, type(found)) == (expected, type(expected))


JUEL = {"and": "&&", "or": "||", "not ": "!", "==": "eq", "<=": "le", ">=": "ge", "!=": "ne", "True": "true", "False": "false"}


@given(logic, numbers, numbers)
def test_juel_spells_the_same_logic(source: str, p: float, q: float) -> None:
    spelled = source
    for python, juel in JUEL.items():
        spelled = spelled.replace(python, juel)
    variables = {"p": p, "q": q}
    try:
        expected = evaluate(source, variables, now=NOW)
    except ExpressionError:
        with pytest.raises(ExpressionError):
            evaluate(spelled, variables, now=NOW)
        return
    assert evaluate(spelled, variables, now=NOW) is expected


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "new", "工单"]), trees), max_size=5), st.sampled_from([";", "\n", " ;\n\n"]))
def test_a_script_assigns_whole_variables_in_order(lines: list[tuple[str, str]], between: str) -> None:
    try:
        for _, source in lines:
            compile_expression(source)
    except ExpressionError:
        assume(False)
    assert compile_assignments(between.join(f"{name} = {source}" for name, source in lines)) == tuple(lines)


@given(st.text("abc_.[]'\"(){}*, 1ｘ", max_size=8))
def test_a_script_assigns_to_nothing_but_a_name(target: str) -> None:
    try:
        found = compile_assignments(f"{target} = 1")
    except ExpressionError:
        return
    assert found == ((target.strip(), "1"),)
    assert evaluate(target, {target.strip(): "read back"}, now=NOW) == "read back"
