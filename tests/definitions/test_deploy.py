import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from engine.definitions import DefinitionStore, deploy
from engine.errors import DeploymentRefused, NotFound
from engine.tables import blob, definition, deployed_file, deployment, job, schedule, subscription
from tests.definitions.drawing import END, GOOD, drawing, flows, line

OTHER = GOOD.replace(b'id="small"', b'id="other"')
CHANGED = GOOD.replace(b'name="Review"', b'name="Review it"')
FORM = b'{"id": "triage", "type": "default", "components": [{"type": "textfield", "key": "summary", "label": "Summary"}]}'
TABLE = (
    b'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" namespace="n"><decision id="priority" name="Priority">'
    b'<decisionTable><input id="i"><inputExpression id="ie"><text>impact</text></inputExpression></input><output id="o" name="priority"/>'
    b'<rule id="r"><inputEntry id="e"><text>"high"</text></inputEntry><outputEntry id="x"><text>1</text></outputEntry></rule>'
    b"</decisionTable></decision></definitions>"
)


@pytest.fixture
def put(database, clock):
    """A function that deploys files in a transaction of its own, a second after the last."""

    def work(files, *, name="tests", **options):
        clock.advance(timedelta(seconds=1))
        with database.write() as connection:
            return deploy(connection, files, name=name, actor="ann", now=clock.now(), **options)

    return work


def rows(database, table):
    with database.read() as connection:
        return connection.execute(sa.select(table)).all()


def versions(database):
    with database.read() as connection:
        found = connection.execute(sa.select(definition).order_by(definition.c.key, definition.c.version))
        return [(row.key, row.version, row.is_latest) for row in found]


def test_a_deployment_makes_a_version_of_every_definition(database, put):
    made = put({"a.bpmn": GOOD, "b.dmn": TABLE, "c.form": FORM})
    assert made.is_new
    assert [(each.kind, each.key, each.version, each.is_new) for each in made.definitions] == [
        ("process", "small", 1, True),
        ("decision", "priority", 1, True),
        ("form", "triage", 1, True),
    ]
    assert [(row.name, row.kind) for row in sorted(rows(database, deployed_file), key=lambda row: row.name)] == [
        ("a.bpmn", "bpmn"),
        ("b.dmn", "dmn"),
        ("c.form", "form"),
    ]


def test_the_same_files_again_are_the_same_deployment(database, put):
    first = put({"a.bpmn": GOOD, "b.bpmn": OTHER})
    again = put({"b.bpmn": OTHER, "a.bpmn": GOOD})
    assert (again.id, again.is_new) == (first.id, False)
    assert {each.id for each in again.definitions} == {each.id for each in first.definitions}
    assert versions(database) == [("other", 1, True), ("small", 1, True)]


def test_a_changed_file_makes_new_versions_and_only_the_last_is_latest(database, put):
    put({"a.bpmn": GOOD, "b.bpmn": OTHER})
    put({"a.bpmn": CHANGED, "b.bpmn": OTHER})
    assert versions(database) == [("other", 1, False), ("other", 2, True), ("small", 1, False), ("small", 2, True)]


def test_changed_only_keeps_the_versions_of_files_that_did_not_change(database, put):
    put({"a.bpmn": GOOD, "b.bpmn": OTHER})
    made = put({"a.bpmn": CHANGED, "b.bpmn": OTHER}, changed_only=True)
    assert [(each.key, each.version, each.is_new) for each in made.definitions] == [("small", 2, True), ("other", 1, False)]
    assert versions(database) == [("other", 1, True), ("small", 1, False), ("small", 2, True)]


def test_an_earlier_content_can_come_back_as_a_new_version(database, put):
    put({"a.bpmn": GOOD})
    put({"a.bpmn": CHANGED})
    assert put({"a.bpmn": GOOD}).is_new
    assert versions(database)[-1] == ("small", 3, True)


def test_files_that_another_deployment_replaced_are_deployed_again(database, put):
    put({"a.bpmn": GOOD}, name="one")
    put({"a.bpmn": CHANGED}, name="two")
    assert put({"a.bpmn": GOOD}, name="one").is_new
    assert versions(database)[-1] == ("small", 3, True)


def test_equal_content_is_stored_once(database, put):
    put({"a.bpmn": GOOD}, name="one")
    put({"a.bpmn": GOOD, "b.bpmn": OTHER}, name="two")
    assert len(rows(database, blob)) == 2


