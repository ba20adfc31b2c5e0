"""What several rules that hold mean: the hit policies of DMN 1.3 (8.2.10)."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.decisions import HitPolicy
from engine.errors import ExpressionError, Invalid
from tests.decisions.drawing import NOW, decided, decisions, document, problems, table

RULES = ('> 10 => "high"', '> 5 => "middle"', '> 1 => "low"')


@pytest.mark.parametrize(
    ("policy", "x", "rows"),
    [
        ("", 3, ["low"]),
        ("UNIQUE", 3, ["low"]),
        ("UNIQUE", 0, []),
        ("FIRST", 11, ["high"]),
        ("FIRST", 6, ["middle"]),
        ("FIRST", 0, []),
        ("ANY", 3, ["low"]),
        ("ANY", 0, []),
        ("RULE ORDER", 11, ["high", "middle", "low"]),
        ("RULE ORDER", 6, ["middle", "low"]),
        ("RULE ORDER", 0, []),
        ("COLLECT", 11, ["high", "middle", "low"]),
        ("COLLECT", 0, []),
        ("COLLECT/COUNT", 11, [3]),
        ("COLLECT/COUNT", 3, [1]),
        ("COLLECT/COUNT", 0, [0]),
    ],
)
def test_a_policy_answers(policy: str, x: int, rows: list[Any]) -> None:
    assert decided(table(*RULES, policy=policy), x=x) == [{"y": value} for value in rows]


@pytest.mark.parametrize("policy", ["PRIORITY", "OUTPUT ORDER"])
def test_priorities_follow_the_listed_output_values(policy: str) -> None:
    ordered = table('> 1 => "low"', '> 5 => "middle"', '> 10 => "high"', policy=policy, values='"high","middle","low"')
    rows = [{"y": "high"}, {"y": "middle"}, {"y": "low"}]
    assert decided(ordered, x=11) == (rows[:1] if policy == "PRIORITY" else rows)
    assert decided(ordered, x=6) == (rows[1:2] if policy == "PRIORITY" else rows[1:])
    assert decided(ordered, x=0) == []


def test_values_that_are_not_listed_come_last_and_equals_keep_their_order() -> None:
    rows = decided(table('- => "c"', '- => "odd"', '- => "a"', '- => "c"', policy="OUTPUT ORDER", values='"a","c"'), x=1)
    assert [row["y"] for row in rows] == ["a", "c", "c", "odd"]


@pytest.mark.parametrize(("aggregation", "result"), [("SUM", 60.5), ("MIN", 10), ("MAX", 30.5), ("COUNT", 3)])
def test_a_collection_is_gathered(aggregation: str, result: float) -> None:
    gathered = table("> 1 => 10", "> 2 => 20", "> 3 => 30.5", "> 100 => 1000", policy=f"COLLECT/{aggregation}")
    assert decided(gathered, x=4) == [{"y": result}]


def test_a_count_counts_equal_results_each() -> None:
    """DMN 1.3 defines C# by FEEL's count(), which counts the items of a list, not the different ones."""
    assert decided(table('> 1 => "a"', '> 2 => "a"', "> 3 => -", policy="COLLECT/COUNT"), x=4) == [{"y": 2}]


@pytest.mark.parametrize(("aggregation", "result"), [("SUM", 0), ("MIN", None), ("MAX", None), ("COUNT", 0)])
def test_a_gathering_of_nothing(aggregation: str, result: object) -> None:
    assert decided(table("> 1 => 10", policy=f"COLLECT/{aggregation}"), x=0) == [{"y": result}]


def test_only_numbers_are_added() -> None:
    for value in ('"ten"', "true", "[1]"):
        with pytest.raises(Invalid, match=r"Decision 'd' gathers .*: SUM needs numbers"):
            decided(table("- => 1", f"- => {value}", policy="COLLECT/SUM"), x=0)


def test_unique_names_the_rules_that_hold_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        decided(table('> 10 | - => "a"', '> 99 | - => "b"', '> 5 | "ann" => "a"', inputs="x who"), x=11, who="ann")
    assert str(refused.value) == "Decision 'd': rules 1 and 3 hold at once for X=11, Who='ann', but its hit policy is UNIQUE."


def test_any_allows_several_rules_that_agree_and_names_those_that_do_not() -> None:
    agreed = table('> 10 => "a"', '> 5 => "a"', '> 1 => "b"', policy="ANY")
    assert decided(agreed.replace("&gt; 1<", "&gt; 20<"), x=11) == [{"y": "a"}]
    with pytest.raises(Invalid) as refused:
        decided(agreed, x=6)
    assert str(refused.value) == "Decision 'd': rules 2 and 3 hold with different results, but its hit policy is ANY."


