"""What the whole program costs: memory of each process, and the throughput of a replay."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import click

from watchbill.bench.figures import Figure

MEMORY, REPLAY = "Memory", "Replay of recorded incidents"


def measure(*, log: Path | None) -> Iterator[Figure]:
    """Yield the figures; without an event log say that the replay is left out."""
    yield from _memory()
    if log is None:
        click.echo("The replay is left out: name an event log with --log.", err=True)
    else:
        yield from _replay(log)


def _memory() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="watchbill-bench-") as home:
        environment = {**os.environ, "WATCHBILL_HOME": home, "WATCHBILL_DATABASE_URL": "", "WATCHBILL_PORT": "0", "WATCHBILL_WORKERS": "1"}
        run = [sys.executable, "-m", "watchbill"]
        subprocess.run([*run, "init", "--demo"], env=environment, check=True, stdout=subprocess.DEVNULL)  # noqa: S603  # our own program
        began = time.perf_counter()
        serving = subprocess.Popen([*run, "serve"], env=environment, stdout=subprocess.PIPE, text=True)  # noqa: S603
        try:
            assert serving.stdout is not None
            serving.stdout.readline()
            yield Figure(MEMORY, "ready after", time.perf_counter() - began, "s", 3)
            time.sleep(1)
            for number, name in ((serving.pid, "serve, which watches"), *_children(serving.pid)):
                yield Figure(MEMORY, name, _unshared_mb(number), "MB", 150)
        finally:
            serving.terminate()
            serving.wait(30)


def _children(parent: int) -> Iterator[tuple[int, str]]:
    """Yield the processes below one: number and what it is."""
    for number in map(int, Path(f"/proc/{parent}/task/{parent}/children").read_text().split()):
        command = Path(f"/proc/{number}/cmdline").read_text().split("\0")
        below = tuple(_children(number))
        yield number, "the work process" if "worker" in command else "the web master" if below else "a web process"
        yield from below


def _unshared_mb(number: int) -> float:
    """Return the proportional set size of a process: its own memory and its share of what it has in common with others."""
    for line in Path(f"/proc/{number}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"process {number} tells no memory")


def _replay(log: Path) -> Iterator[Figure]:
    run = [sys.executable, "-m", "watchbill", "replay", str(log), "--json"]
    told = json.loads(subprocess.run(run, check=True, capture_output=True, text=True).stdout)  # noqa: S603  # our own program
    yield Figure(REPLAY, "incidents", told["incidents"], "")
    yield Figure(REPLAY, "events", told["events"], "")
    yield Figure(REPLAY, "steps", told["steps"], "")
    yield Figure(REPLAY, "wall time", told["seconds"], "s")
    yield Figure(REPLAY, "steps a second", told["steps_per_second"], "1/s", 200, at_least=True)
