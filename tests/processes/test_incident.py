"""R03: every path of the incident process."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from engine import commands
from engine.errors import Forbidden
from engine.people import SYSTEM
from records.sla import ClockState
from tests.processes.conftest import DESK, DUTY, EVE, LEVEL_2, LEVEL_3, Shift

RESTORED = {"cause_code": "hardware", "solution": "A new card."}


def test_an_incident_is_reported_classified_restored_confirmed_and_closed(shift: Shift) -> None:
    shift.report()
    assert shift.open() == ["classify"]
    shift.classify(2, 2, category="line")
    assert (shift.incident.priority, shift.incident.team, shift.incident.category) == ("P3", "level-2", "line")
    shift.resolve()
    assert shift.incident.state == "restored"
    shift.do("confirm", DESK, confirmation="confirmed")
    assert (shift.incident.state, shift.incident.closed_at, shift.open()) == ("closed", shift.clock.now(), [])
    assert shift.notes() == ["reported", "classified", "resolved", "answer", "closed"]
    shift.pass_time(days=30)
    assert shift.running() == []


def test_the_record_names_the_instance(shift: Shift) -> None:
    shift.report()
    assert shift.incident.number == "INC-20261124-0001"
    assert shift.task("classify").business_key == "incident:INC-20261124-0001"


def test_an_alarm_opens_an_incident_by_message(shift: Shift) -> None:
    payload = {"symptom": "Loss of signal", "detected_by": "monitor", "channel": "alarm", "ci": "OLT-7"}
    made = commands.message(shift.house.engine, "incident.reported", payload=payload, actor=SYSTEM)
    assert len(made.started) == 1
    assert (shift.incident.detected_by, shift.incident.ci, shift.open()) == ("monitor", "OLT-7", ["classify"])


def test_a_report_that_cannot_be_written_comes_back_to_be_corrected(shift: Shift) -> None:
    shift.report(symptom="  ", occurred_at="2026-11-25T09:00:00+08:00")
    assert shift.open() == ["correct_report"]
    shift.do("correct_report", DESK, symptom="No dial tone", occurred_at="2026-11-25T09:00:00+08:00")
    assert shift.open() == ["correct_report"]
    assert "in the future" in shift.variables()["problem"]
    shift.do("correct_report", DESK, symptom="No dial tone")
    assert (shift.open(), shift.incident.symptom) == (["classify"], "No dial tone")


def test_only_those_who_may_start_or_do_a_task_can(shift: Shift) -> None:
    with pytest.raises(Forbidden):
        commands.start(shift.house.engine, "incident", variables={"symptom": "Line down"}, actor=EVE)
    shift.report()
    with pytest.raises(Forbidden):
        shift.classify(1, 1, by=EVE)
    assert shift.open() == ["classify"]


def test_without_impact_and_urgency_it_is_classified_again(shift: Shift) -> None:
    shift.report()
    shift.do("classify", DESK, impact=2)
    assert (shift.open(), shift.incident.priority) == (["classify"], None)


def test_another_priority_needs_the_duty_manager(shift: Shift) -> None:
    shift.report()
    shift.classify(3, 3, priority_override="P2", override_reason="The mayor calls.")
    assert shift.open() == ["approve_override"]
    shift.do("approve_override", DUTY, is_approved=True)
    assert (shift.incident.priority, shift.incident.priority_reason) == ("P2", "The mayor calls.")


def test_a_refused_priority_leaves_what_the_table_says(shift: Shift) -> None:
    shift.report()
    shift.classify(3, 3, priority_override="P2", override_reason="The mayor calls.")
    shift.do("approve_override", DUTY, is_approved=False)
    assert shift.incident.priority == "P4"


def test_only_the_duty_manager_approves(shift: Shift) -> None:
    shift.report()
    shift.classify(3, 3, priority_override="P2", override_reason="The mayor calls.")
    with pytest.raises(Forbidden):
        shift.do("approve_override", DESK, is_approved=True)


def test_lowering_after_three_quarters_of_a_target_needs_a_second_person(shift: Shift) -> None:
    """Section 2.2, rule 7."""
    shift.report()
    shift.classify(1, 2)
    shift.pass_time(hours=10)
    shift.work("reclassify")
    shift.classify(2, 2)
    assert (shift.open(), shift.incident.priority) == (["approve_lower", "take_on_last", "take_on_last"], "P2")
    shift.do("approve_lower", DUTY, is_approved=False)
    assert "classify" in shift.open()
    shift.classify(2, 2)
    shift.do("approve_lower", DUTY, is_approved=True)
    assert shift.incident.priority == "P3"
    shift.work("reclassify")
    shift.classify(1, 2)
    shift.work("reclassify")
    shift.classify(2, 2)
    assert "approve_lower" in shift.open(), "an approval serves once"


def test_a_restored_incident_is_not_classified_anew(shift: Shift) -> None:
    shift.report()
    shift.classify(2, 2)
    shift.resolve()
    shift.do("confirm", DESK, confirmation="not solved")
    shift.work("reclassify")
    shift.classify(3, 3)
    assert shift.incident.priority == "P4", "reopened, it is not restored any more"


@pytest.mark.parametrize(
    ("outcome", "said", "problem"),
    [
        ("resolved", {"solution": "A new card."}, "without a cause code"),
        ("resolved", {"cause_code": "hardware"}, "without a solution"),
        ("reassign", {}, "handed to nobody"),
        ("reassign", {"to_team": "level-2"}, "another team than level-2"),
        ("wait", {}, "choose a reason"),
        ("wait", {"wait_reason": "supplier", "expected_until": "2026-11-23T09:00:00+08:00"}, "that is over"),
        ("wait", {"wait_reason": "supplier", "expected_until": "tomorrow"}, "is no moment"),
        ("done", {}, "has no outcome 'done'"),
        (None, {}, "has no outcome None"),
    ],
)
def test_work_that_does_not_fit_together_comes_back(shift: Shift, outcome: str | None, said: dict[str, str], problem: str) -> None:
    shift.report()
    shift.classify(2, 2)
    before = shift.incident
    shift.do("diagnose", LEVEL_2, outcome=outcome, **said)
    assert problem in shift.variables()["problem"]
    assert (shift.open(), shift.incident) == (["diagnose"], before)


def test_a_note_or_an_answer_leaves_it_where_it_is(shift: Shift) -> None:
    shift.report()
    shift.classify(2, 2)
    shift.work("note", note="The card is hot.", answer="We are on it.")
    assert (shift.open(), shift.incident.responded_at) == (["diagnose"], shift.clock.now())
    shift.work("note", note="Still hot.")
    assert shift.notes() == ["reported", "classified", "note", "answer", "note"], "a field left empty is not said again"


def test_another_team_takes_it_over(shift: Shift) -> None:
    shift.report()
    shift.classify(2, 2)
    shift.work("escalate", to_team="level-3")
    assert (shift.incident.team, shift.incident.reassign_count) == ("level-3", 1)
    with pytest.raises(Forbidden):
        shift.work("note", by=LEVEL_2)
    shift.work("resolved", by=LEVEL_3, **RESTORED)
    assert shift.open() == ["confirm"]


def test_waiting_for_the_customer_stops_the_clocks_until_somebody_says_so(shift: Shift) -> None:
    shift.report()
    shift.classify(2, 2)
    shift.work("wait", wait_reason="customer information", note="Which port?")
    assert (shift.open(), shift.incident.is_suspended, shift.state("restore")) == (["wait"], True, ClockState.PAUSED)
    shift.pass_time(hours=2)
    shift.do("wait", LEVEL_2, because="It is port 7.")
    assert (shift.open(), shift.incident.is_suspended, shift.state("restore")) == (["diagnose"], False, ClockState.RUNNING)
    assert shift.notes()[-1] == "resumed"


def test_a_supplier_never_stops_the_clocks(shift: Shift) -> None:
    """Section 2.2, rule 3."""
    shift.report()
    shift.classify(2, 2)
    shift.work("wait", wait_reason="supplier")
    assert (shift.open(), shift.state("restore")) == (["wait"], ClockState.RUNNING)


def test_a_reply_of_the_customer_ends_the_wait(shift: Shift) -> None:
    """Section 2.2, rule 4."""
    shift.report()
    shift.classify(2, 2)
    shift.work("wait", wait_reason="customer information")
    shift.message("incident.customer_replied")
    assert (shift.open(), shift.incident.is_suspended) == (["diagnose"], False)


def test_a_wait_has_a_longest_time_and_reminds_each_day(shift: Shift) -> None:
    """Section 2.2, rule 4: three working days; from a Tuesday's opening to the Thursday's end."""
    shift.report()
    shift.classify(2, 2)
    shift.work("wait", wait_reason="customer information")
    shift.pass_time(days=2)
    assert [kind for kind, _ in shift.told()].count("incident.waiting") == 2
    assert shift.open() == ["wait"]
    shift.pass_until(datetime.fromisoformat("2026-11-26T17:59+08:00"))
    assert shift.open() == ["wait"]
    shift.pass_until(datetime.fromisoformat("2026-11-26T18:00+08:00"))
    assert (shift.open(), shift.incident.is_suspended) == (["diagnose"], False)


def test_waiting_on_p1_needs_the_duty_manager(shift: Shift) -> None:
    shift.report()
    shift.classify(1, 1)
    shift.work("wait", wait_reason="customer side")
    shift.do("approve_wait", DUTY, is_approved=True)
    assert "wait" in shift.open()


def test_waiting_on_p1_is_refused_by_the_duty_manager_or_by_time(shift: Shift) -> None:
    shift.report()
    shift.classify(1, 1)
    shift.work("wait", wait_reason="customer side")
    shift.do("approve_wait", DUTY, is_approved=False)
    assert "diagnose" in shift.open()
    shift.work("wait", wait_reason="customer side")
    shift.pass_time(minutes=31)
    assert "diagnose" in shift.open()
    assert shift.state("restore") == ClockState.RUNNING


def test_not_solved_reopens_it_and_the_clock_goes_on(shift: Shift) -> None:
    """Section 2.2, rule 8."""
    shift.report()
    shift.classify(2, 2)
    shift.resolve()
    shift.pass_time(hours=1)
    shift.do("confirm", DESK, confirmation="not solved", confirmation_note="Down again.")
    assert (shift.open(), shift.incident.reopen_count, shift.incident.restored_at) == (["diagnose"], 1, None)
    assert shift.state("restore") == ClockState.RUNNING
    shift.resolve()
    shift.do("confirm", DESK, confirmation="confirmed")
    assert shift.incident.state == "closed"


def test_three_tries_without_an_answer_close_it(shift: Shift) -> None:
    shift.report()
    shift.classify(2, 2)
    shift.resolve()
    for _ in range(2):
        shift.do("confirm", DESK, confirmation="no answer")
        assert shift.incident.state == "restored"
    shift.do("confirm", DESK, confirmation="no answer")
    assert (shift.incident.state, shift.incident.confirmed_at) == ("closed", None)


def test_three_working_days_without_an_answer_close_it(shift: Shift) -> None:
    shift.report()
    shift.classify(2, 2)
    shift.resolve()
    shift.pass_time(days=4)
    assert (shift.incident.state, shift.open(), shift.running()) == ("closed", [], [])


def test_it_is_withdrawn_at_any_time_and_its_clocks_count_nowhere(shift: Shift) -> None:
    """Section 2.2, rule 11."""
    shift.report()
    shift.classify(1, 1)
    shift.message("incident.withdrawn", withdrawal="It was the plug.")
    assert (shift.incident.state, shift.open(), shift.running()) == ("cancelled", [], [])
    assert {shift.state(kind) for kind in shift.clocks()} == {ClockState.CANCELLED}
    assert all(row.ended_at for row in shift.escalations())


def test_a_candidate_is_promoted_by_the_duty_manager(shift: Shift) -> None:
    shift.report(service_level="AAA")
    shift.classify(1, 1, service_effect="blocked")
    shift.do("ask_major", DUTY, is_major=True, major_reason="The stock exchange.")
    assert shift.incident.is_major is True
    assert [payload["record"] for kind, payload in shift.told() if kind == "incident.major"] == [shift.record]


def test_a_candidate_is_not_asked_for_twice(shift: Shift) -> None:
    shift.report(service_level="AAA")
    shift.classify(1, 1, service_effect="blocked")
    shift.do("ask_major", DUTY, is_major=False)
    shift.work("reclassify")
    shift.classify(1, 1, service_effect="blocked")
    assert (shift.incident.is_major, "ask_major" in shift.open()) == (False, False)


def test_no_answer_within_ten_minutes_promotes_a_candidate(shift: Shift) -> None:
    shift.report(category="security")
    shift.classify(2, 2, category="security")
    shift.pass_time(minutes=9)
    assert shift.incident.is_major is None
    shift.pass_time(minutes=2)
    assert shift.incident.is_major is True


def test_closing_ends_the_question_for_a_major_incident(shift: Shift) -> None:
    shift.report()
    shift.classify(2, 2, category="security")
    shift.resolve()
    shift.do("confirm", DESK, confirmation="confirmed")
    assert (shift.open(), shift.incident.is_major) == ([], None)


def test_a_drill_has_its_own_numbers_and_is_marked_everywhere(shift: Shift) -> None:
    shift.report(is_drill=True)
    shift.classify(1, 1)
    shift.pass_time(minutes=20)
    assert (shift.incident.number, shift.incident.is_drill) == ("DRILL-20261124-0001", True)
    assert shift.told() == []
    assert {row.is_drill for row in shift.escalations()} == {True}
    assert timedelta(minutes=20) == shift.clock.now() - shift.incident.reported_at
