"""docs/engine.md lists the statements of a completion as they really are."""

from __future__ import annotations

import re
from pathlib import Path

import sqlalchemy as sa

from engine import commands, queries
from engine.people import SYSTEM
from tests.definitions.drawing import drawing, flows
from tests.documents.pages import blocks, text_of
from watchbill import migrating
from watchbill.house import open_house
from watchbill.settings import Settings

TASKS = "".join(f'<bpmn:userTask id="{name}" camunda:candidateGroups="noc"/>' for name in ("first", "second"))
DIAGRAM = drawing(f'<bpmn:startEvent id="start"/>{TASKS}<bpmn:endEvent id="end"/>{flows("start>first first>second second>end")}')


def test_a_completion_makes_the_statements_that_the_tour_lists(tmp_path: Path) -> None:
    house = open_house(Settings(home=tmp_path), must_be_ready=False)
    migrating.upgrade(house.database)
    made = commands.deploy(house.engine, {"two.bpmn": DIAGRAM}, name="two", actor=SYSTEM)
    commands.start(house.engine, made.definitions[0].key, actor=SYSTEM)
    (task,) = queries.open_tasks(house.engine, actor=SYSTEM, mine=False).items
    seen: list[str] = []
    sa.event.listen(house.database.engine, "before_cursor_execute", lambda _c, _cur, statement, *_rest: seen.append(told(statement)))
    sa.event.listen(house.database.engine, "commit", lambda _c: seen.append("COMMIT"))

    commands.complete(house.engine, task.id, actor=SYSTEM, idempotency_key="a key")

    house.close()
    (listed,) = blocks(text_of("docs/engine.md"), "text")
    assert seen == listed[1].splitlines()


def told(statement: str) -> str:
    """Return a statement as the tour writes it: what it does, and to which table."""
    words = " ".join(statement.split())
    found = re.match(r"(INSERT|UPDATE|DELETE)(?: INTO| FROM)? (\w+)", words) or re.match(r"(SELECT) .*? FROM (\w+)", words)
    return f"{found[1]} {found[2]}" if found else words
