"""Writes decision tables as the modeler does, and reads them as a deployment does."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from engine.decisions import Decision
from engine.definitions import read_files
from engine.errors import Problem

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
NAMESPACE = "https://www.omg.org/spec/DMN/20191111/MODEL/"


def document(*decisions: str, namespace: str = NAMESPACE, more: str = "") -> bytes:
    """A file of decisions, each from its second line on."""
    head = f'<definitions xmlns="{namespace}" xmlns:camunda="http://camunda.org/schema/1.0/dmn" id="rules" namespace="n"{more}>'
    return "\n".join([head, *decisions, "</definitions>"]).encode()


def table(
    *rules: str,
    key: str = "d",
    policy: str = "",
    inputs: str = "x",
    outputs: str = "y",
    extra: str = "",
    values: str = "",
    default: str = "",
) -> str:
    """A decision with a table; a rule is `cell | cell => result | result`; a column is `name` or `name:type`."""
    columns = "".join(_input(*column.split(":")) for column in inputs.split())
    results = "".join(_output(values, default, *column.split(":")) for column in outputs.split())
    name, _, aggregation = policy.partition("/")
    hits = (f' hitPolicy="{name}"' if name else "") + (f' aggregation="{aggregation}"' if aggregation else "")
    rows = "\n".join(_rule(rule) for rule in rules)
    return f'<decision id="{key}" name="Decision {key}">{extra}<decisionTable{hits}>{columns}{results}\n{rows}</decisionTable></decision>'


def requires(*keys: str) -> str:
    return "".join(f'<informationRequirement><requiredDecision href="#{key}"/></informationRequirement>' for key in keys)


def literal(source: str, *, key: str = "d", extra: str = "", attributes: str = "") -> str:
    expression = f"<literalExpression{attributes}><text>{escape(source)}</text></literalExpression>"
    return f'<decision id="{key}" name="Decision {key}">{extra}{expression}</decision>'


def _input(name: str, type_name: str = "") -> str:
    typed = f' typeRef="{type_name}"' if type_name else ""
    return f"<input label={quoteattr(name.title())}><inputExpression{typed}><text>{escape(name)}</text></inputExpression></input>"


def _output(values: str, default: str, name: str, type_name: str = "") -> str:
    typed = f' typeRef="{type_name}"' if type_name else ""
    inside = f"<outputValues><text>{escape(values)}</text></outputValues>" if values else ""
    inside += f"<defaultOutputEntry><text>{escape(default)}</text></defaultOutputEntry>" if default else ""
    return f'<output name="{name}"{typed}>{inside}</output>'


def _rule(rule: str) -> str:
    cells, _, results = rule.partition("=>")
    tests = "".join(f"<inputEntry><text>{escape(cell.strip())}</text></inputEntry>" for cell in cells.split("|"))
    return (
        f"<rule>{tests}{''.join(f'<outputEntry><text>{escape(each.strip())}</text></outputEntry>' for each in results.split('|'))}</rule>"
    )


def decisions(content: bytes) -> dict[str, Decision]:
    """The decisions of a file that has no problem."""
    read = read_files({"rules.dmn": content})
    assert not read.problems, "\n".join(map(str, read.problems))
    return {decision.id: decision for decision in read.decisions}


def problems(content: bytes) -> list[Problem]:
    return list(read_files({"rules.dmn": content}).problems)


def decided(content: bytes | str, key: str = "d", **names: Any) -> list[dict[str, Any]]:
    """The rows that a decision of a file answers."""
    found = decisions(document(content) if isinstance(content, str) else content)
    return found[key].evaluate(names, now=NOW)
