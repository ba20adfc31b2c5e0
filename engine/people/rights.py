"""Who may do what: one table, read by `may`.

A right follows from a relation between the actor and the thing (assignee, candidate, starter ...) or from a role, which is a team with a
name that this module knows. Three gates stand before the table: an API token's scopes; a customer's user touches things of that customer
only, and only by the actions that the table opens to customers (U1); and the engine itself (SYSTEM) may everything.

An administrator arranges but does not do other people's work: to complete somebody's task he or she must first reassign it, which the
history shows. Whether a thing is in the right state (open, unclaimed) is not a question of rights: the commands answer it with Conflict.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import assert_never

from engine.errors import Forbidden
from engine.people.actor import Actor
from engine.people.scopes import Scope
from engine.people.things import DefinitionThing, HouseThing, InstanceThing, PersonThing, TaskThing, Thing


class Role(StrEnum):
    """The teams whose members have a role; every other team only receives work."""

    PROCESS_OWNERS = "process-owners"
    OPERATORS = "operators"
    AUDITORS = "auditors"
    INTEGRATIONS = "integrations"


class Action(StrEnum):
    """Every command and query that asks for a right."""

    READ_TASK = "read_task"
    CLAIM = "claim"
    RELEASE = "release"
    SAVE_DRAFT = "save_draft"
    COMPLETE = "complete"
    DELEGATE = "delegate"
    RESOLVE = "resolve"
    REASSIGN = "reassign"
    CHANGE_TASK = "change_task"
    CHANGE_CANDIDATES = "change_candidates"
    SET_TASK_VARIABLES = "set_task_variables"
    COMMENT = "comment"
    ATTACH = "attach"
    REMOVE_ATTACHMENT = "remove_attachment"
    READ_INSTANCE = "read_instance"
    READ_HISTORY = "read_history"
    CANCEL = "cancel"
    SUSPEND = "suspend"
    RESUME = "resume"
    RETRY = "retry"
    SET_VARIABLES = "set_variables"
    MOVE = "move"
    MIGRATE = "migrate"
    RESTART = "restart"
    READ_DEFINITION = "read_definition"
    START = "start"
    DEPLOY = "deploy"
    MESSAGE = "message"
    SIGNAL = "signal"
    READ_FAILURES = "read_failures"
    READ_ALL = "read_all"
    READ_RECORDS = "read_records"
    DO_EXTERNAL_WORK = "do_external_work"
    READ_SCHEDULES = "read_schedules"
    MANAGE_SCHEDULES = "manage_schedules"
    READ_HOOKS = "read_hooks"
    MANAGE_HOOKS = "manage_hooks"
    READ_PEOPLE = "read_people"
    MANAGE_PEOPLE = "manage_people"
    CHANGE_PASSWORD = "change_password"  # noqa: S105 - the name of an action
    MANAGE_TOKENS = "manage_tokens"
    ARRANGE_SUBSTITUTE = "arrange_substitute"
    VERIFY = "verify"
    BACKUP = "backup"
    REPLAY = "replay"
    CALL_API = "call_api"


class Relation(StrEnum):
    """How an actor stands to a thing; the value completes the sentence "this may be done by ..."."""

    ADMIN = "an administrator"
    PROCESS_OWNER = "a member of process-owners"
    OPERATOR = "a member of operators"
    AUDITOR = "a member of auditors"
    INTEGRATION = "a member of integrations"
    STAFF = "anybody on the staff"
    ASSIGNEE = "its assignee"
    OWNER = "the person who delegated it"
    FREE_CANDIDATE = "a candidate while it is unassigned"
    CANDIDATE = "a candidate"
    STARTED = "the person who started it"
    PARTICIPANT = "a person with a task in it"
    TEAM = "a member of a team with tasks in it"
    STARTER = "a person allowed to start it"
    SELF = "the person concerned"


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may do one action on which kinds of thing, with which token scope; `customers` opens it to customers' users."""

    things: tuple[type[Thing], ...]
    relations: tuple[Relation, ...]
    scope: Scope
    customers: bool = False


_R = Relation
_TASK, _INSTANCE, _DEFINITION, _PERSON, _HOUSE = ((TaskThing,), (InstanceThing,), (DefinitionThing,), (PersonThing,), (HouseThing,))
_LOOKS_AFTER = (_R.OPERATOR, _R.PROCESS_OWNER, _R.ADMIN)
_READS_ALL = (*_LOOKS_AFTER, _R.AUDITOR)

