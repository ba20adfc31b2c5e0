"""Guessing names and passwords: by the time of the answer, by many tries at once, and to lock others out."""

from __future__ import annotations

import base64
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.errors import Invalid
from engine.people import set_password, signing_in
from engine.people.passwords import hash_password
from engine.tables import failed_sign_in
from tests.rest.conftest import PASSWORD, rows

VERSION = "/engine-rest/version"


def tried(nobody, name, password="wrong password", address="192.0.2.1"):
    said = {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}
    return nobody("GET", VERSION, headers=said, environ_overrides={"REMOTE_ADDR": address}).status_code


@pytest.fixture
def nobody(calls):
    return calls(None)


def test_a_name_that_nobody_bears_costs_the_same_work_as_one_that_is_known(nobody, monkeypatch):
    worked = []
    real = signing_in.matches
    monkeypatch.setattr(signing_in, "matches", lambda kept, password: worked.append(kept is None) or real(kept, password))
    assert [tried(nobody, "Ann"), tried(nobody, "Nobody")] == [401, 401]
    assert worked == [False, True]


def test_many_tries_at_once_are_no_more_tries(house, nobody, monkeypatch):
    together = threading.Barrier(20)
    real = signing_in.hash_of
    seen = threading.local()

    def all_at_once(connection, name):
        found = real(connection, name)
        if not getattr(seen, "once", False):
            seen.once = True
            together.wait(30)
        return found

    monkeypatch.setattr(signing_in, "hash_of", all_at_once)
    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(lambda number: tried(nobody, "Ann", f"guess {number}"), range(20)))
    assert sorted(statuses) == [401] * 5 + [429] * 15
    assert len(rows(house, failed_sign_in)) == 5


def test_a_client_that_begins_with_many_calls_at_once_is_let_in_with_one_hash(nobody, monkeypatch):
    worked = []
    real = signing_in.matches
    monkeypatch.setattr(signing_in, "matches", lambda kept, password: worked.append(1) or real(kept, password))
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _number: tried(nobody, "Ann", PASSWORD), range(8)))
    assert (statuses, worked) == ([200] * 8, [1])


def test_who_guesses_from_elsewhere_does_not_lock_the_person_out(nobody):
    assert [tried(nobody, "Ann") for _ in range(6)] == [401] * 5 + [429]
    assert tried(nobody, "Ann", PASSWORD, address="192.0.2.2") == 200


def test_a_name_is_not_guessed_from_many_addresses_for_ever(nobody):
    statuses = [tried(nobody, "Ann", address=f"192.0.2.{number // 4}") for number in range(51)]
    assert statuses == [401] * 50 + [429]


def test_a_password_that_looks_like_a_token_is_refused_as_it_could_not_sign_in(house):
    with house.database.write() as connection, pytest.raises(Invalid, match="begins like a token"):
        set_password(connection, "Ann", password="wb_correct horse battery")
    assert hash_password("correct wb_ horse", name="Ann")
