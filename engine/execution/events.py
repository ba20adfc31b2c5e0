"""Events that wait (catching, boundary, starts of event subprocesses) and events that throw."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from SpiffWorkflow.util.task import TaskState

from engine.diagram.model import Event, EventKind, Node
from engine.errors import Conflict, Invalid
from engine.execution import propagation
from engine.execution.activities import resolve
from engine.execution.model import FactKind, Thrown, ThrownKind, Variables, Wait, WaitKind
from engine.execution.specs import NodeSpec, assign_outside
from engine.execution.timing import Due, first_due, next_due
from engine.execution.token import Token, matches

WAITING_KINDS = frozenset({EventKind.TIMER, EventKind.MESSAGE, EventKind.SIGNAL, EventKind.CONDITIONAL})


class WaitingSpec(NodeSpec):
    """A node that rests until its event comes; several event definitions wait as parts below it."""

    @property
    def waits_in_a_token(self) -> bool:
        """Tell whether the event needs a token that waits (errors and escalations are looked up when they are thrown)."""
        return all(event.kind in WAITING_KINDS for event in self.node.events)

    def enter(self, token: Token) -> bool:
        """Rest until the event comes."""
        self.map_inputs(token)
        if len(self.node.events) > 1:
            for index in range(len(self.node.events)):
                token.workflow.spawn(self._wf_spec.task_specs[f"{self.node.id}#{index}"], token)
            if token.is_live:
                token._set_state(TaskState.STARTED)
            return False
        if not self.node.events:
            return True
        await_event(token, self.node.events[0])
        return False

    def on_event(self, token: Token, payload: Variables) -> None:
        """Go on after the event came."""
        token.workflow.assign(token, payload)
        token.workflow.wake(token)

    def child_done(self, scope: Token, token: Token) -> None:
        """Count a part that came; one is enough unless all are wanted."""
        payload = token.internal_data.pop("payload", {})
        token.workflow.drop(token)
        if self.node.parallel_multiple and scope.live_children():
            token.workflow.assign(scope, payload)
            return
        token.workflow.drop_children(scope)
        self.on_event(scope, payload)
        if scope.is_live and self.is_listener:
            self.enter(scope)


def await_event(token: Token, event: Event) -> None:
    """Let a token rest until one event comes, its values worked out now."""
    node, workflow = token.task_spec.node, token.workflow
    scope = token.scope
    host = scope.id if token.task_spec.is_listener and scope._parent is not None else None
    if event.kind is EventKind.TIMER:
        if event.timer_kind is None:
            raise Invalid(f"The timer of '{node.id}' says no time.")
        text = _text(resolve(event.timer, token), node)
        due = first_due(event.timer_kind, text, now=workflow.now(), zone=workflow.host.zone())
        workflow.rest(
            token,
            Wait(token.id, node.id, WaitKind.TIMER, node.name, due_at=due.at, host_token=host),
            due=due.at.isoformat(),
            period=due.period,
            left=due.left,
        )
    elif event.kind is EventKind.CONDITIONAL:
        workflow.rest(token, Wait(token.id, node.id, WaitKind.CONDITION, node.name, name=event.condition, host_token=host))
    else:
        name = _text(resolve(event.name, token), node)
        keys = {key: workflow.evaluate(expression, token) for key, expression in event.correlation}
        kind = WaitKind.MESSAGE if event.kind is EventKind.MESSAGE else WaitKind.SIGNAL
        wait = Wait(token.id, node.id, kind, node.name, name=name, correlation=keys, host_token=host)
        workflow.rest(token, wait, name=name, keys=keys or None)


def _text(value: Any, node: Node) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if not isinstance(value, str) or not value.strip():
        raise Invalid(f"The event of '{node.id}' needs a text, not {value!r}: check the variables its expression uses.")
    return value


class CatchEvent(WaitingSpec):
    """An intermediate catch event, or a receive task."""

    def enter(self, token: Token) -> bool:
        """Rest, and let a receive task's boundary events watch."""
        ready = super().enter(token)
        if not ready:
            self.arm(token)
        return ready