TABLE: Mapping[Action, Rule] = MappingProxyType(
    {
        Action.READ_TASK: Rule(_TASK, (_R.ASSIGNEE, _R.OWNER, _R.CANDIDATE, *_READS_ALL), Scope.READ, customers=True),
        Action.CLAIM: Rule(_TASK, (_R.CANDIDATE,), Scope.WORK, customers=True),
        Action.RELEASE: Rule(_TASK, (_R.ASSIGNEE, *_LOOKS_AFTER), Scope.WORK, customers=True),
        Action.SAVE_DRAFT: Rule(_TASK, (_R.ASSIGNEE,), Scope.WORK, customers=True),
        Action.COMPLETE: Rule(_TASK, (_R.ASSIGNEE, _R.FREE_CANDIDATE), Scope.WORK, customers=True),
        Action.DELEGATE: Rule(_TASK, (_R.ASSIGNEE,), Scope.WORK),
        Action.RESOLVE: Rule(_TASK, (_R.ASSIGNEE,), Scope.WORK),
        Action.REASSIGN: Rule(_TASK, (_R.ASSIGNEE, _R.OWNER, *_LOOKS_AFTER), Scope.WORK),
        Action.CHANGE_TASK: Rule(_TASK, (_R.ASSIGNEE, _R.OWNER, *_LOOKS_AFTER), Scope.WORK),
        Action.CHANGE_CANDIDATES: Rule(_TASK, (_R.ASSIGNEE, _R.OWNER, *_LOOKS_AFTER), Scope.WORK),
        Action.SET_TASK_VARIABLES: Rule(_TASK, (_R.ASSIGNEE, _R.FREE_CANDIDATE, *_LOOKS_AFTER), Scope.WORK),
        Action.COMMENT: Rule(_TASK, (_R.ASSIGNEE, _R.OWNER, _R.CANDIDATE, *_LOOKS_AFTER), Scope.WORK, customers=True),
        Action.ATTACH: Rule(_TASK, (_R.ASSIGNEE, _R.OWNER, _R.CANDIDATE, *_LOOKS_AFTER), Scope.WORK, customers=True),
        Action.REMOVE_ATTACHMENT: Rule(_TASK, (_R.ASSIGNEE, *_LOOKS_AFTER), Scope.WORK),
        Action.READ_INSTANCE: Rule(_INSTANCE, (_R.STARTED, _R.PARTICIPANT, _R.TEAM, *_READS_ALL), Scope.READ, customers=True),
        Action.READ_HISTORY: Rule(_INSTANCE, (_R.STARTED, _R.PARTICIPANT, _R.TEAM, *_READS_ALL), Scope.READ),
        Action.CANCEL: Rule(_INSTANCE, (_R.STARTED, *_LOOKS_AFTER), Scope.OPERATE),
        Action.SUSPEND: Rule(_INSTANCE, _LOOKS_AFTER, Scope.OPERATE),
        Action.RESUME: Rule(_INSTANCE, _LOOKS_AFTER, Scope.OPERATE),
        Action.RETRY: Rule(_INSTANCE, _LOOKS_AFTER, Scope.OPERATE),
        Action.SET_VARIABLES: Rule(_INSTANCE, _LOOKS_AFTER, Scope.OPERATE),
        Action.MOVE: Rule(_INSTANCE, _LOOKS_AFTER, Scope.OPERATE),
        Action.MIGRATE: Rule(_INSTANCE, (_R.PROCESS_OWNER, _R.ADMIN), Scope.OPERATE),
        Action.RESTART: Rule(_INSTANCE, _LOOKS_AFTER, Scope.OPERATE),
        Action.READ_DEFINITION: Rule(_DEFINITION, (_R.STAFF, _R.STARTER), Scope.READ, customers=True),
        Action.START: Rule(_DEFINITION, (_R.STARTER, _R.ADMIN), Scope.WORK, customers=True),
        Action.DEPLOY: Rule(_HOUSE, (_R.PROCESS_OWNER, _R.ADMIN), Scope.ADMIN),
        Action.MESSAGE: Rule((HouseThing, InstanceThing), (_R.STARTED, _R.PARTICIPANT, _R.INTEGRATION, *_LOOKS_AFTER), Scope.WORK),
        Action.SIGNAL: Rule(_HOUSE, (_R.INTEGRATION, *_LOOKS_AFTER), Scope.OPERATE),
        Action.READ_FAILURES: Rule(_HOUSE, _READS_ALL, Scope.READ),
        Action.READ_ALL: Rule(_HOUSE, _READS_ALL, Scope.READ),
        Action.READ_RECORDS: Rule(_HOUSE, (_R.STAFF,), Scope.READ),
        Action.DO_EXTERNAL_WORK: Rule(_HOUSE, (_R.INTEGRATION, _R.ADMIN), Scope.WORK),
        Action.READ_SCHEDULES: Rule(_HOUSE, _READS_ALL, Scope.READ),
        Action.MANAGE_SCHEDULES: Rule(_HOUSE, (_R.PROCESS_OWNER, _R.ADMIN), Scope.ADMIN),
        Action.READ_HOOKS: Rule(_HOUSE, _READS_ALL, Scope.READ),
        Action.MANAGE_HOOKS: Rule(_HOUSE, (_R.PROCESS_OWNER, _R.ADMIN), Scope.ADMIN),
        Action.READ_PEOPLE: Rule(_HOUSE, (_R.STAFF,), Scope.READ),
        Action.MANAGE_PEOPLE: Rule(_HOUSE, (_R.ADMIN,), Scope.ADMIN),
        Action.CHANGE_PASSWORD: Rule(_PERSON, (_R.SELF, _R.ADMIN), Scope.ADMIN, customers=True),
        Action.MANAGE_TOKENS: Rule(_PERSON, (_R.SELF, _R.ADMIN), Scope.ADMIN, customers=True),
        Action.ARRANGE_SUBSTITUTE: Rule(_PERSON, (_R.SELF, _R.OPERATOR, _R.ADMIN), Scope.WORK, customers=True),
        Action.VERIFY: Rule(_HOUSE, (_R.AUDITOR, _R.ADMIN), Scope.READ),
        Action.BACKUP: Rule(_HOUSE, (_R.ADMIN,), Scope.ADMIN),
        Action.REPLAY: Rule(_HOUSE, (_R.ADMIN,), Scope.ADMIN),
        Action.CALL_API: Rule(_HOUSE, (_R.STAFF,), Scope.READ),
    }
)


