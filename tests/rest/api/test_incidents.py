"""Incidents over REST: reporting, reading, listing, and what happened to them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.tables import process_instance
from engine.work import run_due
from records.incidents import incident
from tests.rest.api.conftest import REPORT
from tests.rest.conftest import PASSWORD, rows

FIRST = "INC-20261124-0001"


def test_a_report_starts_the_process_and_says_where_the_incident_is(sam):
    answer = sam("POST", "/api/incidents", json=REPORT)
    assert answer.status_code == 201
    assert answer.get_json()["number"] == FIRST
    assert answer.headers["Location"] == f"/api/incidents/{FIRST}"
    found = sam.get(answer.headers["Location"])
    assert found["instanceId"] == answer.get_json()["instanceId"]
    assert {name: found[name] for name in REPORT} == REPORT
    assert (found["state"], found["reportedAt"], found["channel"]) == ("new", "2026-11-24T01:00:00Z", "phone")


def test_the_same_report_under_the_same_key_is_one_incident(sam, house):
    answers = [sam("POST", "/api/incidents", json=REPORT, headers={"Idempotency-Key": "alarm 7"}).get_json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert len(rows(house, incident)) == 1
    assert sam("POST", "/api/incidents", json=REPORT, headers={"Idempotency-Key": "alarm 8"}).get_json() != answers[0]


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"symptom": ""}, "symptom"),
        ({"serviceLevel": "gold"}, "serviceLevel"),
        ({"occurredAt": "2027-01-01T00:00:00Z"}, "in the future"),
        ({"occurredAt": "2026-11-24T09:00"}, "occurredAt"),
        ({"colour": "red"}, "colour: is not offered here"),
        ({"impact": 9}, "impact"),
        ({"symptom": "a\u0000b and more"}, "U+0000"),
    ],
)
def test_a_wrong_report_is_refused_by_field_and_starts_nothing(sam, house, said, problem):
    answer = sam("POST", "/api/incidents", json={**REPORT, **said})
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert problem in answer.get_json()["detail"]
    assert rows(house, process_instance) == []


def test_who_may_not_start_the_process_reports_nothing(ann, house):
    refused = ann.post("/api/incidents", REPORT, expect=403)
    assert refused == {
        "type": "/api/problems#forbidden",
        "title": "This person may not do this",
        "status": 403,
        "detail": refused["detail"],
        "instance": "/api/incidents",
    }
    assert "a person allowed to start it" in refused["detail"]
    assert rows(house, incident) == []


def test_an_incident_reported_in_a_drill_is_one(sam):
    number = sam.post("/api/incidents", {**REPORT, "isDrill": True}, expect=201)["number"]
    assert number == "DRILL-20261124-0001"
    assert sam.get("/api/incidents", isDrill="false")["items"] == []


def test_filters_are_applied_together(sam, reported):
    reported(), reported(serviceLevel="AAA", customer="Initech"), reported(ci="core-1")

    def numbers(**query):
        return [each["number"][-1] for each in sam.get("/api/incidents", sort="number", **query)["items"]]

    assert numbers() == ["1", "2", "3"]
    assert numbers(customer="ACME") == ["1", "3"]
    assert numbers(customer="ACME", ci="core-1") == ["3"]
    assert numbers(serviceLevel="AAA", ci="core-1") == []
    assert numbers(state="new,closed") == ["1", "2", "3"]
    assert numbers(state="closed") == []
    assert numbers(reportedFrom="2026-11-24T09:00:00+08:00") == ["1", "2", "3"]
    assert numbers(reportedBefore="2026-11-24T09:00:00+08:00") == []


@pytest.mark.parametrize(
    "query",
    [{"state_": "new"}, {"limit": "0"}, {"limit": "201"}, {"limit": "x"}, {"sort": "symptom"}, {"sort": ""}, {"isMajor": "perhaps"},
     {"reportedFrom": "2026-11-24"}, {"reportedFrom": "0001-01-01T00:00:00+14:00"}, {"cursor": "x"}, {"cursor": ""}, {"cursor": "bnVsbA"}],
)  # fmt: skip
def test_a_list_that_cannot_be_is_refused(sam, reported, query):
    reported()
    assert sam.get("/api/incidents", expect=400, **query)["status"] == 400


@pytest.mark.parametrize("sort", ["number", "-number", "priority", "-priority", "reportedAt", "-reportedAt", "closedAt"])
def test_slices_show_each_incident_once_in_the_order_asked_for(sam, house, reported, clock, sort):
    made = {reported(): None for _ in range(5)}
    clock.advance(timedelta(minutes=1))
    made |= {reported(): None for _ in range(2)}
    with house.database.write() as connection:
        for number, priority in zip(sorted(made)[:4], ("P2", "P1", "P2", "P3"), strict=True):
            connection.execute(incident.update().where(incident.c.number == number).values(priority=priority))
    seen, address = [], f"/api/incidents?limit=2&sort={sort}"
    while address:
        page = sam.get(address)
        seen += page["items"]
        address = page["next"]
    assert sorted(each["number"] for each in seen) == sorted(made)
    values = [each[sort.removeprefix("-")] for each in seen]
    known = [value for value in values if value is not None]
    assert values[: len(known)] == known == sorted(known, reverse=sort.startswith("-"))


def test_a_cursor_skips_and_repeats_nothing_while_incidents_come(sam, reported, clock):
    for _ in range(3):
        reported()
        clock.advance(timedelta(minutes=1))
    first = sam.get("/api/incidents", limit=2)
    reported()
    rest = sam.get(first["next"])
    assert [each["number"][-1] for each in (*first["items"], *rest["items"])] == ["3", "2", "1"]
    assert rest["next"] is None


def test_the_cursor_of_another_order_is_refused(sam, reported):
    reported(), reported()
    cursor = sam.get("/api/incidents", limit=1, sort="number")["next"].rpartition("cursor=")[2]
    assert "begin again" in sam.get(f"/api/incidents?cursor={cursor}&sort=priority", expect=400)["detail"]


def test_an_etag_saves_reading_what_did_not_change(sam, reported, house):
    number = reported()
    answer = sam("GET", f"/api/incidents/{number}")
    tag = answer.headers["ETag"]
    again = sam("GET", f"/api/incidents/{number}", headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    with house.database.write() as connection:
        connection.execute(incident.update().values(priority="P1"))
    changed = sam("GET", f"/api/incidents/{number}", headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != tag


def test_the_timeline_tells_everything_in_order_and_in_slices(sam, classified, house, clock):
    clock.advance(timedelta(minutes=11))
    run_due(house)
    whole = sam.get(f"/api/incidents/{classified}/timeline", limit=200)
    assert whole["next"] is None
    entries = whole["items"]
    assert [each["at"] for each in entries] == sorted(each["at"] for each in entries)
    assert {each["source"] for each in entries} == {"clock", "escalation", "note", "process"}
    told = {(each["source"], each["kind"]) for each in entries}
    assert {("note", "reported"), ("note", "classified"), ("clock", "started"), ("escalation", "step 1")} <= told
    assert {("process", "instance.started"), ("process", "task.completed")} <= told
    assert any(each["kind"] == "timer.fired" for each in entries), "a clock's own process is told of too"
    sliced, address = [], f"/api/incidents/{classified}/timeline?limit=3"
    while address:
        page = sam.get(address)
        assert len(page["items"]) <= 3
        sliced += page["items"]
        address = page["next"]
    assert sliced == entries


@pytest.mark.parametrize("cursor", ["x", "WzEsMl0", "WyJ4Iiwibm90ZSIsInkiXQ", "WyIyMDI2LTExLTI0VDAxOjAwOjAwKzAwOjAwIiwicHJvY2VzcyIsInkiXQ"])
def test_a_timeline_refuses_a_cursor_that_is_none_of_its_own(sam, reported, cursor):
    assert "cursor" in sam.get(f"/api/incidents/{reported()}/timeline", expect=400, cursor=cursor)["detail"]


def test_a_timeline_costs_few_statements_however_long_it_is(sam, classified, house, counted):
    sam.get("/api/session")
    seen = counted(house.database)
    sam.get(f"/api/incidents/{classified}/timeline", limit=200)
    assert sum(each.lstrip().startswith("SELECT") for each in seen) <= 9


def test_links_lead_somewhere(sam, ann, classified, calls):
    links = sam.get(f"/api/incidents/{classified}/links")
    assert {each["rel"] for each in links} == {"self", "timeline", "process", "tasks", "clock", "escalation"}
    ada = calls("Ada")
    for each in links:
        ada.get(each["href"])


def test_what_is_not_there_is_not_found(sam):
    for path in ("", "/timeline", "/links"):
        assert sam.get(f"/api/incidents/INC-1{path}", expect=404)["type"] == "/api/problems#not-found"
    unknown = sam.get("/api/nothing", expect=404)
    assert (unknown["type"], unknown["title"]) == ("about:blank", "Not Found")
    assert sam("DELETE", f"/api/incidents/{FIRST}").headers["Allow"].split(", ").count("GET") == 1


def test_all_of_the_staff_read_incidents_and_no_customers_user(ann, eve, calls, classified):
    for path in (
        "/api/incidents",
        f"/api/incidents/{classified}",
        f"/api/incidents/{classified}/timeline",
        f"/api/incidents/{classified}/links",
    ):
        ann.get(path)
        assert eve.get(path, expect=403)["type"] == "/api/problems#forbidden"
        assert calls(None).get(path, expect=401)["type"] == "/api/problems#unidentified"
    assert eve.post("/api/incidents", REPORT, expect=403)["status"] == 403
    assert calls("Nobody").post("/api/incidents", REPORT, expect=401)["detail"] == "name or password is wrong"
    assert PASSWORD not in str(calls("Nobody").get("/api/session", expect=401))


def test_every_kind_of_problem_is_listed(ann):
    listed = ann.get("/api/problems")
    assert {each["status"] for each in listed} == {400, 401, 403, 404, 409, 412, 428, 429, 503}
    assert all(each["meaning"] for each in listed)
