"""What lists and refusals tell to those who may not know, and what nobody may pretend."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine import commands, queries
from engine.errors import Conflict, Forbidden
from engine.people import Actor, Scope
from tests.runtime.conftest import ANN, EVE, OLGA, task_at
from tests.runtime.diagrams import REPLY, TWO_STEPS, diagram, end, message_root, on_message, start, user

CUSTOMER = Actor("Carl", frozenset({"desk"}), customer="ACME")


def test_u1_a_customers_user_in_a_team_sees_none_of_its_work_in_lists(house, deploy):
    deploy(TWO_STEPS)
    instance = commands.start(house, "two_steps", actor=ANN).instance_id
    assert queries.open_tasks(house, actor=CUSTOMER).items == ()
    assert queries.instances(house, actor=CUSTOMER).items == ()
    for ask in (
        lambda: queries.task(house, task_at(house, "review"), actor=CUSTOMER),
        lambda: queries.instance(house, instance, actor=CUSTOMER),
    ):
        with pytest.raises(Forbidden):
            ask()


@pytest.mark.parametrize("scope", [Scope.WORK, Scope.OPERATE, Scope.ADMIN])
def test_a_token_without_the_scope_to_read_lists_nothing(house, deploy, scope):
    deploy(TWO_STEPS)
    commands.start(house, "two_steps", actor=ANN)
    token = replace(ANN, scopes=frozenset({scope}))
    for ask in (queries.open_tasks, queries.instances):
        with pytest.raises(Forbidden, match="lacks the scope 'read'"):
            ask(house, actor=token)
    assert queries.open_tasks(house, actor=replace(ANN, scopes=frozenset({Scope.READ}))).total == 1


def test_who_may_not_send_a_message_is_not_told_who_waits_for_it(house, deploy):
    deploy(REPLY)
    for _ in range(2):
        commands.start(house, "reply", variables={"ticket": 1}, actor=ANN)
    with pytest.raises(Forbidden):
        commands.message(house, "customer.reply", correlation={"ticket": 1}, actor=EVE)
    with pytest.raises(Conflict, match="2 instances wait"):
        commands.message(house, "customer.reply", correlation={"ticket": 1}, actor=ANN)


def test_a_message_cannot_say_who_started_what_it_starts(house, deploy):
    begin = start(on_message("m_order"), attributes='camunda:initiator="requester"')
    deploy(diagram("orders", begin, user("pack"), end(), flows="start>pack pack>end", roots=message_root("m_order", "order.placed")))
    (started,) = commands.message(house, "order.placed", payload={"requester": "Bob", "items": 3}, actor=OLGA).started
    assert queries.instance(house, started, actor=OLGA).variables == {"requester": "Olga", "items": 3}
