"""docs/bpmn-support.md says what the scenarios execute, and nothing that may be deployed is left untried."""

from __future__ import annotations

from pathlib import Path

from engine.diagram.model import NodeKind
from tests.elements.play import DIAGRAMS
from tests.elements.support import MODULES, PAGE, executed, missing, page, scenarios


def test_the_page_is_what_the_scenarios_show() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make docs`"


def test_every_event_that_may_be_deployed_is_executed() -> None:
    assert missing() == []


def test_every_kind_of_node_is_executed() -> None:
    assert {kind.value for kind in NodeKind} - executed().keys() == set()


def test_every_diagram_has_a_scenario() -> None:
    used = {name for scenario in scenarios() for name in scenario.files}
    assert {path.name for path in DIAGRAMS.iterdir() if path.is_file()} == used


def test_every_module_of_scenarios_is_read() -> None:
    written = {path.stem for path in Path(__file__).parent.glob("test_*.py") if "@scenario(" in path.read_text(encoding="utf-8")}
    assert written - {Path(__file__).stem} == set(MODULES)
