"""Signing in with a name and a password, and what stops those who guess.

Tries that failed are counted in the database by name and by address, so all processes count together. An address may fail more often
than a name: many people can sit behind one.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from engine.db import Database
from engine.errors import TooManyTries, Unidentified
from engine.ids import new_id
from engine.people.actor import Actor, load_actor
from engine.people.passwords import KnownPasswords, hash_of, matches
from engine.tables import failed_sign_in

WINDOW = timedelta(minutes=5)
MOST_OF_A_NAME = 5
MOST_OF_AN_ADDRESS = 30


def sign_in(database: Database, known: KnownPasswords, name: str, password: str, *, address: str, now: datetime) -> Actor:
    """Return the person whose name and password these are.

    Raises Unidentified without saying which of the two is wrong, TooManyTries when too many tries of the name, or from the address, failed.
    """
    with database.glance() as connection:
        kept = hash_of(connection, name)
        if known.knows(name, password, kept=kept):
            return load_actor(connection, name, now=now)
        _refuse_guessing(connection, name, address, now)
    if kept is None or not matches(kept, password):
        with database.write() as connection:
            row = {"id": new_id(), "name": name[:255].replace("\x00", ""), "address": address, "at": now}
            connection.execute(sa.insert(failed_sign_in), row)
        raise Unidentified("name or password is wrong")
    known.learn(name, password, kept=kept)
    with database.glance() as connection:
        return load_actor(connection, name, now=now)


def _refuse_guessing(connection: Connection, name: str, address: str, now: datetime) -> None:
    for column, value, most in ((failed_sign_in.c.name, name, MOST_OF_A_NAME), (failed_sign_in.c.address, address, MOST_OF_AN_ADDRESS)):
        recent = sa.select(failed_sign_in.c.at).where(column == value[:255].replace("\x00", ""), failed_sign_in.c.at > now - WINDOW)
        tries = connection.scalars(recent.order_by(failed_sign_in.c.at.desc()).limit(most)).all()
        if len(tries) == most:
            wait = math.ceil((tries[-1] + WINDOW - now).total_seconds())
            raise TooManyTries(f"{most} tries failed in the last minutes: wait {wait} s", retry_after_s=max(wait, 1))


def forget_failed(connection: Connection, *, now: datetime) -> int:
    """Forget the failed tries that count no more, and return how many."""
    return connection.execute(sa.delete(failed_sign_in).where(failed_sign_in.c.at <= now - WINDOW)).rowcount
