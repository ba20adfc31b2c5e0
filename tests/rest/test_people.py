"""Users, groups and identity over REST."""

from __future__ import annotations

from tests.rest.conftest import PASSWORD

BASE = "/engine-rest"


def test_people_are_listed_by_name_and_found_by_team(ann):
    assert [each["id"] for each in ann.get(f"{BASE}/user")] == ["Ada", "Ann", "Bob", "Eve", "Olga", "Wanda"]
    assert [each["id"] for each in ann.get(f"{BASE}/user", memberOfGroup="desk", sortBy="userId", sortOrder="desc")] == ["Bob", "Ann"]
    assert [each["id"] for each in ann.get(f"{BASE}/user", idIn="Ann,Bob,Nobody", firstResult=1)] == ["Bob"]
    assert ann.get(f"{BASE}/user/count", memberOfGroup="desk") == {"count": 2}
    assert ann.get(f"{BASE}/user/Ann/profile")["id"] == "Ann"
    ann.get(f"{BASE}/user/Nobody/profile", expect=404)


def test_teams_are_groups(ann):
    assert [each["id"] for each in ann.get(f"{BASE}/group", member="Olga")] == ["operators", "process-owners"]
    assert ann.get(f"{BASE}/group/desk")["type"] == "WORKFLOW"
    assert ann.get(f"{BASE}/group/count") == {"count": 4}
    ann.get(f"{BASE}/group/nothing", expect=404)


def test_the_groups_of_a_person_come_with_their_members(ann):
    told = ann.get(f"{BASE}/identity/groups", userId="Ann")
    assert [each["id"] for each in told["groups"]] == ["desk"]
    assert [each["id"] for each in told["groupUsers"]] == ["Ann", "Bob"]
    ann.get(f"{BASE}/identity/groups", expect=400)


def test_a_name_and_a_password_are_verified_and_wrong_ones_count_as_tries(ann):
    path = f"{BASE}/identity/verify"
    assert ann.post(path, {"username": "Bob", "password": PASSWORD})["authenticated"] is True
    for _ in range(5):
        assert ann.post(path, {"username": "Bob", "password": "wrong password"})["authenticated"] is False
    ann.post(path, {"username": "Bob", "password": "still wrong"}, expect=429)


def test_accounts_are_not_made_by_programs(ann):
    ann.post(f"{BASE}/user/create", {"profile": {"id": "x"}}, expect=501)


def test_people_are_not_told_to_customers(eve, calls):
    for path in ("user", "group", "identity/groups", "user/Ann/profile"):
        eve.get(f"{BASE}/{path}", expect=403)
        calls(None).get(f"{BASE}/{path}", expect=401)
