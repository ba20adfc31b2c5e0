"""What an API token may be used for."""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """A part of what its person may do: a token is never worth more than the person."""

    READ = "read"
    WORK = "work"
    OPERATE = "operate"
    ADMIN = "admin"
