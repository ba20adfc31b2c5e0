"""C02: what ends an escalation in another way than planned keeps nobody from being told later."""

from __future__ import annotations

import pytest

from engine import commands
from engine.people import SYSTEM
from engine.work import run_due
from records.escalations import escalation_step
from tests.processes.conftest import Shift
from tests.runtime.diagrams import diagram, end, service, start

RECORD = "plan:1"
INPUTS = "".join(f'<camunda:inputParameter name="{name}">${{{name}}}</camunda:inputParameter>' for name in ("record", "ladder", "priority"))
OPENS = diagram(
    "opens",
    start(),
    service("open", "escalation.start", inputs=INPUTS + '<camunda:inputParameter name="reason">late</camunda:inputParameter>'),
    end(),
    flows="start>open open>end",
)
ENDS = diagram(
    "ends",
    start(),
    service("over", "escalation.end_all", inputs='<camunda:inputParameter name="record">${record}</camunda:inputParameter>'),
    end(),
    flows="start>over over>end",
)


@pytest.fixture
def ladder(shift: Shift) -> Shift:
    """A shift where processes of the test escalate."""
    commands.deploy(shift.house.engine, {"opens.bpmn": OPENS, "ends.bpmn": ENDS}, name="tests", actor=SYSTEM)
    return shift


def escalate(shift: Shift, *, ladder: str = "page", priority: str = "P1") -> None:
    said = {"record": RECORD, "ladder": ladder, "priority": priority}
    commands.start(shift.house.engine, "opens", variables=said, actor=SYSTEM)
    run_due(shift.house.engine)


def cancel_process(shift: Shift) -> None:
    (row,) = [row for row in shift.escalations() if row.ended_at is None]
    commands.cancel(shift.house.engine, row.id, reason="told by phone", actor=SYSTEM)


def test_with_nobody_to_tell_it_is_over_at_once(ladder: Shift) -> None:
    escalate(ladder, priority="P4")
    (row,) = ladder.escalations()
    assert (row.level, row.ended_at) == (0, ladder.clock.now())
    assert ladder.running("escalation") == []


def test_after_one_with_nobody_to_tell_the_next_begins(ladder: Shift) -> None:
    escalate(ladder, priority="P4")
    ladder.pass_time(hours=1)
    escalate(ladder, priority="P1")
    assert ladder.steps() == [(1, ["level-2"])]
    assert [(row.priority, row.ended_at is None) for row in ladder.escalations()] == [("P4", False), ("P1", True)]


def test_after_one_whose_process_was_cancelled_the_next_begins_from_the_first_step(ladder: Shift) -> None:
    escalate(ladder)
    ladder.pass_time(minutes=6)
    assert ladder.steps() == [(1, ["level-2"]), (2, ["level-3"])]
    cancel_process(ladder)
    escalate(ladder)
    first, second = ladder.escalations()
    assert (first.ended_at, second.ended_at, second.started_at) == (ladder.clock.now(), None, ladder.clock.now())
    assert [(row.level, row.targets) for row in ladder.rows(escalation_step, escalation_id=second.id)] == [(1, ["level-2"])]


def test_one_that_goes_on_is_not_begun_anew(ladder: Shift) -> None:
    escalate(ladder)
    escalate(ladder)
    assert (len(ladder.escalations()), ladder.running("escalation")) == (1, ["escalation"])


def test_one_that_is_still_to_start_is_not_begun_anew(ladder: Shift) -> None:
    said = {"record": RECORD, "ladder": "page", "priority": "P1"}
    for _ in range(2):
        commands.start(ladder.house.engine, "opens", variables=said, actor=SYSTEM)
    run_due(ladder.house.engine)
    assert (len(ladder.escalations()), ladder.running("escalation")) == (1, ["escalation"])


def test_the_end_of_the_record_ends_one_whose_process_was_cancelled(ladder: Shift) -> None:
    escalate(ladder)
    escalate(ladder, ladder="breach")
    (page,) = [row for row in ladder.escalations() if row.ladder == "page"]
    commands.cancel(ladder.house.engine, page.id, reason="told by phone", actor=SYSTEM)
    commands.start(ladder.house.engine, "ends", variables={"record": RECORD}, actor=SYSTEM)
    assert [row.ended_at for row in ladder.escalations()] == [ladder.clock.now()] * 2
    run_due(ladder.house.engine)
    assert ladder.running("escalation") == []
