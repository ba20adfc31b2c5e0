"""What each function and operator of the language answers, and what it refuses: the language's own manual."""

from __future__ import annotations

import ast
from datetime import UTC, datetime

import pytest

from engine.errors import ExpressionError
from engine.expressions import compile_expression, evaluate
from engine.expressions.functions import CLOCK_FUNCTIONS, FUNCTIONS, OPERATORS

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
VARIABLES = {
    "x": 3,
    "price": 1.5,
    "name": "Ann",
    "nothing": None,
    "yes": True,
    "items": [3, 1, 2],
    "data": {"a": 1, "b": {"c": "deep"}},
    "due": "2026-11-24T09:00:00+08:00",
    "limit": "PT4H",
}
ANSWERS = {
    "len": [("len('abc')", 3), ("len(items)", 3), ("len(data)", 2), ("string length('abc')", 3)],
    "count": [("count(items)", 3), ("count([])", 0)],
    "str": [
        ("str(3)", "3"), ("str(1.50)", "1.5"), ("str(true)", "true"), ("str(null)", ""), ("str('a')", "a"),
        ("str([1, 'a'])", "[1, 'a']"), ("str(duration('P1DT2H'))", "P1DT2H"), ("str(date(due))", "2026-11-24T01:00:00+00:00"),
    ],
    "string": [("string(3)", "3"), ("string(false)", "false")],
    "int": [("int('12')", 12), ("int(' -12 ')", -12), ("int(1.9)", 1), ("int(-1.9)", -1), ("int('1.9')", 1), ("int(true)", 1)],
    "number": [
        ("number('12')", 12), ("number('1.5')", 1.5), ("number('1e3')", 1000.0), ("number('+.5')", 0.5), ("number('2.')", 2.0),
        ("number(1.5)", 1.5), ("number(7)", 7),
    ],
    "float": [("float(1)", 1.0), ("float('2.5')", 2.5)],
    "bool": [("bool(0)", False), ("bool('no')", True), ("bool([])", False)],
    "abs": [("abs(-3)", 3), ("abs(1.5)", 1.5)],
    "min": [("min(2, 1)", 1), ("min(items)", 1), ("min('b', 'a')", "a"), ("min(duration('PT1H'), duration('PT2H'))", "PT1H")],
    "max": [("max(2, 1)", 2), ("max(items)", 3)],
    "sum": [("sum(items)", 6), ("sum([])", 0), ("sum([0.5, 1])", 1.5)],
    "mean": [("mean(items)", 2.0)],
    "round": [("round(2.567, 2)", 2.57), ("round(2.5)", 2), ("round(3.5)", 4), ("round(1250, -2)", 1200)],
    "floor": [("floor(1.9)", 1), ("floor(-1.1)", -2), ("floor(3)", 3)],
    "ceiling": [("ceiling(1.1)", 2), ("ceiling(-1.9)", -1)],
    "lower": [("lower('ANN')", "ann"), ("lower case('ANN')", "ann")],
    "upper": [("upper(name)", "ANN"), ("upper case('ann')", "ANN")],
    "trim": [("trim('  a b ')", "a b")],
    "contains": [("contains('abc', 'b')", True), ("contains(items, 4)", False), ("list contains(items, 1)", True),
        ("contains(data, 'a')", True)],
    "starts_with": [("starts_with(name, 'A')", True), ("starts with(name, 'n')", False)],
    "ends_with": [("ends_with(name, 'nn')", True), ("ends with(name, 'A')", False)],
    "split": [("split('a;b;', ';')", ["a", "b", ""])],
    "join": [("join(items)", "3, 1, 2"), ("join(['a', null, true], '-')", "a--true"), ("join([])", "")],
    "is_empty": [("is_empty('')", True), ("is_empty(nothing)", True), ("is_empty([])", True), ("is_empty({})", True),
        ("is_empty(0)", False),
                 ("is_empty(false)", False), ("empty items", False), ("not empty nothing", False)],
    "is_null": [("is_null(nothing)", True), ("is_null('')", False)],
    "get": [
        ("get(data, 'a')", 1), ("get(data, 'z')", None), ("get(data, 'z', 9)", 9), ("get(items, 0)", 3), ("get(items, -1)", 2),
        ("get(items, 9, 'none')", "none"), ("get(nothing, 'a', 1)", 1),
    ],
    "keys": [("keys(data)", ["a", "b"])],
    "values": [("values({'a': 1, 'b': 2})", [1, 2])],
    "sorted": [("sorted(items)", [1, 2, 3]), ("sorted(['b', 'a'])", ["a", "b"])],
    "numbers": [("numbers(1, 4)", [1, 2, 3]), ("numbers(4, 1)", []), ("len(numbers(0, 10000))", 10_000)],
    "any": [("any([false, true])", True), ("any([])", False)],
    "all": [("all([false, true])", False), ("all([])", True)],
    "duration": [("duration('P1W')", "P7D"), ("duration(duration('PT60M'))", "PT1H")],
    "date": [
        ("date('2026-11-24')", "2026-11-23T16:00:00+00:00"), ("date('2026-11-24T09:00:00Z')", "2026-11-24T09:00:00+00:00"),
        ("date(date(due))", "2026-11-24T01:00:00+00:00"),
    ],
    "date_time": [("date_time('2026-11-24T09:00')", "2026-11-24T01:00:00+00:00"), ("date and time(due)", "2026-11-24T01:00:00+00:00")],
    "hours": [("hours('PT90M')", 1.5), ("hours(now() - date('2026-11-23T09:00'))", 24.0),
        ("hours(date('2026-11-23T09:00') - now())", -24.0)],
    "minutes": [("minutes(limit)", 240.0), ("minutes(duration('P1D'))", 1440.0)],
    "now": [("now()", "2026-11-24T01:00:00+00:00")],
    "today": [("today()", "2026-11-24")],
}  # fmt: skip
CASES = [case for cases in ANSWERS.values() for case in cases]
OPERATIONS = {
    ast.Add: [("1 + 2", 3), ("'a' + 'b'", "ab"), ("[1] + [2]", [1, 2]), ("now() + duration('P1D')", "2026-11-25T01:00:00+00:00"),
              ("duration('PT1H') + duration('P1M')", "P1MT1H"), ("duration('PT1H') + now()", "2026-11-24T02:00:00+00:00")],
    ast.Sub: [("1 - 2", -1), ("now() - duration('PT1H')", "2026-11-24T00:00:00+00:00"), ("date('2026-11-25T09:00') - now()", "P1D"),
              ("now() - date('2026-11-25T10:30')", "-P1DT1H30M")],
    ast.Mult: [("2 * 3", 6), ("2 * 1.5", 3.0)],
    ast.Div: [("3 / 2", 1.5), ("3 div 2", 1.5)],
    ast.FloorDiv: [("3 // 2", 1), ("-3 // 2", -2)],
    ast.Mod: [("7 % 3", 1), ("7 mod 3", 1)],
    ast.Pow: [("2 ** 10", 1024), ("2 ** -1", 0.5), ("2 ** 0.5 > 1.41", True)],
    ast.Eq: [("x == 3", True), ("x = 3", True), ("x eq 3", True), ("1 == 1.0", True), ("'1' == 1", False), ("nothing == null", True),
             ("date(due) == due", True), ("due = now()", True), ("duration('PT240M') == limit", True), ("items == [3, 1, 2]", True)],
    ast.NotEq: [("x != 3", False), ("x ne 4", True), ("now() != due", False), ("nothing != 1", True)],
    ast.Lt: [("1 < 2 < 3", True), ("'a' < 'b'", True), ("x lt 3", False), ("due < date('2027-01-01')", True),
        ("limit < duration('P1D')", True)],
    ast.LtE: [("x <= 3", True), ("x le 2", False), ("date('2026-01-01') <= due", True)],
    ast.Gt: [("x > 2", True), ("x gt 3", False), ("duration('P1D') > limit", True), ("duration('P2M') > duration('P1M')", True)],
    ast.GtE: [("x >= 3", True), ("x ge 4", False)],
    ast.In: [("1 in items", True), ("'a' in 'abc'", True), ("'a' in data", True)],
    ast.NotIn: [("1 not in items", False)],
    ast.Not: [("not yes", False), ("!yes", False), ("not (x > 5)", True)],
    ast.USub: [("-x", -3)],
    ast.UAdd: [("+x", 3)],
}  # fmt: skip
OTHER = [
    ("data.a", 1), ("data['a']", 1), ("data.b.c", "deep"), ("items[0]", 3), ("items[-1]", 2), ("items[1:]", [1, 2]), ("name[0]", "A"),
    ("yes and x", 3), ("nothing or 'else'", "else"), ("yes && x > 5", False), ("x > 5 || yes", True),
    ("'a' if x > 2 else 'b'", "a"), ("x > 5 ? 'a' : 'b'", "b"), ("x > 5 ? 1 : x > 2 ? 2 : 3", 2), ("if x > 2 then 'a' else 'b'", "a"),
    ("if x > 5 then 1 else if x > 2 then 2 else 3", 2), ("if yes then if x > 5 then 1 else 2 else 3", 2),
    ("[x, [name]]", [3, ["Ann"]]), ("(x, 1)", [3, 1]), ("{'a': x, 'b': {}}", {"a": 3, "b": {}}), ("{1: 'one', 3: 'three'}[x]", "three"),
    ("'it\\'s'", "it's"), ('"a\\"b"', 'a"b'), ("'\\u4e2d\\n'", "中\n"), ("'故障' + name", "故障Ann"),
        ("'a && b = c ? d'", "a && b = c ? d"),
    ("1e3", 1000.0), ("null", None), ("true and not false", True),
]  # fmt: skip
REFUSALS = [
    # wrong arguments: what was called, with what, why
    ("len(3)", "len(3) has no answer"),
    ("len()", "len() in 'len()' has 0 arguments"),
    ("len(1, 2)", "len() in 'len(1, 2)' has 2 arguments"),
    ("now(1)", "now() in 'now(1)' has 1 arguments"),
    ("today(1)", "today() in 'today(1)' has 1 arguments"),
    ("get(data)", "get() in 'get(data)' has 1 arguments"),
    ("round(1, 2, 3)", "round() in 'round(1, 2, 3)' has 3 arguments"),
    ("min()", "min() has no answer"),
    ("min([])", "min([]) has no answer"),
    ("min(1, 'a')", "min(1, 'a') has no answer"),
    ("max(3)", "max(3) has no answer"),
    ("max(nothing, 1)", "max(None, 1) has no answer"),
    ("count(nothing)", "count(None) has no answer"),
    ("int('twelve')", "'twelve' is not a number"),
    ("int(null)", "None is not a number"),
    ("int([1])", "[1] is not a number"),
    ("number('')", "'' is not a number"),
    ("number('nan')", "'nan' is not a number"),
    ("number('inf')", "'inf' is not a number"),
    ("number('1e999')", "'1e999' is not a number"),
    ("number('1_000')", "'1_000' is not a number"),
    ("number('٣')", "'٣' is not a number"),
    ("number('0x10')", "'0x10' is not a number"),
    ("float('x')", "'x' is not a number"),
    ("float(null)", "None is not a number"),
    ("abs('a')", "abs('a') has no answer"),
    ("sum(['a'])", "sum(['a']) has no answer"),
    ("sum(3)", "sum(3) has no answer"),
    ("mean([])", "mean([]) has no answer"),
    ("round('a')", "round('a') has no answer"),
    ("round(1.5, 99)", "give -15 to 15 digits"),
    ("floor('a')", "floor('a') has no answer"),
    ("ceiling(null)", "ceiling(None) has no answer"),
    ("lower(1)", "lower(1) has no answer"),
    ("upper(null)", "upper(None) has no answer"),
    ("trim([])", "trim([]) has no answer"),
    ("contains(3, 1)", "'in' needs a text, a list or an object, not 3"),
    ("contains('abc', 1)", "contains('abc', 1) has no answer"),
    ("starts_with(1, 'a')", "starts_with(1, 'a') has no answer"),
    ("ends_with('a', 1)", "ends_with('a', 1) has no answer"),
    ("split('a', '')", "split('a', '') has no answer"),
    ("split(1, 'a')", "split(1, 'a') has no answer"),
    ("join(1)", "join(1) has no answer"),
    ("join(items, 1)", "join([3, 1, 2], 1) has no answer"),
    ("get(data, [1])", "get({'a': 1, 'b': {'c': 'deep'}}, [1]) has no answer"),
    ("keys(items)", "keys([3, 1, 2]) has no answer"),
    ("values('a')", "values('a') has no answer"),
    ("sorted([1, 'a'])", "sorted([1, 'a']) has no answer"),
    ("sorted([now(), nothing])", "has no answer"),
    ("numbers(0, 10001)", "A list of numbers holds at most 10000"),
    ("numbers(1.5, 3)", "numbers(1.5, 3) has no answer"),
    ("any(3)", "any(3) has no answer"),
    ("all(null)", "all(None) has no answer"),
    ("duration('4 hours')", "'4 hours' is not an ISO 8601 duration"),
    ("duration(4)", "duration(4) has no answer"),
    ("date('tomorrow')", "'tomorrow' is not an ISO 8601 date-time"),
    ("date('2026-02-30')", "'2026-02-30' is not a date-time that exists"),
    ("date_time(null)", "date_time(None) has no answer"),
    ("hours('P1M')", "P1M is of no fixed length"),
    ("minutes(3)", "minutes(3) has no answer"),
    ("lenn(name)", "There is no function 'lenn' in 'lenn(name)'; is 'len' meant?"),
    # operators
    ("1 + 'a'", "1 + 'a': a text is joined with a text only; write str(...) around the other"),
    ("'a' + null", "'a' + None: a text is joined with a text only"),
    ("1 + null", "unsupported operand"),
    ("now() + 1", "unsupported operand"),
    ("'a' * 3", "'a' * 3: only numbers are multiplied"),
    ("duration('P1D') * 2", "P1D * 2: only numbers are multiplied"),
    ("2 ** 65", "2 ** 65: the exponent is at most 64"),
    ("(-8) ** 0.5", "is no real number"),
    ("1 / 0", "division by zero"),
    ("7 % 0", "modulo by zero"),
    ("1e308 * 10", "The result is no finite number"),
    ("1e400", "is not plain data"),
    ("nothing < 1", "None and 1 cannot be compared by size: test for null first"),
    ("1 < 'a'", "not supported between instances of 'int' and 'str'"),
    ("now() < 'soon'", "'soon' is not an ISO 8601 date-time"),
    ("now() == 'soon'", "'soon' is not an ISO 8601 date-time"),
    ("duration('P1M') > duration('P30D')", "P1M and P30D cannot be compared: a month is of no fixed length"),
    ("1 in 3", "'in' needs a text, a list or an object, not 3"),
    ("-name", "bad operand type"),
    ("name.first", "'.first' reads a key of an object, but there is 'Ann'"),
    ("data.z", "There is no 'z' in ['a', 'b']"),
    ("data['z']", "There is no 'z' in ['a', 'b']"),
    ("items[9]", "list index out of range"),
    ("items['a']", "list indices must be integers"),
    ("nam", "there is no variable 'nam' (is 'name' meant?); there are: data, due,"),
    ("{[1]: 2}", "unhashable"),
    ("{1: 2}", "The key 1 of an object is not a text"),
    ("{null: 2}", "The key None of an object is not a text"),
    # spelling
    ("", "The expression is empty"),
    ("x ? 1", "The '?' at character 3 of 'x ? 1' has no ':'"),
    ("(x", "The '(' at character 1 of '(x' is not closed"),
    ("x + §", "Character 5 of 'x + §' does not belong in an expression: '§'"),
    ("'open", 'Character 1 of "\'open" does not belong in an expression'),
    ("'a\\d'", "has an unknown escape: write \\\\ for a backslash"),
    ("'a' 'b'", "Before the text at character 5"),
    ("x y", "is not an expression"),
    ("=x", "is not an expression"),
]


