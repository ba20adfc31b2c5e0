"""Decisions: tables and literal expressions, with the hit policies of DMN 1.3 (8.2.10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from engine.errors import Invalid
from engine.expressions import CompiledExpression, UnaryTests, evaluate

Row = dict[str, Any]


class HitPolicy(StrEnum):
    """What it means that several rules hold."""

    UNIQUE = "UNIQUE"
    FIRST = "FIRST"
    ANY = "ANY"
    PRIORITY = "PRIORITY"
    COLLECT = "COLLECT"
    RULE_ORDER = "RULE ORDER"
    OUTPUT_ORDER = "OUTPUT ORDER"


class Aggregation(StrEnum):
    """What COLLECT makes of its results."""

    SUM = "SUM"
    MIN = "MIN"
    MAX = "MAX"
    COUNT = "COUNT"


@dataclass(frozen=True, slots=True)
class Input:
    """A column that is tested: its expression and how it is shown."""

    label: str
    expression: CompiledExpression


@dataclass(frozen=True, slots=True)
class Output:
    """A column that results: `values` are its allowed values, highest priority first; `default` serves when no rule holds."""

    name: str
    values: tuple[Any, ...] = ()
    default: CompiledExpression | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A row: one cell for each input, one expression for each output (None: nothing)."""

    tests: tuple[UnaryTests, ...]
    results: tuple[CompiledExpression | None, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision: a table, or one expression; `required` are the decisions it asks first, by id, each with the name it is known by."""

    id: str
    name: str
    file: str = ""
    hit_policy: HitPolicy = HitPolicy.UNIQUE
    aggregation: Aggregation | None = None
    inputs: tuple[Input, ...] = ()
    outputs: tuple[Output, ...] = ()
    rules: tuple[Rule, ...] = ()
    literal: CompiledExpression | None = None
    variable: str = ""
    required: tuple[Decision, ...] = ()

    def evaluate(self, names: Mapping[str, Any], *, now: datetime) -> list[Row]:
        """Return the result rows (output name -> value), in the hit policy's order.

        1. The required decisions are evaluated first; each result is a variable under the decision's variable name, output name or id.
        2. Each rule whose cells all hold is a hit.
        3. The hit policy checks and orders the hits; without any the outputs' defaults serve.

        Raises Invalid when UNIQUE or ANY is violated, naming the rules; ExpressionError when a cell fails.
        """
        if self.required:
            names = {**names, **self._required(names, now)}
        if self.literal is not None:
            return [{self.variable or self.id: evaluate(self.literal, names, now=now)}]
        values = [evaluate(each.expression, names, now=now) for each in self.inputs]
        hits = []
        for number, rule in enumerate(self.rules, start=1):
            if all(test.holds(value, names, now=now) for test, value in zip(rule.tests, values, strict=True)):
                hits.append((number, rule))
                if self.hit_policy is HitPolicy.FIRST:
                    break
        rows = [self._row(rule, names, now) for _, rule in hits]
        if self.hit_policy is HitPolicy.UNIQUE and len(hits) > 1:
            raise Invalid(f"Decision '{self.id}': {self._hit(hits)} hold at once for {self._seen(values)}, but its hit policy is UNIQUE.")
        if self.hit_policy is HitPolicy.ANY and any(row != rows[0] for row in rows):
            raise Invalid(f"Decision '{self.id}': {self._hit(hits)} hold with different results, but its hit policy is ANY.")
        return self._settled(rows, names, now)

    def _required(self, names: Mapping[str, Any], now: datetime) -> Row:
        found: Row = {}
        for decision in self.required:
            rows = decision.evaluate(names, now=now)
            value: Any = rows[0] if rows else None
            if decision.hit_policy in (HitPolicy.COLLECT, HitPolicy.RULE_ORDER, HitPolicy.OUTPUT_ORDER) and not decision.aggregation:
                value = [next(iter(row.values())) if len(row) == 1 else row for row in rows]
            elif isinstance(value, dict):
                found.update(value)
                value = next(iter(value.values())) if len(value) == 1 else value
            found[decision.variable or decision.id] = value
        return found

    def _row(self, rule: Rule, names: Mapping[str, Any], now: datetime) -> Row:
        return {
            output.name: None if result is None else evaluate(result, names, now=now)
            for output, result in zip(self.outputs, rule.results, strict=True)
        }

    def _settled(self, rows: list[Row], names: Mapping[str, Any], now: datetime) -> list[Row]:
        if self.hit_policy is HitPolicy.COLLECT and self.aggregation is not None:
            return self._aggregated(rows)
        if not rows and any(output.default is not None for output in self.outputs):
            return [{each.name: None if each.default is None else evaluate(each.default, names, now=now) for each in self.outputs}]
        if self.hit_policy in (HitPolicy.PRIORITY, HitPolicy.OUTPUT_ORDER):
            rows = sorted(rows, key=self._rank)
        return rows[:1] if self.hit_policy in (HitPolicy.ANY, HitPolicy.PRIORITY) else rows

    def _rank(self, row: Row) -> tuple[int, ...]:
        return tuple(
            output.values.index(row[output.name]) if row[output.name] in output.values else len(output.values) for output in self.outputs
        )

    def _aggregated(self, rows: list[Row]) -> list[Row]:
        name = self.outputs[0].name
        values = [row[name] for row in rows if row[name] is not None]
        if self.aggregation is Aggregation.COUNT:
            return [{name: len({repr(value) for value in values}) if values else 0}]
        if any(isinstance(value, bool) or not isinstance(value, int | float) for value in values):
            raise Invalid(f"Decision '{self.id}' gathers {values!r}: {self.aggregation} needs numbers.")
        if not values:
            return [{name: 0 if self.aggregation is Aggregation.SUM else None}]
        if self.aggregation is Aggregation.SUM:
            return [{name: sum(values)}]
        return [{name: min(values) if self.aggregation is Aggregation.MIN else max(values)}]

    def _hit(self, hits: list[tuple[int, Rule]]) -> str:
        return "rules " + " and ".join(str(number) for number, _ in hits)

    def _seen(self, values: list[Any]) -> str:
        return ", ".join(f"{each.label}={value!r}" for each, value in zip(self.inputs, values, strict=True))