def test_first_does_not_look_further() -> None:
    assert decided(table("1 => 1", "1 / 0 => 2", policy="FIRST"), x=1) == [{"y": 1}]
    with pytest.raises(ExpressionError, match="Decision 'd', rule 2: 1 / 0: division by zero"):
        decided(table("1 => 1", "1 / 0 => 2", policy="FIRST"), x=2)


def test_several_outputs_make_one_row() -> None:
    two = table('"a" => 1 | true', '"b" => - | x + "!"', outputs="minutes call", policy="FIRST")
    assert decided(two, x="a") == [{"minutes": 1, "call": True}]
    assert decided(two, x="b") == [{"minutes": None, "call": "b!"}]


@pytest.mark.parametrize(
    ("drawn", "rule", "message"),
    [
        (table("- => 1", policy="LUCKY"), "hit-policy", "The hit policy 'LUCKY ' is unknown."),
        (table("- => 1", policy="COLLECT/MEAN"), "hit-policy", "The hit policy 'COLLECT MEAN' is unknown."),
        (table("- => 1", policy="FIRST/SUM"), "hit-policy", "'d' has the hit policy FIRST with SUM."),
        (table("- => 1", policy="RULE ORDER/COUNT"), "hit-policy", "'d' has the hit policy RULE ORDER with COUNT."),
        (table("- => 1 | 2", outputs="a b", policy="COLLECT/SUM"), "hit-policy", "'d' gathers several outputs with SUM."),
        (table("- => 1", policy="PRIORITY"), "hit-policy", "'d' orders by priority but lists no output values."),
        (table("- => 1", policy="OUTPUT ORDER"), "hit-policy", "'d' orders by priority but lists no output values."),
        (table("- => 1 | 2", outputs="a a"), "duplicate-id", "Two outputs of 'd' have the same name."),
    ],
)
def test_a_policy_that_cannot_be_kept_is_refused(drawn: str, rule: str, message: str) -> None:
    assert [(found.rule, found.message, found.element, found.line) for found in problems(document(drawn))] == [(rule, message, "d", 2)]


cells = st.one_of(
    st.just("-"),
    st.integers(0, 9).map(str),
    st.builds("{0} {1}".format, st.sampled_from(["<", "<=", ">", ">="]), st.integers(0, 9)),
    st.builds("[{0}..{1}]".format, st.integers(0, 9), st.integers(0, 9)),
    st.builds("not({0})".format, st.integers(0, 9)),
)
rules = st.lists(st.builds("{0} | {1} => {2}".format, cells, cells, st.integers(-5, 5)), min_size=1, max_size=8)


def answers(policy: str, drawn: list[str], values: str = "", **names: Any) -> list[Any]:
    content = table(*drawn, policy=policy, inputs="x z", values=values)
    return [row["y"] for row in decisions(document(content))["d"].evaluate(names, now=NOW)]


@given(rules, st.integers(0, 9), st.integers(0, 9))
def test_all_policies_tell_of_the_same_hits(drawn: list[str], x: int, z: int) -> None:
    hits = answers("RULE ORDER", drawn, x=x, z=z)
    assert answers("FIRST", drawn, x=x, z=z) == hits[:1]
    assert answers("COLLECT", drawn, x=x, z=z) == hits
    assert answers("COLLECT/SUM", drawn, x=x, z=z) == [sum(hits)]
    assert answers("COLLECT/COUNT", drawn, x=x, z=z) == [len(hits)]
    assert answers("COLLECT/MIN", drawn, x=x, z=z) == [min(hits, default=None)]
    assert answers("COLLECT/MAX", drawn, x=x, z=z) == [max(hits, default=None)]
    listed = ",".join(map(str, range(5, -6, -1)))
    assert answers("PRIORITY", drawn, listed, x=x, z=z) == sorted(hits, reverse=True)[:1]
    assert answers("OUTPUT ORDER", drawn, listed, x=x, z=z) == sorted(hits, reverse=True)
    for policy, allowed in ((HitPolicy.UNIQUE, len(hits) <= 1), (HitPolicy.ANY, len(set(hits)) <= 1)):
        if allowed:
            assert answers(policy, drawn, x=x, z=z) == hits[:1]
        else:
            with pytest.raises(Invalid, match=f"its hit policy is {policy}"):
                answers(policy, drawn, x=x, z=z)


@given(rules, st.integers(0, 9), st.integers(0, 9))
def test_the_order_of_rules_that_exclude_each_other_does_not_matter(drawn: list[str], x: int, z: int) -> None:
    assume(len(answers("RULE ORDER", drawn, x=x, z=z)) <= 1)
    orders = [answers("UNIQUE", list(order), x=x, z=z) for order in itertools.islice(itertools.permutations(drawn), 6)]
    assert all(order == orders[0] for order in orders)
