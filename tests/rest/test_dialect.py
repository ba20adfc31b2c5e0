"""What all endpoints have in common: errors, what is left out, and the description."""

from __future__ import annotations

import pytest

from webui.app import APIS
from webui.description import describe


def test_what_is_not_offered_answers_501_with_its_name(ann):
    said = ann.get("/engine-rest/case-definition", expect=501)
    assert said["type"] == "NotOffered"
    assert "/engine-rest/case-definition" in said["message"]


def test_a_path_that_nobody_knows_answers_404(ann):
    ann.get("/engine-rest/nonsense", expect=404)


def test_a_method_that_a_path_does_not_know_answers_405_and_names_those_it_knows(ann):
    answer = ann("DELETE", "/engine-rest/version")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_an_unknown_query_parameter_is_refused_by_name(ann):
    said = ann.get("/engine-rest/version", expect=400, colour="red")
    assert "colour" in said["message"]


@pytest.mark.parametrize("api", APIS, ids=lambda api: api.prefix)
def test_the_description_names_every_endpoint_and_every_endpoint_says_what_it_does(api, ann):
    found = ann.get(f"{api.prefix}/openapi.json")
    assert found == describe(api)
    assert sum(len(each) for each in found["paths"].values()) == len(api.endpoints)
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"].endswith("."), f"{method} {path} has no docstring"
