"""Serves the pages and does the work: one command, the web processes and one work process beside it, watched and restarted."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from types import FrameType
from typing import IO

from engine.commands import SEATS
from engine.errors import Conflict
from watchbill import lifeline, web_process
from watchbill.settings import Settings

THREADS = 8
"""How many requests a web process serves at a time, beside those of external workers that wait."""
READY_WITHIN_S = 30.0
STOP_WITHIN_S = 20.0
LOOK_EVERY_S = 0.2
RESTART_PAUSE_S = 1.0


def serve(settings: Settings, *, say: Callable[[str], None], guide: str = "") -> int:
    """Serve until stopped by SIGTERM or SIGINT; return the exit code. When it is ready, it says so, and the guide.

    Raises Conflict when this Watchbill is served already, or when something else listens at its address.
    """
    with _only_one(settings):
        return _serve(settings, _free_port(settings), say=say, guide=guide)


def _serve(settings: Settings, port: int, *, say: Callable[[str], None], guide: str) -> int:
    stop = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    end_of_children, mine = os.pipe()
    environment = {**os.environ, "WATCHBILL_HOME": str(settings.home), "WATCHBILL_DATABASE_URL": settings.url}
    environment[lifeline.VARIABLE] = str(end_of_children)
    children = {"web": _start(_web(settings, port), environment), "work": _start(_work(), environment)}
    address = f"http://{_shown(settings.host)}:{port}"
    try:
        if not _wait_ready(f"{address}/readyz", children["web"], stop):
            say("Watchbill did not start: see the messages above." if not stop.is_set() else "Watchbill was stopped before it was ready.")
            return 0 if stop.is_set() else 1
        say(f"Watchbill is ready at {address}" + (f"\n{guide}" if guide else ""))
        while not stop.wait(LOOK_EVERY_S):
            for name, command in (("web", _web(settings, port)), ("work", _work())):
                if children[name].poll() is not None:
                    say(f"The {name} process ended with {children[name].returncode}; it is started again.")
                    stop.wait(RESTART_PAUSE_S)
                    children[name] = _start(command, environment)
        return 0
    finally:
        _stop(list(children.values()))
        for end_of_pipe in (end_of_children, mine):
            os.close(end_of_pipe)


def _web(settings: Settings, port: int) -> list[str]:
    return [
        sys.executable, "-m", "gunicorn", "watchbill.wsgi:create()", "--bind", f"{_shown(settings.host)}:{port}",
        "--workers", str(settings.workers), "--threads", str(THREADS + SEATS), "--worker-class", f"{web_process.__name__}.FairWorker",
        "--graceful-timeout", "10",
        "--log-level", "warning", "--no-control-socket", "--config", f"python:{web_process.__name__}",
    ]  # fmt: skip


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _work() -> list[str]:
    return [sys.executable, "-m", "watchbill", "worker"]


def _start(command: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    kept = (int(environment[lifeline.VARIABLE]),)
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, start_new_session=True, pass_fds=kept)  # noqa: S603  # our own program


def _stop(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        if child.poll() is None:
            child.terminate()
    until = time.monotonic() + STOP_WITHIN_S
    for child in children:
        try:
            child.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _wait_ready(url: str, child: subprocess.Popen[bytes], stop: threading.Event) -> bool:
    until = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < until and child.poll() is None and not stop.is_set():
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  # our own address
                if answer.status == 200:
                    return True
        except (urllib.error.URLError, OSError):
            stop.wait(0.05)
    return False


def _only_one(settings: Settings) -> IO[str]:
    lock = (settings.home / "serve.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise Conflict(f"The Watchbill in {settings.home} is served already: stop that one first.") from error
    return lock


def _free_port(settings: Settings) -> int:
    """Return the port to listen on: the one of the settings, or any when that is 0. Raises Conflict when it is taken."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        with socket.create_server((settings.host, settings.port), family=family) as listening:
            return int(listening.getsockname()[1])
    except OSError as error:
        where, why = f"{settings.host}:{settings.port}", str(error.strerror).partition(" (")[0]
        raise Conflict(f"Watchbill cannot listen on {where} ({why}): choose another --host or --port, or stop what is there.") from error
