"""Correlation keys: which message is for whom.

A receiver that declares keys keeps a digest of them, and a message asks for the digests of every subset of its own keys. So the database
finds who may receive it, however many wait for messages of the same name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

from engine.execution import matches
from engine.history import canonical_text

MOST_PAIRS = 6
"""A message with more pairs has more subsets than are worth asking for: 6 have 63 that are not empty."""

Pairs = Mapping[str, Any]


def is_for(wanted: Pairs | None, given: Pairs | None) -> bool:
    """Tell whether a message carries every correlation key that somebody waits for, with the same value.

    >>> is_for({"order": 7}, {"order": 7, "line": 1}), is_for({"order": 7}, {}), is_for(None, {"order": 7})
    (True, False, True)
    """
    return matches(wanted or {}, given or {})


def digest_of(pairs: Pairs | None) -> str | None:
    """Return the SHA-256 of correlation pairs in canonical JSON, None when there are none."""
    return hashlib.sha256(canonical_text(pairs).encode()).hexdigest() if pairs else None


def digests_within(given: Pairs) -> list[str] | None:
    """Return the digests of all that a message with these pairs may be for; None when they are too many to name."""
    if len(given) > MOST_PAIRS:
        return None
    return [digest for digest in map(digest_of, _subsets(given)) if digest is not None]


def _subsets(given: Pairs) -> Iterator[Pairs]:
    return (dict(chosen) for size in range(1, len(given) + 1) for chosen in combinations(given.items(), size))
