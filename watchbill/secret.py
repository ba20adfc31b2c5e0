"""The key that signs sessions: a setting where several machines serve, else a file that is made once."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from engine.errors import Invalid
from watchbill.settings import Settings

FILE = "secret.key"
LENGTH = 32


def secret_key(settings: Settings) -> bytes:
    """Return the key; the first of the processes that ask for the file makes it. Raises Invalid for a key that is too short."""
    if settings.secret_key:
        return _checked(settings.secret_key.encode(), "the setting secret_key")
    path = settings.home / FILE
    if not path.exists():
        _make(path)
    return _checked(path.read_bytes().strip(), str(path))


def _make(path: Path) -> None:
    """Write a key beside the place and link it there: nobody ever sees half a key, and the first one stays."""
    mine = path.with_name(f"{FILE}.{os.getpid()}")
    mine.touch(mode=0o600)
    mine.write_text(secrets.token_hex(LENGTH), encoding="ascii")
    with suppress(FileExistsError):
        path.hardlink_to(mine)
    mine.unlink()


def _checked(key: bytes, where: str) -> bytes:
    if len(key) < LENGTH:
        raise Invalid(f"{where} has {len(key)} characters: use at least {LENGTH}")
    return key
