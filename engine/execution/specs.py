"""Our own SpiffWorkflow task specs: the base, the scopes and the plain nodes.

A spec belongs to a compiled process, is shared by all its instances and never changes. Life of a token on a node: it *enters* (and may
rest there), *runs* when it is ready, and *leaves*: its scope takes the outgoing flows. Nothing is predicted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.specs.base import TaskSpec
from SpiffWorkflow.util.task import TaskState

from engine.diagram.model import Flow, Node
from engine.errors import Invalid
from engine.execution.model import FactKind, Outcome, Wait, WaitKind
from engine.execution.token import Token

if TYPE_CHECKING:
    from engine.execution.events import BoundaryEvent, EventSubprocessStart

Targets = tuple[tuple[str, str], ...]


class NodeSpec(TaskSpec):
    """The base of all nodes.

    `flows` are the outgoing flows in the file's order, `targets` maps a flow's id to the spec it leads to. `boundaries` are the events
    attached to the node, `watchers` the starts of event subprocesses directly inside it (for a node that is a scope). `undo` names the
    spec that undoes the node's work. `is_deferrable` says whether `asyncBefore` puts a job before the node: an event that watches must
    not begin to watch later.
    """

    is_deferrable = True
    is_listener = False
    is_process = False
    is_silent = False

    def __init__(self, wf_spec: Any, node: Node, *, name: str | None = None) -> None:
        super().__init__(wf_spec, name or node.id)
        self.node = node
        self.flows: tuple[Flow, ...] = ()
        self.targets: dict[str, str] = {}
        self.boundaries: tuple[BoundaryEvent, ...] = ()
        self.watchers: tuple[EventSubprocessStart, ...] = ()
        self.undo: str | None = None

    def test(self) -> None:
        """Accept a node without inputs: its scope holds it."""

    def _predict_hook(self, my_task: Token) -> None:
        """Predict nothing: an acyclic diagram of n joins would predict 2^n tasks."""

    def _update_hook(self, my_task: Token) -> bool:
        if self.node.async_before and self.is_deferrable and not my_task.internal_data.keys() & {"continued", "index"}:
            my_task.workflow.rest(my_task, Wait(my_task.id, self.node.id, WaitKind.JOB, self.node.name, retry_cycle=self.node.retry_cycle))
            return False
        return self.enter(my_task)

    def _on_ready_hook(self, my_task: Token) -> None:
        my_task.workflow.agenda.append(my_task)

    def _run_hook(self, my_task: Token) -> bool | None:
        return self.perform(my_task)

    def _on_complete(self, my_task: Token) -> None:
        self.leave(my_task)

    def enter(self, token: Token) -> bool:
        """Prepare a token that arrives; True makes it ready to run, False leaves it at rest."""
        self.map_inputs(token)
        return True

    def perform(self, token: Token) -> bool | None:
        """Do the node's work; True completes it, None leaves it open or at rest."""
        return True

    def leave(self, token: Token) -> None:
        """Hand a completed token back to the scope that holds it."""
        self.map_outputs(token)
        token.scope.task_spec.child_done(token.scope, token)

    def map_inputs(self, token: Token) -> None:
        """Give the token its input parameters as local variables."""
        for mapping in self.node.inputs:
            token.data[mapping.target] = token.workflow.evaluate(mapping.expression, token)

    def map_outputs(self, token: Token) -> None:
        """Assign the output parameters outside the activity, whose local variables end."""
        if not self.node.outputs:
            return
        values = {mapping.target: token.workflow.evaluate(mapping.expression, token) for mapping in self.node.outputs}
        assign_outside(token, values)

    def choose_flows(self, token: Token) -> Targets:
        """Return the flows a completed token takes: those without condition, those whose condition holds, else the default flow."""
        taken = [flow for flow in self.flows if flow.id != self.node.default and self._holds(flow, token)]
        if not taken and self.flows:
            taken = [flow for flow in self.flows if flow.id == self.node.default]
            if not taken:
                raise Invalid(
                    f"No flow leads on from '{self.node.id}': no condition holds and there is no default flow. "
                    "Correct the variables and retry, or give the diagram a default flow."
                )
        return tuple((flow.id, self.targets[flow.id]) for flow in taken)

    def _holds(self, flow: Flow, token: Token) -> bool:
        return flow.condition is None or token.workflow.holds(flow.condition, token)

    def child_done(self, scope: Token, token: Token) -> None:
        """Go on after a token inside this scope completed: take its flows, and close the scope when it was the last."""
        spec = token.task_spec
        flows = spec.choose_flows(token)
        workflow = token.workflow
        workflow.make_room(len(flows), token)
        spec.remember_undo(scope, token)
        data = {"flows": [flow for flow, _ in flows]} if flows else {}
        workflow.tell(FactKind.COMPLETED, token, data)
        workflow.drop(token)
        workflow.take(flows, scope, spec._wf_spec.task_specs)
        workflow.settle(scope)

    def remember_undo(self, scope: Token, token: Token) -> None:
        """Record in the scope how to undo the activity that just completed, if its diagram says how."""
        inner = token.internal_data.get("done")
        if self.undo or inner:
            record = {"activity": self.node.id, "handler": self.undo, "variables": dict(token.data), "inner": inner or []}
            scope.internal_data.setdefault("done", []).append(record)

    def scope_done(self, token: Token) -> None:
        """Complete a scope in which nothing moves any more."""
        token.workflow.drop_children(token)
        token.workflow.guard(token, "leave")

    def arm(self, token: Token) -> None:
        """Start the events that watch a token: its boundary events, and the event subprocesses inside it; a retry finds them there."""
        present = {child.task_spec for child in token.live_children()}
        for spec in (*self.boundaries, *self.watchers):
            if spec.waits_in_a_token and spec not in present:
                token.workflow.spawn(spec, token)


def assign_outside(token: Token, values: Mapping[str, Any]) -> None:
    """Assign variables past a token's own local ones: in the nearest scope around it that has them, else in its process's.

    What a repeated activity gathers from each instance stays in the instance.
    """
    local, loop = token.data, token.task_spec.node.loop
    gathered = {name for name in values if loop is not None and name == loop.output_item and name in local}
    local.update((name, values[name]) for name in gathered)
    token.data = {}
    try:
        token.workflow.assign(token, {name: value for name, value in values.items() if name not in gathered})
    finally:
        token.data = local


class ProcessSpec(NodeSpec):
    """The root of a process: of the instance, or of a process that a call activity called."""

    is_process = True
    is_silent = True

    def enter(self, token: Token) -> bool:
        """Stay open; the workflow puts a token on the start."""
        token._set_state(TaskState.STARTED)
        return False

    def scope_done(self, token: Token) -> None:
        """End the instance, or hand back to the call activity."""
        token.workflow.drop_children(token)
        if token._parent is None:
            token._set_state(TaskState.COMPLETED)
            token.workflow.outcome = Outcome.COMPLETED
        else:
            token.workflow.guard(token, "leave")


class PassSpec(NodeSpec):
    """A node that a token passes: none events, the none task, exclusive and inclusive splits, merges."""
