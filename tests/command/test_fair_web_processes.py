"""Clients that keep their connections are spread over the web processes, and processes that write to one file take turns."""

from __future__ import annotations

import http.client
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.command.conftest import Command
from tests.command.test_serve import Served, serving

CLIENTS, CROWDS = 8, 3
STARTED_WITHIN_S = 20


def below(process: int) -> list[int]:
    """Return all processes below one."""
    children = [int(number) for number in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    return [*children, *(deeper for child in children for deeper in below(child))]


def connections_of(process: int, port: int) -> int:
    """Return how many connections to a port a process holds."""
    established = {
        line.split()[9]
        for line in Path("/proc/net/tcp").read_text().splitlines()
        if f":{port:04X} " in line[:24] and line.split()[3] == "01"
    }
    held = []
    for each in Path(f"/proc/{process}/fd").iterdir():
        try:
            held.append(str(each.readlink()))
        except OSError:
            continue
    return sum(f"socket:[{inode}]" in held for inode in established)


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="NO /proc: the connections of a process cannot be counted here")
def test_clients_that_stay_connected_are_spread_over_the_web_processes(watchbill: Command) -> None:
    with serving(watchbill, workers=2) as served:
        held, until = [CLIENTS], time.monotonic() + STARTED_WITHIN_S
        while len(held) < 2 and time.monotonic() < until:  # the second process may start later than the first
            held = crowd(served)
        held = max((crowd(served) for _ in range(CROWDS)), key=min)
    assert sum(held) == CLIENTS
    assert held[0] >= 2, f"the two web processes hold {held} connections"


def crowd(served: Served) -> list[int]:
    """Connect all clients, and return how many connections each web process holds, fewest first."""
    place = urlsplit(served.address)
    clients = [http.client.HTTPConnection(place.hostname or "", place.port, timeout=20) for _ in range(CLIENTS)]
    for client in clients:
        client.request("GET", "/healthz")
        assert client.getresponse().read()
    held = [connections_of(each, place.port or 0) for each in below(served.process.pid)]
    for client in clients:
        client.close()
    return sorted(count for count in held if count)
