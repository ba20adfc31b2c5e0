"""Bodies that are made to hurt: too large, too deep, wrong in a hundred thousand places."""

from __future__ import annotations

import base64
import io
import json

import pytest
from gunicorn.http.errors import InvalidChunkSize

from engine.tables import definition
from tests.rest.conftest import rows

SIGNAL = "/engine-rest/signal"
JSON = {"Content-Type": "application/json"}


def test_who_signs_in_may_not_send_a_book(calls):
    body = json.dumps({"name": "Ann", "password": "x" * 1024, **{f"field{number}": 1 for number in range(2000)}})
    assert calls(None)("POST", "/api/session", data=body, headers=JSON).status_code == 413


def test_a_body_of_json_has_a_limit_that_leaves_room_for_the_variables(house, olga):
    most = house.settings.max_variables_bytes
    fits = {"name": "x", "variables": {"text": {"value": "中" * (most // 3 - 10)}}}
    assert olga("POST", SIGNAL, data=json.dumps(fits), headers=JSON).status_code == 204
    huge = json.dumps({"name": "x", "variables": {"text": {"value": "x" * (5 * most)}}})
    assert olga("POST", SIGNAL, data=huge, headers=JSON).status_code == 413


def test_files_may_be_larger_than_other_bodies(house, olga):
    content = base64.b64encode(b"no diagram" * 500_000).decode()
    told = olga.post("/api/deployments", {"name": "big", "files": {"big.bpmn": content}}, expect=400)
    assert told["type"] == "/api/problems#deployment-refused"
    assert rows(house, definition) == []


def test_a_body_that_is_wrong_everywhere_is_told_in_a_few_words(olga):
    told = olga.post(SIGNAL, {"name": "x", "variables": {f"v{number}": 1 for number in range(50_000)}}, expect=400)
    assert len(told["message"]) < 2000
    assert "body variables.v0: Input should be an object" in told["message"]
    assert told["message"].endswith("and 49990 more")


def test_a_name_that_is_not_known_is_not_echoed_whole(olga):
    assert len(olga.post(SIGNAL, {"n" * 100_000: 1}, expect=400)["message"]) < 400


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"type": "Double", "value": 10**400}, "variable v is of type Double"),
        ({"type": "Json", "value": "[" * 100_000}, "variable v is of type Json"),
        ({"type": "Object", "value": '{"a":' * 100_000}, "variable v is of type Object"),
    ],
)
def test_a_value_that_cannot_be_read_is_refused_by_the_name_of_its_variable(olga, value, said):
    assert said in olga.post(SIGNAL, {"name": "x", "variables": {"v": value}}, expect=400)["message"]


class Broken(io.BytesIO):
    """A body in wrong pieces, as gunicorn tells of it: by an error of its own."""

    def readinto(self, _buffer: object, /) -> int:
        """Tell that the pieces are wrong."""
        raise InvalidChunkSize(b"zz")


def test_a_body_in_wrong_pieces_is_the_callers_fault(olga):
    told = olga("POST", SIGNAL, input_stream=Broken(b"zz"), headers=JSON, environ_overrides={"wsgi.input_terminated": True})
    assert told.status_code == 400
    assert "send it whole" in told.get_json()["message"]
