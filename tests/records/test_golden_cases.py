"""The golden cases of the calendars and clocks (section 2.3), and what lies at their edges: zones, midnight, the order of moments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from engine.errors import Invalid
from records import sla
from records.calendars import ALWAYS, DayKind, parse_calendar
from records.china import KEY, office_calendar
from records.sla import ClockKind

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE = parse_calendar(KEY, 1, office_calendar())
NIGHT = {"zone": "Europe/Berlin", "week": {str(day): ["00:00-06:00", "22:00-00:00"] for day in range(1, 8)}}
HOUR = timedelta(hours=1)


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    """A local moment of 2026 such as `02-13 17:30`."""
    return datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=zone)


def local(moment: datetime, zone: ZoneInfo = SHANGHAI) -> str:
    return moment.astimezone(zone).strftime("%m-%d %H:%M")


@pytest.mark.parametrize(
    ("case", "start", "target", "due"),
    [
        ("G1", "02-13 17:30", 4 * HOUR, "02-14 14:00"),
        ("G2", "02-14 17:00", 4 * HOUR, "02-24 12:00"),
        ("G3", "09-30 17:00", 8 * HOUR, "10-08 17:30"),
        ("G4", "10-09 17:30", HOUR, "10-10 09:30"),
        ("G5", "11-24 12:15", HOUR / 2, "11-24 14:00"),
        ("G6", "11-21 10:00", HOUR / 4, "11-23 09:15"),
        ("G7", "05-08 16:00", 8 * HOUR, "05-09 16:30"),
        ("the last second of a day", "11-24 18:00", HOUR, "11-25 10:00"),
        ("exactly to the closing", "11-24 17:00", HOUR, "11-24 18:00"),
        ("nothing", "11-24 12:30", timedelta(), "11-24 13:30"),
        ("less than nothing", "11-24 12:30", -HOUR, "11-24 13:30"),
    ],
)
def test_a_deadline_counts_working_time(case: str, start: str, target: timedelta, due: str) -> None:
    found = OFFICE.add(at(start), target)
    assert (local(found.at), found.is_provisional) == (due, False), case


def test_g8_a_pause_moves_the_deadline_by_what_is_left() -> None:
    clock = sla.start(ClockKind.RESTORE, OFFICE, 8 * HOUR, at=at("09-18 16:00"))
    clock = sla.pause(clock, reason="customer information", by="Ann", now=at("09-18 17:00"))
    assert sla.due(clock) is None
    clock = sla.resume(clock, now=at("09-21 10:00"))
    found = sla.due(clock)
    assert found is not None
    assert local(found.at) == "09-22 09:30"
    assert sla.used(clock, at("09-21 10:00")) == HOUR
    assert OFFICE.between(at("09-18 17:00"), at("09-21 10:00")) == 9.5 * HOUR


def test_g9_a_new_target_counts_from_the_start_and_says_why_it_is_missed() -> None:
    clock = sla.start(ClockKind.RESTORE, OFFICE, 8 * HOUR, at=at("11-23 09:00"))
    assert sla.used(clock, at("11-23 14:00")) == 3.5 * HOUR
    raised = sla.retarget(clock, target=2 * HOUR, calendar=OFFICE, now=at("11-23 14:00"))
    assert raised.breached_at is not None
    assert (local(raised.breached_at), raised.breach_cause) == ("11-23 11:00", "re-prioritisation")


def test_g10_a_deadline_past_the_known_holidays_is_provisional() -> None:
    found = OFFICE.add(at("12-31 17:00"), 4 * HOUR)
    assert found.is_provisional
    assert not OFFICE.add(at("12-31 17:00"), HOUR).is_provisional


def test_the_make_up_days_of_the_year_are_working_days() -> None:
    days = ("01-04", "02-14", "02-28", "05-09", "09-20", "10-10")
    assert {OFFICE.day_kind(at(f"{day} 00:00").date()) for day in days} == {DayKind.MAKE_UP}
    assert OFFICE.day_kind(at("02-17 00:00").date()) is DayKind.HOLIDAY


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        # 2026-03-29 in Berlin has no 02:00 to 03:00, 2026-10-25 has it twice.
        ("03-28 22:00", 6, "03-29 05:00"),
        ("10-24 22:00", 6, "10-25 03:00"),
        ("11-24 23:00", 2, "11-25 01:00"),
        ("11-24 05:00", 2, "11-24 23:00"),
    ],
)
def test_a_night_shift_counts_hours_that_pass_across_midnight_and_changes_of_the_clocks(start: str, hours: int, due: str) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    night = parse_calendar("night", 1, NIGHT)
    found = night.add(at(start, berlin), hours * HOUR)
    assert local(found.at, berlin) == due
    assert night.between(at(start, berlin), found.at) == hours * HOUR


def test_between_moments_in_the_wrong_order_there_is_no_time() -> None:
    assert OFFICE.between(at("11-24 17:00"), at("11-24 09:00")) == timedelta()
    assert ALWAYS.between(at("11-24 17:00"), at("11-24 09:00")) == timedelta()


def test_a_calendar_without_working_time_is_refused_and_not_searched_for_ever() -> None:
    never = parse_calendar("never", 1, {"zone": "UTC", "week": {str(day): [] for day in range(1, 8)}})
    with pytest.raises(Invalid, match="no 1:00:00 of working time within ten years"):
        never.add(datetime(2026, 1, 1, tzinfo=UTC), HOUR)


def test_a_clock_that_is_set_back_makes_no_time_less_than_none() -> None:
    clock = sla.start(ClockKind.RESTORE, ALWAYS, 2 * HOUR, at=at("11-24 09:00"))
    assert sla.used(clock, at("11-24 08:00")) == timedelta()
    paused = sla.pause(clock, reason="customer side", by="Ann", now=at("11-24 09:30"))
    resumed = sla.resume(paused, now=at("11-24 09:10"))
    assert sla.used(resumed, at("11-24 10:30")) == 1.5 * HOUR
    with pytest.raises(Invalid, match="before what is already counted"):
        sla.pause(resumed, reason="customer side", by="Ann", now=at("11-24 09:20"))
