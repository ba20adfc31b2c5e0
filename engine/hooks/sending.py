"""Sending a webhook: one POST, in bounded time, of which no redirect is followed and little of the answer is read."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

from engine.errors import HandlerFailed
from engine.hooks.addresses import Target, find_target

TIMEOUT_S = 10.0
MOST_READ = 2000


@dataclass(frozen=True, slots=True)
class Sent:
    """What a receiver answered: the status, and the beginning of the body."""

    status: int
    answer: str

    @property
    def is_taken(self) -> bool:
        """Tell whether the receiver took it."""
        return 200 <= self.status < 300


class NotSent(HandlerFailed):
    """Nobody answered."""


def post(url: str, body: bytes, headers: Mapping[str, str], *, may_be_private: bool, timeout_s: float = TIMEOUT_S) -> Sent:
    """Send a body, and return the answer. Raises NotSent when there is none in time, ForbiddenAddress where it may not go."""
    try:
        target = find_target(url, may_be_private=may_be_private)
        connection = _Pinned(target, timeout_s)
        with _in_time(connection, timeout_s):
            connection.request("POST", target.path, body, {"Host": target.authority, "User-Agent": "Watchbill", **headers})
            answer = connection.getresponse()
            return Sent(answer.status, answer.read(MOST_READ).decode("utf-8", "replace").replace("\x00", ""))
    except (OSError, http.client.HTTPException, ValueError, AttributeError) as error:
        raise NotSent(f"{url} did not answer: {type(error).__name__}: {error}") from error


class _Pinned(http.client.HTTPConnection):
    """A connection to the address that was checked, under the name that was asked for."""

    def __init__(self, target: Target, timeout_s: float) -> None:
        super().__init__(target.host, target.port, timeout=timeout_s)
        self._target = target
        self.is_late = False

    def connect(self) -> None:
        """Connect, with TLS if the address says so."""
        self.sock = socket.create_connection((self._target.address, self._target.port), self.timeout)
        if self._target.is_tls:
            self.sock = _trusted().wrap_socket(self.sock, server_hostname=self._target.host)

    def cut(self) -> None:
        """End the connection from another thread: whoever drips bytes has had the time."""
        self.is_late = True
        if self.sock is not None:
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


@cache
def _trusted() -> ssl.SSLContext:
    return ssl.create_default_context()


@contextmanager
def _in_time(connection: _Pinned, timeout_s: float) -> Iterator[None]:
    """Cut a connection that is not done in time. Raises TimeoutError then."""
    watch = threading.Timer(timeout_s, connection.cut)
    watch.start()
    try:
        yield
    finally:
        watch.cancel()
        watch.join()
        connection.close()
        if connection.is_late:
            raise TimeoutError(f"not done within {timeout_s:g} s")
