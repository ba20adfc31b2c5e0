"""Identifiers: 32 hexadecimal digits that sort by the time they were made (UUID version 7, RFC 9562 section 5.7)."""

from __future__ import annotations

import os
import threading
import time
from uuid import UUID


class _Stamps:
    """Rising time stamps of one process: 48 bits of milliseconds and 12 of their fraction (RFC 9562 section 6.2, method 3)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def following(self) -> int:
        """Return the stamp of now, or the one after the last when the clock stands still or goes back."""
        millis, rest_ns = divmod(time.time_ns(), 1_000_000)
        now = (millis << 12) | (rest_ns * 4096 // 1_000_000)
        with self._lock:
            self._last = max(now, self._last + 1)
            return self._last


_stamps = _Stamps()


def new_uuid() -> UUID:
    """Return a new UUID of version 7, greater than every one that this process made before."""
    stamp = _stamps.following()
    random_62 = int.from_bytes(os.urandom(8)) >> 2
    return UUID(int=(stamp >> 12 << 80) | (0x7 << 76) | ((stamp & 0xFFF) << 64) | (0x2 << 62) | random_62)


def new_id() -> str:
    """Return a new identifier as 32 hexadecimal digits."""
    return new_uuid().hex
