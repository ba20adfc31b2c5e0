"""What the engine alone costs: read, compile, load, run and save, without any database."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from engine.clock import SystemClock
from engine.definitions import read_files
from engine.execution import Executable, Execution, compile_process
from engine.execution.model import TopicCall
from engine.expressions import evaluate
from watchbill.bench import diagrams
from watchbill.bench.figures import Figure, best_ms, median_ms, milliseconds, still

READ, STEP, LOOP, MANY = "Reading a diagram", "A step in memory", "Loops in memory", "Multi-instance in memory"
FORM = {"is_approved": True, "risk": "medium", "comment": "Checked with the network team.", "window": {"from": "02:00", "to": "04:00"}}


class _Host:
    """A host for processes without topics, decisions and calls."""

    def now(self) -> datetime:
        return SystemClock().now()

    def zone(self) -> str:
        return "Asia/Shanghai"

    def is_inline(self, _topic: str) -> bool:
        return False

    def call(self, call: TopicCall) -> dict[str, Any]:
        raise NotImplementedError(call.topic)

    def evaluate(self, expression: str, names: Mapping[str, Any]) -> Any:
        return evaluate(expression, names, now=self.now())

    def decide(self, decision: str, _names: Mapping[str, Any]) -> list[dict[str, Any]]:
        raise NotImplementedError(decision)

    def called_process(self, key: str) -> Executable:
        raise NotImplementedError(key)

    def compiled(self, definition_id: str) -> Executable:
        raise NotImplementedError(definition_id)


HOST = _Host()


def compiled(source: bytes) -> Executable:
    """Return a diagram ready to run."""
    found = read_files({"bench.bpmn": source})
    assert not found.problems, found.problems
    return compile_process(found.processes[0])


def begun(executable: Executable, **variables: Any) -> Execution:
    """Return a new instance at rest."""
    execution = Execution.begin(executable, host=HOST, variables=variables)
    execution.pump()
    return execution


class Instance:
    """An instance that is loaded, completed once, run and saved, again and again."""

    def __init__(self, executable: Executable, *, state: bytes | None = None) -> None:
        self.executable = executable
        self.state = state or begun(executable, is_enough=False).dump()

    def round(self) -> None:
        """Load, complete the first open task, run, read what changed, save."""
        execution = Execution.load(self.executable, self.state, host=HOST)
        execution.complete(next(token.token for token in execution.tokens() if token.wait), FORM)
        execution.pump()
        execution.changes()
        self.state = execution.dump()


def measure(*, quick: bool) -> Iterator[Figure]:
    """Yield the figures; `quick` takes few repetitions, for a test of the bench itself."""
    times = 3 if quick else 200
    yield from _reading(times)
    yield from _steps(times)
    yield from _loops(60 if quick else 5000, times)
    for number in (10,) if quick else (10, 100, 500):
        yield from _many(number, 2 if quick else 7)
    blocks = compiled(diagrams.parallel_blocks(32))
    yield Figure(STEP, "start of 32 parallel blocks in a row", best_ms(lambda: begun(blocks), of=2 if quick else 20), "ms", 100)


def _reading(times: int) -> Iterator[Figure]:
    source = diagrams.change_approval()
    [process] = read_files({"bench.bpmn": source}).processes
    yield Figure(READ, "read and check the change-approval flow", best_ms(lambda: read_files({"b.bpmn": source}), of=min(times, 20)), "ms")
    yield Figure(READ, "compile it", best_ms(lambda: compile_process(process), of=min(times, 20)), "ms")
    instance = Instance(compiled(source))
    yield Figure(READ, "its state at rest", len(instance.state), "bytes")
    state, executable = instance.state, instance.executable
    yield Figure(READ, "load that state", median_ms([lambda: Execution.load(executable, state, host=HOST)] * times), "ms")
    loaded = Execution.load(executable, state, host=HOST)
    yield Figure(READ, "save that state", median_ms([loaded.dump] * times), "ms")


def _steps(times: int) -> Iterator[Figure]:
    executable = compiled(diagrams.change_approval())
    instances = [Instance(executable) for _ in range(times)]
    for element in ("request", "assess", "approve", "implement", "review"):
        name = f"complete '{element}' of the change-approval flow: load, run, save"
        yield Figure(STEP, name, median_ms([instance.round for instance in instances]), "ms", 1.5)


def _loops(rounds: int, times: int) -> Iterator[Figure]:
    """Compare rounds far apart of one diagram, measured in turns so that a disturbance meets all alike."""
    executable = compiled(diagrams.loop())
    old = Instance(executable)
    marks = [mark for mark in (10, 100, 1000, 5000) if mark <= rounds]
    at = {}
    for number in range(1, rounds + 1):
        old.round()
        if number in marks:
            at[number] = old.state
    taken: dict[int, list[float]] = {mark: [] for mark in marks}
    with still():
        for _ in range(times):
            for mark in marks:
                taken[mark].append(milliseconds(Instance(executable, state=at[mark]).round))
    first = statistics.median(taken[10])
    yield Figure(LOOP, "round 10 of a loop with a person's task: load, run, save", first, "ms")
    for mark in marks[1:]:
        yield Figure(LOOP, f"round {mark}, as a multiple of round 10", statistics.median(taken[mark]) / first, "times", 1.2)
    yield Figure(LOOP, f"state at round {rounds}", len(old.state), "bytes")
    automatic = compiled(diagrams.automatic_loop(rounds))
    spent = best_ms(lambda: begun(automatic, n=0), of=1 if times < 10 else 3)
    yield Figure(LOOP, f"a loop of {rounds} rounds by itself, each round", spent / rounds, "ms")


def _many(number: int, times: int) -> Iterator[Figure]:
    executable = compiled(diagrams.many(number))
    yield Figure(MANY, f"open {number} tasks, each", best_ms(lambda: begun(executable), of=times) / number, "ms")

    def complete_all() -> None:
        execution = begun(executable)
        for token in [token.token for token in execution.tokens() if token.wait]:
            execution.complete(token)
            execution.pump()

    spent = best_ms(complete_all, of=times)
    yield Figure(MANY, f"open {number} tasks and complete all, each", spent / number, "ms")
