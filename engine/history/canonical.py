"""One text for one value, whatever database held it in between."""

from __future__ import annotations

import json

from engine.plain import Plain, plain

ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical_text(value: object) -> str:
    """Return JSON with sorted keys and no spaces.

    >>> canonical_text({"b": 1.0, "a": [1e23]})
    '{"a":[100000000000000000000000],"b":1}'
    """
    return text_of(plain(value))


def text_of(value: Plain) -> str:
    """Return the canonical text of data that is plain already."""
    return ENCODER.encode(value)
