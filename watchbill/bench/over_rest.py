"""What the REST interface costs: real requests to a real server with two web processes, the load made on the same machine."""

from __future__ import annotations

import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from engine import commands, people
from engine.people import SYSTEM
from watchbill import migrating
from watchbill.bench import diagrams
from watchbill.bench.figures import Figure
from watchbill.bench.stored import postgresql
from watchbill.house import open_house
from watchbill.settings import load_settings

CLIENTS = 8
WORKERS = 2
KEY = "four_tasks"


class Client:
    """One connection that is kept, with a token."""

    def __init__(self, address: str, secret: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
        self._headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Call, and return the JSON answer. Raises RuntimeError for an error."""
        self._connection.request(method, f"/engine-rest{path}", None if body is None else json.dumps(body), self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {content.decode()}")
        return json.loads(content) if content else None

    def flow(self) -> list[float]:
        """Do a whole flow of four tasks, and return how long each completion took in ms."""
        instance = self.call("POST", f"/process-definition/key/{KEY}/start", {"variables": {"n": {"value": 1}}})["id"]
        taken = []
        for _ in range(4):
            [task] = self.call("GET", f"/task?processInstanceId={instance}")
            began = time.perf_counter()
            self.call("POST", f"/task/{task['id']}/complete", {"variables": {"is_approved": {"value": True}}})
            taken.append((time.perf_counter() - began) * 1000)
        return taken

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def measure(*, quick: bool) -> Iterator[Figure]:
    """Yield the figures of each database that is here."""
    with tempfile.TemporaryDirectory(prefix="watchbill-bench-") as home:
        yield from _on("SQLite", Path(home), "", quick=quick)
    with postgresql() as url, tempfile.TemporaryDirectory(prefix="watchbill-bench-") as home:
        if url is not None:
            yield from _on("PostgreSQL", Path(home), url, quick=quick)


def _on(name: str, home: Path, url: str, *, quick: bool) -> Iterator[Figure]:
    secret = _set_up(home, url)
    section = f"REST on {name}, {WORKERS} web processes"
    flows, seconds = (2, 1) if quick else (60, 10)
    with _served(home, url) as address:
        one = Client(address, secret)
        for _ in range(2 if quick else 10):
            one.flow()
        taken = [each for _ in range(flows) for each in one.flow()]
        one.close()
        yield Figure(section, "complete a task, one client", statistics.median(taken), "ms", 8)
        yield Figure(section, "the slowest of a hundred such completions", statistics.quantiles(taken, n=100)[-1], "ms")
        rate, completions = _loaded(address, secret, seconds)
        yield Figure(section, f"flows of four tasks, {CLIENTS} clients", rate, "1/s", 40, at_least=True)
        yield Figure(section, f"complete a task, {CLIENTS} clients", statistics.median(completions), "ms")


def _loaded(address: str, secret: str, seconds: float) -> tuple[float, list[float]]:
    """Let all clients do flows for a while; return whole flows a second, and how long the completions took in ms."""
    began = time.perf_counter()

    def work(_number: int) -> tuple[int, list[float]]:
        client, taken, flows = Client(address, secret), [], 0
        while time.perf_counter() - began < seconds:
            taken += client.flow()
            flows += 1
        client.close()
        return flows, taken

    with ThreadPoolExecutor(CLIENTS) as pool:
        done = list(pool.map(work, range(CLIENTS)))
    return sum(flows for flows, _ in done) / (time.perf_counter() - began), [each for _, taken in done for each in taken]


def _set_up(home: Path, url: str) -> str:
    """Make a house with the flow and somebody who does it; return the token."""
    settings = load_settings({"WATCHBILL_HOME": str(home), "WATCHBILL_DATABASE_URL": url})
    house = open_house(settings, must_be_ready=False)
    try:
        if url:
            _emptied(url)
        migrating.upgrade(house.database)
        commands.deploy(house.engine, {"four.bpmn": diagrams.four_tasks()}, name="bench", actor=SYSTEM)
        now = house.engine.clock.now()
        with house.database.write() as connection:
            people.add_team(connection, "bench")
            people.add_person(connection, "bench", now=now, teams=("bench",))
            return people.create_token(connection, "bench", label="bench", now=now).secret
    finally:
        house.close()


def _emptied(url: str) -> None:
    """Let a database of the bench be as new."""
    owner = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with owner.connect() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    owner.dispose()


@contextmanager
def _served(home: Path, url: str) -> Iterator[str]:
    environment = {**os.environ, "WATCHBILL_HOME": str(home), "WATCHBILL_DATABASE_URL": url, "WATCHBILL_PORT": "0"}
    command = [sys.executable, "-m", "watchbill", "serve", "--workers", str(WORKERS)]
    serving = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)  # noqa: S603  # our own program
    try:
        assert serving.stdout is not None
        yield serving.stdout.readline().rpartition(" ")[2].strip()
    finally:
        serving.terminate()
        serving.wait(30)
