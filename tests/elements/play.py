"""Plays a scenario: executes a diagram in four ways, which must all tell the same story.

The ways: straight; saved and loaded after every step; with finished tokens kept; pumped one step at a time, saved and loaded in between.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from engine.clock import MovedClock
from engine.decisions import Decision
from engine.definitions import read_files
from engine.diagram.model import Process
from engine.execution import Executable, Execution, compile_process
from engine.execution.model import Fact, FactKind, Outcome, Thrown, TopicCall, Wait, WaitKind
from engine.expressions import evaluate

DIAGRAMS = Path(__file__).parents[1] / "diagrams"
START = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)

Topic = Callable[[TopicCall], dict[str, Any]]


class Way(StrEnum):
    """How a scenario is executed."""

    STRAIGHT = "straight"
    SAVED = "saved and loaded after every step"
    KEPT = "with finished tokens kept"
    LIMITED = "one step at a time"


@dataclass(frozen=True)
class Library:
    """The processes and decisions of a scenario's files."""

    processes: Mapping[str, Process]
    executables: Mapping[str, Executable]
    decisions: Mapping[str, Decision]


@functools.cache
def library(*names: str) -> Library:
    """Read files of tests/diagrams by name, which must have no problem."""
    found = read_files({name: (DIAGRAMS / name).read_bytes() for name in names})
    assert not found.problems, "\n".join(str(problem) for problem in found.problems)
    processes = {process.key: process for process in found.processes}
    executables = {key: compile_process(process) for key, process in processes.items()}
    return Library(processes, executables, {decision.id: decision for decision in found.decisions})


class DiagramHost:
    """A host without a database: a clock that is set, topics in a dict (one that is not there is work for a job), files as processes."""

    def __init__(self, clock: MovedClock, files: Library, topics: Mapping[str, Topic]) -> None:
        self.clock = clock
        self.files = files
        self.topics = topics

    def now(self) -> datetime:
        return self.clock.now()

    def zone(self) -> str:
        return "Asia/Shanghai"

    def is_inline(self, topic: str) -> bool:
        return topic in self.topics

    def call(self, call: TopicCall) -> dict[str, Any]:
        return self.topics[call.topic](call)

    def evaluate(self, expression: str, names: Mapping[str, Any]) -> Any:
        return evaluate(expression, names, now=self.now())

    def decide(self, decision: str, names: Mapping[str, Any]) -> list[dict[str, Any]]:
        return self.files.decisions[decision].evaluate(names, now=self.now())

    def called_process(self, key: str) -> Executable:
        return self.files.executables[key]

    def compiled(self, definition_id: str) -> Executable:
        return self.files.executables[definition_id]


