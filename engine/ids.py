"""Identifiers: 32 hexadecimal digits that sort by the time they were made (UUID version 7, RFC 9562 section 5.7)."""

from __future__ import annotations

import os
import time
from uuid import UUID


def new_uuid() -> UUID:
    """Return a new UUID of version 7."""
    millis = time.time_ns() // 1_000_000
    value = (millis << 80) | int.from_bytes(os.urandom(10))
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return UUID(int=value)


def new_id() -> str:
    """Return a new identifier as 32 hexadecimal digits."""
    return new_uuid().hex
