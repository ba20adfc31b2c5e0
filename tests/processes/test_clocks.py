"""C01: the clocks of an incident tell their percentages, each once and in order, whatever happens to them."""

from __future__ import annotations

from datetime import timedelta

from engine.work import run_due
from records.sla import ClockState
from tests.processes.conftest import DESK, LEVEL_2, Shift


def percents(shift: Shift, kind: str) -> list[int]:
    """Return what a clock told."""
    told = [(event, payload) for event, payload in shift.told() if payload.get("clock") == kind]
    return [100 if event == "sla.breach" else payload["percent"] for event, payload in told if event in ("sla.warning", "sla.breach")]


def test_p1_has_three_clocks_around_the_clock(shift: Shift) -> None:
    """Section 2.2, default targets, and rule 13."""
    shift.report(service_level="AAA")
    shift.classify(1, 1)
    targets = {kind: stored.clock.target for kind, stored in shift.clocks().items()}
    assert targets == {"respond": timedelta(minutes=5), "restore": timedelta(hours=2), "update": timedelta(minutes=30)}
    assert {stored.clock.calendar.key for stored in shift.clocks().values()} == {"24x7"}
    assert shift.running("sla_clock") == ["sla_clock"] * 3


def test_p3_counts_in_service_hours(shift: Shift) -> None:
    shift.report()
    shift.classify(2, 2)
    assert set(shift.clocks()) == {"respond", "restore"}
    assert {stored.clock.calendar.key for stored in shift.clocks().values()} == {"office"}


def test_a_clock_tells_each_percentage_once_and_the_breach_escalates(shift: Shift) -> None:
    """Section 2.2, rule 14."""
    shift.report(service_level="AAA")
    shift.classify(1, 1)
    shift.pass_time(minutes=59)
    assert percents(shift, "restore") == []
    shift.pass_time(minutes=1)
    assert percents(shift, "restore") == [50]
    shift.pass_time(hours=3)
    assert percents(shift, "restore") == [50, 75, 100]
    assert [row.ladder for row in shift.escalations()] == ["page", "breach"], "the clocks' breaches share one ladder"


def test_timers_that_come_late_are_told_in_order(shift: Shift) -> None:
    """Section 2.2, rule 14: the work was down for a day."""
    shift.report(service_level="AAA")
    shift.classify(1, 1)
    shift.clock.advance(timedelta(days=1))
    run_due(shift.house.engine)
    assert percents(shift, "restore") == [50, 75, 100]
    assert percents(shift, "respond") == [50, 75, 100]


def test_an_answer_that_the_customer_sees_stops_the_response_and_restarts_the_update(shift: Shift) -> None:
    """Section 2.2, rule 9."""
    shift.report(service_level="AAA")
    shift.classify(1, 1)
    shift.pass_time(minutes=3)
    shift.work("note", note="Looking.")
    assert shift.state("respond") == ClockState.RUNNING
    shift.work("note", answer="We are on it.")
    assert shift.state("respond") == ClockState.MET
    shift.pass_time(minutes=14)
    assert percents(shift, "update") == []
    shift.pass_time(minutes=20)
    assert percents(shift, "update") == [50, 75, 100]
    assert percents(shift, "respond") == [50]


def test_a_paused_clock_tells_nothing_and_goes_on_with_what_was_left(shift: Shift) -> None:
    """Section 2.2, rule 2."""
    shift.report()
    shift.classify(1, 2)
    shift.work("note", answer="We are on it.")
    shift.pass_time(hours=5)
    shift.work("wait", wait_reason="customer information")
    shift.pass_time(hours=20)
    assert percents(shift, "restore") == []
    shift.do("wait", LEVEL_2, because="They called.")
    shift.pass_time(minutes=59)
    assert percents(shift, "restore") == []
    shift.pass_time(minutes=1)
    assert percents(shift, "restore") == [50]


def test_a_higher_priority_retargets_from_the_start(shift: Shift) -> None:
    """Section 2.2, rule 6: P2's twelve hours become P1's six; five of them are used."""
    shift.report()
    shift.classify(1, 2)
    shift.pass_time(hours=5)
    assert percents(shift, "restore") == []
    shift.work("reclassify")
    shift.classify(1, 1)
    assert percents(shift, "restore") == [50, 75]
    shift.pass_time(hours=1)
    assert percents(shift, "restore") == [50, 75, 100]


def test_a_breach_by_a_new_priority_says_so(shift: Shift) -> None:
    """Section 2.2, rule 6."""
    shift.report()
    shift.classify(1, 2)
    shift.pass_time(hours=7)
    shift.work("reclassify")
    shift.classify(1, 1)
    assert shift.clocks()["restore"].clock.breach_cause == "re-prioritisation"


def test_a_reopened_incident_is_watched_again(shift: Shift) -> None:
    """Section 2.2, rule 8."""
    shift.report()
    shift.classify(1, 2)
    shift.pass_time(hours=1)
    shift.resolve()
    assert shift.running("sla_clock") == []
    shift.pass_time(hours=1)
    shift.do("confirm", DESK, confirmation="not solved")
    assert shift.running("sla_clock") == ["sla_clock"]
    shift.pass_time(hours=11)
    assert percents(shift, "restore") == [50, 75, 100]
