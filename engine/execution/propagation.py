"""What travels outwards through the scopes: errors, escalations, termination, cancellation, compensation, and conditions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.util.task import TaskState

from engine.diagram.model import Event, EventKind
from engine.errors import Invalid, Refused
from engine.execution.model import FactKind
from engine.execution.token import Token
from engine.expressions import names_used

if TYPE_CHECKING:
    from engine.execution.events import ListenerSpec
    from engine.execution.workflow import LiveWorkflow


def catchers(token: Token, kind: EventKind, code: str) -> Iterator[tuple[Token, ListenerSpec, Event]]:
    """Yield who could catch a thrown code, from the token outwards: (what is watched, the catching spec, its event).

    In each scope event subprocesses come before boundary events, and a handler that names the code before one that catches all. What is
    thrown inside an event subprocess is not caught by the scope's other event subprocesses.
    """
    from engine.execution.events import EventSubprocessStart

    inside_handler = False
    for watched in (token, *token.ancestors()):
        spec = watched.task_spec
        watchers = () if inside_handler else spec.watchers
        found = [
            (listener, event)
            for listener in (*watchers, *spec.boundaries)
            for event in listener.node.events
            if event.kind is kind and event.code in (None, "", code)
        ]
        found.sort(key=lambda pair: (not isinstance(pair[0], EventSubprocessStart), pair[1].code in (None, "")))
        for listener, event in found:
            yield watched, listener, event
        inside_handler = spec.node.triggered_by_event


def raise_error(token: Token, code: str, message: str, variables: Mapping[str, Any]) -> bool:
    """Let the nearest handler catch an error; False when there is none."""
    for watched, listener, event in catchers(token, EventKind.ERROR, code):
        payload = dict(variables)
        if event.code_variable:
            payload[event.code_variable] = code
        if event.message_variable:
            payload[event.message_variable] = message
        _catch(watched, listener, payload, {"error": code})
        return True
    return False


def raise_escalation(token: Token, code: str, variables: Mapping[str, Any]) -> bool:
    """Let the nearest handler catch an escalation; False when there is none."""
    for watched, listener, event in catchers(token, EventKind.ESCALATION, code):
        payload = dict(variables)
        if event.code_variable:
            payload[event.code_variable] = code
        _catch(watched, listener, payload, {"escalation": code})
        return True
    return False


def _catch(watched: Token, listener: ListenerSpec, payload: dict[str, Any], told: dict[str, str]) -> None:
    watched.workflow.tell(FactKind.CAUGHT, watched, told, node=listener.node)
    listener.trigger(watched, payload, cause=watched)


def terminate(token: Token) -> None:
    """End everything in the scope of a terminate end event, and the scope with it."""
    scope, workflow = token.scope, token.workflow
    workflow.tell(FactKind.COMPLETED, token)
    workflow.drop(token)
    scope.task_spec.scope_done(scope)


def cancel_transaction(token: Token) -> None:
    """Undo what completed in a transaction, in all its instances, then leave it by its cancel boundary event."""
    scope, workflow = token.scope, token.workflow
    whole = _whole(scope)
    places = (scope,) if whole is scope else (whole, *whole.live_children())
    records = [record for place in places for record in place.internal_data.pop("done", [])]
    for other in [*whole.live_children(), *scope.live_children()]:
        if other not in (scope, token) and other.is_live:
            workflow.cancel_branch(other)
    token.internal_data["queue"] = undo_list(records)
    token.internal_data["cancels"] = True
    undo_next(token)


def _whole(scope: Token) -> Token:
    """Return the body of a repeated activity for one of its instances, else the activity itself."""
    return scope.scope if scope.scope.task_spec.node is scope.task_spec.node else scope


def compensate(token: Token, activity: str | None) -> None:
    """Undo completed activities in reverse order: one, or all of the scope; the throwing token waits for them."""
    scope = token.scope
    outer = list(scope.ancestors()) if activity is not None or scope.task_spec.node.triggered_by_event else []
    for place in [scope, *(outer if activity is not None else outer[:1])]:
        done = place.internal_data.get("done", [])
        chosen = [record for record in done if activity is None or record["activity"] == activity]
        if chosen:
            place.internal_data["done"] = [record for record in done if record not in chosen]
            token.internal_data["queue"] = undo_list(chosen)
            undo_next(token)
            return


def undo_list(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the handlers that undo completed activities, latest first; a subprocess without one is undone from the inside."""
    found = []
    for record in reversed(records):
        if record["handler"]:
            found.append(record)
        else:
            found.extend(undo_list(record["inner"]))
    return found


def undo_next(token: Token) -> None:
    """Start the next undoing activity; when none is left the throwing token completes, or the transaction is cancelled."""
    workflow, queue = token.workflow, token.internal_data["queue"]
    if queue:
        record = queue.pop(0)
        spec = token.task_spec._wf_spec.task_specs[record["handler"]]
        workflow.spawn(spec, token, internal={"done": record["inner"]} if record["inner"] else None, variables=record["variables"])
        return
    if "cancels" in token.internal_data:
        _leave_transaction(token)
    elif token._state == TaskState.READY:
        del token.internal_data["queue"]
    else:
        workflow.guard(token, "leave")


def _leave_transaction(token: Token) -> None:
    transaction, workflow = _whole(token.scope), token.workflow
    for listener in transaction.task_spec.boundaries:
        if any(event.kind is EventKind.CANCEL for event in listener.node.events):
            workflow.tell(FactKind.COMPLETED, token)
            workflow.drop(token)
            listener.trigger(transaction, {}, cause=transaction)
            return
    raise Invalid(f"The transaction '{transaction.task_spec.node.id}' was cancelled but has no cancel boundary event: add one.")


def fire_conditions(workflow: LiveWorkflow) -> None:
    """Fire each waiting condition that has become true; one that cannot be told lets its own token rest as failed, and no other."""
    from engine.execution.events import deliver

    workflow.variables_changed = False
    for key in sorted(workflow.conditional):
        token = workflow.tasks.get(key)
        if token is None or token.internal_data.get("wait") != "condition":
            continue
        event = next(event for event in _events(token) if event.kind is EventKind.CONDITIONAL)
        try:
            holds = _holds(workflow, event.condition or "", token)
        except Refused as error:
            workflow.fail(token, str(error))
            continue
        was = token.internal_data.get("was", False)
        token.internal_data["was"] = holds
        if holds and not was:
            deliver(token, {})


def _holds(workflow: LiveWorkflow, condition: str, token: Token) -> bool:
    """Tell whether a condition holds: not before every variable that it names is there."""
    return names_used(condition) <= workflow.names(token).keys() and workflow.holds(condition, token)


def _events(token: Token) -> tuple[Event, ...]:
    part = getattr(token.task_spec, "event", None)
    return (part,) if part is not None else token.task_spec.node.events
