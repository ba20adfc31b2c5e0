"""Reads DMN files (1.1 to 1.5) into decisions; every problem is noted, none stops the reading."""

from __future__ import annotations

import ast
import re
from dataclasses import replace

from lxml import etree

from engine.decisions.model import Aggregation, Decision, HitPolicy, Input, Output, Rule
from engine.errors import ExpressionError, Problem
from engine.expressions import CompiledExpression, UnaryTests, compile_expression, compile_unary_tests, strip_expression

NAMESPACES = re.compile(
    r"http://www\.omg\.org/spec/DMN/(20151101/dmn\.xsd|20180521/MODEL/)|https://www\.omg\.org/spec/DMN/(20191111|20211108|20230324)/MODEL/"
)
REFUSED = {
    "context": "boxed contexts",
    "invocation": "invocations",
    "functionDefinition": "functions",
    "relation": "relations",
    "list": "boxed lists",
    "conditional": "boxed conditionals",
    "filter": "boxed filters",
}
ANYTHING = compile_unary_tests("-")
MOST_CHAINED = 50
LANGUAGES = re.compile(r"feel|juel|https?://www\.omg\.org/spec/(DMN|FEEL)/.*", re.IGNORECASE)
NOTHING = compile_expression("null")


def read_decisions(root: etree._Element, *, file: str) -> tuple[tuple[Decision, ...], tuple[Problem, ...]]:
    """Return the decisions of a document in the file's order, with those they require inside, and every problem found."""
    reader = _Reader(root, file)
    return reader.read(), tuple(reader.problems)


