"""A process that dies between any two statements of any command leaves the state before or after, and the command can be tried again."""

from __future__ import annotations

import inspect
import os
import signal
from collections.abc import Callable
from typing import Any

import pytest

from engine import commands
from engine.commands import ProcessEngine
from engine.db import Database
from engine.history import verify
from tests.faults.conftest import Stage
from tests.faults.more_scenes import MORE_SCENES
from tests.faults.scenes import SCENES, Scene
from tests.faults.states import State, Watched, difference, put_back, taken

pytestmark = pytest.mark.proof

ALL_SCENES = {**SCENES, **MORE_SCENES}
READ_ONLY = {"find_definition", "migration_preview"}


def test_every_command_has_a_scene() -> None:
    functions = {name for name in commands.__all__ if inspect.isfunction(getattr(commands, name))}
    assert {scene.command for scene in ALL_SCENES.values()} == functions - READ_ONLY


class Recorded(Database):
    """A database that takes its state after each commit."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.after: list[State] = []

    def write(self) -> Any:
        """Open a writing transaction; when it has been committed, take the state."""
        opened, recorded = super().write(), self

        class Write:
            def __enter__(self) -> Any:
                return opened.__enter__()

            def __exit__(self, *error: Any) -> Any:
                left = opened.__exit__(*error)
                if error[0] is None:
                    recorded.after.append(taken(recorded))
                return left

        return Write()


def undisturbed(stage: Stage, act: Callable[[ProcessEngine], Any], url: str) -> tuple[int, list[State], Any]:
    """Do an act to its end: how many statements and commits it makes, the states it commits, what it answers."""
    database, count = Recorded(url), 0

    def seen(text: str) -> None:
        nonlocal count
        count += 1

    with Watched(database).by(seen):
        answer = act(stage.engine(database))
    made, states = count, database.after
    database.dispose()
    reads = len(states) * len(states[-1]) + len(states) * database.is_sqlite  # what the taking of the states itself asked
    return made - reads, states, answer


def killed(stage: Stage, act: Callable[[ProcessEngine], Any], url: str, *, before: int) -> None:
    """Do an act in a process of its own that is killed before its statement (or commit) of this number, or when all are done."""
    stage.database.dispose()
    child = os.fork()
    if child == 0:
        try:
            database, count = Database(url), 0

            def die(_text: str) -> None:
                nonlocal count
                count += 1
                if count == before:
                    os.kill(os.getpid(), signal.SIGKILL)

            with Watched(database).by(die):
                act(stage.engine(database))
            os.kill(os.getpid(), signal.SIGKILL)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "the process ended by an error of its own"
    assert os.WTERMSIG(status) == signal.SIGKILL


@pytest.mark.parametrize("name", ALL_SCENES)
def test_a_death_between_any_two_statements_leaves_before_or_after(stage: Stage, database_url: str, name: str) -> None:
    scene = ALL_SCENES[name]
    act = stage.ready(scene)
    before = taken(stage.database)
    statements, states, answer = undisturbed(stage, act, database_url)
    assert statements > 1
    put_back(stage.database, before)
    for point in range(1, statements + 2):
        killed(stage, act, database_url, before=point)
        found = taken(stage.database)
        where = f"killed before statement {point} of {statements}"
        assert found in (before, *states), f"{where}, between the states:\n{difference(before, found)}"
        assert found == (before if point <= statements - 1 and len(states) == 1 else found)
        _try_again(stage, scene, act, answer=answer, last=states[-1], was=found, where=where)
        put_back(stage.database, before)


def _try_again(
    stage: Stage, scene: Scene, act: Callable[[ProcessEngine], Any], *, answer: Any, last: State, was: State, where: str
) -> None:
    """What was cut off can be done again, and ends as if nothing had been cut off; what was done is not done twice."""
    engine = stage.engine()
    is_done = was == last
    if scene.again is None:
        second = act(engine)
        assert taken(stage.database) == last, f"{where}, tried again:\n{difference(last, taken(stage.database))}"
        if "idempotency_key" in inspect.signature(getattr(commands, scene.command)).parameters and scene.command != "start_within":
            assert second == answer, where
    elif not is_done:
        scene.again(engine, stage.ids)
        found, due = _amounts(taken(stage.database)), _amounts(last)
        assert found == {**due, "history": found["history"] if scene.told_again else due["history"]}, where
    with stage.database.read() as connection:
        assert list(verify(connection)) == [], where


def _amounts(state: State) -> dict[str, int]:
    """How much there is of everything: what is done anew at another time differs in nothing else."""
    return {name: len(rows) for name, rows in state.items()}