def may(actor: Actor, action: Action, thing: Thing) -> bool:
    """Tell whether the actor may do this to the thing. Pure; raises TypeError for an action that such a thing does not know."""
    rule = _rule(action, thing)
    if actor.is_system:
        return True
    return _within_gates(actor, rule, thing) and any(_RELATED[relation](actor, thing) for relation in rule.relations)


def require(actor: Actor, action: Action, thing: Thing) -> None:
    """Raise Forbidden, saying who may, unless the actor may do this to the thing."""
    if may(actor, action, thing):
        return
    rule = _rule(action, thing)
    words = action.value.replace("_", " ")
    if actor.scopes is not None and rule.scope not in actor.scopes:
        raise Forbidden(f"this token of {actor.name} may not {words}: it lacks the scope {rule.scope.value!r}")
    if actor.customer is not None:
        raise Forbidden(f"{actor.name} may not {words} here: ask your service desk")
    those = ", ".join(_named(relation, thing) for relation in relations_to(type(thing), rule))
    raise Forbidden(f"{actor.name} may not {words} {_described(thing)}. This may be done by: {those}.")


def relations_to(kind: type[Thing], rule: Rule) -> tuple[Relation, ...]:
    """Return those relations of a rule that a person can have to such a thing: nobody started the house."""
    return tuple(relation for relation in rule.relations if _BELONGS_TO.get(relation, kind) is kind)


def acting_for(actor: Actor, thing: TaskThing) -> str | None:
    """Return the absent person in whose name the actor touches a task; None when the actor's own place suffices."""
    own = Actor(actor.name, actor.groups)
    if actor.is_system or thing.assignee == actor.name or (thing.assignee is None and _is_candidate(own, thing)):
        return None
    if thing.assignee is not None:
        return thing.assignee if thing.assignee in actor.substitutes_for else None
    return next((one.name for one in actor.absent if _is_candidate(Actor(one.name, one.groups), thing)), None)


def _rule(action: Action, thing: Thing) -> Rule:
    rule = TABLE[action]
    if not isinstance(thing, rule.things):
        raise TypeError(f"{action.value} is not done to a {type(thing).__name__}")
    return rule


