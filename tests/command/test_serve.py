"""`serve` and `worker` as real processes: ready soon, one at a time, stopped cleanly, started again, and nothing left behind."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.command.conftest import Command
from tests.runtime.diagrams import LISTENS

WITHIN_S = 40


def until(condition: Callable[[], object]) -> None:
    """Wait until something is so that nobody announces."""
    pause, end = threading.Event(), time.monotonic() + WITHIN_S
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        pause.wait(0.05)


def children_of(pid: int) -> set[int]:
    """Return the processes that a process started, and those that these did."""
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    found = {child for child, parent in parents.items() if parent == pid}
    return found.union(*(children_of(child) for child in found))


def named(pids: set[int], word: str) -> list[int]:
    """Return those whose command line holds a word, oldest first."""
    return sorted(pid for pid in pids if word in Path(f"/proc/{pid}/cmdline").read_text())


@contextmanager
def watching(pids: set[int]) -> Iterator[Callable[[], set[int]]]:
    """Yield a function that waits for all of some processes to end, and returns those that did not."""
    ends = {os.pidfd_open(pid): pid for pid in pids}

    def left() -> set[int]:
        waiting, end = dict(ends), time.monotonic() + WITHIN_S
        while waiting and (gone := select.select(list(waiting), [], [], max(0, end - time.monotonic()))[0]):
            for each in gone:
                del waiting[each]
        return set(waiting.values())

    try:
        yield left
    finally:
        for each in ends:
            os.close(each)


@dataclass
class Served:
    """A Watchbill that is served."""

    watchbill: Command
    process: subprocess.Popen[str]
    address: str
    ready_after_s: float

    def get(self, path: str) -> tuple[int, str]:
        with urllib.request.urlopen(self.address + path, timeout=10) as answer:
            return answer.status, answer.read().decode()

    def said(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


@contextmanager
def serving(watchbill: Command, *, workers: int = 1) -> Iterator[Served]:
    began = time.monotonic()
    with watchbill.begun("serve", "--port", "0", "--workers", str(workers)) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("Watchbill is ready at http://127.0.0.1:"), line or process.communicate()[1]
            yield Served(watchbill, process, line.split()[-1], time.monotonic() - began)
        finally:
            process.terminate()


def test_serve_is_ready_does_the_work_and_stops_cleanly(
    watchbill: Command, tmp_path: Path, record_property: Callable[[str, object], None], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "listens.bpmn").write_bytes(LISTENS)
    watchbill("deploy", tmp_path / "listens.bpmn")
    watchbill("start", "listens")
    with serving(watchbill) as served:
        record_property("ready_after_s", round(served.ready_after_s, 2))
        with capsys.disabled():
            sys.stdout.write(f"\nserve was ready after {served.ready_after_s:.2f} s; 3 s are due when nothing else runs\n")
        assert served.get("/healthz") == (200, '{"status":"ok"}\n')
        assert served.get("/readyz") == (200, '{"status":"ready"}\n')
        assert watchbill.refused("serve", "--port", "0") == f"The Watchbill in {watchbill.home} is served already: stop that one first."

        watchbill("signal", "alarm")
        until(lambda: [each["element"] for each in watchbill.json("tasks")] == ["act"])
        until(lambda: watchbill.run("doctor").exit_code == 0)

        with watching(children_of(served.process.pid)) as left:
            served.process.terminate()
            _, errors = served.process.communicate(timeout=WITHIN_S)
            assert (served.process.returncode, errors) == (0, "")
            assert left() == set()
    assert watchbill.run("doctor").exit_code == 1  # the lease was given back at once


def test_what_is_killed_is_started_again_and_nothing_outlives_serve(watchbill: Command) -> None:
    with serving(watchbill) as served:
        pid = served.process.pid
        for name, sign in (("web", "gunicorn"), ("work", "worker")):
            first = named(children_of(pid), sign)[0]
            os.kill(first, signal.SIGKILL)
            assert served.said() == f"The {name} process ended with -9; it is started again."
            until(lambda sign=sign, first=first: any(each > first for each in named(children_of(pid), sign)))  # type: ignore[misc]
        until(lambda: answers(served))

        with watching(children_of(pid)) as left:
            served.process.kill()
            assert left() == set()


def answers(served: Served) -> bool:
    try:
        return served.get("/readyz")[0] == 200
    except OSError:
        return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_before_it_is_ready_is_clean_too(watchbill: Command, number: signal.Signals) -> None:
    with watchbill.begun("serve", "--port", "0", "--workers", "1") as process:
        until(lambda: children_of(process.pid))
        with watching(children_of(process.pid)) as left:
            process.send_signal(number)
            said, errors = process.communicate(timeout=WITHIN_S)
            assert left() == set()
    assert process.returncode == 0, errors
    assert "Traceback" not in errors
    assert said.startswith("Watchbill ")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.org"])
def test_the_demo_is_served_to_nobody_else(watchbill: Command, host: str) -> None:
    for given in ({"host": host}, {}):
        words = () if given else ("--host", host)
        told = watchbill.refused("serve", "--demo", *words, **given)
        assert told == f"The demo organisation is not served on {host}: its passwords are known to everybody."


def test_a_second_worker_waits_and_takes_over(watchbill: Command) -> None:
    settings = Command(watchbill.home, {"lease_s": "1"})

    def holder() -> int | None:
        checks = {each["name"]: each for each in json.loads(settings.run("doctor", "--json").stdout)["checks"]}
        return int(checks["work process"]["found"].split()[0].split(":")[1]) if checks["work process"]["is_well"] else None

    with settings.begun("worker") as first, settings.begun("worker") as second, settings.begun("worker") as third:
        workers = {each.pid: each for each in (first, second, third)}
        for each in workers.values():
            assert each.stdout is not None
            assert each.stdout.readline() == "The worker is ready: one works, others wait.\n"
        until(lambda: holder() in workers)
        killed = workers.pop(holder() or 0)
        killed.kill()
        until(lambda: holder() in workers)
        stopped = workers.pop(holder() or 0)
        stopped.terminate()
        assert stopped.wait(WITHIN_S) == 0
        until(lambda: holder() in workers)
        [last] = workers.values()
        last.send_signal(signal.SIGINT)
        assert last.wait(WITHIN_S) == 0
        assert holder() is None
