"""Who may do what: the whole table, action by action, person by person."""

from __future__ import annotations

import pytest

from engine.errors import Forbidden
from engine.people import (
    HOUSE,
    SYSTEM,
    TABLE,
    Absent,
    Action,
    Actor,
    DefinitionThing,
    InstanceThing,
    PersonThing,
    Scope,
    TaskThing,
    Thing,
    acting_for,
    may,
    require,
)

ANN = Actor("ann", frozenset({"service-desk"}))
BOB = Actor("bob", frozenset({"approvers"}))
EVE = Actor("eve")
PEOPLE = {
    "ann": ANN,
    "bob": BOB,
    "eve": EVE,
    "admin": Actor("root", is_admin=True),
    "owner": Actor("olga", frozenset({"process-owners"})),
    "operator": Actor("otto", frozenset({"operators"})),
    "auditor": Actor("aida", frozenset({"auditors"})),
    "gateway": Actor("gate", frozenset({"integrations"})),
    "for-ann": Actor("sam", absent=(Absent("ann", frozenset({"service-desk", "operators"})),)),
    "client": Actor("cleo", frozenset({"service-desk", "operators"}), customer="acme"),
    "rival": Actor("rita", frozenset({"service-desk"}), customer="rival"),
    "engine": SYSTEM,
}
DESK = frozenset({"service-desk"})
ANNS_TASK = TaskThing(assignee="ann", candidate_groups=DESK, customer="acme")
FREE_TASK = TaskThing(candidate_groups=DESK, customer="acme")
LENT_TASK = TaskThing(assignee="bob", owner="ann")
INSTANCE = InstanceThing(started_by="ann", participants=frozenset({"bob"}), groups=frozenset({"approvers"}), customer="acme")
DESK_INSTANCE = InstanceThing(started_by="bob", groups=DESK, customer="acme")
CLIENTS_INSTANCE = InstanceThing(started_by="cleo", customer="acme")
OPEN_PROCESS = DefinitionThing("incident")
DESK_PROCESS = DefinitionThing("change", starter_groups=DESK)
ACCOUNT = PersonThing("ann")
NOT_CANCEL = (
    "eve may not cancel this instance. "
    "This may be done by: the person who started it (ann), a member of operators, a member of process-owners, an administrator."
)
NOT_MESSAGE = (
    "eve may not message here. "
    "This may be done by: a member of integrations, a member of operators, a member of process-owners, an administrator."
)
NOT_COMPLETE = (
    "eve may not complete this task, which is assigned to ann. "
    "This may be done by: its assignee (ann), a candidate while it is unassigned (service-desk)."
)
CARE = "admin owner operator"

