"""What a client says of itself in headers that only a proxy may set; and the session's cookie, over TLS."""

from __future__ import annotations

import pytest

from tests.rest.conftest import PASSWORD
from webui import create_app

SESSION = "/api/session"


def signed_in(app, password=PASSWORD, **headers):
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    return app.test_client().post(SESSION, json={"name": "Ann", "password": password}, headers=said)


@pytest.fixture
def behind(house):
    """The application behind a proxy, which adds the address of who calls at the end."""
    return create_app(house, is_ready=lambda: True, secret_key=b"k" * 32, trusted_proxies=1)


def test_nobody_chooses_an_address_to_guess_from(app):
    statuses = [signed_in(app, "wrong password", X_Forwarded_For=f"192.0.2.{number}").status_code for number in range(6)]
    assert statuses == [401] * 5 + [429]


def test_a_trusted_proxy_tells_who_guesses_and_others_come_in_by_it(behind):
    statuses = [signed_in(behind, "wrong password", X_Forwarded_For=f"198.51.100.{number}, 192.0.2.1").status_code for number in range(6)]
    assert statuses == [401] * 5 + [429]
    assert signed_in(behind, X_Forwarded_For="192.0.2.2").status_code == 201


def test_a_cookie_that_came_by_tls_goes_by_tls_alone(app, behind):
    assert "Secure" in signed_in(behind, X_Forwarded_Proto="https").headers["Set-Cookie"]
    assert "Secure" not in signed_in(app, X_Forwarded_Proto="https").headers["Set-Cookie"]
