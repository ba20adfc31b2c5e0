"""Pages of other sites that send something here by the browser of somebody who is known."""

from __future__ import annotations

import io

import pytest

from engine.people import create_token
from engine.tables import definition
from tests.rest.conftest import rows
from tests.runtime.diagrams import TWO_STEPS

CREATE = "/engine-rest/deployment/create"


def deployed(who, origin, **headers):
    """Send what a form on a page can send: parts, and no header of its own but the browser's."""
    parts = {"deployment-name": "evil", "two.bpmn": (io.BytesIO(TWO_STEPS), "two.bpmn")}
    said = {**headers, **({} if origin is None else {"Origin": origin})}
    return who("POST", CREATE, data=parts, headers=said).status_code


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost.evil.example", "http://localhost:8099", "file://evil"]
)
def test_a_page_elsewhere_changes_nothing_by_a_password_that_the_browser_keeps(house, olga, origin):
    assert deployed(olga, origin) == 403
    assert rows(house, definition) == []


@pytest.mark.parametrize("origin", [None, "http://localhost", "file://"])
def test_programs_the_own_pages_and_the_modeler_go_on(olga, origin):
    assert deployed(olga, origin) == 200


def test_a_bearer_token_is_added_by_no_browser(house, calls):
    with house.database.write() as connection:
        secret = create_token(connection, "Olga", label="page", now=house.clock.now(), scopes=["read", "admin"]).secret
    assert deployed(calls(None), "https://other.example", Authorization=f"Bearer {secret}") == 200


def test_a_page_elsewhere_may_be_answered_since_it_cannot_read_it(olga):
    answer = olga("GET", "/engine-rest/version", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 200
    assert "Access-Control-Allow-Origin" not in answer.headers
