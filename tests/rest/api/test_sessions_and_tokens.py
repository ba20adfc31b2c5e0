"""One's own session and tokens over REST."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.rest.conftest import PASSWORD, Caller
from webui.identity import CSRF_HEADER

ANN = {"name": "Ann", "password": PASSWORD}


@pytest.fixture
def browser(app):
    """A client that keeps its cookies."""
    return app.test_client()


def bearer(secret):
    return {"Authorization": f"Bearer {secret}"}


def test_a_session_is_opened_used_and_closed(browser):
    opened = browser.post("/api/session", json=ANN)
    assert opened.status_code == 201
    csrf = opened.get_json()["csrfToken"]
    assert browser.get("/api/session").get_json() == {
        "name": "Ann", "teams": ["desk"], "isAdmin": False, "substitutesFor": [], "scopes": None, "csrfToken": csrf,
    }  # fmt: skip
    assert browser.delete("/api/session").status_code == 403
    assert browser.delete("/api/session", headers={CSRF_HEADER: "other"}).status_code == 403
    assert browser.delete("/api/session", headers={CSRF_HEADER: csrf}).status_code == 204
    assert browser.get("/api/session").status_code == 401


def test_the_cookie_is_kept_from_scripts_and_other_sites(browser):
    cookie = browser.post("/api/session", json=ANN).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_a_new_sign_in_gets_a_new_csrf_token(browser):
    tokens = {browser.post("/api/session", json=ANN).get_json()["csrfToken"] for _ in range(2)}
    assert len(tokens) == 2


@pytest.mark.parametrize(
    ("body", "status"),
    [({**ANN, "password": "wrong"}, 401), ({**ANN, "name": "Nobody"}, 401), ({"name": "Ann"}, 400), ({}, 400), ([], 400),
     ({**ANN, "name": "Eve"}, 403), ({**ANN, "remember": True}, 400)],
)  # fmt: skip
def test_a_session_is_refused(browser, body, status):
    answer = browser.post("/api/session", json=body)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert "Set-Cookie" not in answer.headers
    assert browser.get("/api/session").status_code == 401


def test_a_form_of_another_site_signs_nobody_in(browser):
    assert browser.post("/api/session", data='{"name": "Ann"}', content_type="text/plain").status_code == 400


def test_those_who_guess_must_wait(browser, ann):
    for _ in range(5):
        assert browser.post("/api/session", json={**ANN, "password": "wrong"}).status_code == 401
    answer = browser.post("/api/session", json=ANN)
    assert (answer.status_code, answer.get_json()["type"]) == (429, "/api/problems#too-many-tries")
    assert int(answer.headers["Retry-After"]) > 0


def test_a_token_is_made_listed_used_and_revoked(ann, app, clock):
    expires = (clock.now() + timedelta(days=1)).isoformat()
    made = ann.post("/api/tokens", {"label": "bridge", "scopes": ["read"], "expiresAt": expires}, expect=201)
    who = Caller(app, None)("GET", "/api/session", headers=bearer(made["token"])).get_json()
    assert (who["name"], who["scopes"], who["csrfToken"]) == ("Ann", ["read"], None)
    (listed,) = ann.get("/api/tokens")
    assert (listed["id"], listed["label"], listed["scopes"], listed["revokedAt"]) == (made["id"], "bridge", ["read"], None)
    assert made["token"] not in str(listed)
    ann.delete(f"/api/tokens/{made['id']}")
    assert Caller(app, None)("GET", "/api/session", headers=bearer(made["token"])).status_code == 401
    assert ann.delete(f"/api/tokens/{made['id']}", expect=409)["type"] == "/api/problems#conflict"


def test_nobody_sees_or_ends_the_tokens_of_others_but_an_administrator(ann, calls):
    mine = ann.post("/api/tokens", {"label": "bridge"}, expect=201)["id"]
    bob, ada = calls("Bob"), calls("Ada")
    assert bob.get("/api/tokens") == []
    bob.get("/api/tokens", person="Ann", expect=403)
    bob.post("/api/tokens", {"label": "x", "person": "Ann"}, expect=403)
    assert bob.delete(f"/api/tokens/{mine}", expect=404) == {
        **bob.delete("/api/tokens/nothing", expect=404), "detail": f"there is no token '{mine}'", "instance": f"/api/tokens/{mine}",
    }  # fmt: skip
    assert [each["id"] for each in ada.get("/api/tokens", person="Ann")] == [mine]
    ada.delete(f"/api/tokens/{mine}")


def test_a_token_makes_no_token_that_is_worth_more(ann, app):
    secret = ann.post("/api/tokens", {"label": "own", "scopes": ["read", "admin"]}, expect=201)["token"]

    def made(*scopes):
        body = {"label": "next", "scopes": scopes}
        return Caller(app, None)("POST", "/api/tokens", json=body, headers=bearer(secret)).status_code

    assert [made("read"), made("read", "admin"), made("operate"), made("read", "work")] == [201, 201, 403, 403]


@pytest.mark.parametrize("body", [{}, {"label": ""}, {"label": " "}, {"label": "x", "scopes": []}, {"label": "x", "scopes": ["all"]},
                                  {"label": "x", "expiresAt": "2026-11-24T00:00:00Z"}, {"label": "x" * 256}])  # fmt: skip
def test_a_token_that_could_never_serve_is_refused(ann, body):
    ann.post("/api/tokens", body, expect=400)


def test_a_customers_user_and_nobody_reach_nothing(eve, calls):
    for path in ("/api/session", "/api/tokens"):
        eve.get(path, expect=403)
        calls(None).get(path, expect=401)
    eve.post("/api/tokens", {"label": "x"}, expect=403)
    calls(None).post("/api/tokens", {"label": "x"}, expect=401)
    calls(None).delete("/api/session", expect=401)
