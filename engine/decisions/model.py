"""Decisions: tables and literal expressions, with the hit policies of DMN 1.3 (8.2.10)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from engine.decisions.types import as_type
from engine.errors import ExpressionError, Invalid
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
    """A column that is tested: how it is shown, its expression, and its type."""

    label: str
    expression: CompiledExpression
    type: str = ""


@dataclass(frozen=True, slots=True)
class Output:
    """A column that results: `values` are its allowed values, highest priority first; `default` serves when no rule holds."""

    name: str
    values: tuple[Any, ...] = ()
    default: CompiledExpression | None = None
    type: str = ""


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

        1. The required decisions are evaluated first, each once; each result is a variable under the decision's variable name, output
           name or id.
        2. Each rule whose cells all hold is a hit.
        3. The hit policy checks and orders the hits; without any the outputs' defaults serve.

        Raises Invalid when UNIQUE or ANY is violated, naming the rules; ExpressionError when a cell fails, naming its rule.
        """
        return self._evaluated(names, now, {})

    def _evaluated(self, names: Mapping[str, Any], now: datetime, answered: dict[str, Row]) -> list[Row]:
        for decision in self.required:
            if decision.id not in answered:
                answered[decision.id] = decision._as_variables(decision._evaluated(names, now, answered))
            names = {**names, **answered[decision.id]}
        if self.literal is not None:
            with self._told():
                return [{self.variable or self.id: evaluate(self.literal, names, now=now)}]
        values = [self._input(each, names, now) for each in self.inputs]
        hits = []
        for number, rule in enumerate(self.rules, start=1):
            if self._holds(number, rule, values, names, now):
                hits.append((number, rule))
                if self.hit_policy is HitPolicy.FIRST:
                    break
        rows = [self._row(f"rule {number}", rule.results, names, now) for number, rule in hits]
        if self.hit_policy is HitPolicy.UNIQUE and len(hits) > 1:
            raise Invalid(f"Decision '{self.id}': {self._hit(hits)} hold at once for {self._seen(values)}, but its hit policy is UNIQUE.")
        if self.hit_policy is HitPolicy.ANY and any(row != rows[0] for row in rows):
            raise Invalid(f"Decision '{self.id}': {self._hit(hits)} hold with different results, but its hit policy is ANY.")
        if not rows and any(output.default is not None for output in self.outputs):
            return [self._row("the default", tuple(output.default for output in self.outputs), names, now)]
        return self._settled(rows)

    @contextmanager
    def _told(self, where: str = "") -> Iterator[None]:
        try:
            yield
        except ExpressionError as error:
            raise ExpressionError(f"Decision '{self.id}'{', ' + where if where else ''}: {error}") from error

    def _as_variables(self, rows: list[Row]) -> Row:
        """Return what a decision that requires this one sees of its result."""
        many = self.hit_policy in (HitPolicy.COLLECT, HitPolicy.RULE_ORDER, HitPolicy.OUTPUT_ORDER) and not self.aggregation
        values = [next(iter(row.values())) if len(row) == 1 else row for row in rows]
        if many:
            return {self.variable or self.id: values}
        nothing: Row = {output.name: None for output in self.outputs}
        return {**(rows[0] if rows else nothing), self.variable or self.id: values[0] if values else None}

    def _input(self, column: Input, names: Mapping[str, Any], now: datetime) -> Any:
        with self._told(f"input '{column.label}'"):
            return as_type(evaluate(column.expression, names, now=now), column.type)

    def _holds(self, number: int, rule: Rule, values: list[Any], names: Mapping[str, Any], now: datetime) -> bool:
        with self._told(f"rule {number}"):
            return all(test.holds(value, names, now=now) for test, value in zip(rule.tests, values, strict=True))

    def _row(self, where: str, results: tuple[CompiledExpression | None, ...], names: Mapping[str, Any], now: datetime) -> Row:
        with self._told(where):
            return {
                output.name: None if result is None else as_type(evaluate(result, names, now=now), output.type)
                for output, result in zip(self.outputs, results, strict=True)
            }

    def _settled(self, rows: list[Row]) -> list[Row]:
        if self.hit_policy is HitPolicy.COLLECT and self.aggregation is not None:
            return self._aggregated(rows)
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
            return [{name: len(values)}]
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
