"""Passwords, kept as argon2id hashes."""

from __future__ import annotations

import hmac
import secrets
import threading
import unicodedata
from functools import cache

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy.engine import Connection

from engine.errors import Invalid, NotFound
from engine.people.tokens import PREFIX
from engine.tables import person

MIN_LENGTH = 12
MAX_LENGTH = 1024
MOST_KNOWN = 10_000
TURNS = 64
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""OWASP's least for argon2id: 19 MiB each, so that twenty sign-ins at once do not exhaust a small machine."""

HASH = sa.select(person.c.password_hash).where(person.c.name == sa.bindparam("of_name"), person.c.is_active)


def hash_password(password: str, *, name: str) -> str:
    """Return the hash to keep. Raises Invalid for a password that is short, huge, says the name, or looks like a token."""
    text = _composed(password)
    if len(text) < MIN_LENGTH:
        raise Invalid(f"the password has {len(text)} characters: use at least {MIN_LENGTH}")
    if len(text) > MAX_LENGTH:
        raise Invalid(f"the password has {len(text)} characters: use at most {MAX_LENGTH}")
    if text.startswith(PREFIX):
        raise Invalid(f"the password begins like a token, with {PREFIX}: choose another")
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
    return matches(hash_of(connection, name), password)


def hash_of(connection: Connection, name: str) -> str | None:
    """Return the hash of an active person's password, None when there is none."""
    if "\x00" in name:
        return None
    return connection.scalar(HASH, {"of_name": name})


def matches(kept: str | None, password: str) -> bool:
    """Tell whether this is the password of a kept hash; it takes the same time when there is none."""
    return _matches(kept or _nobodys_hash(), password) and kept is not None


class KnownPasswords:
    """Passwords that were found right, for clients that send one with each call: only the first costs argon2.

    Each is a digest under a key of this process, beside the hash that it matched: a password that was changed is not known any more.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._known: dict[str, tuple[str, bytes]] = {}
        self._turns = [threading.Lock() for _ in range(TURNS)]

    def turn(self, name: str) -> threading.Lock:
        """Return what is held while a password of this name is looked at: of each name one at a time, and of many names at once."""
        return self._turns[hash(name) % TURNS]

    def knows(self, name: str, password: str, *, kept: str | None) -> bool:
        """Tell whether this password was found to match this hash."""
        known = self._known.get(name)
        return known is not None and known[0] == kept and hmac.compare_digest(known[1], self._digest(password))

    def learn(self, name: str, password: str, *, kept: str) -> None:
        """Remember that a password matched a hash."""
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known[name] = (kept, self._digest(password))

    def _digest(self, password: str) -> bytes:
        return hmac.digest(self._key, _composed(password).encode("utf-8", "surrogatepass"), "sha256")


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
