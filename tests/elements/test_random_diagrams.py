"""Laws that hold for every diagram: how often it is saved changes nothing, and it ends when all its work is done."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.definitions import read_files
from engine.execution import compile_process
from tests.elements.play import Library, Play, Way
from tests.elements.random_diagrams import BLOCKS, Block, Drawing, wander


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(block=BLOCKS, seed=st.integers(0, 9999))
def test_a_random_diagram_ends_and_tells_the_same_story_however_it_is_executed(block: Block, seed: int) -> None:
    drawing = Drawing(block)
    found = read_files({"small.bpmn": drawing.content})
    assert not found.problems, "\n".join(str(problem) for problem in found.problems)
    processes = {process.key: process for process in found.processes}
    files = Library(processes, {key: compile_process(process) for key, process in processes.items()}, {})
    stories = []
    for way in Way:
        play = Play(way, files, {}, "small")
        play.start(**dict.fromkeys(drawing.counters, 0))
        wander(play, seed=seed, most=15)
        stories.append(play.story())
    assert all(story == stories[0] for story in stories)
