"""Schedules: each moment is a slot that ends started, late, skipped with its reason, or merged, and never twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from engine import commands, queries
from engine.errors import Conflict, Forbidden, Invalid, NotFound
from engine.tables import schedule_slot
from engine.work import (
    create_schedule,
    delete_schedule,
    list_schedules,
    next_time,
    next_times,
    run_due,
    run_now,
    set_enabled,
    slots_of,
)
from engine.work.slots import CatchUp, Overlap, run_slots
from tests.runtime.conftest import ANN, OLGA, rows
from tests.runtime.diagrams import TWO_STEPS, diagram, end, start, user

SHANGHAI = ZoneInfo("Asia/Shanghai")
CYCLE = '<bpmn:timerEventDefinition id="c"><bpmn:timeCycle>R/PT1H</bpmn:timeCycle></bpmn:timerEventDefinition>'
BY_CLOCK = diagram(
    "rounds", start(), start(CYCLE, element="hourly"), user("by_hand"), user("by_clock"), end(), end("clock_end"),
    flows="start>by_hand by_hand>end hourly>by_clock by_clock>clock_end",
)  # fmt: skip


def daily(house, **values):
    """A schedule at 09:30 in Shanghai every day; the clock stands at 09:00."""
    given = {"definition_key": "two_steps", "rule": "30 9 * * *", "actor": OLGA} | values
    return create_schedule(house, "round", **given)


def told(house, key="round"):
    """What became of the slots, oldest first, with local days."""
    found = slots_of(house, key, actor=OLGA)[::-1]
    return [(slot.slot_at.astimezone(SHANGHAI).strftime("%d %H:%M"), slot.status, slot.reason) for slot in found]


def test_a_slot_starts_its_instance_at_its_moment_with_its_key(house, deploy, clock):
    deploy(TWO_STEPS)
    made = daily(house, variables={"round": 1}, business_key="round:{slot}")
    assert made.next_at == clock.now() + timedelta(minutes=30)
    assert run_due(house).moved == 0
    clock.advance(timedelta(minutes=30))
    assert run_due(house).slots == 1
    assert told(house) == [("24 09:30", "started", None)]
    (view,) = queries.instances(house, actor=OLGA).items
    assert view.business_key == "round:2026-11-24T09:30"
    assert queries.instance(house, view.id, actor=OLGA).variables == {"round": 1}


def test_a_slot_within_its_grace_is_in_time_and_after_it_late(house, deploy, clock):
    deploy(TWO_STEPS)
    daily(house, late_after_s=60)
    clock.advance(timedelta(minutes=31))
    run_due(house)
    clock.advance(timedelta(days=1, seconds=1))
    run_due(house)
    assert told(house) == [("24 09:30", "started", None), ("25 09:30", "late", "late by 0:01:01")]


@pytest.mark.parametrize(
    ("catch_up", "expected"),
    [
        (CatchUp.ALL, ["late", "late", "late"]),
        (CatchUp.LAST, ["skipped", "skipped", "late"]),
        (CatchUp.NONE, ["skipped", "skipped", "skipped"]),
    ],
)
def test_missed_slots_are_caught_up_as_the_schedule_says(house, deploy, clock, catch_up, expected):
    deploy(TWO_STEPS)
    daily(house, catch_up=catch_up)
    clock.advance(timedelta(days=3))
    run_due(house)
    assert [status for _, status, _ in told(house)] == expected
    assert all(reason for _, _, reason in told(house))
    assert queries.instances(house, actor=OLGA).total == expected.count("late")


@pytest.mark.parametrize(
    ("overlap", "status", "instances"), [(Overlap.ALLOW, "started", 2), (Overlap.SKIP, "skipped", 1), (Overlap.MERGE, "merged", 1)]
)
def test_a_slot_while_the_last_one_still_runs(house, deploy, clock, overlap, status, instances):
    deploy(TWO_STEPS)
    daily(house, overlap=overlap)
    for _ in range(2):
        clock.advance(timedelta(minutes=30) if clock.now().hour == 1 and clock.now().minute == 0 else timedelta(days=1))
        run_due(house)
    assert [each for _, each, _ in told(house)] == ["started", status]
    assert queries.instances(house, actor=OLGA).total == instances
    if overlap is Overlap.MERGE:
        first, second = slots_of(house, "round", actor=OLGA)
        assert first.instance_id == second.instance_id


def test_when_the_last_one_has_ended_the_next_starts(house, deploy, clock):
    deploy(TWO_STEPS)
    daily(house, overlap=Overlap.SKIP)
    clock.advance(timedelta(minutes=30))
    run_due(house)
    (view,) = queries.instances(house, actor=OLGA).items
    commands.cancel(house, view.id, reason="done", actor=OLGA)
    clock.advance(timedelta(days=1))
    run_due(house)
    assert [status for _, status, _ in told(house)] == ["started", "started"]


def test_of_eight_that_settle_one_slot_one_starts_it(house, deploy, clock):
    deploy(TWO_STEPS)
    daily(house)
    clock.advance(timedelta(minutes=30))
    with ThreadPoolExecutor(8) as pool:
        settled = list(pool.map(lambda _: run_slots(house), range(8)))
    assert sum(settled) == 1
    assert queries.instances(house, actor=OLGA).total == 1


def test_a_slot_that_cannot_start_is_skipped_with_its_reason_and_the_schedule_goes_on(house, deploy, clock):
    deploy(TWO_STEPS)
    daily(house, business_key="x" * 245 + "{slot}")
    clock.advance(timedelta(minutes=30))
    assert run_due(house).slots == 1
    ((_, status, reason),) = told(house)
    assert status == "skipped"
    assert "has 261 characters: use 1 to 255" in reason
    assert list_schedules(house, actor=OLGA)[0].next_at == clock.now() + timedelta(days=1)
    assert run_due(house).moved == 0


def test_a_paused_schedule_rests_and_goes_on_from_now(house, deploy, clock):
    deploy(TWO_STEPS)
    daily(house, catch_up=CatchUp.ALL)
    set_enabled(house, "round", is_enabled=False, actor=OLGA)
    clock.advance(timedelta(days=3))
    assert run_due(house).moved == 0
    resumed = set_enabled(house, "round", is_enabled=True, actor=OLGA)
    assert resumed.next_at == clock.now() + timedelta(minutes=30)
    assert told(house) == []


def test_a_schedule_run_now_is_a_slot_of_its_own(house, deploy):
    deploy(TWO_STEPS)
    daily(house)
    run_now(house, "round", actor=OLGA)
    assert told(house) == [("24 09:00", "started", "run now by Olga")]


def test_a_cycle_that_is_over_ends_its_schedule(house, deploy, clock):
    deploy(TWO_STEPS)
    daily(house, rule="R2/PT1H")
    for _ in range(3):
        clock.advance(timedelta(hours=1))
        run_due(house)
    (found,) = list_schedules(house, actor=OLGA)
    assert (len(told(house)), found.is_enabled, found.next_at) == (2, False, None)


def test_a_timer_start_begins_at_its_own_start_event(house, deploy, clock):
    deploy(BY_CLOCK)
    clock.advance(timedelta(hours=1))
    assert run_due(house).slots == 1
    (task,) = queries.open_tasks(house, actor=ANN).items
    assert task.element == "by_clock"
    commands.start(house, "rounds", actor=ANN)
    assert {each.element for each in queries.open_tasks(house, actor=ANN).items} == {"by_clock", "by_hand"}


def test_a_deleted_schedule_starts_nothing_and_what_it_started_stays(house, deploy, clock):
    deploy(TWO_STEPS)
    daily(house)
    clock.advance(timedelta(minutes=30))
    run_due(house)
    delete_schedule(house, "round", actor=OLGA)
    clock.advance(timedelta(days=2))
    assert (run_due(house).moved, rows(house, schedule_slot)) == (0, [])
    assert queries.instances(house, actor=OLGA).total == 1


def test_what_is_no_schedule_is_refused(house, deploy):
    deploy(TWO_STEPS)
    with pytest.raises(NotFound, match="nowhere"):
        daily(house, definition_key="nowhere")
    with pytest.raises(Invalid, match="has 2 fields"):
        daily(house, rule="30 9")
    with pytest.raises(Invalid, match="no time zone 'Mars/Base'"):
        daily(house, zone="Mars/Base")
    with pytest.raises(Invalid, match="days of the month and of the week"):
        daily(house, rule="0 9 1 * 1")
    with pytest.raises(Invalid, match="late after -1"):
        daily(house, late_after_s=-1)
    with pytest.raises(Forbidden):
        daily(house, actor=ANN)
    daily(house)
    with pytest.raises(Conflict, match="a schedule 'round' already"):
        daily(house)
    with pytest.raises(NotFound, match="no schedule 'other'"):
        set_enabled(house, "other", is_enabled=True, actor=OLGA)


def moments(rule, zone, first, count):
    """The local times of the next moments."""
    found, at = [], first
    for _ in range(count):
        at = next_time(rule, zone, after=at, anchor=first)
        found.append(at.astimezone(ZoneInfo(zone)).strftime("%m-%d %H:%M%z"))
    return found


BERLIN = "Europe/Berlin"
CHINA = "Asia/Shanghai"


@pytest.mark.parametrize(
    ("rule", "zone", "first", "expected"),
    [
        # 2026-03-29 in Berlin has no 02:30, 2026-10-25 has two.
        ("30 2 * * *", BERLIN, datetime(2026, 3, 27, 12, tzinfo=UTC), ["03-28 02:30+0100", "03-29 03:30+0200", "03-30 02:30+0200"]),
        ("30 2 * * *", BERLIN, datetime(2026, 10, 24, 12, tzinfo=UTC), ["10-25 02:30+0200", "10-26 02:30+0100"]),
        ("0 9 * * 1", CHINA, datetime(2026, 11, 24, tzinfo=UTC), ["11-30 09:00+0800", "12-07 09:00+0800"]),
        ("0 9 * * 0", CHINA, datetime(2026, 11, 24, tzinfo=UTC), ["11-29 09:00+0800"]),
        ("0 9 * * 7", CHINA, datetime(2026, 11, 24, tzinfo=UTC), ["11-29 09:00+0800"]),
        ("0 9 * * fri-sun", CHINA, datetime(2026, 11, 24, tzinfo=UTC), ["11-27 09:00+0800", "11-28 09:00+0800", "11-29 09:00+0800"]),
        ("0 */6 * * *", BERLIN, datetime(2026, 10, 24, 21, tzinfo=UTC), ["10-25 00:00+0200", "10-25 06:00+0100"]),
        ("30 * * * *", BERLIN, datetime(2026, 10, 24, 23, tzinfo=UTC), ["10-25 01:30+0200", "10-25 02:30+0200", "10-25 02:30+0100"]),
        ("0 0 1 */3 *", CHINA, datetime(2026, 11, 24, tzinfo=UTC), ["01-01 00:00+0800", "04-01 00:00+0800"]),
        ("R/P1M", CHINA, datetime(2026, 1, 31, tzinfo=UTC), ["02-28 08:00+0800", "03-31 08:00+0800", "04-30 08:00+0800"]),
    ],
)  # fmt: skip
def test_the_next_moments_of_a_rule(rule, zone, first, expected):
    assert moments(rule, zone, first, len(expected)) == expected


def test_a_change_of_the_clocks_neither_loses_nor_doubles_a_day():
    at, found = datetime(2026, 1, 1, tzinfo=UTC), []
    while (at := next_time("30 2 * * *", "Europe/Berlin", after=at, anchor=at)).year == 2026:
        found.append(at.astimezone(ZoneInfo("Europe/Berlin")).date())
    assert len(found) == len(set(found)) == 365


def test_a_preview_of_the_next_moments_is_what_comes(house, deploy, clock):
    deploy(TWO_STEPS)
    made = daily(house)
    expected = next_times(made, 3, after=clock.now())
    for moment in expected:
        clock.set(moment)
        run_due(house)
    assert tuple(slot.slot_at for slot in slots_of(house, "round", actor=OLGA)[::-1]) == expected


def test_the_start_of_a_slot_and_its_row_are_one_transaction(house, deploy, clock):
    deploy(TWO_STEPS)
    daily(house)
    clock.advance(timedelta(minutes=30))

    def crash(_connection, _cursor, statement, *_rest):
        if statement.startswith("INSERT INTO schedule_slot"):
            raise KeyboardInterrupt

    sa.event.listen(house.database.engine, "before_cursor_execute", crash)
    with pytest.raises(KeyboardInterrupt):
        run_due(house)
    sa.event.remove(house.database.engine, "before_cursor_execute", crash)
    assert queries.instances(house, actor=OLGA).total == 0
    assert run_due(house).slots == 1
    assert queries.instances(house, actor=OLGA).total == 1
