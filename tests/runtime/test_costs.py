"""What a command costs: statements and commits, counted at the driver."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from engine import commands
from engine.errors import Conflict
from tests.runtime.conftest import ANN, OLGA, task_at
from tests.runtime.diagrams import EIGHT, LATE, REPLY, TWO_STEPS


class Count:
    """Counts the statements (without BEGIN) and the commits of an engine while it watches."""

    def __init__(self, house):
        self.house, self.statements, self.commits, self.begins = house, [], 0, 0

    def __enter__(self):
        sa.event.listen(self.house.database.engine, "before_cursor_execute", self._statement)
        sa.event.listen(self.house.database.engine, "commit", self._commit)
        return self

    def __exit__(self, *_):
        sa.event.remove(self.house.database.engine, "before_cursor_execute", self._statement)
        sa.event.remove(self.house.database.engine, "commit", self._commit)

    def _statement(self, _connection, _cursor, text, *_rest):
        if text.startswith("BEGIN"):
            self.begins += 1
        else:
            self.statements.append(text)

    def _commit(self, _connection):
        self.commits += 1

    def tables_written(self):
        """The tables that were written, each once, by name."""
        return sorted(
            {text.split()[2 if text.startswith(("INSERT", "DELETE")) else 1] for text in self.statements if "SELECT" not in text[:8]}
        )


@pytest.fixture
def measured(house):
    return Count(house)


def test_a_completion_costs_seven_statements_and_one_commit(house, deploy, measured):
    deploy(TWO_STEPS)
    commands.start(house, "two_steps", actor=ANN)
    task = task_at(house, "review")
    with measured:
        commands.complete(house, task, variables={"ok": True}, actor=ANN)
    assert (len(measured.statements), measured.commits) == (7, 1)
    assert measured.tables_written() == ["history", "human_task", "process_instance", "task_candidate"]


def test_an_idempotency_key_costs_two_statements_more(house, deploy, measured):
    deploy(TWO_STEPS)
    commands.start(house, "two_steps", actor=ANN)
    task = task_at(house, "review")
    with measured:
        commands.complete(house, task, actor=ANN, idempotency_key="k")
    assert (len(measured.statements), measured.commits) == (9, 1)


@pytest.mark.parametrize(
    ("source", "key", "element"), [(EIGHT, "eight", "part_3"), (LATE, "late", "answer"), (TWO_STEPS, "two_steps", "review")]
)
def test_a_completion_costs_at_most_fifteen_statements_and_one_commit(house, deploy, measured, source, key, element):
    deploy(source)
    commands.start(house, key, actor=ANN)
    task = task_at(house, element)
    with measured:
        commands.complete(house, task, actor=ANN, idempotency_key="k")
    assert len(measured.statements) <= 15
    assert measured.commits == 1


def test_a_claim_costs_five_statements_and_one_commit(house, deploy, measured):
    deploy(TWO_STEPS)
    commands.start(house, "two_steps", actor=ANN)
    task = task_at(house, "review")
    with measured:
        commands.claim(house, task, actor=ANN)
    assert (len(measured.statements), measured.commits) == (5, 1)


def test_the_number_of_statements_does_not_grow_with_the_tasks_that_open(house, deploy, measured):
    deploy(EIGHT)
    with measured:
        commands.start(house, "eight", actor=ANN)
    assert (len(measured.statements), measured.commits) == (7, 1)


def test_a_refused_command_commits_nothing(house, deploy, measured):
    deploy(REPLY)
    commands.start(house, "reply", variables={"ticket": 1}, actor=ANN)
    with measured, pytest.raises(Conflict):
        commands.message(house, "customer.reply", correlation={"ticket": 2}, actor=OLGA)
    assert measured.commits == 0
