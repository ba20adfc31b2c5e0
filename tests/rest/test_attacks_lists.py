"""Lists without an end, and filters with more values than a database takes."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from engine import commands
from engine.ids import new_id
from engine.people import SYSTEM
from engine.tables import process_instance
from tests.runtime.diagrams import TWO_STEPS

MOST = 10_000


@pytest.fixture
def many(house, deploy):
    """As many instances as are answered at once, and one more."""
    deploy(TWO_STEPS)
    commands.start(house, "two_steps", actor=SYSTEM)
    with house.database.write() as connection:
        first = dict(connection.execute(sa.select(process_instance)).one()._mapping)
        connection.execute(sa.insert(process_instance), [{**first, "id": new_id()} for _ in range(MOST)])


def test_a_list_without_an_end_is_refused_and_not_cut_short(many, olga):
    told = olga.get("/engine-rest/process-instance", expect=400)
    assert told["message"].startswith("there are more than 10000: ask for them in parts")
    olga.get("/engine-rest/process-instance", maxResults=2**31 - 1, expect=400)
    olga.get("/engine-rest/history/process-instance", expect=400)
    assert len(olga.get("/engine-rest/process-instance", maxResults=MOST)) == MOST
    assert len(olga.get("/engine-rest/process-instance", firstResult=1)) == MOST
    assert olga.get("/engine-rest/process-instance/count") == {"count": MOST + 1}


@pytest.mark.parametrize(
    ("path", "field"),
    [("task", "taskIdIn"), ("process-instance", "processInstanceIds"), ("history/process-instance", "processInstanceIds")],
)
def test_more_ids_than_a_database_takes_are_the_callers_fault(olga, path, field):
    answer = olga("POST", f"/engine-rest/{path}", json={field: [f"{number:08x}" for number in range(260_000)]})
    assert answer.status_code == 400
    assert "too many values" in answer.get_json()["message"]


def test_a_pattern_that_a_database_does_not_take_is_the_callers_fault(deploy, olga):
    deploy(TWO_STEPS)
    olga.post("/engine-rest/process-definition/key/two_steps/start", {"businessKey": "b"})
    for path, field in (("task", "nameLike"), ("process-instance", "businessKeyLike")):
        answer = olga("POST", f"/engine-rest/{path}", json={field: "%a" * 40_000})
        assert (answer.status_code, answer.get_json() == []) in ((200, True), (400, False))


def test_a_worker_asks_for_as_many_topics_as_it_could_work_on(olga, wanda):
    def wish(number):
        return {"workerId": "w", "maxTasks": 1, "topics": [{"topicName": f"t{each}", "lockDuration": 1000} for each in range(number)]}

    assert wanda.post("/engine-rest/external-task/fetchAndLock", wish(200)) == []
    told = wanda.post("/engine-rest/external-task/fetchAndLock", wish(201), expect=400)
    assert told["message"] == "201 topics: name at most 200 in a call, and the others in another"
