"""Patterns mean the same on both databases: what is escaped is itself, and letter case does not count."""

from __future__ import annotations

import pytest

from tests.runtime.diagrams import TWO_STEPS


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("100\\%", ["100%"]),
        ("100%", ["100%", "1000"]),
        ("A\\_b", ["a_b"]),
        ("a_b", ["aXb", "a_b"]),
        ("%\\\\", ["c\\"]),
        ("' or 1=1 --%", []),
    ],
)
def test_a_pattern_finds_what_it_says(deploy, olga, pattern, found):
    deploy(TWO_STEPS)
    for key in ("100%", "1000", "a_b", "aXb", "c\\"):
        olga.post("/engine-rest/process-definition/key/two_steps/start", {"businessKey": key})
    answers = olga.get("/engine-rest/process-instance", businessKeyLike=pattern)
    assert sorted(each["businessKey"] for each in answers) == found


@pytest.mark.parametrize("path", ["process-instance?businessKeyLike=a%5C", "task?nameLike=a%5C", "deployment?nameLike=%5C%5C%5C"])
def test_a_backslash_that_escapes_nothing_is_refused(olga, path):
    assert "escapes nothing" in olga.get(f"/engine-rest/{path}", expect=400)["message"]
