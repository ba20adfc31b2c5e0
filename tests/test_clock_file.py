"""A clock that several processes share, for rehearsals: it stands where its file says, and the doctor finds it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.clock import FileClock, SystemClock
from engine.errors import Invalid
from watchbill.cli import main
from watchbill.house import open_house
from watchbill.settings import load_settings

NINE = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


def test_who_moves_the_clock_moves_it_for_everybody_who_reads_the_file(tmp_path: Path) -> None:
    one, other = FileClock(tmp_path / "clock"), FileClock(tmp_path / "clock")
    one.set(NINE)
    assert (one.now(), other.now()) == (NINE, NINE)
    other.set(NINE + timedelta(hours=1))
    assert one.now() == NINE + timedelta(hours=1)
    assert [each.name for each in tmp_path.iterdir()] == ["clock"]


def test_a_moment_of_any_zone_is_read_as_utc(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    file.write_text("2026-11-24T09:00+08:00\n", encoding="ascii")
    assert FileClock(file).now() == NINE


def test_the_house_lives_by_the_clock_of_its_settings(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    FileClock(file).set(NINE)
    settings = load_settings({"WATCHBILL_HOME": str(tmp_path), "WATCHBILL_CLOCK_FILE": str(file), "WATCHBILL_LEASE_S": "2.5"})
    house = open_house(settings, must_be_ready=False)
    assert (house.engine.clock.now(), house.engine.settings.lease) == (NINE, timedelta(seconds=2.5))
    house.close()
    assert isinstance(load_settings({"WATCHBILL_HOME": str(tmp_path)}).clock(), SystemClock)


@pytest.mark.parametrize("content", [None, "", "noon", "2026-11-24T09:00", "九点"])
def test_a_file_that_tells_no_time_is_refused_by_name(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "clock"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    settings = load_settings({"WATCHBILL_HOME": str(tmp_path), "WATCHBILL_CLOCK_FILE": str(file)})
    with pytest.raises(Invalid, match=f"The clock file {file} tells no time"):
        open_house(settings, must_be_ready=False)


def test_a_clock_file_left_on_is_a_finding_of_the_doctor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "clock"
    monkeypatch.setenv("WATCHBILL_HOME", str(tmp_path))

    def clock_check() -> dict[str, object]:
        answer = CliRunner().invoke(main, ["doctor", "--json"])
        assert answer.exit_code == 1
        (found,) = [check for check in json.loads(answer.stdout)["checks"] if check["name"] == "clock"]
        return found

    assert clock_check() == {"name": "clock", "is_well": True, "found": "the machine's", "advice": ""}
    monkeypatch.setenv("WATCHBILL_CLOCK_FILE", str(file))
    advice = "Rehearsals only: unset WATCHBILL_CLOCK_FILE, and clock_file in watchbill.toml."
    missing = clock_check()
    assert (missing["is_well"], missing["advice"]) == (False, advice)
    assert "tells no time" in str(missing["found"])
    FileClock(file).set(NINE)
    stands = f"it stands at 2026-11-24T01:00:00+00:00, as {file} says"
    assert clock_check() == {"name": "clock", "is_well": False, "found": stands, "advice": advice}