CASES: tuple[tuple[Thing, Action, str], ...] = (
    (ANNS_TASK, Action.READ_TASK, f"ann for-ann client auditor {CARE}"),
    (ANNS_TASK, Action.CLAIM, "ann for-ann client"),
    (ANNS_TASK, Action.RELEASE, f"ann for-ann {CARE}"),
    (ANNS_TASK, Action.SAVE_DRAFT, "ann for-ann"),
    (ANNS_TASK, Action.COMPLETE, "ann for-ann"),
    (ANNS_TASK, Action.DELEGATE, "ann for-ann"),
    (ANNS_TASK, Action.RESOLVE, "ann for-ann"),
    (ANNS_TASK, Action.REASSIGN, f"ann for-ann {CARE}"),
    (ANNS_TASK, Action.CHANGE_TASK, f"ann for-ann {CARE}"),
    (ANNS_TASK, Action.CHANGE_CANDIDATES, f"ann for-ann {CARE}"),
    (ANNS_TASK, Action.SET_TASK_VARIABLES, f"ann for-ann {CARE}"),
    (ANNS_TASK, Action.COMMENT, f"ann for-ann client {CARE}"),
    (ANNS_TASK, Action.ATTACH, f"ann for-ann client {CARE}"),
    (ANNS_TASK, Action.REMOVE_ATTACHMENT, f"ann for-ann {CARE}"),
    (FREE_TASK, Action.READ_TASK, f"ann for-ann client auditor {CARE}"),
    (FREE_TASK, Action.CLAIM, "ann for-ann client"),
    (FREE_TASK, Action.RELEASE, CARE),
    (FREE_TASK, Action.SAVE_DRAFT, ""),
    (FREE_TASK, Action.COMPLETE, "ann for-ann client"),
    (FREE_TASK, Action.DELEGATE, ""),
    (FREE_TASK, Action.RESOLVE, ""),
    (FREE_TASK, Action.REASSIGN, CARE),
    (FREE_TASK, Action.CHANGE_TASK, CARE),
    (FREE_TASK, Action.CHANGE_CANDIDATES, CARE),
    (FREE_TASK, Action.SET_TASK_VARIABLES, f"ann for-ann {CARE}"),
    (FREE_TASK, Action.COMMENT, f"ann for-ann client {CARE}"),
    (FREE_TASK, Action.ATTACH, f"ann for-ann client {CARE}"),
    (FREE_TASK, Action.REMOVE_ATTACHMENT, CARE),
    (LENT_TASK, Action.READ_TASK, f"ann for-ann bob auditor {CARE}"),
    (LENT_TASK, Action.CLAIM, ""),
    (LENT_TASK, Action.RELEASE, f"bob {CARE}"),
    (LENT_TASK, Action.SAVE_DRAFT, "bob"),
    (LENT_TASK, Action.COMPLETE, "bob"),
    (LENT_TASK, Action.DELEGATE, "bob"),
    (LENT_TASK, Action.RESOLVE, "bob"),
    (LENT_TASK, Action.REASSIGN, f"ann for-ann bob {CARE}"),
    (LENT_TASK, Action.CHANGE_TASK, f"ann for-ann bob {CARE}"),
    (LENT_TASK, Action.CHANGE_CANDIDATES, f"ann for-ann bob {CARE}"),
    (LENT_TASK, Action.SET_TASK_VARIABLES, f"bob {CARE}"),
    (LENT_TASK, Action.COMMENT, f"ann for-ann bob {CARE}"),
    (LENT_TASK, Action.ATTACH, f"ann for-ann bob {CARE}"),
    (LENT_TASK, Action.REMOVE_ATTACHMENT, f"bob {CARE}"),
    (INSTANCE, Action.READ_INSTANCE, f"ann bob auditor {CARE}"),
    (INSTANCE, Action.READ_HISTORY, f"ann bob auditor {CARE}"),
    (INSTANCE, Action.CANCEL, f"ann {CARE}"),
    (INSTANCE, Action.SUSPEND, CARE),
    (INSTANCE, Action.RESUME, CARE),
    (INSTANCE, Action.RETRY, CARE),
    (INSTANCE, Action.SET_VARIABLES, CARE),
    (INSTANCE, Action.MOVE, CARE),
    (INSTANCE, Action.MIGRATE, "admin owner"),
    (INSTANCE, Action.RESTART, CARE),
    (INSTANCE, Action.MESSAGE, f"ann bob gateway {CARE}"),
    (DESK_INSTANCE, Action.READ_INSTANCE, f"ann bob for-ann client auditor {CARE}"),
    (DESK_INSTANCE, Action.READ_HISTORY, f"ann bob for-ann auditor {CARE}"),
    (DESK_INSTANCE, Action.CANCEL, f"bob {CARE}"),
    (DESK_INSTANCE, Action.MESSAGE, f"bob gateway {CARE}"),
    (CLIENTS_INSTANCE, Action.READ_INSTANCE, f"client auditor {CARE}"),
    (CLIENTS_INSTANCE, Action.READ_HISTORY, f"auditor {CARE}"),
    (CLIENTS_INSTANCE, Action.CANCEL, CARE),
    (OPEN_PROCESS, Action.READ_DEFINITION, f"ann bob eve auditor gateway for-ann {CARE}"),
    (OPEN_PROCESS, Action.START, f"ann bob eve auditor gateway for-ann {CARE}"),
    (DESK_PROCESS, Action.READ_DEFINITION, f"ann bob eve auditor gateway for-ann client rival {CARE}"),
    (DESK_PROCESS, Action.START, "ann client rival admin"),
    (HOUSE, Action.DEPLOY, "admin owner"),
    (HOUSE, Action.MESSAGE, f"gateway {CARE}"),
    (HOUSE, Action.SIGNAL, f"gateway {CARE}"),
    (HOUSE, Action.READ_FAILURES, f"auditor {CARE}"),
    (HOUSE, Action.READ_ALL, f"auditor {CARE}"),
    (HOUSE, Action.READ_RECORDS, f"ann bob eve auditor gateway for-ann {CARE}"),
    (HOUSE, Action.DO_EXTERNAL_WORK, "gateway admin"),
    (HOUSE, Action.READ_SCHEDULES, f"auditor {CARE}"),
    (HOUSE, Action.MANAGE_SCHEDULES, "admin owner"),
    (HOUSE, Action.READ_HOOKS, f"auditor {CARE}"),
    (HOUSE, Action.MANAGE_HOOKS, "admin owner"),
    (HOUSE, Action.READ_PEOPLE, f"ann bob eve auditor gateway for-ann {CARE}"),
    (HOUSE, Action.CALL_API, f"ann bob eve auditor gateway for-ann {CARE}"),
    (HOUSE, Action.MANAGE_PEOPLE, "admin"),
    (ACCOUNT, Action.CHANGE_PASSWORD, "ann admin"),
    (ACCOUNT, Action.MANAGE_TOKENS, "ann admin"),
    (ACCOUNT, Action.ARRANGE_SUBSTITUTE, "ann admin operator"),
    (HOUSE, Action.VERIFY, "auditor admin"),
    (HOUSE, Action.BACKUP, "admin"),
    (HOUSE, Action.REPLAY, "admin"),
)


@pytest.mark.parametrize(("thing", "action", "allowed"), CASES, ids=lambda part: part if isinstance(part, str) else None)
def test_exactly_these_people_may(thing: Thing, action: Action, allowed: str) -> None:
    who = {name for name, actor in PEOPLE.items() if may(actor, action, thing)}
    assert who == {*allowed.split(), "engine"}