class EventPart(WaitingSpec):
    """One of several event definitions of a node."""

    is_deferrable = False
    is_silent = True

    def __init__(self, wf_spec: Any, node: Node, *, index: int) -> None:
        super().__init__(wf_spec, node, name=f"{node.id}#{index}")
        self.event = node.events[index]

    def enter(self, token: Token) -> bool:
        """Rest until this part's event comes."""
        await_event(token, self.event)
        return False

    def on_event(self, token: Token, payload: Variables) -> None:
        """Tell the node that this part came."""
        token.workflow.touch(token)
        token.workflow.forget(token)
        token.internal_data["payload"] = payload
        token.scope.task_spec.child_done(token.scope, token)


class ListenerSpec(WaitingSpec):
    """An event that watches something: its token is a child of what it watches."""

    is_deferrable = False
    is_listener = True
    is_silent = True

    @property
    def interrupts(self) -> bool:
        """Tell whether the event ends what it watches."""
        return self.node.interrupting

    def on_event(self, token: Token, payload: Variables) -> None:
        """Trigger, and wait again when what is watched goes on."""
        workflow, watched = token.workflow, token.scope
        due = _due_of(token)
        self.trigger(watched, payload, cause=token)
        if not token.is_live or not watched.is_live or self.interrupts:
            return
        if due is None:
            return
        following = next_due(due)
        workflow.touch(token)
        if following is None:
            workflow.drop(token)
            return
        host = watched.id if watched._parent is not None else None
        wait = Wait(token.id, self.node.id, WaitKind.TIMER, self.node.name, due_at=following.at, host_token=host)
        workflow.rest(token, wait, due=following.at.isoformat(), period=following.period)
        token.internal_data["left"] = following.left

    def trigger(self, watched: Token, payload: Variables, *, cause: Token) -> None:
        """Do what the event does to what it watches; `cause` is the token to tell of."""


def _due_of(token: Token) -> Due | None:
    due = token.internal_data.get("due")
    if due is None:
        return None
    return Due(datetime.fromisoformat(due), token.internal_data.get("period"), token.internal_data.get("left"))


class BoundaryEvent(ListenerSpec):
    """An event attached to an activity."""

    def trigger(self, watched: Token, payload: Variables, *, cause: Token) -> None:
        """Leave the activity by this event, ending the activity when it interrupts."""
        workflow, scope = watched.workflow, watched.scope
        assign_outside(watched, payload)
        flows = self.choose_flows(watched)
        workflow.tell(FactKind.COMPLETED, cause, {"flows": [flow for flow, _ in flows]}, node=self.node)
        if self.interrupts:
            workflow.cancel_branch(watched)
        workflow.take(flows, scope, self._wf_spec.task_specs)
        workflow.settle(scope)


class EventSubprocessStart(ListenerSpec):
    """The start event of an event subprocess, watching the scope around it; `body` is the subprocess's spec."""

    body = ""

    def trigger(self, watched: Token, payload: Variables, *, cause: Token) -> None:
        """Open the event subprocess, ending all else in the scope when it interrupts."""
        workflow = watched.workflow
        if self.interrupts:
            for child in watched.live_children():
                if not isinstance(child.task_spec, BoundaryEvent):
                    workflow.cancel_branch(child)
        workflow.assign(watched, payload)
        workflow.spawn(self._wf_spec.task_specs[self.body], watched)


class ThrowEvent(NodeSpec):
    """An intermediate throw event, an end event or a send task: throws each of its events, in order."""

    def perform(self, token: Token) -> bool | None:
        """Throw; a token that a thrown event took away does not complete."""
        for event in self.node.events:
            THROWERS[event.kind](token, event)
            if not token.is_live or token.is_failed:
                return None
        return None if "queue" in token.internal_data else True

    def child_done(self, scope: Token, token: Token) -> None:
        """Undo the next activity, or complete when all are undone."""
        token.workflow.tell(FactKind.COMPLETED, token)
        token.workflow.drop(token)
        propagation.undo_next(scope)


