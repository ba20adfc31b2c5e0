"""Clients that begin to say something and fall silent: they lose their connection, and nobody else waits for them for long."""

from __future__ import annotations

import socket
import time
import urllib.request
from urllib.parse import urlsplit

import pytest

from engine.commands import SEATS
from tests.command.conftest import Command
from tests.command.test_serve import serving
from watchbill.serving import THREADS
from watchbill.web_process import STALLED_AFTER_S

HALF_A_HEADER = b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Half: "
HALF_A_BODY = b'POST /api/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"name"'


@pytest.mark.parametrize("said", [HALF_A_HEADER, HALF_A_BODY])
def test_clients_that_fall_silent_hold_no_thread_for_long(watchbill: Command, said: bytes) -> None:
    with serving(watchbill) as served:
        place = urlsplit(served.address)
        silent = [socket.create_connection((place.hostname, place.port)) for _ in range(THREADS + SEATS + 2)]
        try:
            for each in silent:
                each.sendall(said)
            began = time.monotonic()
            with urllib.request.urlopen(f"{served.address}/healthz", timeout=3 * STALLED_AFTER_S) as answer:
                assert answer.status == 200
            assert time.monotonic() - began < 2.5 * STALLED_AFTER_S
        finally:
            for each in silent:
                each.close()
