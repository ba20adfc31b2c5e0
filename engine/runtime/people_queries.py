"""Questions about people and teams."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.people import HOUSE, Action, Actor, Person, Team, list_people, list_teams, require

if TYPE_CHECKING:
    from engine.runtime.process_engine import ProcessEngine


def people(engine: ProcessEngine, *, actor: Actor, with_inactive: bool = False) -> tuple[Person, ...]:
    """Return the active people of the staff and of customers, by name; on request the inactive ones too."""
    require(actor, Action.READ_PEOPLE, HOUSE)
    with engine.database.read() as connection:
        return tuple(sorted(list_people(connection, with_inactive=with_inactive), key=lambda person: person.name))


def teams(engine: ProcessEngine, *, actor: Actor) -> tuple[Team, ...]:
    """Return the teams with their members, by name."""
    require(actor, Action.READ_PEOPLE, HOUSE)
    with engine.database.read() as connection:
        return tuple(sorted(list_teams(connection), key=lambda team: team.name))
