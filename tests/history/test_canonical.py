"""One text for one value: the law on which equal hashes on both databases rest."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Invalid
from engine.history import canonical_text, plain

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**400), 10**400)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4)
)


class Colour(StrEnum):
    """A text that is an enum."""

    RED = "red"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": None}, '{"a":null,"b":1}'),
        ([True, False, 0, 1], "[true,false,0,1]"),
        (1.0, "1"),
        (-0.0, "0"),
        (0.1, "0.1"),
        (1e23, "1" + "0" * 23),
        (1.5e300, "15" + "0" * 299),
        (5e-324, "5e-324"),
        (1e-7, "1e-07"),
        (10**400, "1" + "0" * 400),
        ('Ä\n\t"\\\u2028😀', '"Ä\\n\\t\\"\\\\\u2028😀"'),
        ({"\u00e9": 1, "e\u0301": 2}, '{"e\u0301":2,"\u00e9":1}'),
        ((1, (2,)), "[1,[2]]"),
        (Colour.RED, '"red"'),
        (datetime(2026, 11, 24, 9, tzinfo=timezone(timedelta(hours=8))), '"2026-11-24T01:00:00.000000+00:00"'),
        (datetime(2026, 11, 24, 1, 0, 0, 5, tzinfo=UTC), '"2026-11-24T01:00:00.000005+00:00"'),
    ],
)
def test_the_canonical_text(value: object, text: str) -> None:
    assert canonical_text(value) == text


@given(VALUES)
def test_plain_data_is_plain_already(value: object) -> None:
    assert plain(plain(value)) == plain(value)
    assert canonical_text(plain(value)) == canonical_text(value)


@given(VALUES)
def test_a_text_that_is_read_and_written_again_is_the_same(value: object) -> None:
    assert canonical_text(json.loads(canonical_text(value))) == canonical_text(value)
    assert canonical_text(json.loads(json.dumps(value))) == canonical_text(value)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": [float("nan")]}, r"data\.a\[0\] is nan"),
        ({"a": float("-inf")}, r"data\.a is -inf"),
        ({"a": "x\x00"}, r"data\.a holds the character U\+0000"),
        ({"a": "\ud800"}, r"data\.a holds half of a surrogate pair"),
        ({"\x00": 1}, "a key of data holds the character"),
        ({1: 2}, "data has the key 1"),
        ({"a": 10**4000}, r"data\.a is a whole number of more than 3,900 digits"),
        ({"a": b"x"}, r"data\.a is a bytes"),
        ({"a": {1}}, r"data\.a is a set"),
        (datetime(2026, 11, 24, tzinfo=UTC).replace(tzinfo=None), "has no zone"),
    ],
)
def test_what_a_database_cannot_keep_is_refused_by_name(value: object, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        plain(value)
