"""Declaring, finding, describing and running handlers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.engine import Connection

from engine.db import Database
from engine.errors import BpmnError, HandlerFailed, Invalid, NotFound, Passing
from engine.handling import (
    Context,
    Handler,
    HandlerRegistry,
    QueuedMessage,
    QueuedNote,
    QueuedNotice,
    QueuedStart,
    RetryPlan,
    handler,
)
from engine.handling.savepoint import TransactionEndedError
from engine.tables import team

NOW = datetime(2026, 11, 24, 1, tzinfo=UTC)
MODELS = "from pydantic import BaseModel\nfrom engine.handling import Context, handler\n\nclass Facts(BaseModel):\n    n: int = 0\n\n"
PRACTICE = (Path(__file__).parent / "practice.py").read_text(encoding="utf-8")

TWO_REASONS = (
    "practice.set_priority refuses its inputs: impact: Input should be 1 or 3, given 'x'; urgency: Input should be 1, 2 or 3, given 0"
)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return an empty package named `desk`, importable for this test only."""
    folder = tmp_path / "desk"
    folder.mkdir()
    (folder / "__init__.py").write_text('"""A package of handlers."""\n')
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "desk"]:
        del sys.modules[name]


@pytest.fixture
def registry(package: Path) -> HandlerRegistry:
    """Return the practice's handlers, discovered."""
    (package / "practice.py").write_text(PRACTICE)
    return HandlerRegistry().discover("desk")


def context(connection: Connection | None = None, *, topic: str = "practice.set_priority", is_drill: bool = False) -> Context:
    """Return a context as the runtime gives it."""
    return Context(
        topic=topic, now=NOW, instance_id="i", token="t", element="set_priority", actor="ann", is_drill=is_drill, database=connection
    )


def teams(connection: Connection) -> list[str]:
    """Return what a handler left behind."""
    return list(connection.scalars(sa.select(team.c.name)))


def test_every_module_of_the_package_is_found(registry: HandlerRegistry) -> None:
    assert registry.topics() == {
        "practice.set_priority",
        "practice.add_team",
        "practice.fail",
        "practice.send_mail",
        "practice.ask_chat",
    }
    assert "practice.fail" in registry
    assert "practice.nothing" not in registry
    with pytest.raises(NotFound, match=r"no handler declares the topic 'practice\.nothing'; there are practice"):
        registry.get("practice.nothing")


def test_typed_inputs_and_outputs(registry: HandlerRegistry, database: Database) -> None:
    with database.write() as connection:
        inputs = {"impact": 3, "urgency": 1, "reported_at": "2026-11-24T09:00:00+08:00", "serviceLevel": "AAA"}
        assert registry.get("practice.set_priority").run(context(connection), inputs) == {
            "priority": 3,
            "decided_at": "2026-11-24T01:00:00Z",
        }


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({}, "practice.set_priority refuses its inputs: impact: Field required"),
        ({"impact": 2}, "practice.set_priority refuses its inputs: impact: Input should be 1 or 3, given 2"),
        ({"impact": 1, "urgency": 9}, "practice.set_priority refuses its inputs: urgency: Input should be 1, 2 or 3, given 9"),
        (
            {"impact": 1, "urgnecy": 2},
            "practice.set_priority has no input urgnecy: it takes impact, reported_at, serviceLevel, urgency",
        ),
        (
            {"impact": 1, "service_level": "AAA"},
            "practice.set_priority has no input service_level: it takes impact, reported_at, serviceLevel, urgency",
        ),
        (
            {"impact": "x", "urgency": 0},
            TWO_REASONS,
        ),
    ],
)
def test_wrong_inputs_are_refused_by_topic_field_and_value(
    registry: HandlerRegistry, database: Database, inputs: dict[str, object], message: str
) -> None:
    with database.write() as connection, pytest.raises(Invalid) as refusal:
        registry.get("practice.set_priority").run(context(connection), inputs)
    assert str(refusal.value) == message


def test_inputs_for_a_handler_without_any_are_refused(registry: HandlerRegistry, database: Database) -> None:
    with database.write() as connection, pytest.raises(Invalid, match=r"practice\.add_team takes no inputs, but noise given"):
        registry.get("practice.add_team").run(context(connection), {"noise": 1})


def test_a_handler_works_inside_the_steps_transaction(registry: HandlerRegistry, database: Database) -> None:
    with database.write() as connection:
        here = context(connection)
        assert registry.get("practice.add_team").run(here, {}) == {}
        assert here.requests.taken() == (QueuedNotice("mail", {"to": "ann@example.org"}, False),)
        assert here.requests.taken() == ()
    with database.read() as connection:
        assert teams(connection) == ["noc"]


