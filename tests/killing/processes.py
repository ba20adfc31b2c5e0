"""A Watchbill of real processes: serve with its web and its work process, and a worker beside it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from watchbill.settings import Settings

READY_WITHIN_S = 30
GONE_WITHIN_S = 30
LOOK_S = 0.01
SIGNS = {"web": b"gunicorn", "work": b"worker"}
"""How the command lines of serve's children are told apart."""


class Processes:
    """The processes of a home, as a supervisor sees them."""

    def __init__(self, settings: Settings, said: Path) -> None:
        self._said = said
        self._port = _free_port()
        self._environment = {
            **os.environ,
            "WATCHBILL_HOME": str(settings.home),
            "WATCHBILL_DATABASE_URL": settings.url,
            "WATCHBILL_CLOCK_FILE": str(settings.clock_file),
            "WATCHBILL_LEASE_S": str(settings.lease_s),
            "WATCHBILL_TURN_BUDGET_S": str(settings.turn_budget_s),
            "WATCHBILL_WORKERS": "1",
            "WATCHBILL_PORT": str(self._port),
        }
        self._started: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> None:
        """Start `serve` or `worker`."""
        with self._said.open("ab") as said:
            self._started[name] = subprocess.Popen(
                [sys.executable, "-m", "watchbill", name], env=self._environment, stdout=said, stderr=said
            )

    def start_again(self) -> None:
        """Start again whatever has ended."""
        for name, process in self._started.items():
            if process.poll() is not None:
                self.start(name)

    def kill(self, name: str) -> bool:
        """Kill a process by its name; False when it is not there."""
        victim = self.pid_of(name)
        if victim is None:
            return False
        os.kill(victim, signal.SIGKILL)
        if name in self._started:
            self._started[name].wait()
        return True

    def pid_of(self, name: str) -> int | None:
        """Return the process called `serve` or `worker`, or serve's child called `web` or `work`; None when it is not there."""
        if name in self._started:
            return None if self._started[name].poll() is not None else self._started[name].pid
        serve = self._started["serve"].pid
        try:
            children = Path(f"/proc/{serve}/task/{serve}/children").read_text(encoding="ascii").split()
            lines = {int(child): Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0") for child in children}
        except OSError:
            return None
        return next((child for child, line in lines.items() if SIGNS[name] in line), None)

    def wait_until_ready(self) -> None:
        """Wait until serve answers."""
        until = time.monotonic() + READY_WITHIN_S
        while not self._is_ready():
            assert time.monotonic() < until, f"serve was not ready in time:\n{self.said()}"
            time.sleep(LOOK_S)

    def wait_until_said(self, text: str) -> None:
        """Wait until one of the processes has written a text."""
        until = time.monotonic() + READY_WITHIN_S
        while text not in self.said():
            assert time.monotonic() < until, f"{text!r} was not said in time:\n{self.said()}"
            time.sleep(LOOK_S)

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/readyz", timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def stop(self) -> dict[str, int]:
        """Stop what was started in the orderly way; return the exit codes."""
        for process in self._started.values():
            process.terminate()
        return {name: process.wait(GONE_WITHIN_S) for name, process in self._started.items()}

    def wait_until_gone(self) -> None:
        """Wait until no process of this home is left, whoever started it."""
        until = time.monotonic() + GONE_WITHIN_S
        while left := self._left():
            assert time.monotonic() < until, f"processes were left running: {left}"
            time.sleep(LOOK_S)

    def end(self) -> None:
        """Kill whatever is left."""
        for pid in self._left():
            os.kill(pid, signal.SIGKILL)
        for process in self._started.values():
            process.wait()

    def _left(self) -> list[int]:
        mark = f"WATCHBILL_HOME={self._environment['WATCHBILL_HOME']}".encode()
        return [int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit() and mark in _environment_of(each)]

    def said(self) -> str:
        """Return all that the processes wrote."""
        return self._said.read_text(encoding="utf-8")


def _environment_of(process: Path) -> list[bytes]:
    try:
        return (process / "environ").read_bytes().split(b"\0")
    except OSError:
        return []


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])