def test_every_action_stands_in_the_table_and_in_these_cases() -> None:
    assert set(TABLE) == set(Action)
    assert {action for _, action, _ in CASES} == set(Action)


def test_eve_may_do_nothing_to_other_peoples_work() -> None:
    things = (ANNS_TASK, FREE_TASK, LENT_TASK, INSTANCE, DESK_INSTANCE, CLIENTS_INSTANCE, ACCOUNT)
    assert not [
        (action, thing) for thing in things for action, rule in TABLE.items() if isinstance(thing, rule.things) and may(EVE, action, thing)
    ]


def test_a_customers_user_reaches_nothing_of_another_customer_u1() -> None:
    rival = PEOPLE["rival"]
    for thing in (ANNS_TASK, FREE_TASK, TaskThing(assignee="rita"), TaskThing(assignee="rita", customer="acme"), INSTANCE, DESK_INSTANCE):
        assert not [action for action, rule in TABLE.items() if isinstance(thing, rule.things) and may(rival, action, thing)]
    assert may(rival, Action.COMPLETE, TaskThing(assignee="rita", customer="rival"))


def test_a_role_does_not_work_for_a_customers_user_even_when_the_account_says_so_u1() -> None:
    broken = Actor("cleo", frozenset({"operators", "process-owners", "auditors"}), is_admin=True, customer="acme")
    assert not [action for action, rule in TABLE.items() if HOUSE.__class__ in rule.things and may(broken, action, HOUSE)]


def test_a_substitute_inherits_work_and_no_role() -> None:
    for_operator = Actor("sam", absent=(Absent("otto", frozenset({"operators"})),))
    assert not may(for_operator, Action.SUSPEND, INSTANCE)
    assert may(for_operator, Action.COMPLETE, TaskThing(candidate_groups=frozenset({"operators"})))


def test_a_token_is_worth_its_scopes_and_never_more_than_its_person() -> None:
    reading = Actor("otto", frozenset({"operators"}), scopes=frozenset({Scope.READ}))
    assert may(reading, Action.READ_INSTANCE, INSTANCE)
    assert not may(reading, Action.CANCEL, INSTANCE)
    everything = Actor("eve", scopes=frozenset(Scope))
    assert not may(everything, Action.CANCEL, INSTANCE)


def test_an_action_on_the_wrong_kind_of_thing_is_a_programming_error() -> None:
    with pytest.raises(TypeError, match="complete is not done to a HouseThing"):
        may(SYSTEM, Action.COMPLETE, HOUSE)


@pytest.mark.parametrize(
    ("actor", "action", "thing", "message"),
    [
        (
            EVE,
            Action.COMPLETE,
            ANNS_TASK,
            NOT_COMPLETE,
        ),
        (EVE, Action.CLAIM, FREE_TASK, "eve may not claim this unassigned task. This may be done by: a candidate (service-desk)."),
        (
            BOB,
            Action.START,
            DESK_PROCESS,
            "bob may not start the process change. This may be done by: a person allowed to start it (service-desk), an administrator.",
        ),
        (EVE, Action.BACKUP, HOUSE, "eve may not backup here. This may be done by: an administrator."),
        (EVE, Action.MESSAGE, HOUSE, NOT_MESSAGE),
        (EVE, Action.CANCEL, INSTANCE, NOT_CANCEL),
        (
            EVE,
            Action.MANAGE_TOKENS,
            ACCOUNT,
            "eve may not manage tokens the account ann. This may be done by: the person concerned, an administrator.",
        ),
        (PEOPLE["rival"], Action.CLAIM, FREE_TASK, "rita may not claim here: ask your service desk"),
        (
            Actor("ann", scopes=frozenset({Scope.READ})),
            Action.COMPLETE,
            ANNS_TASK,
            "this token of ann may not complete: it lacks the scope 'work'",
        ),
    ],
)
def test_a_refusal_says_who_may(actor: Actor, action: Action, thing: Thing, message: str) -> None:
    with pytest.raises(Forbidden) as refusal:
        require(actor, action, thing)
    assert str(refusal.value) == message


def test_what_is_allowed_passes_require() -> None:
    require(ANN, Action.COMPLETE, ANNS_TASK)


@pytest.mark.parametrize(
    ("actor", "thing", "absent"),
    [
        (ANN, ANNS_TASK, None),
        (ANN, FREE_TASK, None),
        (PEOPLE["for-ann"], ANNS_TASK, "ann"),
        (PEOPLE["for-ann"], FREE_TASK, "ann"),
        (PEOPLE["for-ann"], TaskThing(assignee="sam"), None),
        (PEOPLE["for-ann"], LENT_TASK, None),
        (Actor("sam", DESK, absent=(Absent("ann", DESK),)), FREE_TASK, None),
        (Actor("sam", absent=(Absent("ann"), Absent("bob"))), TaskThing(candidate_users=frozenset({"bob"})), "bob"),
        (SYSTEM, ANNS_TASK, None),
    ],
)
def test_a_substitute_acts_in_the_name_of_the_absent_person(actor: Actor, thing: TaskThing, absent: str | None) -> None:
    assert acting_for(actor, thing) == absent
