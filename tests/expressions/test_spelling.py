"""Expressions as modelers spell them: `${...}`, texts around them, and scripts."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine.diagram.model import Value
from engine.errors import ExpressionError
from engine.expressions import compile_assignments, compile_expression, evaluate, names_used, strip_expression

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", Value(literal="plain")),
        (" plain ", Value(literal=" plain ")),
        ("", Value(literal="")),
        ("x > 1", Value(literal="x > 1")),
        ("== x", Value(literal="== x")),
        ("${x}", Value(expression="x")),
        (" ${ x } ", Value(expression="x")),
        ("#{x}", Value(expression="x")),
        ("=x", Value(expression="x")),
        ("= x + 1", Value(expression="x + 1")),
        ("${{'a': 1}}", Value(expression="{'a': 1}")),
        ("${'}'}", Value(expression="'}'")),
        ("${'it\\'s }'}", Value(expression="'it\\'s }'")),
        ("a ${x}", Value(expression="'a ' + str(x)")),
        ("${x}${y}", Value(expression="str(x) + str(y)")),
        ("${x} of #{y}!", Value(expression="str(x) + ' of ' + str(y) + '!'")),
        ('it\'s "${x}"', Value(expression="'it\\'s \"' + str(x) + '\"'")),
        ("${open", Value(literal="${open")),
        ("$x {y}", Value(literal="$x {y}")),
        ("100 %", Value(literal="100 %")),
    ],
)
def test_a_literal_is_told_from_an_expression(text: str, value: Value) -> None:
    assert strip_expression(text) == value


@pytest.mark.parametrize("around", ["a\nb\t", "\u3000中\xa0", "\x07", "\\", '"', "'", "\"'", "🙂", "#$"])
def test_any_text_may_stand_around_an_expression(around: str) -> None:
    value = strip_expression(f"<{around}${{x}}{around}>")
    assert value.expression is not None
    assert evaluate(value.expression, {"x": 1}, now=NOW) == f"<{around}1{around}>"


@pytest.mark.parametrize("part", ["x) + str(y", "x], [y", "x, y", "", "x +", "x; y", "__class__", "open('a')", "if x"])
def test_a_part_that_is_no_expression_by_itself_is_refused(part: str) -> None:
    """Joined to the texts around it, `x) + str(y` would pass."""
    value = strip_expression(f"before ${{{part}}} after ${{x}}")
    assert value.expression is not None
    with pytest.raises(ExpressionError):
        compile_expression(value.expression)


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("1", set()),
        ("x", {"x"}),
        ("x.y.z + a[b]", {"x", "a", "b"}),
        ("len(x) > max(y, 1)", {"x", "y"}),
        ("now() > due ? early : late", {"due", "early", "late"}),
        ("'x' + y", {"y"}),
        ("{'k': v}", {"v"}),
        ("empty items and not done", {"items", "done"}),
        ("true and null = x", {"x"}),
        ("len + len(x)", {"len", "x"}),
        ("工单.优先级", {"工单"}),
        ("ｘ", {"x"}),
    ],
)
def test_the_names_that_an_expression_uses(source: str, names: set[str]) -> None:
    assert names_used(source) == names


@pytest.mark.parametrize(
    ("script", "assignments"),
    [
        ("", []),
        ("\n \n", []),
        ("a = 1", [("a", "1")]),
        ("a = 1\nb = a + 1", [("a", "1"), ("b", "a + 1")]),
        ("a = 1; b = 2;", [("a", "1"), ("b", "2")]),
        ("  a=1  ", [("a", "1")]),
        ("a = x == 1", [("a", "x == 1")]),
        ("a = (1 +\n 2)\nb = 3", [("a", "(1 +\n 2)"), ("b", "3")]),
        ("a = [1,\n 2]", [("a", "[1,\n 2]")]),
        ("# a remark; = \na = 1 # another\nb = '#'", [("a", "1"), ("b", "'#'")]),
        ("a = 'x; y = z'", [("a", "'x; y = z'")]),
        ('a = "say \\"a;b\\""; b = 1', [("a", '"say \\"a;b\\""'), ("b", "1")]),
        ("a = x ? 1 : 2", [("a", "x ? 1 : 2")]),
        ("工单 = '中'", [("工单", "'中'")]),
    ],
)
def test_a_script_is_a_list_of_assignments(script: str, assignments: list[tuple[str, str]]) -> None:
    assert compile_assignments(script) == tuple(assignments)


@pytest.mark.parametrize(
    ("script", "line", "part"),
    [
        ("import os", 1, "is not an assignment `name = expression`"),
        ("a", 1, "is not an assignment"),
        ("a =", 1, "is not an assignment"),
        ("= 1", 1, "is not an assignment"),
        ("a = 1\n\nb == 2", 3, "is not an assignment"),
        ("a.b = 1", 1, "assigns to 'a.b', which is no name of a variable"),
        ("a['b'] = 1", 1, "assigns to \"a['b']\", which is no name"),
        ("a, b = 1", 1, "assigns to 'a, b'"),
        ("_a = 1", 1, "assigns to '_a'"),
        ("__class__ = 1", 1, "assigns to '__class__'"),
        ("1 = 1", 1, "assigns to '1'"),
        ("'a' = 1", 1, "assigns to \"'a'\""),
        ("f(x) = 1", 1, "assigns to 'f(x)'"),
        ("true = 1", 1, "assigns to 'true'"),
        ("null = 1", 1, "assigns to 'null'"),
        ("None = 1", 1, "assigns to 'None'"),
        ("if = 1", 1, "assigns to 'if'"),
        ("and = 1", 1, "assigns to 'and'"),
        ("ｘ = 1", 1, "assigns to 'ｘ'"),
        ("a += 1", 1, "assigns to 'a +'"),
        ("a = b = 1\nc = __import__('os')", 2, "There is no function '__import__'"),
        ("a = 1\nb = (", 2, "is not closed"),
        ("a = 1\nb = §", 2, "does not belong in an expression"),
        ("\n\na = [1,\n 2\n", 3, "is not closed"),
        ("a = 'open\nb = 1", 1, "does not belong in an expression"),
        ("for i in x: a = i", 1, "assigns to 'for i in x: a'"),
        ("a = lambda: 1", 1, "uses Lambda"),
    ],
)
def test_a_script_that_does_more_is_refused_with_its_line(script: str, line: int, part: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        compile_assignments(script)
    assert str(refused.value).startswith(f"Line {line} of the script, ")
    assert part in str(refused.value)
