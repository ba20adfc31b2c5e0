"""A process that `serve` started must not outlive it, however it ended: each reads a pipe whose other end `serve` holds."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable

VARIABLE = "WATCHBILL_LIFELINE"


def hold(end: Callable[[], None]) -> None:
    """Call `end` in a thread of its own when the process that started this one is gone; do nothing when none gave a lifeline."""
    number = os.environ.get(VARIABLE)
    if number is None:
        return

    def wait() -> None:
        while os.read(int(number), 1):
            pass
        end()

    threading.Thread(target=wait, name="lifeline", daemon=True).start()


def on_starting(_arbiter: object) -> None:
    """End the master of the web processes when `serve` is gone; gunicorn calls this in the master itself, and its workers end with it.

    A worker could not do that: by then its master may be gone, and the number another's.
    """
    hold(lambda: os.kill(os.getpid(), signal.SIGTERM))
