"""Users and groups: people and teams. Accounts are managed by an administrator, not by programs."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from engine import queries
from engine.errors import NotFound, TooManyTries, Unidentified
from engine.people import Person, Team
from webui.camunda.api import API
from webui.camunda.paging import Count, Page, sorts
from webui.camunda.values import Names
from webui.endpoints import Call, Model
from webui.identity import by_password


class User(Model):
    """A person."""

    id: str
    first_name: str
    last_name: str = ""
    email: str | None


class UserQuery(Model):
    """Which people."""

    id: str | None = None
    id_in: Names | None = None
    first_name: str | None = None
    email: str | None = None
    member_of_group: str | None = None


class PagedUserQuery(UserQuery, Page):
    """Which people, and which part of them."""


class Group(Model):
    """A team."""

    id: str
    name: str
    type: str = "WORKFLOW"


class GroupQuery(Model):
    """Which teams."""

    id: str | None = None
    id_in: Names | None = None
    name: str | None = None
    member: str | None = None


class PagedGroupQuery(GroupQuery, Page):
    """Which teams, and which part of them."""


class OfUser(Model):
    """Of which person."""

    user_id: str


class GroupName(Model):
    """A team's name."""

    id: str
    name: str


class Colleague(Model):
    """A person as colleagues know him or her."""

    id: str
    first_name: str
    last_name: str = ""
    display_name: str


class GroupsOfUser(Model):
    """A person's teams and all who are in them."""

    groups: list[GroupName]
    group_users: list[Colleague]


class Credentials(Model):
    """A name and a password."""

    username: str
    password: str


class Verified(Model):
    """Whether they belong together."""

    authenticated_user: str
    authenticated: bool
    is_authenticated: bool
    tenants: list[Any] = Field(default_factory=list)
    groups: list[str] = Field(default_factory=list)


def _people(call: Call, query: UserQuery) -> list[Person]:
    return [
        each
        for each in queries.people(call.engine, actor=call.actor)
        if query.id in (None, each.name)
        and (query.id_in is None or each.name in query.id_in)
        and query.first_name in (None, each.display_name)
        and query.email in (None, each.email)
        and (query.member_of_group is None or query.member_of_group in each.teams)
    ]


def _teams(call: Call, query: GroupQuery) -> list[Team]:
    return [
        each
        for each in queries.teams(call.engine, actor=call.actor)
        if query.id in (None, each.name)
        and (query.id_in is None or each.name in query.id_in)
        and query.name in (None, each.display_name)
        and (query.member is None or query.member in each.members)
    ]


def _part(found: list[Any], page: Page) -> list[Any]:
    """Return a part of what is in order of the names; so it comes, and descending on request."""
    order = sorts(page, {"userId": "name", "id": "name", "name": "display_name", "firstName": "display_name"})
    for each in order:
        found = sorted(found, key=lambda one, name=each.name: getattr(one, name), reverse=each.is_descending)  # type: ignore[misc]  # a default
    return found[page.first_result : page.first_result + page.max_results]


def _user(found: Person) -> User:
    return User(id=found.name, first_name=found.display_name, email=found.email)


@API.endpoint("GET", "/user", query=PagedUserQuery, answer=list[User])
def users(call: Call, *, query: PagedUserQuery) -> list[User]:
    """List the active people, by name unless sorted otherwise."""
    return [_user(each) for each in _part(_people(call, query), query)]


@API.endpoint("GET", "/user/count", query=UserQuery, answer=Count)
def count_users(call: Call, *, query: UserQuery) -> Count:
    """Count the active people."""
    return Count(count=len(_people(call, query)))


@API.endpoint("GET", "/user/<user_id>/profile", answer=User)
def profile(call: Call, user_id: str) -> User:
    """Return one person."""
    found = _people(call, UserQuery(id=user_id))
    if not found:
        raise NotFound(f"there is no active person {user_id!r}")
    return _user(found[0])


@API.endpoint("GET", "/group", query=PagedGroupQuery, answer=list[Group])
def groups(call: Call, *, query: PagedGroupQuery) -> list[Group]:
    """List the teams, by name unless sorted otherwise."""
    return [Group(id=each.name, name=each.display_name) for each in _part(_teams(call, query), query)]


@API.endpoint("GET", "/group/count", query=GroupQuery, answer=Count)
def count_groups(call: Call, *, query: GroupQuery) -> Count:
    """Count the teams."""
    return Count(count=len(_teams(call, query)))


@API.endpoint("GET", "/group/<group_id>", answer=Group)
def group(call: Call, group_id: str) -> Group:
    """Return one team."""
    found = _teams(call, GroupQuery(id=group_id))
    if not found:
        raise NotFound(f"there is no team {group_id!r}")
    return Group(id=found[0].name, name=found[0].display_name)


@API.endpoint("GET", "/identity/groups", query=OfUser, answer=GroupsOfUser)
def groups_of(call: Call, *, query: OfUser) -> GroupsOfUser:
    """Return a person's teams and all who are in them."""
    teams = _teams(call, GroupQuery(member=query.user_id))
    members = {name for each in teams for name in each.members}
    return GroupsOfUser(
        groups=[GroupName(id=each.name, name=each.display_name) for each in teams],
        group_users=[
            Colleague(id=each.name, first_name=each.display_name, display_name=each.display_name)
            for each in _people(call, UserQuery(id_in=tuple(members)))
        ],
    )


@API.endpoint("POST", "/identity/verify", body=Credentials, answer=Verified)
def verify(_call: Call, *, body: Credentials) -> Verified:
    """Tell whether a name and a password belong together; wrong ones count as failed tries."""
    try:
        by_password(body.username, body.password)
    except TooManyTries:
        raise
    except Unidentified:
        return Verified(authenticated_user=body.username, authenticated=False, is_authenticated=False)
    return Verified(authenticated_user=body.username, authenticated=True, is_authenticated=True)
