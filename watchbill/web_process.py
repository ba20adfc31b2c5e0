"""What gunicorn calls in the web processes: its configuration, read from this module by name."""

from __future__ import annotations

import signal
import socket
import struct
from types import FrameType
from typing import Any

from watchbill.lifeline import on_starting

__all__ = ["on_starting", "post_worker_init"]


STALLED_AFTER_S = 10
"""How long a client that began to say or to read something may pause: it holds a thread meanwhile."""


def post_worker_init(worker: Any) -> None:
    """Bound how long clients stall, and send those away who wait for work when the process must stop.

    Else it would wait for them until they are killed with it. What is set on a listening socket holds for its connections too.
    """
    for listening in worker.sockets:
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            listening.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", STALLED_AFTER_S, 0))
    room = worker.wsgi.extensions["process_engine"].waiting_room
    ordinary = worker.handle_exit

    def stop(number: int, frame: FrameType | None) -> None:
        ordinary(number, frame)
        room.close()

    signal.signal(signal.SIGTERM, stop)
    signal.siginterrupt(signal.SIGTERM, False)
