"""The columns of a table: what an input is made of, what it is made into, and what comes out when no rule holds."""

from __future__ import annotations

import pytest

from engine.errors import ExpressionError
from tests.decisions.drawing import decided, document, literal, problems, requires, table


@pytest.mark.parametrize(
    ("type_name", "value", "cell"),
    [
        ("number", "5", "5"),
        ("number", "5.5", "> 5"),
        ("double", "1e3", "1000"),
        ("integer", "5", "[1..5]"),
        ("integer", 5.0, "5"),
        ("long", " 7 ", "7"),
        ("boolean", "true", "true"),
        ("boolean", False, "false"),
        ("number", None, "null"),
        ("boolean", None, "not(true)"),
        ("string", "5", '"5"'),
        ("string", 5, "> 4"),  # the modeler writes "string" where nobody chose
        ("string", ["a"], "count(?) = 1"),
        ("date", "2026-06-01", 'date("2026-06-01")'),
        ("any", {"a": 1}, "?.a = 1"),
        ("", True, "true"),
    ],
)
def test_an_input_is_read_as_its_columns_type(type_name: str, value: object, cell: str) -> None:
    assert decided(table(f"{cell} => 1", inputs=f"x:{type_name}"), x=value) == [{"y": 1}]


@pytest.mark.parametrize(
    ("type_name", "value", "message"),
    [
        ("number", "five", "'five' is not a number"),
        ("number", True, "True is not of the type number"),
        ("number", [5], "[5] is not a number"),
        ("integer", 5.5, "5.5 is not of the type integer"),
        ("long", "5.5", "'5.5' is not of the type long"),
        ("boolean", "yes", "'yes' is not of the type boolean"),
        ("boolean", 1, "1 is not of the type boolean"),
    ],
)
def test_an_input_of_another_type_is_told(type_name: str, value: object, message: str) -> None:
    with pytest.raises(ExpressionError) as failed:
        decided(table("- => 1", inputs=f"x:{type_name}"), x=value)
    assert str(failed.value).startswith("Decision 'd', input 'X': ")
    assert message in str(failed.value)


def test_a_result_is_made_of_its_columns_type() -> None:
    assert decided(table('- => "5" | "true" | 2.0', outputs="a:number b:boolean c:integer"), x=1) == [{"a": 5, "b": True, "c": 2}]
    with pytest.raises(ExpressionError) as failed:
        decided(table("5 => 1", '- => "many"', outputs="a:number"), x=1)
    assert str(failed.value) == "Decision 'd', rule 2: 'many' is not a number."


def test_an_input_is_an_expression_over_the_variables() -> None:
    drawn = document(table("> 10 => x", inputs="INPUT")).replace(b"INPUT", b"len(names) * x")
    assert decided(drawn, x=6, names=["ann", "bob"]) == [{"y": 6}]


@pytest.mark.parametrize("policy", ["UNIQUE", "FIRST", "ANY", "COLLECT", "RULE ORDER", "COLLECT/SUM", "COLLECT/COUNT"])
def test_the_default_serves_when_no_rule_holds_and_only_then(policy: str) -> None:
    drawn = table("> 5 => 9", policy=policy, default="x - 1")
    assert decided(drawn, x=1) == [{"y": 0}]
    assert decided(drawn, x=6) == [{"y": 1 if policy == "COLLECT/COUNT" else 9}]


@pytest.mark.parametrize("policy", ["PRIORITY", "OUTPUT ORDER"])
def test_the_default_serves_where_results_have_an_order(policy: str) -> None:
    assert decided(table('> 5 => "a"', policy=policy, values='"a","b"', default='"b"'), x=1) == [{"y": "b"}]


def test_without_rule_or_default_there_is_no_row() -> None:
    assert decided(table("> 5 => 9"), x=1) == []


def test_a_table_without_inputs_answers_its_rules() -> None:
    drawn = document(table("=> 1", policy="COLLECT")).replace(b"<inputEntry><text></text></inputEntry>", b"")
    drawn = drawn[: drawn.index(b"<input ")] + drawn[drawn.index(b"</input>") + 8 :]
    assert decided(drawn) == [{"y": 1}]


