"""The hand: a process that does people's commands one after the other, as a web process does, and may be killed at any moment."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from random import Random
from typing import Any

from watchbill.house import open_house
from watchbill.settings import Settings

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["watchbill.house", "engine.commands"])
ANSWER_WITHIN_S = 60


def work(settings: Settings, orders: Connection) -> None:
    """Do what is ordered, for ever."""
    house = open_house(settings, must_be_ready=False)
    while True:
        command, about, said = orders.recv()
        try:
            orders.send(command(house.engine, about, **said))
        except Exception as error:  # noqa: BLE001  # whoever ordered must hear of it
            orders.send(error)


class Hand:
    """A hand, and what its client does when it dies: the same command again, under the same key, to a new one."""

    def __init__(self, settings: Settings, luck: Random) -> None:
        self.settings = settings
        self.died = 0
        self._luck = luck
        self._usual_s = 0.02
        self._start()

    def _start(self) -> None:
        self._orders, theirs = PROCESSES.Pipe()
        self._process = PROCESSES.Process(target=work, args=(self.settings, theirs), daemon=True)
        self._process.start()
        theirs.close()

    def do(self, command: Callable[..., Any], about: str, *, dies: bool, **said: Any) -> Any:
        """Have a command done; when the hand dies on the way, or with the answer on its lips, a new one gets the same order."""
        if dies:
            self._orders.send((command, about, said))
            self._orders.poll(self._luck.uniform(0, self._usual_s))
            self.kill()
            self.died += 1
            self._start()
        began = time.monotonic()
        self._orders.send((command, about, said))
        if not self._orders.poll(ANSWER_WITHIN_S):
            raise TimeoutError(f"{command.__name__} was not answered within {ANSWER_WITHIN_S} s")
        answer = self._orders.recv()
        if isinstance(answer, Exception):
            raise answer
        self._usual_s += (time.monotonic() - began - self._usual_s) / 10
        return answer

    def kill(self) -> None:
        """Kill the hand."""
        self._process.kill()
        self._process.join()
        self._process.close()
        self._orders.close()