@pytest.mark.parametrize(
    ("way", "error", "message"),
    [
        ("business", BpmnError, "rejected: no"),
        ("passing", Passing, "the line is busy"),
        ("bug", HandlerFailed, "practice.fail at set_priority failed: ZeroDivisionError: division by zero"),
        ("wrong type", HandlerFailed, "practice.fail at set_priority failed: TypeError: it returned a Way, and declares Priority"),
    ],
)
def test_a_handler_that_raises_has_changed_and_queued_nothing(
    registry: HandlerRegistry, database: Database, way: str, error: type[Exception], message: str
) -> None:
    with database.write() as connection:
        here = context(connection)
        with pytest.raises(error) as raised:
            registry.get("practice.fail").run(here, {"way": way, "extra": "is allowed by this model"})
        assert str(raised.value) == message
        assert here.requests.taken() == ()
        assert teams(connection) == []
        connection.execute(sa.insert(team), {"name": "after", "display_name": "the transaction still works"})
    with database.read() as connection:
        assert teams(connection) == ["after"]


def test_the_cause_of_a_failure_is_chained(registry: HandlerRegistry, database: Database) -> None:
    with database.write() as connection, pytest.raises(HandlerFailed) as raised:
        registry.get("practice.fail").run(context(connection), {"way": "bug"})
    assert isinstance(raised.value.__cause__, ZeroDivisionError)


@pytest.mark.parametrize("way", ["commit", "rollback"])
def test_a_handler_that_ends_the_transaction_ends_the_command_and_writes_nothing(
    registry: HandlerRegistry, database: Database, way: str
) -> None:
    def step() -> None:
        with database.write() as connection:
            connection.execute(sa.insert(team), {"name": "before", "display_name": "written by the step"})
            registry.get("practice.fail").run(context(connection), {"way": way})

    with pytest.raises(TransactionEndedError, match=r"practice\.fail committed or rolled back the step's transaction"):
        step()
    with database.write() as connection:
        assert teams(connection) == []
        connection.execute(sa.insert(team), {"name": "later", "display_name": "the next step commits"})
    with database.read() as connection:
        assert teams(connection) == ["later"]


def test_an_error_of_the_database_ends_the_command(registry: HandlerRegistry, database: Database) -> None:
    with pytest.raises(sa.exc.DBAPIError), database.write() as connection:
        registry.get("practice.fail").run(context(connection), {"way": "database"})


def test_outside_effects_run_outside_the_transaction(registry: HandlerRegistry) -> None:
    sender = registry.get("practice.send_mail")
    assert sender.effects
    assert sender.run(context(topic="practice.send_mail"), {}) == {}
    with pytest.raises(HandlerFailed, match=r"practice\.send_mail has outside effects and runs outside the transaction"):
        sender.run(context(topic="practice.send_mail", is_drill=True), {})


def test_what_a_handler_asks_for_is_queued_in_order_and_marked_as_a_drill_u4(registry: HandlerRegistry) -> None:
    here = context(is_drill=True)
    assert registry.get("practice.ask_chat").run(here, {}) == {}
    assert here.requests.taken() == (
        QueuedMessage("answered", "incident:1", {"chat": 7}, {"text": "ja"}, 60),
        QueuedStart("sla_clock", "incident:1", {"target": "PT4H"}, NOW, True),
        QueuedNotice("chat", {"room": "noc"}, True),
        QueuedNote("asked the room", {"room": "noc"}),
    )


def test_the_idempotency_key_is_the_same_at_every_attempt() -> None:
    first = context()
    again = Context(topic="x.y", now=NOW, instance_id="i", token="t", element="e", actor="system", attempt=4)
    assert first.idempotency_key == again.idempotency_key == "i:t"


def test_topics_are_described_for_modelers(registry: HandlerRegistry) -> None:
    described = {one.topic: one for one in registry.describe()}
    assert list(described) == sorted(registry.topics())
    priority = described["practice.set_priority"]
    assert (priority.summary, priority.description) == ("Set the priority.", "By the matrix of rules 2.1.")
    assert list(priority.inputs["properties"]) == ["impact", "urgency", "reported_at", "serviceLevel"]
    assert priority.inputs["required"] == ["impact"]
    assert list(priority.outputs["properties"]) == ["priority", "decided_at"]
    assert (priority.effects, priority.tries) == (False, None)
    assert (described["practice.send_mail"].effects, described["practice.send_mail"].tries) == (True, 4)
    assert (described["practice.add_team"].inputs, described["practice.add_team"].outputs) == ({}, {})


