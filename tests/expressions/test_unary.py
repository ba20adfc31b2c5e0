"""The cells of decision tables, as FEEL unary tests: what holds, what does not, what is refused (DMN 1.3, grammar rules 7 to 15)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ExpressionError
from engine.expressions import compile_unary_tests

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
VARIABLES = {"limit": 5, "vip": ["ann", "bob"], "flag": True, "other": "x", "nothing": None}
JUNE = '[date("2026-06-01")..date("2026-06-30")]'
CELLS = {
    # any input
    "": ([1, "a", None, True, [1]], []),
    "-": ([1, None], []),
    "  - ": ([1], []),
    # values
    '"a"': (["a"], ["b", None, 1, True]),
    "'a'": (["a"], ["b"]),
    "5": ([5, 5.0], [6, "5", None, True]),
    "-5": ([-5], [5]),
    "1": ([1], [True]),
    "true": ([True], [False, 1, "true", None]),
    "false": ([False], [True, 0, None, ""]),
    "null": ([None], [0, "", False, []]),
    "limit": ([5], [6]),
    "limit + 1": ([6], [5]),
    "(limit + 1) * 2": ([12], [6]),
    "nothing": ([None], [5]),
    # lists of tests
    '"a","b"': (["a", "b"], ["c", None, "a,b"]),
    '"a" , "b"': (["a", "b"], ["c"]),
    '"a,b","c"': (["a,b", "c"], ["a", "b"]),
    '"say \\"a\\"","b"': (['say "a"', "b"], ["a"]),
    "1,2,[5..6],> 10": ([1, 2, 5, 6, 11], [3, 4, 7, 10]),
    "null,\"\"": ([None, ""], ["a", 0]),
    "true,false": ([True, False], [None]),
    # lists as one value: the input is one of them, or is the list
    '["a","b"]': (["a", "b", ["a", "b"]], ["c", ["a"]]),
    '["a..b","c"]': (["a..b", "c"], ["a"]),
    "vip": (["ann"], ["eve"]),
    "[true]": ([True], [1]),
    '[date("2026-06-01")]': (["2026-06-01"], ["2026-06-02"]),
    # negation
    'not("a")': (["b", None, 1], ["a"]),
    'not("a","b")': (["c"], ["a", "b"]),
    "not (5)": ([6], [5]),
    "not(null)": ([0, "a"], [None]),
    "not([1..5])": ([0, 6], [1, 5]),
    "not([1..5],7)": ([6], [1, 5, 7]),
    "not(]1..5[)": ([1, 5], [2, 4]),
    "not(> 5)": ([5], [6]),
    "not(? > 5)": ([5], [6]),
    'not(":)")': (["a"], [":)"]),
    'not("(")': (["a"], ["("]),
    "not(true)": ([False, None], [True]),
    # intervals
    "[1..5]": ([1, 3, 5, 1.0], [0, 6, 5.1, None]),
    "]1..5[": ([2, 4.9], [1, 5]),
    "(1..5)": ([2], [1, 5]),
    "[1..5)": ([1], [5]),
    "]1..5]": ([5], [1]),
    "[ 1 .. 5 ]": ([1], [0]),
    "[-5..-1]": ([-5, -1], [0, -6]),
    "[1.5..2.5]": ([1.5, 2], [1.4, 2.6]),
    "[1..limit]": ([5], [6]),
    "[limit - 1..limit + 1]": ([4, 6], [3, 7]),
    '["a".."c"]': (["a", "b", "c"], ["d"]),
    "]1..5[,]7..9[": ([2, 8], [1, 5, 6, 7, 9]),
    "[1..2],[5..6]": ([1, 6], [3]),
    "(1..2),(limit)": ([1.5, 5], [1, 2]),
    "[1..nothing]": ([], [1]),
    # comparisons
    "< 5": ([4], [5, None, True]),
    "<= 5": ([5], [6]),
    ">5": ([6], [5]),
    ">= 5": ([5], [4]),
    "= 5": ([5], [6, "5"]),
    "!= 5": ([6, None, "5"], [5]),
    "!= null": ([0, ""], [None]),
    "= null": ([None], [0]),
    "< -1": ([-2], [0]),
    "> limit * 2": ([11], [10]),
    '> "b"': (["c"], ["a"]),
    "> 1 and < 5": ([2, 4], [1, 5]),
    ">= 1 and <= 5 and != 3": ([1, 5], [0, 3, 6]),
    "< nothing": ([], [1]),
    # dates and durations
    'date("2026-06-01")': (["2026-06-01", "2026-05-31T16:00:00Z"], ["2026-06-02", None]),
    '> date("2026-06-01")': (["2026-06-02"], ["2026-06-01", "2026-05-31"]),
    JUNE: (["2026-06-01", "2026-06-29T23:00:00+08:00"], ["2026-07-01", "2026-06-30T12:00:00+08:00"]),
    'date and time("2026-06-01T09:00:00")': (["2026-06-01T01:00:00Z"], ["2026-06-01"]),
    '< date and time("2026-06-01T09:00:00")': (["2026-06-01"], ["2026-06-01T02:00:00Z"]),
    '"date and time (x)"': (["date and time (x)"], ["date_time(x)"]),
    "< now()": (["2026-11-24T08:59:59+08:00"], ["2026-11-24T09:00:00+08:00"]),
    'duration("PT4H")': (["PT4H", "PT240M"], ["PT5H", None]),
    '>= duration("PT4H")': (["PT4H", "P1D"], ["PT3H59M"]),
    '[duration("PT1H")..duration("PT4H")]': (["PT2H"], ["PT5H"]),
    # conditions: with the input as `?`, or on other variables alone
    "? > 1 and ? < 5": ([2], [1, 5]),
    "? = null or ? > 2": ([None, 3], [1]),
    "? > limit": ([6], [5]),
    'contains(?, "err")': (["an error"], ["fine"]),
    'starts with(?, "a?")': (["a?b"], ["ab"]),
    '? in ["a","b"]': (["a"], ["c"]),
    "count(?) > 1": ([[1, 2]], [[1]]),
    "limit > 3": ([1, "a", None, False], []),
    "limit > 5": ([], [1, "a", None, True]),
    "limit > 3 and flag": ([1], []),
    "not flag": ([], [True, False]),
    "nothing and limit > 3": ([], [1]),
}  # fmt: skip
REFUSED = {
    ",": "has an empty test between its commas",
    '"a",': "has an empty test between its commas",
    '"a",,"b"': "has an empty test between its commas",
    "not()": "has an empty test between its commas",
    "not(-)": "'-' is not an expression",
    'not("a"),"b"': "not(...) stands around all tests of a cell, or nowhere",
    '"a",not("b")': "not(...) stands around all tests of a cell, or nowhere",
    'not("a"),not("b")': "The ')' at character 8",
    "1)": "The ')' at character 2 of '1)' closes nothing",
    '"a" "b"': "an operator or a comma is missing",
    "a b": "is not an expression",
    '"open': "does not belong in an expression",
    "[1..5": "is not closed",
    "1..5": "is not an expression",
    "[1..]": "The expression is empty",
    "[..5]": "The expression is empty",
    "[1..5..9]": "is not an expression",
    "[1...5]": "is not an expression",
    ">": "The expression is empty",
    "> ": "The expression is empty",
    "== 5": "is not an expression",
    "> 1 and x": "'1 and x' is a condition where a value to compare with is meant",
    "< 5 or > 10": "is not an expression",
    "[1..2 > 1]": "'2 > 1' is a condition where a value to compare with is meant",
    '@"2026-06-01"': "Character 1",
    "in [1..5]": "is not an expression",
    "every x in y satisfies x > 1": "is not an expression",
    "x ? 1 : 2": "is not an expression",
    "matches(?, 'a+')": "There is no function 'matches'",
    "__import__('os')": "There is no function '__import__'",
    "?.__class__": "names do not begin with an underscore",
    "${x}": "does not belong in an expression",
    "1," * 30_000: "A cell has at most 40000 characters; this one has 60000",
}


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell or "empty")
def test_a_cell_holds_for_some_inputs_and_not_for_others(cell: str) -> None:
    holds, fails = CELLS[cell]
    tests = compile_unary_tests(cell)
    assert [tests.holds(value, VARIABLES, now=NOW) for value in holds] == [True] * len(holds)
    assert [tests.holds(value, VARIABLES, now=NOW) for value in fails] == [False] * len(fails)


@pytest.mark.parametrize("cell", REFUSED, ids=lambda cell: cell[:30])
def test_a_cell_that_is_none_is_refused_when_it_is_read(cell: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        compile_unary_tests(cell)
    assert REFUSED[cell] in str(refused.value)


@pytest.mark.parametrize(
    ("cell", "value", "part"),
    [
        ("> 5", "six", "The input 'six' cannot be compared with 5: check the input's type"),
        ("[1..5]", "three", "The input 'three' cannot be compared with 1"),
        ("[1..5]", [3], "The input [3] cannot be compared with 1"),
        ('> date("2026-06-01")', "soon", "'soon' is not an ISO 8601 date-time"),
        ('date("2026-06-01")', "soon", "'soon' is not an ISO 8601 date-time"),
        ("unknown", 1, "there is no variable 'unknown'"),
        ("limit / 0", 1, "division by zero"),
        ("? + 1", 1, "? + 1: a test answers true or false, not 2"),
        ("? and other", True, "a test answers true or false, not 'x'"),
    ],
)
def test_an_input_that_a_cell_cannot_test_is_told(cell: str, value: object, part: str) -> None:
    with pytest.raises(ExpressionError) as failed:
        compile_unary_tests(cell).holds(value, VARIABLES, now=NOW)
    assert part in str(failed.value)


numbers = st.integers(-20, 20)


@given(numbers, numbers, numbers, st.sampled_from("[]("), st.sampled_from("[])"))
def test_an_interval_is_its_two_comparisons(low: int, high: int, value: int, opening: str, closing: str) -> None:
    interval = compile_unary_tests(f"{opening}{low}..{high}{closing}")
    lower = value >= low if opening == "[" else value > low
    upper = value <= high if closing == "]" else value < high
    assert interval.holds(value, {}, now=NOW) is (lower and upper)
    signs = f"{'>=' if opening == '[' else '>'} {low} and {'<=' if closing == ']' else '<'} {high}"
    assert compile_unary_tests(signs).holds(value, {}, now=NOW) is (lower and upper)


cells = st.one_of(
    numbers.map(str),
    st.builds("{0} {1}".format, st.sampled_from(["<", "<=", ">", ">=", "=", "!="]), numbers),
    st.builds("{0}{1}..{2}{3}".format, st.sampled_from("[]("), numbers, numbers, st.sampled_from("[])")),
    st.builds("? > {0}".format, numbers),
    st.builds("[{0},{1}]".format, numbers, numbers),
)


@given(st.lists(cells, min_size=1, max_size=5), numbers)
def test_a_list_holds_when_one_of_its_tests_holds_and_not_turns_it_round(parts: list[str], value: int) -> None:
    each = [compile_unary_tests(part).holds(value, {}, now=NOW) for part in parts]
    assert compile_unary_tests(",".join(parts)).holds(value, {}, now=NOW) is any(each)
    assert compile_unary_tests(f"not({','.join(parts)})").holds(value, {}, now=NOW) is not any(each)


@given(st.lists(st.text(max_size=8).filter(lambda text: not set(text) & {"\0"}), min_size=1, max_size=4), st.text(max_size=8))
def test_any_texts_are_told_apart(values: list[str], other: str) -> None:
    written = ",".join('"' + value.translate({ord(sign): f"\\u{ord(sign):04x}" for sign in '"\\\n\r'}) + '"' for value in values)
    tests = compile_unary_tests(written)
    assert all(tests.holds(value, {}, now=NOW) for value in values)
    assert tests.holds(other, {}, now=NOW) is (other in values)


@given(st.text(max_size=60) | st.text("?<>=![]().,-\"'ab1 and not", max_size=40))
def test_any_text_is_a_cell_or_refused(text: str) -> None:
    try:
        tests = compile_unary_tests(text)
    except ExpressionError:
        return
    for value in (1, "a", None, True):
        try:
            assert tests.holds(value, {"a": 1}, now=NOW) in (True, False)
        except ExpressionError:
            continue
