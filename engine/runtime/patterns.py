"""Patterns of SQL, which mean the same on each database."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from engine.errors import Invalid


def like(column: sa.ColumnElement[Any], pattern: str) -> sa.ColumnElement[bool]:
    """Return whether a text fits a pattern: `%` is anything, `_` one character, a backslash escapes, and letter case does not count.

    Raises Invalid for a pattern whose last backslash escapes nothing.
    """
    if (len(pattern) - len(pattern.rstrip("\\"))) % 2:
        raise Invalid(f"the pattern {pattern[-40:]!r} ends with a backslash that escapes nothing: write two of them to find one")
    return column.ilike(pattern, escape="\\")
