"""The topics of the tests: inline ones write a person's e-mail as their record, outside ones note that they were called."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa
from pydantic import BaseModel

from engine.errors import BpmnError
from engine.handling import Context, handler
from engine.tables import person

called: list[str] = []
answers: list[Exception] = []
hooks: list[Callable[[], None]] = []


def forget() -> None:
    """Begin a test with nothing called."""
    called.clear()
    answers.clear()
    hooks.clear()


class Text(BaseModel):
    """One text."""

    text: str


class Sent(BaseModel):
    """What an outside call returned."""

    receipt: str


@handler("topics.record")
def record(context: Context, inputs: Text) -> Text:
    """Write a record, and fail or throw after the write when asked to."""
    context.connection.execute(sa.update(person).where(person.c.name == "Eve").values(email=inputs.text))
    if inputs.text == "fail":
        raise ValueError("the record refuses")
    if inputs.text == "clash":
        context.connection.execute(sa.insert(person), {"name": "Eve", "display_name": "twice", "created_at": context.now})
    if inputs.text == "throw":
        raise BpmnError("no_record", "there is none", why="asked")
    context.note("recorded", value=inputs.text)
    context.notify("mail", to="Ann")
    return Text(text=inputs.text.upper())


@handler("topics.spawn")
def spawn(context: Context) -> None:
    """Start another process and send a message after the step."""
    context.start_process("two_steps", business_key="child", variables={"x": 1})
    context.queue_message("customer.reply", correlation={"ticket": 7}, payload={"text": "later"})


@handler("topics.send", effects=True, retries="PT1M,PT5M")
def send(context: Context, inputs: Text) -> Sent:
    """Act on the outside world; the next answer may be an error."""
    called.append(f"{inputs.text}:{context.attempt}:{context.idempotency_key.split(':')[1] == context.token}")
    for hook in tuple(hooks):
        hook()
    if answers:
        raise answers.pop(0)
    return Sent(receipt=f"{inputs.text}-ok")
