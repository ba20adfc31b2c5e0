"""Processes whose work external workers do."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from engine import commands
from engine.people import SYSTEM
from tests.runtime.diagrams import boundary, diagram, end, service, start, user

SOON_S = 40
"""By when what is to happen must have happened; nothing here takes that long."""

INPUTS = '<camunda:inputParameter name="address">${"To " + town}</camunda:inputParameter>'
REFUSED = '<bpmn:error id="e_refused" name="refused" errorCode="refused"/>'
PARCEL = diagram(
    "parcel",
    start(),
    service("ship", "ship", inputs=INPUTS),
    boundary("refused", "ship", '<bpmn:errorEventDefinition errorRef="e_refused"/>'),
    user("file"),
    user("ask_again"),
    end(),
    flows="start>ship ship>file refused>ask_again file>end ask_again>end",
    roots=REFUSED,
)
"""One external task on the topic `ship`, whose error `refused` is caught."""

WEIGHED = diagram(
    "weighed",
    start(),
    service("weigh", "weigh", inputs='<camunda:outputParameter name="grams">${1000 * kilos}</camunda:outputParameter>'),
    user("file"),
    end(),
    flows="start>weigh weigh>file file>end",
)
"""An external task whose output parameter reads a variable that its worker leaves there."""


def begin(house: Any, key: str = "parcel", *, business_key: str | None = None, **variables: Any) -> str:
    """Start an instance and return its id."""
    started = commands.start(house, key, business_key=business_key, variables={"town": "Yichang", **variables}, actor=SYSTEM)
    return started.instance_id


def fetch(
    worker: Any, topic: str = "ship", *, who: str = "w1", most: int = 10, lock_ms: int = 60_000, expect: int = 200, **more: Any
) -> Any:
    """Fetch over REST; `more` are further fields of the one topic."""
    body = {"workerId": who, "maxTasks": most, "topics": [{"topicName": topic, "lockDuration": lock_ms, **more}]}
    return worker.post("/engine-rest/external-task/fetchAndLock", body, expect=expect)


def path(task_id: str, verb: str = "") -> str:
    """Return the path of an external task."""
    return f"/engine-rest/external-task/{task_id}" + (f"/{verb}" if verb else "")


def until(condition: Callable[[], object], *, told: Callable[[], str] = lambda: "it did not come about") -> None:
    """Wait until something is so that nobody announces."""
    pause, end_at = threading.Event(), time.monotonic() + SOON_S
    while not condition():
        assert time.monotonic() < end_at, told()
        pause.wait(0.02)
