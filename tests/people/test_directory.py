"""Accounts, teams, substitution, passwords and tokens, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import Connection

from engine.clock import MovedClock
from engine.db import Database
from engine.errors import Conflict, Forbidden, Invalid, NotFound
from engine.people import (
    Absent,
    Actor,
    Scope,
    actor_of_token,
    add_membership,
    add_person,
    add_substitution,
    add_team,
    change_person,
    check_password,
    create_token,
    deactivate_person,
    list_people,
    list_substitutions,
    list_teams,
    list_tokens,
    load_actor,
    note_use,
    person_named,
    reactivate_person,
    remove_membership,
    remove_substitution,
    revoke_token,
    set_password,
)
from engine.people.directory import checked_name
from engine.people.passwords import hash_password
from engine.tables import api_token, person

NOW = datetime(2026, 11, 24, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
GOOD = "correct horse battery"


def people(connection: Connection, *names: str) -> None:
    for name in names:
        add_person(connection, name, now=NOW)


def test_a_person_is_listed_with_teams(database: Database, clock: MovedClock) -> None:
    with database.write() as connection:
        add_team(connection, "service-desk", display_name="Service desk")
        add_team(connection, "approvers")
        add_person(connection, "ann", now=clock.now(), display_name="Ann Li", email="ann@example.org", teams=("service-desk", "approvers"))
        people(connection, "bob")
        assert [(one.name, one.display_name, one.teams) for one in list_people(connection)] == [
            ("ann", "Ann Li", ("approvers", "service-desk")),
            ("bob", "bob", ()),
        ]
        assert [(one.name, one.display_name, one.members) for one in list_teams(connection)] == [
            ("approvers", "approvers", ("ann",)),
            ("service-desk", "Service desk", ("ann",)),
        ]
        assert person_named(connection, "ann").email == "ann@example.org"


def test_names_are_taken_once(database: Database) -> None:
    with database.write() as connection:
        people(connection, "ann")
        add_team(connection, "approvers")
        with pytest.raises(Conflict, match="there is a person 'ann' already"):
            people(connection, "ann")
        with pytest.raises(Conflict, match="there is a team 'approvers' already"):
            add_team(connection, "approvers")
        with pytest.raises(Conflict, match="there is a person 'ann' already: choose another name than 'Ann'"):
            people(connection, "Ann")
        with pytest.raises(Conflict, match="there is a team 'approvers' already"):
            add_team(connection, "Approvers")


@pytest.mark.parametrize(
    "name", ["", " ann", "ann li", "system", "System", "-ann", "_ann", ".ann", "a/b", "a\x00b", "a\n", "x" * 65, "a\u202eb", "ann\u200b"]
)
def test_a_name_that_would_be_misread_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        checked_name(name)


@pytest.mark.parametrize(
    ("name", "kept"), [("ann", "ann"), ("王芳", "王芳"), ("ａｎｎ", "ann"), ("Resolver-70", "Resolver-70"), ("a@b.cn", "a@b.cn")]
)
def test_a_name_is_kept_in_its_composed_form(name: str, kept: str) -> None:
    assert checked_name(name) == kept


@given(st.text(max_size=80))
def test_a_checked_name_is_checked_for_good(name: str) -> None:
    try:
        kept = checked_name(name)
    except Invalid:
        return
    assert checked_name(kept) == kept


def test_unknown_people_and_teams_are_named(database: Database) -> None:
    with database.write() as connection:
        people(connection, "ann")
        with pytest.raises(NotFound, match="no person 'nobody'"):
            add_membership(connection, "nobody", team_name="approvers")
        with pytest.raises(NotFound, match="no team 'approvers'"):
            add_membership(connection, "ann", team_name="approvers")
        with pytest.raises(NotFound, match="ann is no member of 'approvers'"):
            remove_membership(connection, "ann", team_name="approvers")
        with pytest.raises(NotFound, match="no person 'nobody'"):
            person_named(connection, "nobody")
        with pytest.raises(NotFound, match="no person 'nobody'"):
            load_actor(connection, "nobody", now=NOW)


def test_membership_twice_is_once_and_ends(database: Database) -> None:
    with database.write() as connection:
        people(connection, "ann")
        add_team(connection, "approvers")
        add_membership(connection, "ann", team_name="approvers")
        add_membership(connection, "ann", team_name="approvers")
        assert load_actor(connection, "ann", now=NOW).groups == {"approvers"}
        remove_membership(connection, "ann", team_name="approvers")
        assert load_actor(connection, "ann", now=NOW).groups == frozenset()


def test_the_last_administrator_stays(database: Database) -> None:
    with database.write() as connection:
        add_person(connection, "ann", now=NOW, is_admin=True)
        with pytest.raises(Conflict, match="ann is the last active administrator"):
            deactivate_person(connection, "ann")
        with pytest.raises(Conflict, match="ann is the last active administrator"):
            change_person(connection, "ann", is_admin=False)
        add_person(connection, "bob", now=NOW, is_admin=True)
        deactivate_person(connection, "ann")
        assert [one.name for one in list_people(connection)] == ["bob"]
        assert [one.name for one in list_people(connection, with_inactive=True)] == ["ann", "bob"]


def test_a_deactivated_person_may_nothing_until_let_back_in(database: Database) -> None:
    with database.write() as connection:
        add_person(connection, "ann", now=NOW, password=GOOD)
        token = create_token(connection, "ann", label="laptop", now=NOW)
        deactivate_person(connection, "ann")
        with pytest.raises(Forbidden, match="ann is deactivated"):
            load_actor(connection, "ann", now=NOW)
        assert not check_password(connection, "ann", password=GOOD)
        with pytest.raises(Forbidden):
            actor_of_token(connection, token.secret, now=NOW)
        reactivate_person(connection, "ann")
        assert check_password(connection, "ann", password=GOOD)


def test_a_customers_user_is_never_an_administrator_u1(database: Database) -> None:
    with database.write() as connection:
        with pytest.raises(Invalid, match="cannot be an administrator"):
            add_person(connection, "cleo", now=NOW, customer="acme", is_admin=True)
        add_person(connection, "cleo", now=NOW, customer="acme")
        with pytest.raises(Invalid, match="cannot be an administrator"):
            change_person(connection, "cleo", is_admin=True)
        assert load_actor(connection, "cleo", now=NOW) == Actor("cleo", customer="acme")


def test_an_account_changes_only_what_may_change(database: Database) -> None:
    with database.write() as connection:
        people(connection, "ann")
        change_person(connection, "ann", language="en", email="a@example.org")
        assert person_named(connection, "ann").language == "en"
        with pytest.raises(Invalid, match="no name, password_hash that can be changed"):
            change_person(connection, "ann", name="eve", password_hash="x")


def test_an_actor_is_loaded_in_one_statement(database: Database) -> None:
    statements: list[str] = []
    with database.write() as connection:
        for team_name in ("approvers", "noc", "service-desk"):
            add_team(connection, team_name)
        add_person(connection, "ann", now=NOW, teams=("service-desk",))
        add_person(connection, "bob", now=NOW, teams=("approvers", "noc"), is_admin=True)
        add_person(connection, "carl", now=NOW)
        add_substitution(connection, "bob", substitute="ann", starts_at=NOW, ends_at=NOW + HOUR)
        add_substitution(connection, "carl", substitute="ann", starts_at=NOW - HOUR, ends_at=NOW + HOUR)
        sa.event.listen(connection, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
        actor = load_actor(connection, "ann", now=NOW)
    assert len(statements) == 1
    assert actor == Actor("ann", frozenset({"service-desk"}), absent=(Absent("bob", frozenset({"approvers", "noc"})), Absent("carl")))
    assert actor.names == {"ann", "bob", "carl"}
    assert actor.task_groups == {"service-desk", "approvers", "noc"}
    assert not actor.is_admin


@pytest.mark.parametrize(("minutes", "stands_in"), [(-1, False), (0, True), (59, True), (60, False)])
def test_a_substitution_is_half_open(database: Database, minutes: int, stands_in: bool) -> None:
    with database.write() as connection:
        people(connection, "ann", "bob")
        add_substitution(connection, "bob", substitute="ann", starts_at=NOW, ends_at=NOW + HOUR)
        actor = load_actor(connection, "ann", now=NOW + timedelta(minutes=minutes))
    assert actor.substitutes_for == ({"bob"} if stands_in else frozenset())


@pytest.mark.parametrize(
    ("absent", "substitute", "error", "message"),
    [
        ("ann", "ann", Invalid, "ann cannot stand in for ann"),
        ("ann", "bob", Conflict, "bob is away from 2026-11-24T01:00:00.00:00 until"),
        ("carl", "bob", Conflict, "bob is away"),
        ("ann", "carl", Conflict, "ann stands in for bob from"),
        ("bob", "ann", Conflict, "ann stands in for bob already"),
        ("bob", "cleo", Invalid, "do not belong to the same customer"),
        ("bob", "gone", Invalid, "gone is deactivated"),
        ("bob", "nobody", NotFound, "no person 'nobody'"),
        ("nobody", "bob", NotFound, "no person 'nobody'"),
    ],
)
def test_a_confusing_substitution_is_refused(
    database: Database, absent: str, substitute: str, error: type[Exception], message: str
) -> None:
    with database.write() as connection:
        people(connection, "ann", "bob", "carl", "gone")
        add_person(connection, "cleo", now=NOW, customer="acme")
        deactivate_person(connection, "gone")
        add_substitution(connection, "bob", substitute="ann", starts_at=NOW, ends_at=NOW + HOUR)
        with pytest.raises(error, match=message):
            add_substitution(connection, absent, substitute=substitute, starts_at=NOW + HOUR / 2, ends_at=NOW + 2 * HOUR)


def test_substitutions_that_only_touch_do_not_overlap(database: Database) -> None:
    with database.write() as connection:
        people(connection, "ann", "bob")
        first = add_substitution(connection, "bob", substitute="ann", starts_at=NOW, ends_at=NOW + HOUR)
        second = add_substitution(connection, "ann", substitute="bob", starts_at=NOW + HOUR, ends_at=NOW + 2 * HOUR)
        assert list_substitutions(connection, "ann") == (first, second)
        remove_substitution(connection, first.id)
        assert list_substitutions(connection) == (second,)
        with pytest.raises(NotFound):
            remove_substitution(connection, first.id)
        with pytest.raises(Invalid, match="not after its start"):
            add_substitution(connection, "bob", substitute="ann", starts_at=NOW, ends_at=NOW)


def test_substitution_does_not_chain(database: Database) -> None:
    """Even when rows from before the rule say so: Ann stands in for Bob, who stands in for Carl."""
    with database.write() as connection:
        people(connection, "ann", "bob", "carl")
        add_substitution(connection, "bob", substitute="ann", starts_at=NOW, ends_at=NOW + HOUR)
        assert load_actor(connection, "ann", now=NOW).names == {"ann", "bob"}
        with pytest.raises(Conflict):
            add_substitution(connection, "carl", substitute="bob", starts_at=NOW, ends_at=NOW + HOUR)


def test_a_substitute_who_changed_to_a_customer_stands_in_no_more_u1(database: Database) -> None:
    with database.write() as connection:
        people(connection, "ann", "bob")
        add_substitution(connection, "bob", substitute="ann", starts_at=NOW, ends_at=NOW + HOUR)
        change_person(connection, "ann", customer="acme")
        assert load_actor(connection, "ann", now=NOW).absent == ()


def test_a_password_is_checked_and_changed(database: Database) -> None:
    with database.write() as connection:
        add_person(connection, "ann", now=NOW, password=GOOD)
        add_person(connection, "bob", now=NOW)
        assert check_password(connection, "ann", password=GOOD)
        assert not check_password(connection, "ann", password=GOOD + "!")
        assert not check_password(connection, "bob", password=GOOD)
        assert not check_password(connection, "nobody", password="a password that nobody has")
        set_password(connection, "ann", password="staple 正确 马 电池 钉")
        assert not check_password(connection, "ann", password=GOOD)
        assert check_password(connection, "ann", password="staple 正确 马 电池 钉")
        kept = connection.scalar(sa.select(person.c.password_hash).where(person.c.name == "ann"))
        assert kept is not None
        assert kept.startswith("$argon2id$")
        with pytest.raises(NotFound):
            set_password(connection, "nobody", password=GOOD)


@pytest.mark.parametrize(
    ("password", "message"),
    [
        ("short", "has 5 characters: use at least 12"),
        ("x" * 1025, "use at most 1024"),
        ("my name is ANN 1", "contains the name"),
        ("abababababababab", "fewer than five characters"),
    ],
)
def test_a_weak_password_is_refused(password: str, message: str) -> None:
    with pytest.raises(Invalid, match=message) as refusal:
        hash_password(password, name="ann")
    assert password not in str(refusal.value)


def test_an_unknown_name_costs_the_same_work(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer's time must not tell which names exist: one argon2 verification each, whatever the name."""
    from engine.people import passwords

    verified: list[str] = []
    real = passwords.HASHER

    class Counting:
        def hash(self, password: str) -> str:
            return real.hash(password)

        def verify(self, kept: str, password: str) -> bool:
            verified.append(kept)
            return real.verify(kept, password)

    with database.write() as connection:
        add_person(connection, "ann", now=NOW, password=GOOD)
        people(connection, "bob")
        monkeypatch.setattr(passwords, "HASHER", Counting())
        for name in ("ann", "bob", "nobody"):
            check_password(connection, name, password="wrong password")
    assert len(verified) == 3
    assert len({kept.rpartition("$")[0].rpartition("$")[0] for kept in verified}) == 1


