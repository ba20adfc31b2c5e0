"""Files as the modeler writes them are read; what cannot be decided as it is meant is refused with file, line and element."""

from __future__ import annotations

import pytest

from engine.definitions import read_files
from tests.decisions.drawing import NOW, decided, decisions, document, literal, problems, table

MODELER = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" xmlns:dmndi="https://www.omg.org/spec/DMN/20191111/DMNDI/"
    xmlns:dc="http://www.omg.org/spec/DMN/20180521/DC/" xmlns:modeler="http://camunda.org/schema/modeler/1.0"
    xmlns:biodi="http://bpmn.io/schema/dmn/biodi/2.0" xmlns:di="http://www.omg.org/spec/DMN/20180521/DI/"
    xmlns:camunda="http://camunda.org/schema/1.0/dmn" id="Definitions_0c1y9pf" name="DRD" namespace="http://camunda.org/schema/1.0/dmn"
    exporter="Camunda Modeler" exporterVersion="5.20.0" modeler:executionPlatform="Camunda Platform"
    modeler:executionPlatformVersion="7.20.0">
  <decision id="crew" name="Crew" camunda:versionTag="1.2" camunda:historyTimeToLive="P30D">
    <description>Who goes out.</description>
    <variable id="InformationItem_1" name="crew" typeRef="string" />
    <informationRequirement id="InformationRequirement_1">
      <requiredDecision href="#severity" />
    </informationRequirement>
    <informationRequirement id="InformationRequirement_2">
      <requiredInput href="#InputData_1" />
    </informationRequirement>
    <authorityRequirement id="AuthorityRequirement_1"><requiredAuthority href="#KnowledgeSource_1" /></authorityRequirement>
    <decisionTable id="DecisionTable_1" hitPolicy="RULE ORDER" biodi:annotationsWidth="300">
      <input id="Input_1" label="Severity" biodi:width="192" camunda:inputVariable="severity">
        <inputExpression id="InputExpression_1" typeRef="number" expressionLanguage="feel"><text>severity</text></inputExpression>
        <inputValues id="UnaryTests_0"><text>1,2,3</text></inputValues>
      </input>
      <input id="Input_2">
        <inputExpression id="InputExpression_2" typeRef="string"><text>region</text></inputExpression>
      </input>
      <input id="Input_3" label="Since">
        <inputExpression id="InputExpression_3" typeRef="date"><text>since</text></inputExpression>
      </input>
      <output id="Output_1" label="Crew" name="crew" typeRef="string" biodi:width="192" />
      <output id="Output_2" label="Minutes" name="minutes" typeRef="integer" />
      <rule id="DecisionRule_1">
        <description>The coast.</description>
        <inputEntry id="UnaryTests_1"><text>[1..2]</text></inputEntry>
        <inputEntry id="UnaryTests_2"><text>"north","coast"</text></inputEntry>
        <inputEntry id="UnaryTests_3"><text>&gt;= date("2026-01-01")</text></inputEntry>
        <outputEntry id="LiteralExpression_1"><text>"boat"</text></outputEntry>
        <outputEntry id="LiteralExpression_2"><text>severity * 15</text></outputEntry>
      </rule>
      <rule id="DecisionRule_2">
        <inputEntry id="UnaryTests_4"><text></text></inputEntry>
        <inputEntry id="UnaryTests_5"><text>not("north")</text></inputEntry>
        <inputEntry id="UnaryTests_6"><text>-</text></inputEntry>
        <outputEntry id="LiteralExpression_3"><text>"van"</text></outputEntry>
        <outputEntry id="LiteralExpression_4"><text></text></outputEntry>
      </rule>
    </decisionTable>
  </decision>
  <decision id="severity" name="Severity">
    <variable id="InformationItem_2" name="severity" typeRef="number" />
    <informationRequirement id="InformationRequirement_3"><requiredInput href="#InputData_1" /></informationRequirement>
    <literalExpression id="LiteralExpression_5"><text>if outage then 1 else 3</text></literalExpression>
  </decision>
  <inputData id="InputData_1" name="Outage" />
  <knowledgeSource id="KnowledgeSource_1" name="Handbook" />
  <dmndi:DMNDI>
    <dmndi:DMNDiagram>
      <dmndi:DMNShape dmnElementRef="crew"><dc:Bounds height="80" width="180" x="160" y="80" /></dmndi:DMNShape>
    </dmndi:DMNDiagram>
  </dmndi:DMNDI>