def test_what_fails_is_told_with_its_decision_and_rule() -> None:
    for drawn, message in (
        (table("1 => 1", "> 5 => 2"), "Decision 'd', rule 2: The input 'six' cannot be compared with 5: check the input's type."),
        (table("- => z"), "Decision 'd', rule 1: z: there is no variable 'z' (is 'x' meant?); there are: x"),
        (table("- => 1", inputs="z"), "Decision 'd', input 'Z': z: there is no variable 'z'; there are: x"),
        (table("1 => 1", default="1 / 0"), "Decision 'd', the default: 1 / 0: division by zero."),
        (literal("x + 1"), "Decision 'd': x + 1: 'six' + 1: a text is joined with a text only; write str(...) around the other."),
    ):
        with pytest.raises(ExpressionError) as failed:
            decided(drawn, x="six")
        assert str(failed.value).replace(" (is 'x' meant?)", "") == message.replace(" (is 'x' meant?)", "")


# decisions that require others


def test_a_decision_sees_the_results_of_those_it_requires() -> None:
    season = table('> 25 => "summer"', '- => "winter"', key="season_of_day", policy="FIRST", inputs="degrees", outputs="season")
    for seen in ("season", "season_of_day"):
        dish = table('"summer" => "salad"', '"winter" => "stew"', key="dish", inputs=seen, outputs="dish", extra=requires("season_of_day"))
        assert decided(document(dish, season), "dish", degrees=30) == [{"dish": "salad"}]
        assert decided(document(season, dish), "dish", degrees=3) == [{"dish": "stew"}]


def test_a_result_is_known_by_its_variable_and_hides_a_variable_of_that_name() -> None:
    inner = literal("x * 2", key="inner", extra='<variable name="doubled"/>')
    outer = literal("doubled + 1", key="outer", extra=requires("inner"))
    found = document(outer, inner)
    assert decided(found, "inner", x=4) == [{"doubled": 8}]
    assert decided(found, "outer", x=4, doubled=100) == [{"outer": 9}]


@pytest.mark.parametrize(
    ("policy", "outputs", "seen"),
    [
        ("COLLECT", "y", [1, 2]),
        ("RULE ORDER", "y", [1, 2]),
        ("COLLECT/SUM", "y", 3),
        ("FIRST", "y", 1),
        ("FIRST", "y z", {"y": 1, "z": 1}),
        ("COLLECT", "y z", [{"y": 1, "z": 1}, {"y": 2, "z": 2}]),
    ],
)
def test_a_required_result_has_the_shape_of_its_policy(policy: str, outputs: str, seen: object) -> None:
    results = ("1", "2") if outputs == "y" else ("1 | 1", "2 | 2")
    inner = table(*(f"- => {result}" for result in results), key="inner", policy=policy, outputs=outputs)
    assert decided(document(inner, literal("inner", key="outer", extra=requires("inner"))), "outer", x=0) == [{"outer": seen}]


@pytest.mark.parametrize("seen", ["inner", "y"])
def test_a_required_decision_without_a_hit_is_null(seen: str) -> None:
    outer = table('null => "none"', '- => "some"', key="outer", policy="FIRST", inputs=seen, extra=requires("inner"))
    assert decided(document(table("> 5 => 1", key="inner"), outer), "outer", x=1) == [{"y": "none"}]
    assert decided(document(table("> 5 => 1", key="inner"), outer), "outer", x=6) == [{"y": "some"}]


def test_forty_layers_that_all_require_both_of_the_next_are_decided_once_each() -> None:
    """Followed path by path they would be 2**40 decisions."""
    layers = [literal("1", key=f"{side}0") for side in "ab"]
    for n in range(1, 40):
        layers += [literal(f"a{n - 1} + b{n - 1}", key=f"{side}{n}", extra=requires(f"a{n - 1}", f"b{n - 1}")) for side in "ab"]
    assert decided(document(*layers), "a39") == [{"a39": 2**39}]


def test_requirements_that_cannot_be_kept_are_refused() -> None:
    ring = document(
        literal("b", key="a", extra=requires("b")), literal("c", key="b", extra=requires("c")), literal("a", key="c", extra=requires("a"))
    )
    assert "cycle" in {found.rule for found in problems(ring)}
    assert any("Decisions require each other: a -> b -> c -> a." in found.message for found in problems(ring))
    assert [(found.rule, found.line) for found in problems(document(literal("d", extra=requires("d"))))] == [("cycle", 2)]
    missing = problems(document(literal("1", key="a"), literal("b", extra=requires("b"))))
    assert [(found.rule, found.line, found.message) for found in missing] == [
        ("reference", 3, "Decision 'd' requires 'b', which is not here.")
    ]
    chain = document(*(literal("1", key=f"k{n}", extra=requires(f"k{n + 1}")) for n in range(3000)), literal("1", key="k3000"))
    assert {found.rule for found in problems(chain)} == {"too-deep"}
