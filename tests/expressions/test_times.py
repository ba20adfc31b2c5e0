"""Durations, moments and cycles are read strictly, written so that they can be read again, and counted on the calendar."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ExpressionError
from engine.expressions import Cycle, Duration, parse_cycle, parse_duration, parse_moment

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("text", "months", "exact"),
    [
        ("PT4H", 0, 4 * HOUR),
        ("P1DT12H", 0, 36 * HOUR),
        ("P2W", 0, timedelta(days=14)),
        ("P1Y2M3DT4H5M6S", 14, timedelta(days=3, hours=4, minutes=5, seconds=6)),
        ("PT0.25S", 0, timedelta(milliseconds=250)),
        ("PT0,5S", 0, timedelta(milliseconds=500)),
        ("P0D", 0, timedelta()),
        (" PT90M ", 0, 1.5 * HOUR),
        ("P1000Y", 12_000, timedelta()),
    ],
)
def test_a_duration_is_read(text: str, months: int, exact: timedelta) -> None:
    assert parse_duration(text) == Duration(months, exact)


@pytest.mark.parametrize(
    "text",
    ["", "P", "PT", "P1", "1D", "-PT1H", "+PT1H", "PT-1H", "PT1.5H", "P1.5D", "P1W2D", "PT1S1H", "P1DT", "P1H", "pt1h", "PT1H;", "PT٣H",
     "PT 1H", "PT0.1234567S", "P1001Y", "P12001M", "P366001D", "PT9999999999999999H"],
)  # fmt: skip
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        parse_duration(text)
    assert repr(text) in str(refused.value)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-24", datetime(2026, 11, 23, 16, tzinfo=UTC)),
        ("2026-11-24T09:00", datetime(2026, 11, 24, 1, tzinfo=UTC)),
        ("2026-11-24 09:00:30", datetime(2026, 11, 24, 1, 0, 30, tzinfo=UTC)),
        ("2026-11-24T09:00:00.250Z", datetime(2026, 11, 24, 9, 0, 0, 250_000, tzinfo=UTC)),
        ("2026-11-24T09:00:00+01:00", datetime(2026, 11, 24, 8, tzinfo=UTC)),
        ("2026-11-24T09:00:00-0530", datetime(2026, 11, 24, 14, 30, tzinfo=UTC)),
        ("2026-07-01T09:00:00[Europe/Berlin]", datetime(2026, 7, 1, 7, tzinfo=UTC)),
        ("2026-12-01T09:00:00@Europe/Berlin", datetime(2026, 12, 1, 8, tzinfo=UTC)),
        ("2028-02-29", datetime(2028, 2, 28, 16, tzinfo=UTC)),
    ],
)
def test_a_moment_is_read_as_utc(text: str, moment: datetime) -> None:
    found = parse_moment(text)
    assert found == moment
    assert found.tzinfo is UTC


def test_a_moment_without_offset_is_meant_in_the_zone_that_is_given() -> None:
    assert parse_moment("2026-07-01T09:00", "Europe/Berlin") == datetime(2026, 7, 1, 7, tzinfo=UTC)
    assert parse_moment("2026-07-01T09:00Z", "Europe/Berlin") == datetime(2026, 7, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["", "24.11.2026", "2026-13-01", "2026-02-29", "2026-11-24T25:00", "2026-11-24T09", "2026-11-24T09:00:00+25:00", "2026-1-1", "20261124",
     "2026-11-24T09:00[Mars/Base]", "2026-11-24[Asia]", "2026-11-24@/etc/passwd", "2026-11-24@Asia/", "2026-11-24[../../etc/passwd]",
     "0001-01-01", "9999-12-31T23:59:59-23:59", "٢٠٢٦-11-24", "now"],
)  # fmt: skip
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        parse_moment(text)
    assert repr(text) in str(refused.value)


@pytest.mark.parametrize(
    ("text", "cycle"),
    [
        ("R3/PT10M", Cycle(3, None, Duration(exact=HOUR / 6))),
        ("R/P1D", Cycle(None, None, Duration(exact=24 * HOUR))),
        ("R0/P1M", Cycle(0, None, Duration(months=1))),
        ("R5/2026-12-01T09:00:00+08:00/P1W", Cycle(5, datetime(2026, 12, 1, 1, tzinfo=UTC), Duration(exact=timedelta(days=7)))),
        ("R/2026-12-01T09:00/PT1S", Cycle(None, datetime(2026, 12, 1, 1, tzinfo=UTC), Duration(exact=timedelta(seconds=1)))),
    ],
)
def test_a_cycle_is_read(text: str, cycle: Cycle) -> None:
    assert parse_cycle(text) == cycle


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "is not an ISO 8601 repeating interval"),
        ("R3", "is not an ISO 8601 repeating interval"),
        ("R3/", "is not an ISO 8601 repeating interval"),
        ("R-1/PT1H", "is not an ISO 8601 repeating interval"),
        ("R٣/PT1H", "is not an ISO 8601 repeating interval"),
        ("R1000000000/PT1H", "is not an ISO 8601 repeating interval"),
        ("R3/PT1H/2026-12-01", "is not an ISO 8601 repeating interval"),
        ("R3/PT1H/PT1H", "is not an ISO 8601 repeating interval"),
        ("0 9 * * *", "is not an ISO 8601 repeating interval"),
        ("R3/tomorrow/PT1H", "'tomorrow' is not an ISO 8601 date-time"),
        ("R3/P1X", "'P1X' is not an ISO 8601 duration"),
        ("R/PT0S", "repeats more often than once a second"),
        ("R/PT0.5S", "repeats more often than once a second"),
    ],
)
def test_what_is_no_cycle_is_refused(text: str, part: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        parse_cycle(text)
    assert part in str(refused.value)


@pytest.mark.parametrize(
    ("start", "duration", "end"),
    [
        ("2026-01-31", "P1M", "2026-02-28"),
        ("2028-01-31", "P1M", "2028-02-29"),
        ("2028-02-29", "P1Y", "2029-02-28"),
        ("2026-12-31T23:30", "P2M", "2027-02-28T23:30"),
        ("2026-01-31T02:00", "P1M", "2026-02-28T02:00"),  # still the 30th in UTC
        ("2026-02-01T02:00", "P1M", "2026-03-01T02:00"),  # still January in UTC
        ("2026-01-31", "P1MT24H", "2026-03-01"),
        ("2026-01-31", "P13M", "2027-02-28"),
        ("2026-11-24T09:00", "P0M", "2026-11-24T09:00"),
    ],
)
def test_months_count_on_the_calendar_of_the_zone(start: str, duration: str, end: str) -> None:
    assert parse_duration(duration).add(parse_moment(start)) == parse_moment(end)


def test_months_keep_the_hour_where_clocks_change_and_hours_do_not() -> None:
    march = parse_moment("2026-03-15T09:00", "Europe/Berlin")
    assert parse_duration("P1M").add(march, zone="Europe/Berlin") == parse_moment("2026-04-15T09:00", "Europe/Berlin")
    assert parse_duration("P31D").add(march, zone="Europe/Berlin") == parse_moment("2026-04-15T10:00", "Europe/Berlin")


def test_months_are_taken_back_the_same_way() -> None:
    assert parse_duration("P1M").add(parse_moment("2026-03-31"), times=-1) == parse_moment("2026-02-28")


@pytest.mark.parametrize(("start", "duration", "times"), [("9999-12-01", "P1M", 1), ("0001-02-01", "P2M", -1), ("9999-12-31", "P2D", 1)])
def test_no_moment_leaves_the_calendar(start: str, duration: str, times: int) -> None:
    with pytest.raises(ExpressionError, match=f"{duration} lies outside the years 1 to 9999"):
        parse_duration(duration).add(parse_moment(start), times=times)


def test_durations_compare_unless_only_the_calendar_could_tell() -> None:
    assert parse_duration("P1M") < parse_duration("P2M") <= parse_duration("P2MT1S")
    assert parse_duration("P1D") >= parse_duration("PT24H")
    assert parse_duration("P1Y") > parse_duration("P11M")
    for left, right in (("P1M", "P30D"), ("P31D", "P1M"), ("P1Y", "P11M40D")):
        with pytest.raises(ExpressionError, match=f"{left} and {right} cannot be compared"):
            sorted([parse_duration(right), parse_duration(left)])


def test_a_negative_span_is_written_with_its_sign() -> None:
    """Only what was subtracted can be negative; no text is read as such, since nothing waits for a negative time."""
    assert str(Duration(exact=-1.5 * HOUR)) == "-PT1H30M"
    assert str(Duration(exact=timedelta(days=-2))) == "-P2D"
    with pytest.raises(ExpressionError):
        parse_duration("-P2D")


durations = st.builds(Duration, st.integers(0, 12_000), st.timedeltas(timedelta(), timedelta(days=300_000)))
moments = st.integers(0, 9998 * 365 * 86_400).map(lambda seconds: datetime(1, 1, 2, tzinfo=UTC) + timedelta(seconds=seconds))


@given(durations)
def test_a_duration_that_is_written_is_read_again(duration: Duration) -> None:
    assert parse_duration(str(duration)) == duration


@given(moments)
def test_a_moment_that_is_written_is_read_again(moment: datetime) -> None:
    assert parse_moment(moment.isoformat()) == moment


@given(st.none() | st.integers(0, 999_999_999), st.none() | moments, durations)
def test_a_cycle_that_is_written_is_read_again(times: int | None, start: datetime | None, duration: Duration) -> None:
    text = "/".join([f"R{'' if times is None else times}", *([start.isoformat()] if start else []), str(duration)])
    if duration.months == 0 and duration.exact < timedelta(seconds=1):
        with pytest.raises(ExpressionError):
            parse_cycle(text)
    else:
        assert parse_cycle(text) == Cycle(times, start, duration)


@given(moments, durations)
def test_a_month_later_is_the_same_day_or_the_months_last(moment: datetime, duration: Duration) -> None:
    months = Duration(duration.months)
    try:
        later = months.add(moment, zone="UTC")
    except ExpressionError:
        assert moment.year + duration.months / 12 >= 9998
        return
    assert (later.year * 12 + later.month) - (moment.year * 12 + moment.month) == duration.months
    assert later.timetz() == moment.timetz()
    assert later.day == moment.day or (later.day < moment.day and (later + timedelta(days=1)).day == 1)


@given(moments, st.timedeltas(timedelta(), timedelta(days=300_000)))
def test_exact_time_added_and_taken_back_is_no_time(moment: datetime, span: timedelta) -> None:
    try:
        later = Duration(exact=span).add(moment)
    except ExpressionError:
        assert datetime.max.replace(tzinfo=UTC) - moment < span
        return
    assert Duration(exact=span).add(later, times=-1) == moment


@given(st.text(max_size=40) | st.text("PTYMWDHS0123456789.,R/-:Z+[]@ ", max_size=40))
def test_any_other_text_is_refused_and_nothing_else(text: str) -> None:
    for read in (parse_duration, parse_moment, parse_cycle):
        with contextlib.suppress(ExpressionError):
            assert read(text) is not None