def test_a_token_is_shown_once_and_kept_as_a_hash(database: Database) -> None:
    with database.write() as connection:
        people(connection, "ann")
        new = create_token(connection, "ann", label="laptop", now=NOW, scopes=[Scope.READ])
        assert len(new.secret) == 46
        row = connection.execute(sa.select(api_token)).one()
        assert new.secret not in str(row)
        actor, token_id, used_at = actor_of_token(connection, new.secret, now=NOW)
        assert (actor.name, actor.scopes, token_id, used_at) == ("ann", frozenset({Scope.READ}), new.id, None)
        note_use(connection, new.id, now=NOW + HOUR)
        assert list_tokens(connection, "ann")[0].last_used_at == NOW + HOUR
        assert list_tokens(connection, "bob") == ()


def test_a_token_ends_by_time_and_by_revocation(database: Database) -> None:
    with database.write() as connection:
        people(connection, "ann")
        short = create_token(connection, "ann", label="short", now=NOW, expires_at=NOW + HOUR)
        long = create_token(connection, "ann", label="long", now=NOW)
        assert actor_of_token(connection, short.secret, now=NOW + HOUR - timedelta(microseconds=1))[1] == short.id
        with pytest.raises(Forbidden, match="unknown, expired or revoked"):
            actor_of_token(connection, short.secret, now=NOW + HOUR)
        revoke_token(connection, long.id, now=NOW)
        with pytest.raises(Forbidden, match="unknown, expired or revoked"):
            actor_of_token(connection, long.secret, now=NOW)
        with pytest.raises(Conflict, match="was revoked at"):
            revoke_token(connection, long.id, now=NOW)
        with pytest.raises(NotFound):
            revoke_token(connection, "none", now=NOW)


