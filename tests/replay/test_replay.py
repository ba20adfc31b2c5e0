"""Replaying: recorded changes become people's tasks, and the figures say what would have happened here."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from engine.clock import MovedClock
from engine.history import verify
from engine.tables import history, human_task, process_instance
from records.incidents import incident, incident_note
from tests.replay.recorded import LATE, REOPENED, WAITING, write_log
from watchbill import migrating
from watchbill.cli import main
from watchbill.house import House, bring_up_to_date, open_house
from watchbill.replaying import Findings, Replay, findings_of, read_event_log
from watchbill.settings import Settings

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def log_file(tmp_path: Path) -> Path:
    return write_log(tmp_path / "log.csv", [*WAITING, *REOPENED, *LATE])


@pytest.fixture
def replayed(database_url: str, log_file: Path, tmp_path: Path):
    """The three recorded incidents, replayed on either database."""
    log = read_event_log(log_file, zone=SHANGHAI)
    clock = MovedClock(min(each.opened_at for each in log.incidents))
    house = open_house(Settings(home=tmp_path / "home", database_url=database_url), clock=clock, must_be_ready=False)
    bring_up_to_date(house)
    run = Replay(house, clock)
    assert len(list(run.run(log.incidents))) == 15
    yield house, findings_of(run, log, seconds=2.0)
    house.close()


def rows(house: House, statement: sa.Select) -> list[tuple]:
    with house.database.read() as connection:
        return [tuple(row) for row in connection.execute(statement)]


def test_every_recorded_incident_is_closed_and_every_figure_is_there(replayed: tuple[House, Findings]) -> None:
    house, found = replayed
    assert (found.incidents, found.incidents_closed, found.events, found.skipped_rows) == (3, 3, 15, [])
    assert found.priority_agreement == {
        "agree": 3,
        "total": 3,
        "cells": {"impact 1, urgency 1": {"recorded P1, here P1": 1}, "impact 2, urgency 2": {"recorded P3, here P3": 2}},
    }
    assert (found.sla["met"], found.sla["breached"], found.sla["agrees_with_recorded"]) == (2, 1, 3)
    assert found.pauses == {"customer information": {"count": 1, "hours": 4.5}}
    assert found.escalations["by_ladder"] == {"breach": 1, "page": 1}
    assert found.steps_per_second == found.steps / 2
    assert rows(house, sa.select(process_instance.c.id).where(process_instance.c.status == "active")) == []


def test_the_recorded_people_did_the_tasks_at_the_recorded_times(replayed: tuple[House, Findings]) -> None:
    house, _ = replayed
    of = sa.select(human_task.c.element, human_task.c.completed_by, human_task.c.ended_at).join(
        incident, incident.c.instance_id == human_task.c.instance_id
    )
    done = rows(house, of.where(incident.c.source_number == "INC0000045").order_by(human_task.c.ended_at, human_task.c.id))
    assert [(element, by, at.astimezone(SHANGHAI).strftime("%d %H:%M")) for element, by, at in done] == [
        ("classify", "opened-by-8", "02 09:16"),
        ("diagnose", "updated-by-21", "02 09:30"),
        ("diagnose", "resolver-89", "02 09:30"),
        ("diagnose", "resolver-89", "02 10:00"),
        ("wait", "updated-by-21", "02 16:00"),
        ("diagnose", "resolver-89", "02 17:00"),
        ("confirm", "updated-by-21", "07 12:00"),
    ]


def test_a_reopening_is_one_and_changes_of_person_are_in_the_history(replayed: tuple[House, Findings]) -> None:
    house, _ = replayed
    counts = sa.select(incident.c.source_number, incident.c.reopen_count, incident.c.reassign_count).order_by(incident.c.source_number)
    assert rows(house, counts) == [("INC0000045", 0, 1), ("INC0000047", 1, 0), ("INC0000060", 0, 0)]
    given = sa.select(history.c.data).join(incident, incident.c.instance_id == history.c.instance_id)
    given = given.where(incident.c.source_number == "INC0000047", history.c.kind == "task.reassigned")
    assert {"from": "resolver-12", "to": "resolver-13"} in [data for (data,) in rows(house, given)]


def test_the_history_of_a_replay_verifies(replayed: tuple[House, Findings]) -> None:
    house, _ = replayed
    with house.database.read() as connection:
        assert list(verify(connection)) == []


def test_the_same_log_gives_the_same_figures_twice(log_file: Path) -> None:
    def figures() -> dict:
        answer = CliRunner().invoke(main, ["replay", str(log_file), "--json"], catch_exceptions=False)
        assert answer.exit_code == 0
        found = json.loads(answer.stdout)
        assert found.pop("seconds") > 0
        assert found.pop("steps_per_second") > 0
        return found

    assert figures() == figures()


def test_the_command_tells_its_figures_and_writes_a_page_that_loads_nothing(log_file: Path, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    answer = CliRunner().invoke(main, ["replay", str(log_file), "--report", str(page)], catch_exceptions=False)
    assert answer.exit_code == 0
    assert "Incidents: 3, of these closed: 3" in answer.stdout
    assert "Priority as recorded: 3 of 3" in answer.stdout
    assert "customer information: 1 (4.5 h)" in answer.stdout
    text = page.read_text(encoding="utf-8")
    assert text.count("<svg") == 4
    assert "<script" not in text
    assert re.findall(r"(?:src|href)=[\"'](?!#)([^\"']+)", text) == []
    assert "<td>impact 1, urgency 1: recorded P1, here P1</td>" in text


def test_bad_rows_are_reported_and_the_rest_is_replayed(tmp_path: Path) -> None:
    path = write_log(tmp_path / "log.csv", [*LATE, {**WAITING[0], "impact": "?"}])
    answer = CliRunner().invoke(main, ["replay", str(path)], catch_exceptions=False)
    assert answer.exit_code == 0
    assert "Line 4 was skipped: impact is '?'" in answer.stdout
    found = json.loads(CliRunner().invoke(main, ["replay", str(path), "--json"]).stdout)
    assert (found["incidents"], found["skipped_rows"]) == (1, [{"line": 4, "reason": "impact is '?'"}])


def test_a_replay_is_kept_in_a_new_folder_and_nowhere_else(log_file: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    command = ["replay", str(log_file), "--limit", "1", "--into", str(kept)]
    assert CliRunner().invoke(main, command, catch_exceptions=False).exit_code == 0
    house = open_house(Settings(home=kept))
    assert rows(house, sa.select(incident.c.number, incident.c.state)) == [("INC-20260302-0001", "closed")]
    assert migrating.pending(house.database) == ()
    house.close()
    again = CliRunner().invoke(main, command)
    assert again.exit_code == 1
    assert "kept is not empty: a replay needs a folder of its own." in again.stderr


@pytest.mark.parametrize(("content", "reason"), [("", "lacks the columns"), (None, "cannot be read as a log")])
def test_what_cannot_be_replayed_is_refused_in_one_line(tmp_path: Path, content: str | None, reason: str) -> None:
    path = tmp_path / "log.csv"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    answer = CliRunner().invoke(main, ["replay", str(path)])
    assert (answer.exit_code, answer.stderr.count("\n")) == (1, 1)
    assert reason in answer.stderr


def test_a_log_without_a_readable_row_is_refused(tmp_path: Path) -> None:
    answer = CliRunner().invoke(main, ["replay", str(write_log(tmp_path / "log.csv", [{**LATE[0], "priority": "?"}]))])
    assert (answer.exit_code, answer.stderr) == (1, f"watchbill: {tmp_path / 'log.csv'} has no row that can be read: 1 were skipped.\n")


def test_a_page_that_cannot_be_written_is_refused_before_the_work(log_file: Path, tmp_path: Path) -> None:
    answer = CliRunner().invoke(main, ["replay", str(log_file), "--report", str(tmp_path / "missing" / "page.html")])
    assert (answer.exit_code, "there is no folder" in answer.stderr) == (1, True)


def test_the_classification_is_noted_with_what_was_before_and_after(replayed: tuple[House, Findings]) -> None:
    house, _ = replayed
    noted = sa.select(incident_note.c.data).join(incident, incident.c.number == incident_note.c.incident)
    noted = noted.where(incident.c.source_number == "INC0000060", incident_note.c.kind == "classified")
    nothing = {"impact": None, "urgency": None, "priority": None}
    assert rows(house, noted) == [({"before": nothing, "after": {"impact": 2, "urgency": 2, "priority": "P3"}},)]


def test_the_seconds_are_the_only_figure_of_the_machine(replayed: tuple[House, Findings]) -> None:
    _, found = replayed
    assert replace(found, seconds=0, steps_per_second=0) == replace(found, seconds=0.0, steps_per_second=0.0)
