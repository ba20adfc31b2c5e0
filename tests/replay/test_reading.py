"""Reading an event log: bad rows are named by their line and left out, and what is no log is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from engine.errors import Invalid
from tests.replay.recorded import LATE, REOPENED, USUAL, WAITING, write_log
from watchbill.replaying import read_event_log
from watchbill.replaying.event_log import NEEDED, RecordedState

SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_rows_become_incidents_with_their_events_in_the_order_of_time(tmp_path):
    shuffled = [WAITING[3], *REOPENED, WAITING[0], WAITING[5], WAITING[1], WAITING[4], WAITING[2]]
    log = read_event_log(write_log(tmp_path / "log.csv", shuffled), zone=SHANGHAI)
    assert log.skipped == ()
    first, second = log.incidents
    assert (first.number, second.number) == ("INC0000045", "INC0000047")
    assert [event.state for event in first.events] == [
        RecordedState.NEW, RecordedState.ACTIVE, RecordedState.AWAITING_USER,
        RecordedState.ACTIVE, RecordedState.RESOLVED, RecordedState.CLOSED,
    ]  # fmt: skip
    assert first.opened_at.astimezone(UTC) == datetime(2026, 3, 2, 1, 16, tzinfo=UTC)
    assert (first.opened_by, first.channel, first.ci) == ("Opened by 8", "phone", "")
    assert second.events[0].priority == 1
    assert second.events[-1].made_sla is False


def test_events_of_one_moment_keep_the_order_of_their_lines(tmp_path):
    same = [{**row, "sys_updated_at": "2-3-2026 09:16"} for row in WAITING]
    (incident,) = read_event_log(write_log(tmp_path / "log.csv", same), zone=SHANGHAI).incidents
    assert [event.line for event in incident.events] == [2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("sys_updated_at", "31-2-2026 09:00", "sys_updated_at is '31-2-2026 09:00'"),
        ("sys_updated_at", "2026-03-02", "sys_updated_at is '2026-03-02'"),
        ("opened_at", "?", "opened_at is '?'"),
        ("incident_state", "-100", "incident_state is '-100'"),
        ("impact", "0 - None", "impact is '0 - None'"),
        ("priority", "high", "priority is 'high'"),
        ("made_sla", "yes", "made_sla is 'yes'"),
        ("number", " ", "it has no incident number"),
    ],
)
def test_a_row_that_cannot_be_read_is_named_by_its_line_and_left_out(tmp_path, column, value, reason):
    rows = [*WAITING[:2], {**WAITING[2], column: value}, *WAITING[3:]]
    log = read_event_log(write_log(tmp_path / "log.csv", rows), zone=SHANGHAI)
    assert [(row.line, row.reason) for row in log.skipped] == [(4, reason)]
    assert [event.line for event in log.incidents[0].events] == [2, 3, 5, 6, 7]


def test_a_row_with_too_few_or_too_many_columns_is_left_out(tmp_path):
    path = write_log(tmp_path / "log.csv", WAITING)
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[2] = lines[2].rsplit(",", 3)[0]
    lines[4] += ",more"
    path.write_text("\n".join(lines), encoding="utf-8")
    log = read_event_log(path, zone=SHANGHAI)
    assert [(row.line, row.reason) for row in log.skipped] == [(line, "it has too many or too few columns") for line in (3, 5)]


def test_a_limit_takes_the_first_incidents_with_all_their_events(tmp_path):
    mixed = [WAITING[0], REOPENED[0], *LATE, *WAITING[1:], *REOPENED[1:]]
    log = read_event_log(write_log(tmp_path / "log.csv", mixed), zone=SHANGHAI, limit=2)
    assert [(each.number, len(each.events)) for each in log.incidents] == [("INC0000045", 6), ("INC0000047", 7)]


def test_a_limit_reads_nothing_of_the_rows_it_leaves_out(tmp_path):
    path = write_log(tmp_path / "log.csv", [*WAITING, {**LATE[0], "impact": "?"}])
    assert read_event_log(path, zone=SHANGHAI, limit=1).skipped == ()


def test_what_is_no_log_is_refused(tmp_path):
    missing = tmp_path / "missing.csv"
    with pytest.raises(Invalid, match=r"missing\.csv cannot be read as a log: .*No such file"):
        read_event_log(missing, zone=SHANGHAI)
    other = tmp_path / "other.csv"
    other.write_text(",".join(name for name in NEEDED if name not in ("impact", "urgency")), encoding="utf-8")
    with pytest.raises(Invalid, match=r"other\.csv is no incident event log: it lacks the columns impact, urgency\."):
        read_event_log(other, zone=SHANGHAI)
    other.write_bytes(b"\xff\xfe\x00number")
    with pytest.raises(Invalid, match=r"other\.csv cannot be read as a log"):
        read_event_log(other, zone=SHANGHAI)
    other.write_text("", encoding="utf-8")
    with pytest.raises(Invalid, match="lacks the columns number"):
        read_event_log(other, zone=SHANGHAI)


def test_times_are_of_the_zone_that_is_named(tmp_path):
    path = write_log(tmp_path / "log.csv", WAITING)
    here, there = (read_event_log(path, zone=zone).incidents[0].opened_at for zone in (SHANGHAI, UTC))
    assert there - here == timedelta(hours=8)


def test_the_usual_row_has_every_needed_column():
    assert set(NEEDED) == {*USUAL, "number", "opened_at", "sys_updated_at", "incident_state"}