def test_a_handlers_own_retries(registry: HandlerRegistry) -> None:
    assert registry.get("practice.send_mail").retries == RetryPlan.of_cycle("PT30S,PT1M,PT2M")
    assert registry.get("practice.ask_chat").retries == RetryPlan.of_cycle("PT1M,PT5M")
    assert registry.get("practice.fail").retries is None


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            '@handler("desk.go")\ndef go(context: Context) -> None: ...',
            r"desk\.bad\.go declares the topic 'desk\.go': it must be 'bad\.go'",
        ),
        ('@handler("bad.go")\ndef go(context: Context, facts: dict) -> None: ...', "the inputs of bad.go are annotated <class 'dict'>"),
        ('@handler("bad.go")\ndef go(context: Context) -> int: ...', "the outputs of bad.go are annotated <class 'int'>"),
        ('@handler("bad.go")\ndef go(context: Context): ...', "bad.go must be `def go"),
        ('@handler("bad.go")\ndef go() -> None: ...', "bad.go must be `def go"),
        ('@handler("bad.go")\ndef go(facts: Facts, context: Context) -> None: ...', "bad.go must be `def go"),
        ('@handler("bad.go")\ndef go(context: Context, a: Facts, b: Facts) -> None: ...', "bad.go must be `def go"),
        ('@handler("bad.go")\ndef go(context: Context, a: "Nowhere") -> None: ...', "import Nowhere outside"),
        ('@handler("bad.go", retries="often")\ndef go(context: Context) -> None: ...', "'often' is no delay"),
        ("import nowhere", r"'desk\.bad' cannot be imported: ModuleNotFoundError: No module named 'nowhere'"),
        ("1 / 0", r"'desk\.bad' cannot be imported: ZeroDivisionError"),
        ("def (", r"'desk\.bad' cannot be imported: SyntaxError"),
    ],
)
def test_a_wrong_declaration_is_refused_when_found(package: Path, source: str, message: str) -> None:
    (package / "bad.py").write_text(MODELS + source + "\n")
    with pytest.raises(Invalid, match=message):
        HandlerRegistry().discover("desk")


@pytest.mark.parametrize("source", ["import nowhere", "1 / 0"])
def test_a_subpackage_that_cannot_be_imported_is_named(package: Path, source: str) -> None:
    (package / "deep").mkdir()
    (package / "deep" / "__init__.py").write_text(source)
    with pytest.raises(Invalid, match=r"'desk\.deep' cannot be imported"):
        HandlerRegistry().discover("desk")


def test_a_topic_declared_twice_is_refused(package: Path) -> None:
    for folder in ("east", "west"):
        (package / folder).mkdir()
        (package / folder / "__init__.py").write_text("")
        (package / folder / "line.py").write_text(MODELS + '@handler("line.go")\ndef go(context: Context) -> None: ...\n')
    with pytest.raises(Invalid, match=r"'line\.go' is declared twice, in desk\.east\.line and desk\.west\.line"):
        HandlerRegistry().discover("desk")


def test_an_imported_handler_belongs_to_its_own_module(package: Path) -> None:
    (package / "line.py").write_text(MODELS + '@handler("line.go")\ndef go(context: Context) -> None: ...\n')
    (package / "other.py").write_text("from desk.line import go\n")
    registry = HandlerRegistry().discover("desk").discover("desk")
    assert registry.topics() == {"line.go"}


def test_a_package_that_is_none_is_refused(package: Path) -> None:
    (package / "line.py").write_text("")
    with pytest.raises(Invalid, match="'nowhere_at_all' cannot be imported"):
        HandlerRegistry().discover("nowhere_at_all")
    with pytest.raises(Invalid, match=r"'desk\.line' is a module: name the package"):
        HandlerRegistry().discover("desk.line")


def test_a_function_that_is_no_handler_is_refused() -> None:
    with pytest.raises(Invalid, match="is no handler: declare it with @handler"):
        HandlerRegistry().add(teams)  # type: ignore[arg-type]  # the point of the test


class Nothing(BaseModel):
    """No facts."""


@handler(f"{__name__.rpartition('.')[2]}.annotated")
def annotated(context: Context, inputs: Nothing) -> Nothing:
    """Return nothing in particular."""
    return inputs


def test_a_declared_function_stays_an_ordinary_function() -> None:
    assert annotated(context(), Nothing()) == Nothing()
    registry = HandlerRegistry()
    registry.add(annotated)
    declared = registry.get(f"{__name__.rpartition('.')[2]}.annotated")
    assert declared == Handler(declared.topic, annotated, Nothing, Nothing, False, None)
