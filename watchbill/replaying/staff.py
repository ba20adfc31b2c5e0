"""The people and teams of a log, made when they are first met."""

from __future__ import annotations

import re

from engine.people import Actor, add_membership, add_person, add_team
from watchbill.house import House

DESK = "service-desk"
DUTY = "duty-managers"
STAND_IN = "stand-in duty manager"


def slug(name: str) -> str:
    """Return a sign-in name for a recorded name: "Opened by  8" becomes opened-by-8."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "unknown"


class Staff:
    """Who works on the recorded incidents."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._teams: set[str] = set()
        self._members: dict[str, set[str]] = {}

    def team(self, name: str) -> str:
        """Return the team of a recorded name."""
        made = slug(name)
        if made not in self._teams:
            with self._house.database.write() as connection:
                add_team(connection, made, display_name=name)
            self._teams.add(made)
        return made

    def person(self, name: str, *, team: str) -> Actor:
        """Return the person of a recorded name, as a member of a team (by its recorded name)."""
        made, member_of = slug(name), self.team(team)
        teams = self._members.get(made)
        if teams is None or member_of not in teams:
            with self._house.database.write() as connection:
                if teams is None:
                    add_person(connection, made, now=self._house.engine.clock.now(), display_name=name)
                add_membership(connection, made, team_name=member_of)
            self._members.setdefault(made, set()).add(member_of)
        return Actor(made, frozenset(self._members[made]))
