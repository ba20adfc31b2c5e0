"""People: who there is, who stands in for whom, how they prove it, and what they may do."""

from engine.people.actor import SYSTEM, Absent, Actor, load_actor
from engine.people.directory import (
    Person,
    Team,
    add_membership,
    add_person,
    add_team,
    change_person,
    deactivate_person,
    list_people,
    list_teams,
    person_named,
    reactivate_person,
    remove_membership,
)
from engine.people.own_tokens import end_token, make_token, tokens_of
from engine.people.passwords import KnownPasswords, check_password, set_password
from engine.people.rights import TABLE, Action, Relation, Role, Rule, acting_for, may, relations_to, require
from engine.people.scopes import Scope
from engine.people.sessions import LASTS, end_session, forget_ended, is_ended
from engine.people.signing_in import forget_failed, sign_in
from engine.people.substitution import Substitution, add_substitution, list_substitutions, remove_substitution
from engine.people.things import HOUSE, DefinitionThing, HouseThing, InstanceThing, PersonThing, TaskThing, Thing
from engine.people.tokens import NewToken, Token, actor_of_token, create_token, list_tokens, note_use, revoke_token

__all__ = [
    "HOUSE",
    "LASTS",
    "SYSTEM",
    "TABLE",
    "Absent",
    "Action",
    "Actor",
    "DefinitionThing",
    "HouseThing",
    "InstanceThing",
    "KnownPasswords",
    "NewToken",
    "Person",
    "PersonThing",
    "Relation",
    "Role",
    "Rule",
    "Scope",
    "Substitution",
    "TaskThing",
    "Team",
    "Thing",
    "Token",
    "acting_for",
    "actor_of_token",
    "add_membership",
    "add_person",
    "add_substitution",
    "add_team",
    "change_person",
    "check_password",
    "create_token",
    "deactivate_person",
    "end_session",
    "end_token",
    "forget_ended",
    "forget_failed",
    "is_ended",
    "list_people",
    "list_substitutions",
    "list_teams",
    "list_tokens",
    "load_actor",
    "make_token",
    "may",
    "note_use",
    "person_named",
    "reactivate_person",
    "relations_to",
    "remove_membership",
    "remove_substitution",
    "require",
    "revoke_token",
    "set_password",
    "sign_in",
    "tokens_of",
]