def test_a_refused_deployment_writes_nothing_and_tells_every_problem(database, put):
    bad = line('a|<bpmn:userTask id="a"/>', 'b|<bpmn:serviceTask id="b"/>')
    with pytest.raises(DeploymentRefused) as refused:
        put({"good.bpmn": OTHER, "bad.bpmn": bad})
    assert [(each.file, each.rule, each.element) for each in refused.value.problems] == [
        ("bad.bpmn", "nobody", "a"),
        ("bad.bpmn", "no-topic", "b"),
    ]
    assert [rows(database, table) for table in (deployment, definition, deployed_file, blob, subscription)] == [[], [], [], [], []]


@pytest.mark.parametrize(
    ("files", "options", "rule"),
    [
        ({}, {}, "no-file"),
        ({f"{n}.form": FORM for n in range(501)}, {}, "many-files"),
        ({"a.bpmn": GOOD}, {"name": "x" * 256}, "too-long"),
        ({"x" * 256 + ".bpmn": GOOD}, {}, "too-long"),
        ({"a.bpmn": GOOD}, {"most_bytes": 100}, "too-large"),
    ],
)
def test_a_deployment_out_of_bounds_is_refused(put, files, options, rule):
    with pytest.raises(DeploymentRefused) as refused:
        put(files, **options)
    assert rule in {each.rule for each in refused.value.problems}


def test_what_is_deployed_already_may_be_called(put):
    caller = line('a|<bpmn:callActivity id="a" calledElement="other"/>')
    with pytest.raises(DeploymentRefused):
        put({"caller.bpmn": caller})
    put({"other.bpmn": OTHER}, name="other")
    assert put({"caller.bpmn": caller}).is_new


def test_names_are_resolved_inside_the_deployment_first_then_latest(database, put):
    caller = line('a|<bpmn:callActivity id="a" calledElement="other"/>')
    together = put({"caller.bpmn": caller, "other.bpmn": OTHER})
    alone = put({"caller.bpmn": caller}, name="alone")
    newer = put({"other.bpmn": OTHER.replace(b'"Review"', b'"Look"')}, name="newer")
    store = DefinitionStore(database)
    own = {each.key: each.id for each in together.definitions}
    assert store.called("other", own["small"]) == own["other"]
    assert store.called("other", alone.definitions[0].id) == newer.definitions[0].id
    with pytest.raises(NotFound, match="deploy it"):
        store.called("nothing", own["small"])


def test_the_store_reads_processes_decisions_forms_and_sources(database, put):
    made = put({"a.bpmn": GOOD, "b.dmn": TABLE, "c.form": FORM})
    store = DefinitionStore(database)
    process = made.definitions[0].id
    assert store.process(process).scope.nodes["review"].name == "Review"
    assert store.process(process) is store.process(process)
    assert store.decision("priority", process).id == "priority"
    assert store.form("triage", process).schema["components"][0]["key"] == "summary"
    assert store.source(process) == GOOD
    with pytest.raises(NotFound):
        store.process("0" * 32)


def test_two_deployments_at_once_make_two_versions(database, clock):
    ready = threading.Barrier(2)

    def work(number):
        ready.wait()
        with database.write() as connection:
            content = GOOD.replace(b'"Review"', f'"Review {number}"'.encode())
            deploy(connection, {"a.bpmn": content}, name=f"race {number}", actor="ann", now=clock.now())

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))
    assert versions(database) == [("small", 1, False), ("small", 2, True)]


def started_by(event: str, *, key: str = "small", roots: str = "") -> bytes:
    return drawing(f'<bpmn:startEvent id="start">{event}</bpmn:startEvent>{END}{flows("start>end")}', key=key, roots=roots)


BY_MESSAGE = '<bpmn:messageEventDefinition messageRef="m"/>'
BY_SIGNAL = '<bpmn:signalEventDefinition signalRef="s"/>'
ROOTS = '<bpmn:message id="m" name="order.placed"/><bpmn:signal id="s" name="alarm"/>'


def timed(kind: str, text: str) -> bytes:
    return started_by(f"<bpmn:timerEventDefinition><bpmn:{kind}>{text}</bpmn:{kind}></bpmn:timerEventDefinition>")