@pytest.mark.parametrize(("source", "answer"), CASES + [case for cases in OPERATIONS.values() for case in cases] + OTHER)
def test_an_expression_answers(source: str, answer: object) -> None:
    found = evaluate(source, VARIABLES, now=NOW)
    assert (found, type(found)) == (answer, type(answer))


@pytest.mark.parametrize(("source", "part"), REFUSALS)
def test_what_has_no_answer_is_refused_clearly(source: str, part: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        evaluate(source, VARIABLES, now=NOW)
    assert part in str(refused.value)
    assert source in str(refused.value) or repr(source) in str(refused.value)


def test_every_function_and_operator_has_its_cases() -> None:
    assert set(ANSWERS) == set(FUNCTIONS) | set(CLOCK_FUNCTIONS)
    assert set(OPERATIONS) == set(OPERATORS)


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_the_cases_of_a_function_call_it(name: str) -> None:
    for source, _ in ANSWERS[name]:
        calls = {node.func.id for node in ast.walk(compile_expression(source).tree) if isinstance(node, ast.Call)}
        assert name in calls


def test_a_wrong_number_of_arguments_is_refused_before_anything_runs() -> None:
    with pytest.raises(ExpressionError, match=r"missing a required argument: 'text'"):
        compile_expression("x > 1 and lower()")


def test_functions_of_the_caller_are_known_only_where_they_are_given() -> None:
    given = {"business_due": lambda hours: f"in {hours}"}
    assert evaluate("business_due(x)", {"x": 4}, now=NOW, functions=given) == "in 4"
    with pytest.raises(ExpressionError, match="There is no function 'business_due'"):
        evaluate("business_due(x)", {"x": 4}, now=NOW)
