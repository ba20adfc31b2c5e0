"""Two commands on one instance, one stopped in the middle of its transaction: the end is one of the two serial ones."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from engine import commands
from engine.commands import ProcessEngine
from engine.errors import WatchbillError
from engine.tables import job, process_instance
from tests.conftest import START
from tests.faults.conftest import Stage
from tests.faults.more_scenes import MORE_SCENES
from tests.faults.scenes import SCENES
from tests.faults.states import State, Watched, difference, taken
from tests.runtime import topics

pytestmark = pytest.mark.proof

OUTSIDE = "run_job of an outside call"
ALL_SCENES = {**SCENES, **MORE_SCENES}
RACING = [name for name, scene in ALL_SCENES.items() if scene.races]
BLOCKED_AFTER_S = 0.012
DEAD_AFTER_S = 60
PAUSE_IS_OVER = START + timedelta(hours=1)

End = tuple[object, object, State]


class Racer(threading.Thread):
    """One command in a thread of its own, under its own mark; it may stop before a statement until it is let go."""

    def __init__(self, stage: Stage, engine: ProcessEngine, name: str, *, mark: int, stop_before: int | None = None) -> None:
        super().__init__(name=f"racer {mark}", daemon=True)
        self.act: Callable[[], Any] = lambda: ALL_SCENES[name].act(engine, stage.ids)
        self.stage, self.mark, self.stop_before = stage, mark, stop_before
        self.statements, self.answer = 0, None
        self.stopped, self.go, self.done = threading.Event(), threading.Event(), threading.Event()

    def run(self) -> None:
        """Act, and keep the answer or the refusal."""
        self.stage.numbered.restart(self.mark)
        try:
            self.answer = self.act()
        except WatchbillError as error:
            self.answer = f"{type(error).__name__}: {error}"
        finally:
            self.stopped.set()
            self.done.set()

    def before_statement(self) -> None:
        """Stop when it is time to."""
        self.statements += 1
        if self.statements == self.stop_before:
            self.stopped.set()
            assert self.go.wait(DEAD_AFTER_S)


def told(_text: str) -> None:
    """Let the racer whose thread is about to send a statement know."""
    current = threading.current_thread()
    if isinstance(current, Racer):
        current.before_statement()


def one_after_the_other(stage: Stage, engine: ProcessEngine, first: tuple[str, int], second: tuple[str, int]) -> tuple[End, int]:
    """Return the end of a serial run, answers in the order of the marks, and the statements of the first command."""
    stage.reset(engine)
    racers = []
    for name, mark in (first, second):
        racers.append(Racer(stage, engine, name, mark=mark))
        racers[-1].start()
        racers[-1].join(DEAD_AFTER_S)
    by_mark = sorted(racers, key=lambda racer: racer.mark)
    return (by_mark[0].answer, by_mark[1].answer, settled(stage, engine)), racers[0].statements


def serial_ends(stage: Stage, engine: ProcessEngine, one: str, other: str) -> tuple[dict[str, End], int]:
    """Return the ends of all serial runs, and the statements of the first command. An outside call is two transactions with a gap."""
    ends = {}
    ends["the first, then the other"], statements = one_after_the_other(stage, engine, (one, 11), (other, 12))
    ends["the other, then the first"], _ = one_after_the_other(stage, engine, (other, 12), (one, 11))
    if one == OUTSIDE:
        ends["the other during the call of the first"] = during_the_call(stage, engine, (one, 11), (other, 12))
    if other == OUTSIDE:
        ends["the first during the call of the other"] = during_the_call(stage, engine, (other, 12), (one, 11))
    return ends, statements


def during_the_call(stage: Stage, engine: ProcessEngine, outer: tuple[str, int], inner: tuple[str, int]) -> End:
    """Return the end of a run in which one command runs between the two transactions of an outside call."""
    stage.reset(engine)
    calling, called = (Racer(stage, engine, name, mark=mark) for name, mark in (outer, inner))

    def call() -> None:
        topics.hooks.clear()
        called.start()
        called.join(DEAD_AFTER_S)

    topics.hooks.append(call)
    calling.start()
    calling.join(DEAD_AFTER_S)
    by_mark = sorted((calling, called), key=lambda racer: racer.mark)
    return by_mark[0].answer, by_mark[1].answer, settled(stage, engine)


def settled(stage: Stage, engine: ProcessEngine) -> State:
    """Return the state once a signal to an instance that ended meanwhile was dropped, as it is by whoever comes to it."""
    with stage.database.read() as connection:
        ended = sa.select(process_instance.c.id).where(process_instance.c.status.in_(("completed", "cancelled")))
        left = connection.scalars(sa.select(job.c.id).where(job.c.kind == "signal", job.c.instance_id.in_(ended))).all()
    for each in left:
        assert commands.run_job(engine, each, worker="w") is commands.Ran.GONE
    return taken(stage.database)


def raced(stage: Stage, engine: ProcessEngine, one: str, other: str, *, stop_before: int) -> End:
    """Stop the first command before one of its statements, let the other run as far as it comes, let the first go on."""
    stage.reset(engine)
    first = Racer(stage, engine, one, mark=11, stop_before=stop_before)
    second = Racer(stage, engine, other, mark=12)
    first.start()
    assert first.stopped.wait(DEAD_AFTER_S)
    second.start()
    second.done.wait(BLOCKED_AFTER_S)
    first.go.set()
    for racer in (first, second):
        racer.join(DEAD_AFTER_S)
        assert not racer.is_alive(), "the two hold each other"
    return first.answer, second.answer, settled(stage, engine)


@pytest.mark.parametrize("one", RACING)
def test_two_commands_on_one_instance_end_as_one_after_the_other(stage: Stage, one: str) -> None:
    stage.now = PAUSE_IS_OVER
    engine = stage.engine()
    with Watched(stage.database).by(told):
        for other in RACING:
            ends, statements = serial_ends(stage, engine, one, other)
            for point in stops(statements, pair=RACING.index(one) + RACING.index(other), on_sqlite=stage.database.is_sqlite):
                found = raced(stage, engine, one, other, stop_before=point)
                assert found in ends.values(), told_apart(
                    found, ends, f"{one} stopped before statement {point} of {statements}, {other} in between"
                )
            topics.forget()


def stops(statements: int, *, pair: int, on_sqlite: bool) -> list[int]:
    """Return where the first is stopped: its lock just taken, or right before its commit, in turns; where one writes alone, the latter."""
    return [min(3, statements) if pair % 2 and not on_sqlite else statements]


def told_apart(found: End, ends: dict[str, End], where: str) -> str:
    """Say how an end differs from each serial one."""
    lines = [where]
    for name, end in ends.items():
        lines += [f"not '{name}':", f"  answers {found[:2]}", f"  instead of {end[:2]}", difference(end[2], found[2])]
    return "\n".join(lines)


@pytest.mark.parametrize("name", RACING)
def test_each_command_succeeds_when_nothing_is_in_its_way(stage: Stage, name: str) -> None:
    scene = ALL_SCENES[name]
    act = stage.ready(scene)
    before = taken(stage.database)
    act(stage.engine())
    assert taken(stage.database) != before or name == "advance"


def test_the_pairs_that_matter_most_really_change_each_others_answers(stage: Stage) -> None:
    engine = stage.engine()
    for one, other in itertools.permutations(("claim", "complete", "cancel", "suspend"), 2):
        (first, second, _), _ = one_after_the_other(stage, engine, (one, 11), (other, 12))
        assert first is not None
        if {one, other} != {"claim", "complete"}:
            assert str(second) != str(first)
