"""What gunicorn calls in the web processes: its configuration, read from this module by name."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Any

from watchbill.lifeline import on_starting

__all__ = ["on_starting", "post_worker_init"]


def post_worker_init(worker: Any) -> None:
    """Send those away who wait for work when the process must stop; else it would wait for them until they are killed with it."""
    room = worker.wsgi.extensions["process_engine"].waiting_room
    ordinary = worker.handle_exit

    def stop(number: int, frame: FrameType | None) -> None:
        ordinary(number, frame)
        room.close()

    signal.signal(signal.SIGTERM, stop)
    signal.siginterrupt(signal.SIGTERM, False)
