"""Webhooks out: notices on their way to other systems, as jobs of their own.

A delivery is written in the transaction of the step that gave the notice, so it goes out if and only if the step happened. It is sent as an
outside call is: taken, sent without a lock or a transaction, and settled under the fence; so it may arrive twice, with the same id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.engine import Connection

from engine.errors import Fenced, HandlerFailed, WatchbillError
from engine.hooks.outgoing import Delivered, Delivery, HookOut, note_try, read_delivery
from engine.hooks.sending import Sent, post
from engine.hooks.signing import ID, SIGNATURE, TIMESTAMP, secret_of, signature_of
from engine.runtime.failed_jobs import note_failed_try
from engine.runtime.fences import check_fence
from engine.runtime.jobs import Job, read_job, remove_job
from engine.runtime.outside_calls import take_outside, took_its_workers

if TYPE_CHECKING:
    from engine.runtime.process_engine import ProcessEngine


def run_delivery(engine: ProcessEngine, job: Job, *, worker: str, fence: int | None) -> str:
    """Send a delivery; say `done`, `failed`, `gone`, `busy`, `suspended` or `not due`."""
    delivery_id = str((job.payload or {})["delivery"])
    if took_its_workers(engine, job):
        return _failed(engine, job, delivery_id, HandlerFailed(f"its worker {job.worker} was lost in the last try"), fence)
    taken = engine.transaction(lambda connection: take_outside(engine, connection, job.id, worker, fence))
    if isinstance(taken, str):
        return taken
    with engine.database.read() as connection:
        found = read_delivery(connection, delivery_id)
    if found is None:
        engine.transaction(lambda connection: remove_job(connection, job.id))
        return "gone"
    try:
        sent = _send(engine, *found)
    except WatchbillError as error:
        return _failed(engine, taken, delivery_id, error, fence)
    if not sent.is_taken:
        refused = HandlerFailed(f"{found[1].url} answered {sent.status}")
        return _failed(engine, taken, delivery_id, refused, fence, sent=sent)
    return engine.transaction(lambda connection: _settle(engine, connection, taken, delivery_id, sent, fence))


def _send(engine: ProcessEngine, delivery: Delivery, hook: HookOut) -> Sent:
    body, stamp = delivery.body.encode(), int(engine.clock.now().timestamp())
    secret = secret_of(engine.secret_key(), hook_id=hook.id, salt=hook.salt)
    signature = signature_of(secret, message_id=delivery.id, timestamp=stamp, body=body)
    headers = {"Content-Type": "application/json", ID: delivery.id, TIMESTAMP: str(stamp), SIGNATURE: signature}
    return post(hook.url, body, headers, may_be_private=engine.settings.private_webhooks)


def _settle(engine: ProcessEngine, connection: Connection, job: Job, delivery_id: str, sent: Sent, fence: int | None) -> str:
    """Note that a delivery arrived, if the job is still this worker's."""
    check_fence(connection, fence)
    found = read_job(connection, job.id, lock=True)
    if found is None or (found.worker, found.fence, found.attempts) != (job.worker, job.fence, job.attempts):
        raise Fenced(f"delivery {delivery_id} was taken over: that it arrived is not noted, and it may arrive again")
    _note(engine, connection, job, delivery_id, Delivered.DELIVERED, sent)
    remove_job(connection, job.id)
    return "done"


def _failed(engine: ProcessEngine, job: Job, delivery_id: str, error: Exception, fence: int | None, *, sent: Sent | None = None) -> str:
    """Note a failed try on the delivery, and let the job come again or fail."""
    became = note_failed_try(engine, job, error=error, fence=fence)
    if became == "failed":
        engine.transaction(lambda connection: _note_failed(engine, connection, job, delivery_id, error, sent))
    return became


def _note_failed(
    engine: ProcessEngine, connection: Connection, job: Job, delivery_id: str, error: Exception, sent: Sent | None
) -> None:  # fmt: skip
    found = read_job(connection, job.id)
    status = Delivered.FAILED if found is not None and found.retries_left == 0 else Delivered.WAITING
    _note(engine, connection, job, delivery_id, status, sent, error=str(error))


def _note(
    engine: ProcessEngine,
    connection: Connection,
    job: Job,
    delivery_id: str,
    status: Delivered,
    sent: Sent | None,
    error: str | None = None,
) -> None:
    values = {"status_code": None if sent is None else sent.status, "answer": None if sent is None else sent.answer, "error": error}
    note_try(connection, delivery_id, status=status.value, attempts=job.attempts, last_at=engine.clock.now(), **values)
