"""A message finds its receiver among many that wait for the same name: who declares other keys is not even read."""

from __future__ import annotations

import re
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from engine import commands, queries
from engine.errors import Conflict
from engine.ids import new_id
from engine.runtime.correlation import MOST_PAIRS, digest_of
from engine.tables import subscription
from tests.runtime.conftest import ANN, OLGA, task_at
from tests.runtime.diagrams import REPLY, catch, diagram, end, on_message, start, user

CROWD = 3000
TWO_KEYS = REPLY.replace(
    b"</bpmn:correlationProperty>",
    b'</bpmn:correlationProperty><bpmn:correlationProperty id="p_line" name="line"><bpmn:correlationPropertyRetrievalExpression '
    b'messageRef="m_reply"><bpmn:messagePath>line</bpmn:messagePath></bpmn:correlationPropertyRetrievalExpression>'
    b"</bpmn:correlationProperty>",
)
UNKEYED = diagram(
    "unkeyed",
    start(),
    catch("wait_reply", on_message("m_plain")),
    user("read_reply"),
    end(),
    flows="start>wait_reply wait_reply>read_reply read_reply>end",
    roots='<bpmn:message id="m_plain" name="customer.reply"/>',
)


def begin(house, key="reply", **variables):
    return commands.start(house, key, variables=variables, actor=ANN).instance_id


def reply(house, **correlation):
    return commands.message(house, "customer.reply", correlation=correlation, actor=OLGA).instances


@pytest.fixture
def crowd(house, deploy):
    """Very many that wait for replies about other tickets, all in the name of one instance."""
    deploy(REPLY)
    instance = begin(house, ticket="other")
    with house.database.write() as connection:
        (one,) = connection.execute(sa.select(subscription)).mappings()
        keys = [{"ticket": f"other {number}"} for number in range(CROWD)]
        connection.execute(sa.insert(subscription), [{**one, "id": new_id(), "correlation": key, "digest": digest_of(key)} for key in keys])
    return instance


@contextmanager
def asked(house):
    """Gather the statements about subscriptions, with their parameters."""
    found = []

    def note(_connection, _cursor, text, values, *_rest):
        if text.startswith("SELECT") and "FROM subscription" in text:
            found.append((text, values))

    sa.event.listen(house.database.engine, "before_cursor_execute", note)
    yield found
    sa.event.remove(house.database.engine, "before_cursor_execute", note)


def test_only_those_are_read_that_declare_these_keys_or_none(house, deploy, crowd):
    deploy(UNKEYED)
    mine, unkeyed = begin(house, ticket=7), begin(house, "unkeyed")
    with asked(house) as statements, pytest.raises(Conflict, match="2 instances wait"):
        reply(house, ticket=7, line=1)
    ((text, values),) = statements
    with house.database.read() as connection:
        read = connection.exec_driver_sql(text, values).mappings().all()
    assert {row["instance_id"] for row in read} == {mine, unkeyed}


def test_the_index_finds_them(house, crowd):
    """SQLite has no statistics then, and must find it without; PostgreSQL counts its rows by itself, here at once."""
    begin(house, ticket=7)
    if not house.database.is_sqlite:
        with house.database.glance() as connection:
            connection.exec_driver_sql("ANALYZE subscription")
    with asked(house) as statements:
        assert len(reply(house, ticket=7, line=1)) == 1
    ((text, values),) = statements
    with house.database.read() as connection:
        if house.database.is_sqlite:
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)]
            looked = {step for step in plan if re.search(r"(SEARCH|SCAN) subscription", step)}
            by_digest = "SEARCH subscription USING INDEX ix_subscription_kind_name_digest (kind=? AND name=? AND digest=?)"
            assert looked == {by_digest, "SEARCH subscription USING INDEX sqlite_autoindex_subscription_1 (id=?)"}
        else:
            plan = [row[0] for row in connection.exec_driver_sql(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {text}", values)]
            assert "ix_subscription_kind_name_digest" in "\n".join(plan)
            assert max(float(rows) for rows in re.findall(r"actual rows=([\d.]+)", "\n".join(plan))) < 10, plan
            assert not [step for step in plan if "Seq Scan on subscription" in step or "Rows Removed" in step], plan


def test_a_message_reaches_who_declares_some_of_its_keys(house, deploy):
    deploy(TWO_KEYS)
    both = begin(house, ticket=1, line=2)
    assert reply(house, line=2, ticket=1, further="x") == (both,)
    begin(house, ticket=1, line=2)
    for other in ({"ticket": 1}, {"line": 2}, {"ticket": 2, "line": 1}, {"ticket": 1, "line": 3}, {}):
        with pytest.raises(Conflict, match="nobody waits"):
            reply(house, **other)


@pytest.mark.parametrize(
    ("waits", "comes"), [(1, 1.0), (1.0, 1), (-0.0, 0), (1e23, 10**23), ([1, {"a": 2.0}], [1.0, {"a": 2}]), (None, None)]
)
def test_a_number_is_the_same_with_and_without_a_point(house, deploy, waits, comes):
    deploy(REPLY)
    instance = begin(house, ticket=waits)
    assert reply(house, ticket=comes) == (instance,)


@pytest.mark.parametrize(("waits", "comes"), [(1, True), (False, 0), ("1", 1), (None, False), ([1], [True]), ({}, []), (2**53, 2**53 + 1)])
def test_what_only_python_calls_equal_is_not_the_same(house, deploy, waits, comes):
    deploy(REPLY)
    instance = begin(house, ticket=waits)
    with pytest.raises(Conflict, match="nobody waits"):
        reply(house, ticket=comes)
    assert queries.instance(house, instance, actor=OLGA).tokens[0].element == "wait_reply"


def test_a_message_with_very_many_keys_arrives_too(house, crowd):
    mine = begin(house, ticket=7)
    more = {f"key_{number}": number for number in range(MOST_PAIRS)}
    assert reply(house, ticket=7, **more) == (mine,)
    assert task_at(house, "read_reply", instance_id=mine)
