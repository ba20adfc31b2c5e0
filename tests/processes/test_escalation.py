"""C02: the ladders, as far as data goes."""

from __future__ import annotations

from tests.processes.conftest import DUTY, LEVEL_2, LEVEL_3, Shift

LADDER_P1 = ["level-2", "level-3", "duty-managers", "service-managers", "department-heads", "general-managers"]


def test_a_p1_is_paged_at_once_and_climbs_the_ladder(shift: Shift) -> None:
    shift.report()
    shift.classify(1, 1)
    assert shift.steps() == [(1, ["level-2"])]
    shift.pass_time(minutes=4)
    assert len(shift.steps()) == 1
    shift.pass_time(minutes=1)
    assert shift.steps()[-1] == (2, ["level-3"])
    shift.pass_time(hours=3)
    page = shift.escalations()[0]
    assert [step for step in shift.steps() if step[0] > 3][-1] == (6, ["general-managers"])
    assert (page.ladder, page.level, page.ended_at) == ("page", 6, None)


def test_everybody_told_so_far_can_take_it_on_and_that_ends_the_telling(shift: Shift) -> None:
    shift.report()
    shift.classify(1, 1)
    shift.work("note", answer="We are on it.")
    shift.pass_time(minutes=6)
    shift.do("take_on", LEVEL_2)
    page = shift.escalations()[0]
    assert (page.acknowledged_by, page.acknowledged_at, page.ended_at) == ("Bob", shift.clock.now(), shift.clock.now())
    shift.pass_time(minutes=20)
    assert [step for step in shift.steps() if step[1] == ["duty-managers"]] == []


def test_who_was_not_told_cannot_take_it_on(shift: Shift) -> None:
    shift.report()
    shift.classify(1, 1)
    shift.work("note", answer="We are on it.")
    assert set(shift.task("take_on").candidate_groups) == {"level-2"}
    shift.pass_time(minutes=16)
    assert set(shift.task("take_on").candidate_groups) == {"level-2", "level-3", "duty-managers"}
    shift.do("take_on", DUTY)
    assert "take_on" not in shift.open()


def test_the_last_step_stays_open_until_the_record_ends(shift: Shift) -> None:
    shift.report()
    shift.classify(1, 1)
    shift.work("note", answer="We are on it.")
    shift.pass_time(hours=2)
    assert "take_on_last" in shift.open()
    shift.message("incident.withdrawn")
    assert (shift.open(), shift.running()) == ([], [])
    assert all(row.ended_at == shift.clock.now() for row in shift.escalations())


def test_a_p3_pages_nobody(shift: Shift) -> None:
    shift.report()
    shift.classify(2, 2)
    assert (shift.steps(), shift.escalations()) == ([], [])


def test_taken_on_it_is_not_taken_on_twice(shift: Shift) -> None:
    shift.report()
    shift.classify(1, 1)
    shift.pass_time(minutes=6)
    shift.do("take_on", LEVEL_3)
    assert shift.escalations()[0].acknowledged_by == "Cai"
    assert "take_on" not in shift.open()
