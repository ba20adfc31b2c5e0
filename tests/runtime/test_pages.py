"""Lists: counted up to a limit, read in a fixed number of statements."""

from __future__ import annotations

import pytest

from engine import commands, queries
from engine.errors import Invalid
from engine.runtime import task_queries
from tests.runtime.conftest import ANN
from tests.runtime.diagrams import EIGHT, TWO_STEPS


def test_a_long_list_is_counted_only_so_far_unless_asked(house, deploy, monkeypatch):
    deploy(EIGHT)
    commands.start(house, "eight", actor=ANN)
    monkeypatch.setattr(task_queries, "COUNTED", 5)
    page = queries.open_tasks(house, actor=ANN, limit=3)
    assert (len(page.items), page.total, page.is_more) == (3, 5, True)
    exact = queries.open_tasks(house, actor=ANN, limit=3, exact_total=True)
    assert (exact.total, exact.is_more) == (8, False)


@pytest.mark.parametrize(("limit", "offset"), [(0, 0), (1001, 0), (1, -1)])
def test_a_page_that_nobody_could_mean_is_refused(house, limit, offset):
    with pytest.raises(Invalid, match="use a limit of 1 to 1000"):
        queries.open_tasks(house, actor=ANN, limit=limit, offset=offset)


@pytest.mark.parametrize("instances", [1, 4])
def test_an_inbox_costs_one_statement_and_a_second_when_the_page_is_full_however_long_it_is(house, deploy, counted, instances):
    deploy(TWO_STEPS)
    for _ in range(instances):
        commands.start(house, "two_steps", actor=ANN)
    seen = counted(house.database)
    for limit, statements in ((instances, 2), (instances + 1, 1)):
        seen.clear()
        page = queries.open_tasks(house, actor=ANN, limit=limit)
        assert (len(page.items), page.total) == (instances, instances)
        assert len([text for text in seen if text.startswith("SELECT")]) == statements
