"""Who calls: Basic, tokens, sessions; and what stops those who guess."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest

from engine.people import Scope, create_token, deactivate_person, revoke_token, set_password
from tests.rest.conftest import PASSWORD
from webui import identity

VERSION = "/engine-rest/version"


def bearer(secret):
    return {"Authorization": f"Bearer {secret}"}


def basic(name, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


@pytest.fixture
def nobody(calls):
    return calls(None)


def made_token(house, name="Ann", **given):
    with house.database.write() as connection:
        return create_token(connection, name, label="test", now=house.clock.now(), **given)


def test_nobody_is_told_how_to_say_who_asks(nobody):
    answer = nobody("GET", VERSION)
    assert answer.status_code == 401
    assert answer.get_json()["type"] == "AuthenticationException"
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


def test_a_person_calls_by_name_and_password(ann):
    assert ann.get(VERSION) == {"version": "7.24.0"}


@pytest.mark.parametrize(
    "headers",
    [
        basic("Ann", "wrong password"),
        basic("Nobody", PASSWORD),
        basic("Ann", ""),
        basic("", ""),
        basic("A\x00nn", "\x00"),
        {"Authorization": "Basic !!!"},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer wb_nothing"},
        {"Authorization": "Digest x"},
        {"Authorization": ""},
    ],
)
def test_what_proves_nothing_is_refused(nobody, headers):
    assert nobody("GET", VERSION, headers=headers).status_code == 401


def test_a_token_serves_as_bearer_and_as_a_password_of_its_person(house, nobody):
    secret = made_token(house).secret
    assert nobody("GET", VERSION, headers=bearer(secret)).status_code == 200
    assert nobody("GET", VERSION, headers=basic("Ann", secret)).status_code == 200
    assert nobody("GET", VERSION, headers=basic("Bob", secret)).status_code == 401


def test_a_token_ends_when_it_expires_is_revoked_or_its_person_is_deactivated(house, nobody):
    now = house.clock.now()
    short, revoked, lasting = made_token(house, expires_at=now + timedelta(hours=1)), made_token(house), made_token(house)
    with house.database.write() as connection:
        revoke_token(connection, revoked.id, now=now)
    assert [nobody("GET", VERSION, headers=bearer(each.secret)).status_code for each in (short, revoked, lasting)] == [200, 401, 200]
    house.clock.advance(timedelta(hours=1))
    assert nobody("GET", VERSION, headers=bearer(short.secret)).status_code == 401
    with house.database.write() as connection:
        deactivate_person(connection, "Ann")
    assert nobody("GET", VERSION, headers=bearer(lasting.secret)).status_code == 401


def test_a_token_without_the_scope_is_refused_by_name_of_the_scope(house, nobody):
    answer = nobody("GET", VERSION, headers=bearer(made_token(house, scopes=[Scope.WORK]).secret))
    assert answer.status_code == 403
    assert "lacks the scope 'read'" in answer.get_json()["message"]


def test_a_customers_user_may_not_call(eve):
    assert eve.get(VERSION, expect=403)["type"] == "AuthorizationException"


def test_a_changed_password_is_unknown_at_once_though_the_old_one_was_known(house, ann):
    ann.get(VERSION)
    with house.database.write() as connection:
        set_password(connection, "Ann", password="another long one 7")
    ann.get(VERSION, expect=401)


def test_only_the_first_call_of_a_client_costs_a_hash(house, ann, monkeypatch):
    from engine.people import signing_in

    hashed = []
    real = signing_in.matches
    monkeypatch.setattr(signing_in, "matches", lambda kept, password: hashed.append(1) or real(kept, password))
    for _ in range(3):
        ann.get(VERSION)
    assert len(hashed) == 1


def test_after_five_failed_tries_a_name_must_wait_and_no_other_name(house, nobody, ann):
    for _ in range(5):
        assert nobody("GET", VERSION, headers=basic("Bob", "wrong password")).status_code == 401
    answer = nobody("GET", VERSION, headers=basic("Bob", PASSWORD))
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 300
    ann.get(VERSION)
    house.clock.advance(timedelta(minutes=5))
    assert nobody("GET", VERSION, headers=basic("Bob", PASSWORD)).status_code == 200


def test_after_thirty_failed_tries_an_address_must_wait_whatever_the_name(nobody):
    statuses = [nobody("GET", VERSION, headers=basic(f"guess{number}", "wrong password")).status_code for number in range(31)]
    assert statuses == [401] * 30 + [429]


class TestSession:
    """The session of the pages."""

    @pytest.fixture
    def browser(self, app):
        client = app.test_client()

        @app.post("/test-sign-in")
        def enter():
            return identity.open_session("Ann", PASSWORD)

        client.csrf = client.post("/test-sign-in").get_data(as_text=True)
        return client

    def test_a_session_reads_without_and_changes_only_with_its_csrf_token(self, app, house, browser):
        assert browser.get(VERSION).status_code == 200
        refused = browser.post("/engine-rest/signal", json={"name": "x"})
        assert refused.status_code == 403
        assert "X-CSRF-Token" in refused.get_json()["message"]
        assert browser.post("/engine-rest/signal", json={"name": "x"}, headers={"X-CSRF-Token": "other"}).status_code == 403
        told = browser.post("/engine-rest/signal", json={"name": "x"}, headers={"X-CSRF-Token": browser.csrf})
        assert told.status_code == 403
        assert "may not signal" in told.get_json()["message"]

    def test_the_cookie_is_closed_to_scripts_and_to_other_sites(self, browser):
        cookie = browser.get_cookie("watchbill")
        assert cookie.http_only
        assert cookie.same_site == "Lax"

    def test_a_changed_password_and_a_deactivated_account_end_the_session(self, house, browser):
        with house.database.write() as connection:
            set_password(connection, "Ann", password="another long one 7")
        assert browser.get(VERSION).status_code == 401

    def test_a_forged_cookie_is_nobody(self, app):
        client = app.test_client()
        client.set_cookie("watchbill", "eyJwZXJzb24iOiJBZGEifQ.forged.forged")
        assert client.get(VERSION).status_code == 401


def test_a_token_notes_when_it_last_served_but_not_at_each_call(house, nobody):
    from engine.people import list_tokens

    secret = made_token(house).secret
    first = house.clock.now()
    nobody("GET", VERSION, headers=bearer(secret))
    house.clock.advance(timedelta(minutes=5))
    nobody("GET", VERSION, headers=bearer(secret))
    with house.database.read() as connection:
        assert list_tokens(connection, "Ann")[0].last_used_at == first