class _Reader:
    def __init__(self, root: etree._Element, file: str) -> None:
        self.root = root
        self.file = file
        self.problems: list[Problem] = []
        self.namespace = etree.QName(root).namespace or ""
        self.elements: dict[str, etree._Element] = {}

    def read(self) -> tuple[Decision, ...]:
        if etree.QName(self.root).localname != "definitions" or not NAMESPACES.fullmatch(self.namespace):
            self.note(self.root, "", "not-dmn", f"The root element is '{self.root.tag}'.", "Save the decision as DMN 1.3 XML.")
            return ()
        self.language(self.root, "")
        for element in self.root.findall(self.tag("businessKnowledgeModel")):
            self.note(element, str(element.get("id")), "unsupported", "Business knowledge models are not run.", "Use a decision.")
        for element in self.root.findall(self.tag("decision")):
            key = str(element.get("id") or "")
            if key in self.elements or not key:
                self.note(element, key, "duplicate-id", f"The decision id {key!r} is missing or used twice.", "Give each its own.")
            self.elements[key] = element
        if not self.elements:
            self.note(self.root, "", "not-dmn", "The file has no decision.", "Add one, or leave the file out.")
        plain = {key: self.decision(key, element) for key, element in self.elements.items()}
        done: dict[str, Decision] = {}
        return tuple(done.get(key) or self.linked(plain[key], plain, done, ()) for key in plain)

    def tag(self, name: str) -> str:
        return f"{{{self.namespace}}}{name}"

    def note(self, at: etree._Element, element: str, rule: str, message: str, hint: str) -> None:
        self.problems.append(Problem(self.file, int(at.sourceline or 0), element, rule, message, hint))

    def text(self, element: etree._Element | None) -> str:
        found = None if element is None else element.find(self.tag("text"))
        return (found.text or "").strip() if found is not None else ""

    def decision(self, key: str, element: etree._Element) -> Decision:
        name = str(element.get("name") or key)
        variable = element.find(self.tag("variable"))
        known_by = str(variable.get("name") or "") if variable is not None else ""
        table = element.find(self.tag("decisionTable"))
        literal = element.find(self.tag("literalExpression"))
        for refused, what in REFUSED.items():
            if element.find(self.tag(refused)) is not None:
                self.note(element, key, "unsupported", f"Decision '{key}' uses {what}, which are not run.", "Use a table.")
                return Decision(key, name, self.file)
        if table is not None:
            return replace(self.table(key, table), name=name, variable=known_by)
        if literal is None or not self.text(literal):
            self.note(element, key, "not-dmn", f"Decision '{key}' decides nothing.", "Give it a table or an expression.")
            return Decision(key, name, self.file)
        return Decision(key, name, self.file, literal=self.expression(literal, self.text(literal), key), variable=known_by)

    def linked(self, decision: Decision, plain: dict[str, Decision], done: dict[str, Decision], path: tuple[str, ...]) -> Decision:
        """Return a decision with the decisions it requires; `done` holds those that are linked, since many may require the same one."""
        element, path = self.elements[decision.id], (*path, decision.id)
        if decision.id in path[:-1]:
            self.note(element, decision.id, "cycle", f"Decisions require each other: {' -> '.join(path)}.", "Break it.")
            return decision
        if len(path) > MOST_CHAINED:
            self.note(element, decision.id, "too-deep", f"More than {MOST_CHAINED} decisions require each other in a row.", "Merge some.")
            return decision
        required = []
        for reference in element.findall(f"{self.tag('informationRequirement')}/{self.tag('requiredDecision')}"):
            key = str(reference.get("href") or "").lstrip("#")
            if key not in plain:
                self.note(reference, decision.id, "reference", f"Decision '{decision.id}' requires '{key}', which is not here.", "Add it.")
            else:
                required.append(done.get(key) or self.linked(plain[key], plain, done, path))
        done[decision.id] = replace(decision, required=tuple(required))
        return done[decision.id]

    def table(self, key: str, table: etree._Element) -> Decision:
        policy = str(table.get("hitPolicy") or "UNIQUE").upper()
        aggregation = table.get("aggregation")
        if policy not in set(HitPolicy) or (aggregation is not None and aggregation not in set(Aggregation)):
            self.note(table, key, "hit-policy", f"The hit policy '{policy} {aggregation or ''}' is unknown.", "Choose one of DMN 1.3.")
            policy, aggregation = "UNIQUE", None
        if aggregation is not None and policy != "COLLECT":
            self.note(table, key, "hit-policy", f"'{key}' has the hit policy {policy} with {aggregation}.", "Only COLLECT gathers.")
        inputs = tuple(self.input(key, each) for each in table.findall(self.tag("input")))
        outputs = tuple(self.output(key, each) for each in table.findall(self.tag("output")))
        if not outputs:
            self.note(table, key, "not-dmn", f"The table of '{key}' has no output.", "Add a column.")
        if len({output.name for output in outputs}) < len(outputs):
            self.note(table, key, "duplicate-id", f"Two outputs of '{key}' have the same name.", "Give each its own.")
        if aggregation is not None and len(outputs) > 1:
            self.note(table, key, "hit-policy", f"'{key}' gathers several outputs with {aggregation}.", "Keep one output.")
        if policy in ("PRIORITY", "OUTPUT ORDER") and not any(output.values for output in outputs):
            self.note(table, key, "hit-policy", f"'{key}' orders by priority but lists no output values.", "List them, highest first.")
        rules = tuple(self.rule(key, each, len(inputs), len(outputs)) for each in table.findall(self.tag("rule")))
        return Decision(
            key, "", self.file, HitPolicy(policy), Aggregation(aggregation) if aggregation else None, inputs, outputs, rules
        )  # fmt: skip

    def input(self, key: str, element: etree._Element) -> Input:
        expression = element.find(self.tag("inputExpression"))
        source = self.text(expression)
        label = str(element.get("label") or source)
        if not source:
            variable = element.get("{http://camunda.org/schema/1.0/dmn}inputVariable")
            self.note(element, key, "expression", f"The input '{label or variable}' of '{key}' reads nothing.", "Name a variable.")
            return Input(label, NOTHING)
        return Input(label, self.expression(expression, source, key), expression.get("typeRef") or "")

    def output(self, key: str, element: etree._Element) -> Output:
        name = str(element.get("name") or element.get("label") or key)
        values = self.text(element.find(self.tag("outputValues")))
        default = self.text(element.find(self.tag("defaultOutputEntry")))
        listed: tuple[object, ...] = ()
        if values:
            try:
                listed = tuple(ast.literal_eval(compile_expression(f"[{values}]").tree))
            except (ValueError, ExpressionError):
                self.note(element, key, "expression", f"The output values {values!r} of '{key}' are no list of values.", 'Write "a","b".')
        return Output(name, listed, self.expression(element, default, key) if default else None, element.get("typeRef") or "")

    def rule(self, key: str, element: etree._Element, inputs: int, outputs: int) -> Rule:
        tests = [self.tests(each, key) for each in element.findall(self.tag("inputEntry"))]
        results = [self.result(each, key) for each in element.findall(self.tag("outputEntry"))]
        if len(tests) != inputs or len(results) != outputs:
            self.note(
                element, key, "not-dmn", f"A rule of '{key}' has {len(tests)}+{len(results)} cells for {inputs}+{outputs}.", "Fill it."
            )
            tests = (tests + [ANYTHING] * inputs)[:inputs]
            results = (results + [None] * outputs)[:outputs]
        return Rule(tuple(tests), tuple(results))

    def tests(self, element: etree._Element, key: str) -> UnaryTests:
        self.language(element, key)
        try:
            return compile_unary_tests(self.text(element))
        except ExpressionError as error:
            self.note(element, key, "expression", f"A cell of '{key}' cannot be read: {error}", "Write a FEEL unary test.")
            return ANYTHING

    def result(self, element: etree._Element, key: str) -> CompiledExpression | None:
        text = self.text(element)
        return self.expression(element, text, key) if text and text != "-" else None

    def language(self, element: etree._Element, key: str) -> None:
        language = str(element.get("expressionLanguage") or "")
        if language and not LANGUAGES.fullmatch(language):
            self.note(
                element, key, "foreign-code", f"An expression of '{key or self.file}' is written in '{language}'.", "Write it in FEEL."
            )

    def expression(self, element: etree._Element, source: str, key: str) -> CompiledExpression:
        self.language(element, key)
        try:
            return compile_expression(strip_expression(source).expression or source if source.startswith(("${", "#{")) else source)
        except ExpressionError as error:
            self.note(element, key, "expression", f"An expression of '{key}' cannot be read: {error}", "Write it as the language allows.")
            return NOTHING
