"""What gunicorn calls in the web processes: its configuration, read from this module by name."""

from __future__ import annotations

import gc
import signal
import socket
import struct
import sys
import time
from types import FrameType
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from watchbill.lifeline import on_starting

__all__ = ["FairWorker", "on_starting", "post_worker_init"]

SELDOM = (20_000, 20, 50)
"""How often garbage is looked for: a request makes few cycles, and what was loaded at the start stays for good."""
SWITCHES_AFTER_S = 0.02
HESITATES_S = 0.001
MOST_HESITATION = 5

STALLED_AFTER_S = 10
"""How long a client that began to say or to read something may pause: it holds a thread meanwhile."""


class FairWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """A web process that leaves a new connection to one that has fewer.

    All of them are woken for it, and the kernel tends to wake the same one first: clients that keep their connections would all end at
    one process. So each hesitates as long as it has connections, and who has the fewest is first.
    """

    def accept(self, listener: Any) -> None:
        """Accept a connection, unless a less busy process did so meanwhile."""
        time.sleep(HESITATES_S * min(self.nr_conns, MOST_HESITATION))
        super().accept(listener)


def post_worker_init(worker: Any) -> None:
    """Bound how long clients stall, and send those away who wait for work when the process must stop.

    Else it would wait for them until they are killed with it. What is set on a listening socket holds for its connections too.
    """
    for listening in worker.sockets:
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            listening.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", STALLED_AFTER_S, 0))
    gc.collect()
    gc.freeze()
    gc.set_threshold(*SELDOM)
    sys.setswitchinterval(SWITCHES_AFTER_S)
    room = worker.wsgi.extensions["process_engine"].waiting_room
    ordinary = worker.handle_exit

    def stop(number: int, frame: FrameType | None) -> None:
        ordinary(number, frame)
        room.close()

    signal.signal(signal.SIGTERM, stop)
    signal.siginterrupt(signal.SIGTERM, False)