def test_a_token_brings_its_persons_teams_and_those_of_who_is_away_and_no_other_tokens(database: Database) -> None:
    with database.write() as connection:
        people(connection, "ann", "bob")
        for team in ("desk", "night"):
            add_team(connection, team)
        add_membership(connection, "ann", team_name="desk")
        add_membership(connection, "bob", team_name="night")
        add_substitution(connection, "bob", substitute="ann", starts_at=NOW, ends_at=NOW + HOUR)
        narrow = create_token(connection, "ann", label="narrow", now=NOW, scopes=[Scope.READ])
        create_token(connection, "ann", label="wide", now=NOW, scopes=list(Scope))
        actor, token_id, _ = actor_of_token(connection, narrow.secret, now=NOW)
        assert actor == load_actor(connection, "ann", now=NOW, scopes=frozenset({Scope.READ}))
        assert (actor.task_groups, token_id) == (frozenset({"desk", "night"}), narrow.id)


@pytest.mark.parametrize("secret", ["", "wb_", "wb_\ud800", "' OR 1=1 --", "\x00"])
def test_a_strange_token_is_refused(database: Database, secret: str) -> None:
    with database.read() as connection, pytest.raises(Forbidden):
        actor_of_token(connection, secret, now=NOW)


def test_a_token_that_could_never_serve_is_refused(database: Database) -> None:
    with database.write() as connection:
        people(connection, "ann")
        with pytest.raises(Invalid, match="which is past"):
            create_token(connection, "ann", label="x", now=NOW, expires_at=NOW)
        with pytest.raises(Invalid, match="at least one scope"):
            create_token(connection, "ann", label="x", now=NOW, scopes=[])
        with pytest.raises(Invalid, match="needs a label"):
            create_token(connection, "ann", label=" ", now=NOW)
        with pytest.raises(NotFound, match="no active person 'bob'"):
            create_token(connection, "bob", label="x", now=NOW)