@dataclass
class Play:
    """One playing of a scenario in one way: what the scenario does to it, and what it tells."""

    way: Way
    files: Library
    topics: Mapping[str, Topic]
    key: str
    clock: MovedClock = field(default_factory=lambda: MovedClock(START))
    facts: list[Fact] = field(default_factory=list)
    thrown: list[Thrown] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    _seen: tuple[int, int] = (0, 0)
    _open: dict[str, Wait] = field(default_factory=dict)

    def start(
        self, process: str | None = None, /, *, at: str | None = None, payload: dict[str, Any] | None = None, **variables: Any
    ) -> None:
        """Begin an instance (of the file's first process) and pump it."""
        self.host = DiagramHost(self.clock, self.files, self.topics)
        self.executable = self.files.executables[process or self.key]
        self._open, self._seen = {}, (0, 0)
        keep = self.way is Way.KEPT
        self.execution = Execution.begin(
            self.executable, host=self.host, variables=variables, start=at, start_payload=payload, keep_finished=keep
        )
        self._turn()

    def complete(self, element: str, /, *, nth: int = 0, **variables: Any) -> None:
        """Complete the oldest (or nth) human task or job at an element."""
        self.execution.complete(self._token(element, nth), variables)
        self._turn()

    def fire(self, element: str, /, *, nth: int = 0, **payload: Any) -> None:
        """Give a message, a signal, or (at its due time, if that has not passed) a timer what it waits for."""
        wait = self._find(element, nth)
        if wait.due_at is not None and wait.due_at > self.clock.now():
            self.clock.set(wait.due_at)
        self.execution.fire(wait.token, payload)
        self._turn()

    def error(self, element: str, code: str, message: str = "", /, **variables: Any) -> None:
        """Let a job's worker throw a BPMN error."""
        self.execution.throw_error(self._token(element, 0), code, message, variables)
        self._turn()

    def fail(self, element: str, message: str) -> None:
        """Let a job's work fail for good."""
        self.execution.fail(self._token(element, 0), message)
        self._turn()

    def retry(self, element: str) -> None:
        """Try again what failed."""
        self.execution.retry(self._token(element, 0))
        self._turn()

    def set(self, **variables: Any) -> None:
        """Assign variables of the instance from outside."""
        self.execution.set_variables(variables)
        self._turn()

    def after(self, **span: float) -> None:
        """Let time pass; nothing fires by itself at this level."""
        self.clock.advance(timedelta(**span))

    def _turn(self) -> None:
        if self.way is Way.LIMITED:
            while not self.execution.pump(deadline=lambda: True):
                self._take()
                self._reload()
        else:
            assert self.execution.pump()
        self._take()
        self.sizes.append(len(self.execution.dump()))
        if self.way is Way.SAVED or self.way is Way.LIMITED:
            self._reload()
        self._check_waits()

    def _take(self) -> None:
        changes = self.execution.changes()  # without a load in between it tells all since the beginning
        facts, thrown = self._seen
        self.facts.extend(changes.facts[facts:])
        self.thrown.extend(changes.thrown[thrown:])
        self._seen = (len(changes.facts), len(changes.thrown))
        if facts:
            self._open.clear()
        for token in changes.closed:
            self._open.pop(token, None)
        self._open.update({wait.token: wait for wait in changes.opened})
        self.outcome = changes.outcome
        self._variables = self.execution.variables()

    def _reload(self) -> None:
        self.execution = Execution.load(self.executable, self.execution.dump(), host=self.host)
        self._seen = (0, 0)

    def _check_waits(self) -> None:
        """What the turns said was opened and closed must be what waits now: the host's rows are kept by the first."""
        present = {(wait.token, wait.element, wait.kind, wait.due_at) for wait in self.execution.waits()} if self.is_active else set()
        told = {(wait.token, wait.element, wait.kind, wait.due_at) for wait in self._open.values()}
        assert told == present, f"opened and closed say {told}, but {present} wait"

    @property
    def is_active(self) -> bool:
        return self.outcome is Outcome.ACTIVE

    @property
    def is_completed(self) -> bool:
        return self.outcome is Outcome.COMPLETED

    def _find(self, element: str, nth: int) -> Wait:
        found = [wait for wait in self.execution.waits() if wait.element == element]
        assert len(found) > nth, f"'{element}' does not wait ({nth + 1} wanted); there wait: {self.waiting}"
        return found[nth]

    def _token(self, element: str, nth: int) -> str:
        return self._find(element, nth).token

    def wait(self, element: str, *, nth: int = 0) -> Wait:
        """Return what a token at an element waits for, with its details."""
        return self._open[self._token(element, nth)]

    @property
    def waiting(self) -> str:
        """The elements at which something waits, sorted, parted by blanks; one as often as it waits there."""
        return " ".join(sorted(wait.element for wait in self.execution.waits())) if self.is_active else ""

    @property
    def failed(self) -> str:
        """The message of the only failure."""
        [wait] = [wait for wait in self.execution.waits() if wait.kind is WaitKind.FAILED]
        return f"{wait.element}: {wait.error}"

    @property
    def variables(self) -> dict[str, Any]:
        """The variables of the process."""
        return self._variables

    @property
    def trace(self) -> str:
        """The elements that completed, in order, parted by blanks."""
        return " ".join(fact.element for fact in self.facts if fact.kind is FactKind.COMPLETED)

    @property
    def cancelled(self) -> str:
        """The elements that were cancelled, sorted, parted by blanks."""
        return " ".join(sorted(fact.element for fact in self.facts if fact.kind is FactKind.CANCELLED))

    def story(self) -> tuple[object, ...]:
        """Return all that was told, with tokens numbered as they appear: equal for every way."""
        numbers: dict[str, int] = {}
        told = [(fact.kind, fact.element, numbers.setdefault(fact.token, len(numbers)), dict(fact.data)) for fact in self.facts]
        sent = [(each.kind, each.name, each.element, each.payload, dict(each.correlation)) for each in self.thrown]
        return told, sent, self.variables, self.outcome, self.waiting


Scene = Callable[[Play], None]


@dataclass(frozen=True)
class Scenario:
    """A diagram and what happens to it."""

    files: tuple[str, ...]
    topics: Mapping[str, Topic]
    scene: Scene

    def play(self, way: Way) -> Play:
        """Play the scene in one way."""
        files = library(*self.files)
        play = Play(way, files, self.topics, next(iter(files.processes)))
        try:
            self.scene(play)
        except AssertionError as error:
            error.add_note(f"({self.files[0]}, {way}; passed: {play.trace})")
            raise
        return play


def scenario(*files: str, topics: Mapping[str, Topic] | None = None) -> Callable[[Scene], Callable[[], None]]:
    """Make a scene on files of tests/diagrams a test that plays it in all four ways and compares the stories."""

    def decorate(scene: Scene) -> Callable[[], None]:
        played = Scenario(tuple(name if "." in name else f"{name}.bpmn" for name in files), topics or {}, scene)

        def test() -> None:
            straight, *others = (played.play(way) for way in Way)
            for other in others:
                assert other.story() == straight.story(), f"'{other.way}' tells another story than 'straight'"

        test.__name__ = test.__qualname__ = scene.__name__
        test.__module__ = scene.__module__
        test.scenario = played  # type: ignore[attr-defined]  # the support table reads it
        return test

    return decorate
