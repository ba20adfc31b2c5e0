"""What a new priority, a reopening and a late worker do to clocks and ladders: no false breach, nobody missed, nobody told twice."""

from __future__ import annotations

from typing import Any

import pytest

from engine import commands, queries
from engine.people import SYSTEM, Actor
from engine.tables import message_inbox
from engine.work import run_due
from records import sla
from tests.processes.conftest import DESK, LEVEL_2, REPORT, Shift


def do_while_no_worker_runs(shift: Shift, element: str, by: Actor, **said: Any) -> None:
    """Complete a task, and leave due what falls due."""
    commands.complete(shift.house.engine, shift.task(element).id, variables=said, actor=by)


def reclassify(shift: Shift, impact: int, urgency: int) -> None:
    shift.work("reclassify")
    shift.classify(impact, urgency)


def test_a_clock_that_a_lower_priority_does_not_know_is_cancelled_and_breaches_nothing(shift: Shift) -> None:
    shift.report(service_level="standard")
    shift.classify(1, 1)
    reclassify(shift, 2, 2)
    assert shift.state("update") is sla.ClockState.CANCELLED
    shift.pass_time(hours=3)
    assert [payload for kind, payload in shift.told() if kind == "sla.breach"] == []
    assert shift.escalations()[-1].ladder == "page"


def test_a_cancelled_clock_runs_again_from_now_when_the_priority_rises_again(shift: Shift) -> None:
    shift.report(service_level="standard")
    shift.classify(1, 1)
    reclassify(shift, 2, 2)
    shift.pass_time(hours=1)
    reclassify(shift, 1, 1)
    clock = shift.clocks()["update"].clock
    assert (clock.started_at, clock.cycle, sla.state(clock, shift.clock.now())) == (shift.clock.now(), 2, sla.ClockState.RUNNING)
    shift.pass_time(hours=2)
    assert [payload["clock"] for kind, payload in shift.told() if kind == "sla.breach"].count("update") == 1


def test_a_breach_tells_the_priority_that_the_incident_has_then(shift: Shift) -> None:
    shift.report(service_level="standard")
    shift.classify(1, 2)
    reclassify(shift, 1, 1)
    shift.pass_time(hours=9)
    assert {payload["priority"] for kind, payload in shift.told() if kind == "sla.breach"} == {"P1"}


def test_a_higher_priority_climbs_its_own_ladder_from_where_the_first_began(shift: Shift) -> None:
    shift.report(service_level="standard")
    shift.classify(1, 2)
    shift.pass_time(minutes=4)
    reclassify(shift, 1, 1)
    shift.pass_time(minutes=1)
    first, second = shift.escalations()
    assert (first.priority, first.ended_at is not None) == ("P2", True)
    assert (second.priority, second.started_at, second.level) == ("P1", first.started_at, 2)
    shift.pass_time(hours=3)
    assert shift.escalations()[1].level == 6
    assert shift.running("escalation").count("escalation") == len([row for row in shift.escalations() if row.ended_at is None])


def test_a_reopening_before_the_worker_saw_the_stop_leaves_one_watcher(shift: Shift) -> None:
    shift.report()
    shift.classify(2, 2)
    do_while_no_worker_runs(shift, "diagnose", LEVEL_2, outcome="resolved", cause_code="hardware", solution="A card.", answer="Done.")
    do_while_no_worker_runs(shift, "confirm", DESK, confirmation="not solved")
    run_due(shift.house.engine)
    watchers = queries.instances(shift.house.engine, actor=SYSTEM, status="active", definition_key="sla_clock").items
    assert [each.business_key for each in watchers if "#restore" in str(each.business_key)] == [f"{shift.record}#restore/2"]
    shift.pass_time(days=14)
    assert [payload["clock"] for kind, payload in shift.told() if kind == "sla.breach"] == ["restore"]


def test_an_end_that_comes_too_late_for_one_escalation_does_not_end_the_next(shift: Shift) -> None:
    shift.report(service_level="standard")
    shift.classify(1, 1)
    take_on = shift.task("take_on")
    shift.resolve()
    do_while_no_worker_runs(shift, "confirm", DESK, confirmation="confirmed")
    commands.complete(shift.house.engine, take_on.id, actor=LEVEL_2)
    run_due(shift.house.engine)
    (kept,) = shift.rows(message_inbox, name="escalation.ended")
    assert kept.business_key == f"{shift.record}#page/{shift.escalations()[0].id}"


@pytest.mark.parametrize("field", ["cause_code", "to_team"])
def test_a_text_that_is_too_long_goes_back_to_the_person(shift: Shift, field: str) -> None:
    shift.report()
    shift.classify(2, 2)
    said = {"outcome": "resolved" if field == "cause_code" else "reassign", "cause_code": "hardware", "solution": "A new card."}
    shift.do("diagnose", LEVEL_2, **{**said, field: "x" * 300})
    assert shift.open() == ["diagnose"]
    assert "has 300 characters: use at most 255" in shift.variables()["problem"]


@pytest.mark.parametrize(
    "said",
    [
        {"occurred_at": "9999-12-31T23:59:59-12:00"},
        {"occurred_at": "0001-01-01T00:00:00+14:00"},
        {"occurred_at": "1969-12-31T23:59:59Z"},
        {"occurred_at": "2026-11-24"},
        {"occurred_at": 1e18},
        {"symptom": 5},
        {"symptom": "x" * 5000},
        {"impact": 7},
        {"caller": "c" * 300},
    ],
)
def test_a_report_that_nobody_could_mean_goes_back_to_be_corrected(shift: Shift, said: dict[str, Any]) -> None:
    shift.report(**{**REPORT, **said})
    assert shift.open() == ["correct_report"]


@pytest.mark.parametrize(("impact", "urgency"), [(7, 7), (-1, 2), (2.5, 2), (10**30, 1)])
def test_a_class_outside_the_table_is_asked_for_again(shift: Shift, impact: Any, urgency: Any) -> None:
    shift.report()
    shift.do("classify", DESK, impact=impact, urgency=urgency)
    assert shift.open() == ["classify"]
