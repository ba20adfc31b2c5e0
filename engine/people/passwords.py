"""Passwords, kept as argon2id hashes."""

from __future__ import annotations

import unicodedata
from functools import cache

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy.engine import Connection

from engine.errors import Invalid, NotFound
from engine.tables import person

MIN_LENGTH = 12
MAX_LENGTH = 1024
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""OWASP's least for argon2id: 19 MiB each, so that twenty sign-ins at once do not exhaust a small machine."""


def hash_password(password: str, *, name: str) -> str:
    """Return the hash to keep. Raises Invalid for a password that is short, huge, or says the name."""
    text = _composed(password)
    if len(text) < MIN_LENGTH:
        raise Invalid(f"the password has {len(text)} characters: use at least {MIN_LENGTH}")
    if len(text) > MAX_LENGTH:
        raise Invalid(f"the password has {len(text)} characters: use at most {MAX_LENGTH}")
    if name.casefold() in text.casefold():
        raise Invalid("the password contains the name it belongs to: choose another")
    if len(set(text)) < 5:
        raise Invalid("the password repeats fewer than five characters: choose another")
    return HASHER.hash(text)


def set_password(connection: Connection, name: str, *, password: str) -> None:
    """Give a person a new password. Raises NotFound, or Invalid for a weak one."""
    statement = sa.update(person).where(person.c.name == name).values(password_hash=hash_password(password, name=name))
    if connection.execute(statement).rowcount == 0:
        raise NotFound(f"there is no person {name!r}")


def check_password(connection: Connection, name: str, *, password: str) -> bool:
    """Tell whether this is the password of an active person.

    An unknown name costs the same work as a known one, so that the time of the answer does not tell which names exist.
    """
    statement = sa.select(person.c.password_hash).where(person.c.name == name, person.c.is_active)
    kept = connection.scalar(statement)
    matches = _matches(kept or _nobodys_hash(), password)
    return matches and kept is not None


def _matches(kept: str, password: str) -> bool:
    try:
        return HASHER.verify(kept, _composed(password)[: MAX_LENGTH + 1])
    except (VerifyMismatchError, InvalidHashError):
        return False


@cache
def _nobodys_hash() -> str:
    return HASHER.hash("a password that nobody has")


def _composed(password: str) -> str:
    return unicodedata.normalize("NFKC", password)
