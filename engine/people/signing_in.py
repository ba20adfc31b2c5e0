"""Signing in with a name and a password, and what stops those who guess.

Tries that failed are counted in the database, so all processes count together: of a name from an address, so that who guesses locks out
nobody elsewhere; from an address, which may fail more often, as many people can sit behind one; and of a name, for who guesses from many.
The tries of a name come one after the other in each process: many at once are no more tries.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from engine.db import Database
from engine.errors import TooManyTries, Unidentified, printable
from engine.ids import new_id
from engine.people.actor import Actor, load_actor
from engine.people.passwords import KnownPasswords, hash_of, matches
from engine.tables import failed_sign_in

WINDOW = timedelta(minutes=5)
MOST_FROM_THERE = 5
MOST_OF_AN_ADDRESS = 30
MOST_OF_A_NAME = 50


def sign_in(database: Database, known: KnownPasswords, name: str, password: str, *, address: str, now: datetime) -> Actor:
    """Return the person whose name and password these are.

    Raises Unidentified without saying which of the two is wrong, TooManyTries when too many tries of the name, or from the address, failed.
    """
    with database.glance() as connection:
        if known.knows(name, password, kept=hash_of(connection, name)):
            return load_actor(connection, name, now=now)
    with known.turn(name):
        _prove(database, known, name, password, address=address, now=now)
    with database.glance() as connection:
        return load_actor(connection, name, now=now)


def _prove(database: Database, known: KnownPasswords, name: str, password: str, *, address: str, now: datetime) -> None:
    with database.glance() as connection:
        kept = hash_of(connection, name)
        if known.knows(name, password, kept=kept):
            return
        _refuse_guessing(connection, _kept(name), address, now)
    if not matches(kept, password) or kept is None:
        with database.write() as connection:
            connection.execute(sa.insert(failed_sign_in), {"id": new_id(), "name": _kept(name), "address": address, "at": now})
        raise Unidentified("name or password is wrong")
    known.learn(name, password, kept=kept)


def _kept(name: str) -> str:
    """Return a name, whatever was given, as a row can keep it."""
    return printable(name)[:255]


def _refuse_guessing(connection: Connection, name: str, address: str, now: datetime) -> None:
    of_name, from_address = failed_sign_in.c.name == name, failed_sign_in.c.address == address
    limits = ((sa.and_(of_name, from_address), MOST_FROM_THERE), (from_address, MOST_OF_AN_ADDRESS), (of_name, MOST_OF_A_NAME))
    for those, most in limits:
        recent = sa.select(failed_sign_in.c.at).where(those, failed_sign_in.c.at > now - WINDOW)
        tries = connection.scalars(recent.order_by(failed_sign_in.c.at.desc()).limit(most)).all()
        if len(tries) == most:
            wait = math.ceil((tries[-1] + WINDOW - now).total_seconds())
            raise TooManyTries(f"{most} tries failed in the last minutes: wait {wait} s", retry_after_s=max(wait, 1))


def forget_failed(connection: Connection, *, now: datetime) -> int:
    """Forget the failed tries that count no more, and return how many."""
    return connection.execute(sa.delete(failed_sign_in).where(failed_sign_in.c.at <= now - WINDOW)).rowcount
