"""SLA clocks, escalations, calendars and schedules over REST."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.people import SYSTEM
from engine.tables import process_instance
from engine.work import create_schedule, run_due
from tests.rest.conftest import rows

KEY = "nightly"


@pytest.fixture
def nightly(house):
    create_schedule(house, KEY, definition_key="escalation", rule="0 8 * * *", actor=SYSTEM)
    return f"/api/schedules/{KEY}"


def test_clocks_stand_as_they_stand_now(sam, classified, clock, house):
    record = f"incident:{classified}"
    found = {each["kind"]: each for each in sam.get("/api/sla-clocks", record=record)["items"]}
    assert {each["state"] for each in found.values()} == {"running"}
    clock.advance(timedelta(minutes=11))
    run_due(house)
    respond = sam.get(f"/api/sla-clocks/{found['respond']['id']}")
    assert (respond["state"], respond["record"], respond["targetS"]) == ("breached-running", record, 600)
    assert respond["percent"] == 110.0
    assert [each["kind"] for each in sam.get("/api/sla-clocks", isBreached="true")["items"]] == ["respond"]
    assert sam.get("/api/sla-clocks", dueBefore="2026-11-24T01:11:00Z")["items"] == [respond]


def test_clocks_are_listed_by_deadline_in_slices(sam, classified):
    first = sam.get("/api/sla-clocks", limit=1, isOver="false")
    rest = sam.get(first["next"])
    deadlines = [each["dueAt"] for each in (*first["items"], *rest["items"])]
    assert deadlines == sorted(deadlines)
    assert len(set(deadlines)) == 2


def test_escalations_come_with_their_steps(sam, classified):
    (found,) = sam.get("/api/escalations", record=f"incident:{classified}", isEnded="false")["items"]
    assert (found["ladder"], found["level"]) == ("page", len(found["steps"]))
    assert found["steps"][0]["targets"]
    assert sam.get(f"/api/escalations/{found['id']}") == found
    assert sam.get("/api/escalations", isAcknowledged="true")["items"] == []


def test_the_office_calendar_is_read(sam):
    (listed,) = sam.get("/api/calendars")
    assert sam.get(f"/api/calendars/{listed['key']}") == listed
    assert sam.get(f"/api/calendars/{listed['key']}", version=1) == listed
    assert listed["body"]["zone"] == "Asia/Shanghai"
    sam.get(f"/api/calendars/{listed['key']}", version=2, expect=404)


def test_a_schedule_is_listed_and_says_its_next_five_times(olga, nightly):
    (listed,) = olga.get("/api/schedules")
    assert olga.get(nightly) == listed
    times = olga.get(f"{nightly}/times")
    assert times == [f"2026-11-{day}T00:00:00Z" for day in range(25, 30)]
    assert olga.get(f"{nightly}/times", count=1) == times[:1]


def test_a_schedule_is_changed_under_the_version_that_was_read(olga, nightly):
    tag = olga("GET", nightly).headers["ETag"]
    bare = olga("PATCH", nightly, json={"isEnabled": False})
    assert (bare.status_code, bare.get_json()["type"]) == (428, "/api/problems#version-missing")
    changed = olga("PATCH", nightly, json={"isEnabled": False}, headers={"If-Match": tag})
    assert (changed.status_code, changed.get_json()["isEnabled"]) == (200, False)
    late = olga("PATCH", nightly, json={"isEnabled": True}, headers={"If-Match": tag})
    assert (late.status_code, late.get_json()["type"]) == (412, "/api/problems#changed-meanwhile")
    assert olga("PATCH", nightly, json={"isEnabled": True}, headers={"If-Match": changed.headers["ETag"]}).get_json()["isEnabled"]
    assert olga("PATCH", nightly, json={"isEnabled": True}, headers={"If-Match": "*"}).status_code == 200


def test_two_changes_of_one_reading_are_one(house, nightly):
    from engine.errors import StaleWrite
    from engine.work import schedule_named, set_enabled

    seen = schedule_named(house, KEY, actor=SYSTEM)
    set_enabled(house, KEY, is_enabled=False, actor=SYSTEM, seen=seen)
    with pytest.raises(StaleWrite):
        set_enabled(house, KEY, is_enabled=False, actor=SYSTEM, seen=seen)


def test_a_schedule_is_run_now_once_for_a_key(olga, house, clock, nightly):
    before = len(rows(house, process_instance))
    runs = []
    for _ in range(2):
        runs.append(olga("POST", f"{nightly}/runs", headers={"Idempotency-Key": "by hand 1"}).get_json())
        clock.advance(timedelta(seconds=1))
    assert runs[0] == runs[1]
    assert len(rows(house, process_instance)) == before + 1


def test_who_may_not_reaches_nothing(ann, eve, calls, nightly):
    records = ("/api/sla-clocks", "/api/escalations", "/api/calendars")
    for path in records:
        ann.get(path)
        ann.get(f"{path}/nothing", expect=404)
    for path in (*records, *(f"{each}/nothing" for each in records), "/api/schedules", nightly, f"{nightly}/times"):
        eve.get(path, expect=403)
        calls(None).get(path, expect=401)
    for path in ("/api/schedules", nightly, f"{nightly}/times"):
        ann.get(path, expect=403)
    for who, status in ((ann, 403), (eve, 403), (calls(None), 401)):
        who.post(f"{nightly}/runs", expect=status)
        assert who("PATCH", nightly, json={"isEnabled": False}, headers={"If-Match": "*"}).status_code == status
