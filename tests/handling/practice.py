"""Handlers for the tests, as a practice's module declares them."""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum
from typing import Literal

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field

from engine.errors import BpmnError, Passing
from engine.handling import Context, handler
from engine.tables import team


class Level(IntEnum):
    """How much is hit."""

    HIGH = 1
    LOW = 3


class Assessment(BaseModel):
    """What is known of an incident."""

    impact: Level
    urgency: Literal[1, 2, 3] = 2
    reported_at: datetime | None = None
    service_level: str | None = Field(default=None, alias="serviceLevel")


class Priority(BaseModel):
    """What follows."""

    priority: int
    decided_at: datetime


@handler("practice.set_priority")
def set_priority(context: Context, inputs: Assessment) -> Priority:
    """Set the priority.

    By the matrix of rules 2.1.
    """
    return Priority(priority=inputs.impact + inputs.urgency - 1, decided_at=context.now)


@handler("practice.add_team")
def add_team(context: Context) -> None:
    """Add a team, so that a test sees whether it stayed."""
    context.connection.execute(sa.insert(team), {"name": "noc", "display_name": "NOC"})
    context.notify("mail", to="ann@example.org")


class Way(BaseModel):
    """How to end."""

    model_config = ConfigDict(extra="allow")
    way: str


@handler("practice.fail")
def fail(context: Context, inputs: Way) -> Priority | None:
    """Write something, queue something, and end in the asked way."""
    add_team(context)
    if inputs.way == "business":
        raise BpmnError("rejected", "no", reason="full")
    if inputs.way == "passing":
        raise Passing("the line is busy")
    if inputs.way == "bug":
        raise ZeroDivisionError("division by zero")
    if inputs.way == "commit":
        context.connection.commit()
    if inputs.way == "rollback":
        context.connection.rollback()
    if inputs.way == "wrong type":
        return inputs  # type: ignore[return-value]  # the point of the test
    if inputs.way == "database":
        context.connection.exec_driver_sql("SELECT * FROM nowhere")
    return None


@handler("practice.send_mail", effects=True, retries=4, backoff="PT30S")
def send_mail(context: Context) -> None:
    """Send a mail."""
    if context.is_drill:
        context.connection.exec_driver_sql("SELECT 1")


@handler("practice.ask_chat", effects=True, retries="PT1M,PT5M")
def ask_chat(context: Context) -> Priority | None:
    """Queue everything that can be queued."""
    context.queue_message("answered", business_key="incident:1", correlation={"chat": 7}, payload={"text": "ja"}, ttl_s=60)
    context.start_process("sla_clock", business_key="incident:1", variables={"target": "PT4H"}, at=context.now)
    context.notify("chat", room="noc")
    context.note("asked the room", room="noc")
    return None
