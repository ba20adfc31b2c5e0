"""External workers that wait at a real web process: others are served promptly, and a stop waits for none of them."""

from __future__ import annotations

import base64
import json
import queue
import threading
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from engine.commands import SEATS
from tests.command.conftest import PASSWORD, Command
from tests.command.test_serve import Served, serving
from tests.rest.external import PARCEL

FETCH = "/engine-rest/external-task/fetchAndLock"
WAIT_S = 50
PROMPT_S = 3.0
"""What a call may take at most on a busy machine; who is starved waits for as long as the workers do."""


def call(served: Served, method: str, path: str, body: Any = None, *, timeout_s: float = WAIT_S + 10) -> Any:
    request = urllib.request.Request(served.address + path, method=method, data=None if body is None else json.dumps(body).encode())
    request.add_header("Authorization", "Basic " + base64.b64encode(f"root:{PASSWORD}".encode()).decode())
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=timeout_s) as answer:
        said = answer.read()
    return json.loads(said) if said else None


def wish(topic: str, *, wait_s: int = 0) -> dict[str, Any]:
    topics = [{"topicName": topic, "lockDuration": 60_000}]
    return {"workerId": "w1", "maxTasks": 1, "asyncResponseTimeout": wait_s * 1000, "topics": topics}


class Crowd:
    """Workers that wait for work that never comes."""

    def __init__(self, served: Served, number: int) -> None:
        self.answers: queue.Queue[Any] = queue.Queue()
        self._served = served
        self.threads = [threading.Thread(target=self._wait) for _ in range(number)]
        for thread in self.threads:
            thread.start()

    def _wait(self) -> None:
        self.answers.put(call(self._served, "POST", FETCH, wish("never", wait_s=WAIT_S)))

    def join(self) -> None:
        for thread in self.threads:
            thread.join()


@pytest.fixture
def served(watchbill: Command, tmp_path: Any) -> Iterator[Served]:
    (tmp_path / "parcel.bpmn").write_bytes(PARCEL)
    watchbill("deploy", tmp_path / "parcel.bpmn")
    with serving(watchbill) as found:
        call(found, "GET", "/engine-rest/version")
        yield found


def test_more_workers_than_seats_starve_nobody_and_a_stop_waits_for_none(served: Served) -> None:
    crowd = Crowd(served, SEATS + 5)
    try:
        began = time.monotonic()
        assert [crowd.answers.get(timeout=WAIT_S / 2) for _ in range(5)] == [[]] * 5
        assert time.monotonic() - began < WAIT_S / 2

        for _ in range(20):
            assert call(served, "GET", "/engine-rest/version", timeout_s=PROMPT_S)["version"].startswith("7.")
        begin = {"variables": {"town": {"value": "Yichang"}}}
        call(served, "POST", "/engine-rest/process-definition/key/parcel/start", begin, timeout_s=PROMPT_S)
        [task] = call(served, "POST", FETCH, wish("ship"), timeout_s=PROMPT_S)
        call(served, "POST", f"/engine-rest/external-task/{task['id']}/complete", {"workerId": "w1"}, timeout_s=PROMPT_S)
        assert crowd.answers.empty(), "the others still wait"
    finally:
        began = time.monotonic()
        served.process.terminate()
        served.process.communicate(timeout=WAIT_S / 2)
        stopped_after_s = time.monotonic() - began
        crowd.join()
    assert stopped_after_s < 8, "a stop that waits for workers takes the whole grace of 10 s"
    assert [crowd.answers.get_nowait() for _ in range(SEATS)] == [[]] * SEATS
