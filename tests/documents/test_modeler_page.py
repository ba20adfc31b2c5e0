"""docs/modeler.md says the same in both languages, and what it shows of the server is what the server says."""

from __future__ import annotations

import re
import shlex

import click
import pytest

from engine.definitions import lint
from engine.errors import DeploymentRefused, Invalid
from tests.definitions.test_modeler_files import CAMUNDA_MODELER
from tests.documents.pages import blocks, headings, inline_code, links, text_of
from watchbill.cli import main
from webui.camunda.api import error_of
from webui.camunda.values import Value, plain_value

ENGLISH, CHINESE = text_of("docs/modeler.md"), text_of("docs/modeler.zh-CN.md")


def test_both_have_the_same_parts() -> None:
    assert [level for level, _ in headings(ENGLISH)] == [level for level, _ in headings(CHINESE)]
    assert all(re.search(r"[\u4e00-\u9fff]", words) for _, words in headings(CHINESE))
    assert blocks(ENGLISH) == blocks(CHINESE)
    assert set(links(ENGLISH)) ^ set(links(CHINESE)) == {"modeler.md", "modeler.zh-CN.md"}
    tables = [re.findall(r"^\|[^|]*\|", text, re.MULTILINE) for text in (ENGLISH, CHINESE)]
    assert len(tables[0]) == len(tables[1])
    assert set(inline_code(ENGLISH)) <= set(inline_code(CHINESE))


def test_the_refusal_that_is_shown_is_the_one_that_is_sent() -> None:
    without_lane = CAMUNDA_MODELER.replace('name="service-desk"', 'name=""').encode()
    problems = tuple(lint({"triage.bpmn": without_lane}, ()))
    [(_, shown)] = blocks(ENGLISH, "text")
    assert shown == f"{error_of(DeploymentRefused(problems))[0].message}\n"


def test_the_types_of_variables_are_those_that_can_be_given() -> None:
    told = re.search(r"The types are (.*?)\.", ENGLISH, re.DOTALL)
    assert told is not None
    kinds = re.findall(r"`(\w+)`", told[1])
    for kind in kinds:
        try:
            plain_value(Value(value=None, type=kind), name="x")
        except Invalid as error:
            pytest.fail(str(error))
    with pytest.raises(Invalid) as refused:
        plain_value(Value(value=1, type="Bytes"), name="x")
    assert set(re.findall(r"[A-Z]\w+", str(refused.value).partition("use")[2])) == set(kinds)


def test_its_commands_and_options_are_there() -> None:
    lines = [line for _, code in blocks(ENGLISH, "sh") for line in code.splitlines()]
    assert len(lines) == 3
    for line in lines:
        command: click.Command = main
        words = shlex.split(line.partition(">")[0])[1:]
        while isinstance(command, click.Group):
            command = command.commands[words.pop(0)]
        command.make_context(command.name, words)