def waiting(database):
    return sorted((row.kind, row.name, row.element, row.definition_id) for row in rows(database, subscription))


def test_only_the_latest_version_waits_for_its_start_message_and_signal(database, put):
    put({"a.bpmn": started_by(BY_MESSAGE, roots=ROOTS)})
    second = put({"a.bpmn": started_by(BY_SIGNAL, roots=ROOTS)}).definitions[0].id
    assert waiting(database) == [("signal", "alarm", "start", second)]
    third = put({"a.bpmn": started_by(BY_MESSAGE, roots=ROOTS)}).definitions[0].id
    assert waiting(database) == [("message", "order.placed", "start", third)]


def test_a_message_starts_one_process_only(database, put):
    put({"a.bpmn": started_by(BY_MESSAGE, roots=ROOTS)})
    with pytest.raises(DeploymentRefused) as refused:
        put({"b.bpmn": started_by(BY_MESSAGE, key="second", roots=ROOTS)})
    (problem,) = refused.value.problems
    assert (problem.rule, problem.element) == ("message-taken", "start")
    assert "'small'" in problem.message
    assert put({"c.bpmn": started_by(BY_SIGNAL, key="third", roots=ROOTS)}).is_new


def test_a_timer_start_is_a_job_of_the_latest_version(database, put, clock):
    put({"a.bpmn": timed("timeDuration", "PT2H")})
    second = put({"a.bpmn": timed("timeDuration", "PT1H")}).definitions[0].id
    (row,) = rows(database, job)
    assert (row.kind, row.status, row.name, row.element) == ("start", "waiting", "small:start", "start")
    assert (row.payload["definition_id"], row.due_at) == (second, clock.now() + timedelta(hours=1))


def test_a_date_that_is_over_starts_nothing_again(database, put):
    put({"a.bpmn": timed("timeDate", "2026-11-24T08:00:00")})
    (first,) = rows(database, job)
    assert first.due_at.isoformat() == "2026-11-24T00:00:00+00:00"
    put({"a.bpmn": timed("timeDate", "2026-11-24T08:00:00").replace(b'id="end"', b'id="end" name="End"')})
    assert rows(database, job) == []


def test_a_cycle_start_is_a_schedule_that_keeps_its_rhythm(database, put, clock):
    put({"a.bpmn": timed("timeCycle", "R/PT1H")})
    (first,) = rows(database, schedule)
    assert (first.key, first.definition_key, first.rule, first.is_enabled) == ("small:start", "small", "R/PT1H", True)
    assert first.next_at == clock.now() + timedelta(hours=1)
    with database.write() as connection:
        connection.execute(sa.update(schedule).values(is_enabled=False))
    put({"a.bpmn": timed("timeCycle", "R/PT1H").replace(b'id="end"', b'id="end" name="End"')})
    (same,) = rows(database, schedule)
    assert (same.id, same.next_at, same.is_enabled) == (first.id, first.next_at, False)
    put({"a.bpmn": timed("timeCycle", "R/PT2H")})
    (changed,) = rows(database, schedule)
    assert (changed.id, changed.rule, changed.is_enabled, changed.next_at) == (first.id, "R/PT2H", True, clock.now() + timedelta(hours=2))
    put({"a.bpmn": GOOD})
    assert rows(database, schedule) == []


def test_a_start_that_cannot_be_worked_out_is_told_once(put):
    with pytest.raises(DeploymentRefused) as refused:
        put({"a.bpmn": timed("timeDuration", "${'soon'}")})
    assert [(each.rule, each.element) for each in refused.value.problems] == [("start-value", "start")]
    with pytest.raises(DeploymentRefused) as refused:
        put({"a.bpmn": timed("timeDuration", "soon")})
    assert [(each.rule, each.element) for each in refused.value.problems] == [("timer", "start")]


def test_a_signal_job_with_a_similar_name_stays(database, put, clock):
    put({"a.bpmn": timed("timeDuration", "PT2H")})
    with database.write() as connection:
        values = {"id": "1" * 32, "kind": "start", "status": "waiting", "name": "small:raised", "element": "start", "payload": {}}
        connection.execute(sa.insert(job).values(**values, due_at=clock.now(), created_at=clock.now()))
    put({"a.bpmn": GOOD})
    assert [row.name for row in rows(database, job)] == ["small:raised"]
