"""What handlers asked for in a turn: messages and starts become jobs, notices go to the outbox, notes into the history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine import outbox
from engine.execution.model import TopicCall
from engine.handling import Queued, QueuedMessage, QueuedNote, QueuedNotice, QueuedStart
from engine.history import plain
from engine.hooks.outgoing import TRIES, queue_deliveries
from engine.ids import new_id
from engine.runtime.jobs import JobKind, insert_jobs, new_job

if TYPE_CHECKING:
    from engine.runtime.turn import Turn


def apply_requests(turn: Turn) -> None:
    """Write everything that handlers requested in this turn."""
    requested, turn.host.requested = turn.host.requested, []
    notices = []
    for call, request in requested:
        if isinstance(request, QueuedNotice):
            payload = {**request.payload, "business_key": turn.instance.business_key, "element": call.element}
            notices.append(outbox.Notice(new_id(), request.kind, turn.instance.id, _plain(payload), request.is_drill, turn.now))
        else:
            _apply(turn, call, request)
    outbox.put_all(turn.connection, notices)
    _put_deliveries(turn, notices)


def _put_deliveries(turn: Turn, notices: list[outbox.Notice]) -> None:
    """Queue what webhooks are to tell of notices: it goes out if and only if the step happens."""
    jobs = []
    for delivery_id, hook_id in queue_deliveries(turn.connection, notices):
        said: dict[str, Any] = {"name": hook_id, "retry_cycle": TRIES, "payload": {"delivery": delivery_id}}
        jobs.append(new_job(JobKind.NOTICE, now=turn.now, retries=TRIES.count(",") + 2, **said))
    insert_jobs(turn.connection, jobs)


def _apply(turn: Turn, call: TopicCall, request: Queued) -> None:
    match request:
        case QueuedNote():
            turn.note("note", element=call.element, token=call.token, data={"text": request.text, **request.data})
        case QueuedMessage():
            payload = {"payload": request.payload, "correlation": request.correlation, "sender": turn.instance.id, "ttl_s": request.ttl_s}
            turn.add_job(
                JobKind.MESSAGE, name=request.name, element=call.element, business_key=request.business_key, payload=_plain(payload)
            )
        case QueuedStart():
            payload = {
                "key": request.key,
                "variables": request.variables,
                "instance_id": request.instance_id or new_id(),
                "sender": turn.instance.id,
            }
            turn.add_job(
                JobKind.START,
                name=request.key,
                element=call.element,
                business_key=request.business_key,
                due_at=request.at,
                payload=_plain(payload),
            )


def _plain(payload: dict[str, Any]) -> dict[str, Any]:
    checked = plain(payload, where="what the handler requests")
    assert isinstance(checked, dict)
    return checked
