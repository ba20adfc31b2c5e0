"""Spans of time."""

from __future__ import annotations

from datetime import datetime


def millis(began: datetime, ended: datetime | None) -> int | None:
    """Return how long something took in milliseconds, None while it lasts."""
    return None if ended is None else round((ended - began).total_seconds() * 1000)
