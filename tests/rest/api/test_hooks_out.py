"""Webhooks out over REST: who is told, and what came of it."""

from __future__ import annotations

import pytest

from engine.work import run_due
from tests.hooks.receivers import answering, receiver

HOOK = {"name": "desk", "url": "https://desk.example/hook", "events": ["escalation.*", "sla.breach"]}
PATH = "/api/hooks/out/desk"


def test_a_system_is_told_paused_and_removed(olga):
    made = olga.post("/api/hooks/out", HOOK, expect=201)
    assert made["secret"].startswith("whsec_")
    assert {name: made["hook"][name] for name in HOOK} == HOOK
    assert olga.post("/api/hooks/out", HOOK, expect=409)["type"] == "/api/problems#conflict"
    assert olga("PATCH", PATH, json={"isEnabled": False}).status_code == 428
    tag = olga("GET", PATH).headers["ETag"]
    assert olga("PATCH", PATH, json={"isEnabled": False}, headers={"If-Match": tag}).get_json()["isEnabled"] is False
    assert olga("PATCH", PATH, json={"isEnabled": True}, headers={"If-Match": tag}).status_code == 412
    olga.delete(PATH)
    olga.delete(PATH, expect=404)
    assert olga.get("/api/hooks/out") == []


def test_deliveries_are_listed_in_slices_with_the_last_answers(olga, house, request):
    object.__setattr__(house.settings, "private_webhooks", True)
    with receiver(answering(200, b"thanks")) as desk:
        olga.post("/api/hooks/out", {**HOOK, "url": desk.url}, expect=201)
        request.getfixturevalue("classified")
        run_due(house)
        assert desk.calls
    seen, address = [], f"{PATH}/deliveries?limit=1"
    while address:
        page = olga.get(address)
        seen += page["items"]
        address = page["next"]
    assert len(seen) == len(desk.calls)
    assert {(each["status"], each["statusCode"], each["answer"], each["kind"]) for each in seen} == {
        ("delivered", 200, "thanks", "escalation.step")
    }  # fmt: skip
    assert olga.get(f"{PATH}/deliveries", status="failed")["items"] == []


@pytest.mark.parametrize(
    "said",
    [
        {"url": "http://127.0.0.1/"},
        {"url": "ftp://x.example/"},
        {"url": ""},
        {"events": []},
        {"events": ["A"]},
        {"name": "a/b"},
        {"colour": 1},
    ],
)
def test_a_system_that_cannot_be_told_is_refused(olga, said):
    assert olga.post("/api/hooks/out", {**HOOK, **said}, expect=400)["type"] == "/api/problems#invalid"
    assert olga.get("/api/hooks/out") == []


def test_who_may_not_sees_and_changes_nothing(olga, ann, eve, calls):
    olga.post("/api/hooks/out", HOOK, expect=201)
    for who, status in ((ann, 403), (eve, 403), (calls(None), 401)):
        for path in ("/api/hooks/out", PATH, f"{PATH}/deliveries"):
            who.get(path, expect=status)
        who.post("/api/hooks/out", HOOK, expect=status)
        who.delete(PATH, expect=status)
        assert who("PATCH", PATH, json={"isEnabled": True}, headers={"If-Match": "*"}).status_code == status