def throw_message(token: Token, event: Event) -> None:
    """Send a message: to a token of this instance that waits for it, else out of the instance."""
    workflow, node = token.workflow, token.task_spec.node
    name = _text(resolve(event.name, token), node)
    payload = {target: workflow.evaluate(expression, token) for target, expression in event.payload}
    keys = {key: workflow.evaluate(expression, token) for key, expression in event.correlation}
    workflow.tell(FactKind.THROWN, token, {"message": name})
    for other in workflow.live():
        data = other.internal_data
        if data.get("wait") == WaitKind.MESSAGE and data["name"] == name and matches(data.get("keys", {}), keys):
            deliver(other, payload)
            return
    workflow.thrown.append(Thrown(ThrownKind.MESSAGE, name, node.id, token.id, payload, keys))


def throw_signal(token: Token, event: Event) -> None:
    """Broadcast a signal: to every token of this instance that waits for it, and out of the instance."""
    workflow, node = token.workflow, token.task_spec.node
    name = _text(resolve(event.name, token), node)
    payload = {target: workflow.evaluate(expression, token) for target, expression in event.payload}
    workflow.tell(FactKind.THROWN, token, {"signal": name})
    workflow.thrown.append(Thrown(ThrownKind.SIGNAL, name, node.id, token.id, payload))
    for other in workflow.live():
        if other.is_live and other.internal_data.get("wait") == WaitKind.SIGNAL and other.internal_data["name"] == name:
            deliver(other, payload)


def throw_escalation(token: Token, event: Event) -> None:
    """Tell the nearest handler, which may or may not interrupt; uncaught, it is only noted."""
    workflow, node = token.workflow, token.task_spec.node
    payload = {target: workflow.evaluate(expression, token) for target, expression in event.payload}
    workflow.tell(FactKind.THROWN, token, {"escalation": event.code})
    if not propagation.raise_escalation(token, event.code or "", payload):
        workflow.thrown.append(Thrown(ThrownKind.ESCALATION, event.code or "", node.id, token.id, payload))


def throw_error_event(token: Token, event: Event) -> None:
    """End in an error, which the nearest handler catches."""
    payload = {target: token.workflow.evaluate(expression, token) for target, expression in event.payload}
    token.workflow.tell(FactKind.THROWN, token, {"error": event.code})
    token.internal_data["thrown"] = True
    token.workflow.throw_error(token, event.code or "", str(resolve(event.message, token) or ""), payload)
    if not token.is_live:
        token.workflow.tell(FactKind.COMPLETED, token)


THROWERS: dict[EventKind, Callable[[Token, Event], None]] = {
    EventKind.MESSAGE: throw_message,
    EventKind.SIGNAL: throw_signal,
    EventKind.ESCALATION: throw_escalation,
    EventKind.ERROR: throw_error_event,
    EventKind.TERMINATE: lambda token, _event: propagation.terminate(token),
    EventKind.CANCEL: lambda token, _event: propagation.cancel_transaction(token),
    EventKind.COMPENSATION: lambda token, event: propagation.compensate(token, event.activity),
    EventKind.LINK: lambda _token, _event: None,
    EventKind.NONE: lambda _token, _event: None,
}


def deliver(token: Token, payload: Variables) -> None:
    """Give a token the event it waits for. Raises Conflict when it waits for none."""
    wait = token.internal_data.get("wait")
    if not isinstance(token.task_spec, WaitingSpec) or wait is None:
        raise Conflict(f"'{token.task_spec.node.id}' does not wait for an event. Read the instance again.")
    token.workflow.tell(FactKind.CAUGHT, token, {wait: token.internal_data.get("name") or token.internal_data.get("due")})
    token.task_spec.on_event(token, payload)