def _within_gates(actor: Actor, rule: Rule, thing: Thing) -> bool:
    if actor.scopes is not None and rule.scope not in actor.scopes:
        return False
    if actor.customer is None:
        return True
    same = not isinstance(thing, TaskThing | InstanceThing) or thing.customer == actor.customer
    return rule.customers and same


def _is_candidate(actor: Actor, thing: Thing) -> bool:
    if not isinstance(thing, TaskThing):
        return False
    return not thing.candidate_users.isdisjoint(actor.names) or not thing.candidate_groups.isdisjoint(actor.task_groups)


def _is_free_candidate(actor: Actor, thing: Thing) -> bool:
    return isinstance(thing, TaskThing) and thing.assignee is None and _is_candidate(actor, thing)


def _is_starter(actor: Actor, thing: Thing) -> bool:
    if not isinstance(thing, DefinitionThing):
        return False
    if not thing.starter_groups and not thing.starter_users:
        return actor.customer is None
    return actor.name in thing.starter_users or not thing.starter_groups.isdisjoint(actor.groups)


def _in_role(role: Role) -> Callable[[Actor, Thing], bool]:
    return lambda actor, thing: actor.customer is None and role in actor.groups


_RELATED: Mapping[Relation, Callable[[Actor, Thing], bool]] = {
    Relation.ADMIN: lambda actor, thing: actor.is_admin and actor.customer is None,
    Relation.PROCESS_OWNER: _in_role(Role.PROCESS_OWNERS),
    Relation.OPERATOR: _in_role(Role.OPERATORS),
    Relation.AUDITOR: _in_role(Role.AUDITORS),
    Relation.INTEGRATION: _in_role(Role.INTEGRATIONS),
    Relation.STAFF: lambda actor, thing: actor.customer is None,
    Relation.ASSIGNEE: lambda actor, thing: isinstance(thing, TaskThing) and thing.assignee in actor.names,
    Relation.OWNER: lambda actor, thing: isinstance(thing, TaskThing) and thing.owner in actor.names,
    Relation.FREE_CANDIDATE: _is_free_candidate,
    Relation.CANDIDATE: _is_candidate,
    Relation.STARTED: lambda actor, thing: isinstance(thing, InstanceThing) and thing.started_by == actor.name,
    Relation.PARTICIPANT: lambda actor, thing: isinstance(thing, InstanceThing) and not thing.participants.isdisjoint(actor.names),
    Relation.TEAM: lambda actor, thing: isinstance(thing, InstanceThing) and not thing.groups.isdisjoint(actor.task_groups),
    Relation.STARTER: _is_starter,
    Relation.SELF: lambda actor, thing: isinstance(thing, PersonThing) and thing.name == actor.name,
}


_BELONGS_TO: Mapping[Relation, type[Thing]] = {
    Relation.ASSIGNEE: TaskThing,
    Relation.OWNER: TaskThing,
    Relation.FREE_CANDIDATE: TaskThing,
    Relation.CANDIDATE: TaskThing,
    Relation.STARTED: InstanceThing,
    Relation.PARTICIPANT: InstanceThing,
    Relation.TEAM: InstanceThing,
    Relation.STARTER: DefinitionThing,
    Relation.SELF: PersonThing,
}


def _named(relation: Relation, thing: Thing) -> str:
    """Return the relation with the names that fill it, where the thing knows them."""
    names: list[str] = []
    if isinstance(thing, TaskThing):
        if relation is Relation.ASSIGNEE and thing.assignee:
            names = [thing.assignee]
        if relation is Relation.CANDIDATE or relation is Relation.FREE_CANDIDATE:
            names = [*sorted(thing.candidate_users), *sorted(thing.candidate_groups)]
    if isinstance(thing, DefinitionThing) and relation is Relation.STARTER:
        names = [*sorted(thing.starter_users), *sorted(thing.starter_groups)]
    if isinstance(thing, InstanceThing) and relation is Relation.STARTED:
        names = [thing.started_by]
    return f"{relation.value} ({', '.join(names)})" if names else relation.value


def _described(thing: Thing) -> str:
    match thing:
        case TaskThing():
            return f"this task, which is assigned to {thing.assignee}" if thing.assignee else "this unassigned task"
        case InstanceThing():
            return "this instance"
        case DefinitionThing():
            return f"the process {thing.key}"
        case PersonThing():
            return f"the account {thing.name}"
        case HouseThing():
            return "here"
        case _:
            assert_never(thing)
