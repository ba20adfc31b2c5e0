"""What a diagram costs to read, compile and run grows with its size, and no faster."""

from __future__ import annotations

import gc
import itertools
import time
from collections.abc import Callable

import pytest

from engine.definitions import read_files
from engine.diagram.model import Process
from engine.execution import compile_process
from tests.definitions.drawing import END, START, TIMER, drawing, flows
from tests.elements.play import Library, Play, Way

pytestmark = pytest.mark.proof

TIMED = f'<bpmn:intermediateCatchEvent id="{{}}">{TIMER}</bpmn:intermediateCatchEvent>'


def chain(*names: str) -> str:
    return " ".join(f"{one}>{two}" for one, two in itertools.pairwise(names))


def inclusive_blocks(count: int) -> bytes:
    body, ways, last = "", [], "start"
    for n in range(count):
        body += (
            f'<bpmn:inclusiveGateway id="fork{n}"/><bpmn:task id="one{n}"/><bpmn:task id="two{n}"/><bpmn:inclusiveGateway id="join{n}"/>'
        )
        ways += [chain(last, f"fork{n}", f"one{n}", f"join{n}"), chain(f"fork{n}", f"two{n}", f"join{n}")]
        last = f"join{n}"
    return drawing(START + body + END + flows(" ".join((*ways, f"{last}>end"))))


def throws(count: int) -> bytes:
    names = [f"say{n}" for n in range(count)]
    return drawing(
        START + "".join(f'<bpmn:intermediateThrowEvent id="{each}"/>' for each in names) + END + flows(chain("start", *names, "end"))
    )


def links(count: int) -> bytes:
    body, ways, last = "", [], "start"
    for n in range(count):
        link = f'<bpmn:linkEventDefinition name="{n}"/>'
        body += f'<bpmn:intermediateThrowEvent id="go{n}">{link}</bpmn:intermediateThrowEvent>'
        body += f'<bpmn:intermediateCatchEvent id="come{n}">{link}</bpmn:intermediateCatchEvent>'
        ways.append(f"{last}>go{n}")
        last = f"come{n}"
    return drawing(START + body + END + flows(" ".join((*ways, f"{last}>end"))))


def boundaries(count: int) -> bytes:
    events = (
        f'<bpmn:boundaryEvent id="late{n}" attachedToRef="work" cancelActivity="false">{TIMER}</bpmn:boundaryEvent>' for n in range(count)
    )
    return drawing(START + '<bpmn:userTask id="work" camunda:assignee="ann"/>' + "".join(events) + END + flows("start>work work>end"))


def fan(kind: str, count: int) -> bytes:
    body = f'<bpmn:{kind} id="fork"/>' + "".join(TIMED.format(f"wait{n}") for n in range(count)) + f'<bpmn:{kind} id="join"/>'
    return drawing(
        START + body + END + flows(" ".join(["start>fork join>end", *(chain("fork", f"wait{n}", "join") for n in range(count))]))
    )


def read(content: bytes) -> Process:
    found = read_files({"large.bpmn": content})
    assert not found.problems
    return found.processes[0]


def fastest(work: Callable[[], object]) -> float:
    """The least of five times, in seconds of the processor: over eight sizes linear growth is 8 and quadratic 64."""
    times = []
    gc.collect()
    gc.disable()
    try:
        for _ in range(5):
            began = time.process_time()
            work()
            times.append(time.process_time() - began)
    finally:
        gc.enable()
    return min(times)


@pytest.mark.parametrize("diagram", [inclusive_blocks, throws, links, boundaries, lambda n: fan("inclusiveGateway", n)])
def test_reading_and_compiling_eight_times_as_much_takes_about_eight_times_as_long(diagram: Callable[[int], bytes]) -> None:
    small, large = diagram(60), diagram(480)
    process = {content: read(content) for content in (small, large)}
    assert fastest(lambda: read(large)) < 24 * fastest(lambda: read(small))
    assert fastest(lambda: compile_process(process[large])) < 24 * fastest(lambda: compile_process(process[small]))


@pytest.mark.parametrize("kind", ["parallelGateway", "inclusiveGateway"])
def test_1000_branches_wait_run_and_join(kind: str) -> None:
    process = read(fan(kind, 1000))
    play = Play(Way.STRAIGHT, Library({"small": process}, {"small": compile_process(process)}, {}), {}, "small")
    began = time.process_time()
    play.start()
    for wait in play.execution.waits():
        play.execution.fire(wait.token)
    assert play.execution.pump()
    assert play.execution.outcome.value == "completed"
    assert time.process_time() - began < 5


def test_1000_branches_that_come_one_by_one_cost_an_inclusive_join_little_each() -> None:
    process = read(fan("inclusiveGateway", 1000))
    play = Play(Way.STRAIGHT, Library({"small": process}, {"small": compile_process(process)}, {}), {}, "small")
    play.start()
    for number in range(500):
        play.execution.fire(play.execution.waits()[0].token)
        if number % 50 == 0:
            assert play.execution.pump()
    began = time.process_time()
    play.execution.fire(play.execution.waits()[0].token)
    assert play.execution.pump()
    assert time.process_time() - began < 0.1


def test_inclusive_blocks_in_a_row_run_in_about_linear_time() -> None:
    def run(count: int) -> Callable[[], None]:
        process = read(inclusive_blocks(count))
        files = Library({"small": process}, {"small": compile_process(process)}, {})

        def once() -> None:
            play = Play(Way.STRAIGHT, files, {}, "small")
            play.start()
            assert play.is_completed

        return once

    assert fastest(run(480)) < 30 * fastest(run(60))
