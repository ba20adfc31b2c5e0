"""Copied, forged and fixed sessions."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.people import LASTS
from engine.tables import ended_session
from tests.rest.conftest import PASSWORD, rows
from webui.identity import CSRF_HEADER

SESSION = "/api/session"


@pytest.fixture
def signed_in(app):
    """A function that signs Ann in, and returns her client and her CSRF token."""

    def enter():
        client = app.test_client()
        return client, client.post(SESSION, json={"name": "Ann", "password": PASSWORD}).get_json()["csrfToken"]

    return enter


def copy_of(app, client):
    thief = app.test_client()
    thief.set_cookie("watchbill", client.get_cookie("watchbill").value)
    return thief


def test_a_copied_cookie_ends_with_the_session(app, signed_in):
    client, csrf = signed_in()
    other, _ = signed_in()
    thief = copy_of(app, client)
    assert thief.get(SESSION).status_code == 200
    client.delete(SESSION, headers={CSRF_HEADER: csrf})
    assert thief.get(SESSION).status_code == 401
    assert other.get(SESSION).status_code == 200


def test_a_session_ends_once_however_often_it_is_ended(app, house, signed_in):
    client, csrf = signed_in()
    thief = copy_of(app, client)
    assert [each.delete(SESSION, headers={CSRF_HEADER: csrf}).status_code for each in (client, thief, thief)] == [204, 401, 401]
    assert len(rows(house, ended_session)) == 1


def test_an_ended_session_is_forgotten_when_its_cookie_has_run_out(house, signed_in):
    client, csrf = signed_in()
    client.delete(SESSION, headers={CSRF_HEADER: csrf})
    house.clock.advance(LASTS - timedelta(seconds=1))
    house.tidy()
    assert len(rows(house, ended_session)) == 1
    house.clock.advance(timedelta(seconds=1))
    house.tidy()
    assert rows(house, ended_session) == []


def test_a_session_that_was_there_before_the_sign_in_is_not_taken_over(app, signed_in):
    client, first = signed_in()
    before = client.get_cookie("watchbill").value
    second = client.post(SESSION, json={"name": "Bob", "password": PASSWORD}).get_json()["csrfToken"]
    assert (second != first, client.get_cookie("watchbill").value != before) == (True, True)
    assert client.delete(SESSION, headers={CSRF_HEADER: first}).status_code == 403


def test_the_csrf_token_counts_in_its_header_alone(signed_in):
    client, csrf = signed_in()
    assert client.post(f"/engine-rest/signal?{CSRF_HEADER}={csrf}", json={"name": "x"}).status_code == 403
    assert client.delete(SESSION, json={CSRF_HEADER: csrf}).status_code == 403