</definitions>
"""


def test_a_file_of_the_modeler_is_decided_as_drawn() -> None:
    crew = decisions(MODELER)["crew"]
    assert (crew.name, crew.variable, crew.file) == ("Crew", "crew", "rules.dmn")
    coast = {"outage": True, "region": "coast", "since": "2026-03-01"}
    assert crew.evaluate(coast, now=NOW) == [{"crew": "boat", "minutes": 15}, {"crew": "van", "minutes": None}]
    assert crew.evaluate({**coast, "region": "north"}, now=NOW) == [{"crew": "boat", "minutes": 15}]
    assert crew.evaluate({**coast, "since": "2025-12-31"}, now=NOW) == [{"crew": "van", "minutes": None}]
    assert crew.evaluate({**coast, "outage": False, "region": "north"}, now=NOW) == []
    assert decided(MODELER, "severity", outage=False) == [{"severity": 3}]


@pytest.mark.parametrize(
    "namespace",
    [
        "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
        "http://www.omg.org/spec/DMN/20180521/MODEL/",
        "https://www.omg.org/spec/DMN/20191111/MODEL/",
        "https://www.omg.org/spec/DMN/20211108/MODEL/",
        "https://www.omg.org/spec/DMN/20230324/MODEL/",
    ],
)
def test_every_edition_of_dmn_is_read(namespace: str) -> None:
    assert decided(document(table("> 5 => 1"), namespace=namespace), x=6) == [{"y": 1}]


@pytest.mark.parametrize("language", ["feel", "FEEL", "https://www.omg.org/spec/DMN/20191111/FEEL/", "juel"])
def test_the_expression_languages_that_are_read(language: str) -> None:
    assert decided(literal("${x + 1}" if language == "juel" else "x + 1", attributes=f' expressionLanguage="{language}"'), x=1) == [
        {"d": 2}
    ]


@pytest.mark.parametrize("language", ["javascript", "groovy", "python", "http://www.w3.org/1999/XPath"])
def test_code_in_another_language_is_refused_by_its_name(language: str) -> None:
    everywhere = document(table("1 => 2")).replace(b"<outputEntry>", f'<outputEntry expressionLanguage="{language}">'.encode())
    for drawn in (document(literal("1", attributes=f' expressionLanguage="{language}"')), everywhere):
        assert [(found.rule, found.element, found.message) for found in problems(drawn)] == [
            ("foreign-code", "d", f"An expression of 'd' is written in '{language}'.")
        ]
    whole = problems(document(literal("1"), more=f' expressionLanguage="{language}"'))
    assert [(found.rule, found.line, found.message) for found in whole] == [
        ("foreign-code", 1, f"An expression of 'rules.dmn' is written in '{language}'.")
    ]


def boxed(body: str) -> str:
    return f'<decision id="d" name="D">\n{body}</decision>'


@pytest.mark.parametrize(
    ("drawn", "rule", "line", "element", "message"),
    [
        (boxed("<context/>"), "unsupported", 2, "d", "uses boxed contexts"),
        (boxed("<invocation/>"), "unsupported", 2, "d", "uses invocations"),
        (boxed("<functionDefinition/>"), "unsupported", 2, "d", "uses functions"),
        (boxed("<relation/>"), "unsupported", 2, "d", "uses relations"),
        (boxed("<list/>"), "unsupported", 2, "d", "uses boxed lists"),
        (boxed("<conditional/>"), "unsupported", 2, "d", "uses boxed conditionals"),
        (boxed("<filter/>"), "unsupported", 2, "d", "uses boxed filters"),
        (boxed(""), "not-dmn", 2, "d", "decides nothing"),
        (boxed("<literalExpression><text> </text></literalExpression>"), "not-dmn", 2, "d", "decides nothing"),
        (boxed("<decisionTable/>"), "not-dmn", 3, "d", "has no output"),
        (literal("1") + '\n<businessKnowledgeModel id="bkm"/>', "unsupported", 3, "bkm", "Business knowledge models are not run"),
        (literal("1") + "\n" + literal("2"), "duplicate-id", 3, "d", "'d' is missing or used twice"),
        (literal("1", key=""), "duplicate-id", 2, "", "'' is missing or used twice"),
        (literal("import os"), "expression", 2, "d", "An expression of 'd' cannot be read: 'import os' is not an expression"),
        (table("1 => 1", "2 => __import__('os')"), "expression", 4, "d", "There is no function '__import__'"),
        (table("1 => 1", "2 =>\u00a71"), "expression", 4, "d", "does not belong in an expression"),
        (table("1 => 1", '"open => 2'), "expression", 4, "d", "A cell of 'd' cannot be read"),
        (table('1 => "a"', '"a",,"b" => "c"'), "expression", 4, "d", "has an empty test between its commas"),
        (table("1 => 1", 'not("a"),"b" => 2'), "expression", 4, "d", "not(...) stands around all tests of a cell, or nowhere"),
        (table("1 => 1", "2 | 3 => 1"), "not-dmn", 4, "d", "A rule of 'd' has 2+1 cells for 1+1"),
        (table("1 => 1", "2 => 1 | 2"), "not-dmn", 4, "d", "A rule of 'd' has 1+2 cells for 1+1"),
        (table("1 => 1", inputs="x+"), "expression", 2, "d", "An expression of 'd' cannot be read: 'x+'"),
        (table("1 => 1", default="1 +"), "expression", 2, "d", "'1 +'"),
        (table("1 => 1", values="a,b"), "expression", 2, "d", "The output values 'a,b' of 'd' are no list of values"),
        (table("1 => 1", values="-" * 30_000 + "1"), "expression", 2, "d", "are no list of values"),
        (table("1 => 1", values="__import__('os')"), "expression", 2, "d", "are no list of values"),
        ("", "not-dmn", 1, "", "The file has no decision"),
    ],
)  # fmt: skip
def test_what_cannot_be_decided_is_refused_where_it_stands(drawn: str, rule: str, line: int, element: str, message: str) -> None:
    found = [problem for problem in problems(document(drawn) if drawn else document()) if message in problem.message]
    assert [(problem.rule, problem.line, problem.element, problem.file) for problem in found] == [(rule, line, element, "rules.dmn")]
    assert found[0].hint


def test_an_input_that_reads_nothing_is_refused() -> None:
    drawn = document(table("1 => 1", inputs="x")).replace(b"<text>x</text>", b"<text/>", 1)
    assert [(found.rule, found.message) for found in problems(drawn)] == [("expression", "The input 'X' of 'd' reads nothing.")]


def test_all_problems_of_a_file_are_told_at_once() -> None:
    drawn = document(table("1 => (", "2 => 2", "[3 => 3", policy="LUCKY"), literal("§", key="e"), boxed("<list/>").replace('"d"', '"f"'))
    assert [(found.rule, found.line, found.element) for found in problems(drawn)] == [
        ("hit-policy", 2, "d"), ("expression", 3, "d"), ("expression", 5, "d"), ("expression", 6, "e"), ("unsupported", 7, "f"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "rule", "line"),
    [
        (b"<definitions", "not-xml", 1),
        (document(literal("1"))[:-5], "not-xml", 3),
        (b"\n<html/>", "not-dmn", 2),
        (document(literal("1"), namespace="http://www.omg.org/spec/DMN/19990101/MODEL/"), "not-dmn", 1),
        (b'<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/passwd">]><definitions>&a;</definitions>', "doctype", 1),
    ],
)
def test_a_file_that_is_no_decision_is_refused(content: bytes, rule: str, line: int) -> None:
    found = read_files({"rules.dmn": content}).problems
    assert [(problem.file, problem.rule, problem.line) for problem in found] == [("rules.dmn", rule, line)]


def test_a_remark_inside_a_cell_is_no_part_of_it() -> None:
    drawn = document(table('"a" => 1')).replace(b'"a"</text>', b'"a"<!-- remark -->,"b"</text>')
    assert decided(drawn, x="b") == [{"y": 1}]
