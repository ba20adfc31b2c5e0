"""Gateways: which flows a token takes, and for whom it waits before."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

from SpiffWorkflow.util.task import TaskState

from engine.diagram.model import Flow
from engine.execution.model import FactKind
from engine.execution.specs import NodeSpec, Targets
from engine.execution.token import Token


class ExclusiveGateway(NodeSpec):
    """Takes the first flow, in the file's order, whose condition holds."""

    def choose_flows(self, token: Token) -> Targets:
        """Return the one flow to take."""
        for flow in self.flows:
            if flow.id != self.node.default and self._holds(flow, token):
                return ((flow.id, self.targets[flow.id]),)
        return super().choose_flows(token)


class ParallelGateway(NodeSpec):
    """Takes all flows, once a token has come in on each."""

    is_silent = True

    def choose_flows(self, token: Token) -> Targets:
        """Return all flows."""
        return tuple((flow.id, self.targets[flow.id]) for flow in self.flows)

    def enter(self, token: Token) -> bool:
        """Wait for the other tokens; the last to come takes the others with it."""
        if len(self.node.incoming) < 2:
            return True
        arrivals = self.arrivals(token)
        if any(flow not in arrivals for flow in self.node.incoming):
            self.wait(token)
            return False
        self.absorb(token, arrivals)
        return True

    def wait(self, token: Token) -> None:
        """Let a token stay at the join."""
        token._set_state(TaskState.WAITING)

    def arrivals(self, token: Token) -> dict[str, Token]:
        """Return the first waiting token of each incoming flow, this token included."""
        found: dict[str, Token] = {}
        for other in token.scope.live_children():
            if other.task_spec is self and (other is token or other._state == TaskState.WAITING):
                found.setdefault(other.internal_data.get("flow") or "", other)
        own = token.internal_data.get("flow")
        if own not in self.node.incoming:
            free = next((flow for flow in self.node.incoming if flow not in found), self.node.incoming[0])
            token.internal_data["flow"] = free
            found[free] = token
        return found

    def absorb(self, token: Token, arrivals: dict[str, Token]) -> None:
        """Take the other tokens of one round out; a second token on this token's own flow stays for the next round."""
        own = token.internal_data["flow"]
        for flow, other in arrivals.items():
            if flow != own:
                token.workflow.drop(other)


class InclusiveGateway(ParallelGateway):
    """Takes every flow whose condition holds, once no token can come in any more on the flows that have none (BPMN 2.0, 13.4.3).

    `flows_in` are the incoming flows; `before` maps each node of the scope to those from which a token comes to it directly.
    """

    flows_in: tuple[Flow, ...] = ()
    before: Mapping[str, Collection[str]] = MappingProxyType({})

    def choose_flows(self, token: Token) -> Targets:
        """Return the flows whose condition holds, else the default."""
        return NodeSpec.choose_flows(self, token)

    def wait(self, token: Token) -> None:
        """Let a token stay; the join is asked again when nothing else moves."""
        super().wait(token)
        token.workflow.joining.add(token.id)

    def may_pass(self, token: Token) -> bool:
        """Tell whether nobody else can arrive, and if so take the other tokens along."""
        arrivals = self.arrivals(token)
        others = [other.task_spec for other in token.scope.live_children()]
        places = {other.node.id for other in others if other is not self and not other.is_listener}
        if places:
            empty = {flow.source for flow in self.flows_in if flow.id not in arrivals}
            taken = {flow.source for flow in self.flows_in if flow.id in arrivals}
            if places & self._reaching(empty) - self._reaching(taken):
                return False
        self.absorb(token, arrivals)
        return True

    def _reaching(self, places: Collection[str]) -> set[str]:
        """Return the nodes from which a token can come to one of the places without passing this gateway."""
        found: set[str] = set()
        agenda = list(places)
        while agenda:
            place = agenda.pop()
            if place != self.node.id and place not in found:
                found.add(place)
                agenda.extend(self.before.get(place, ()))
        return found


class EventGateway(NodeSpec):
    """Waits for the first of several events."""

    def perform(self, token: Token) -> None:
        """Start to wait for each event that follows."""
        token.workflow.tell(FactKind.ENTERED, token)
        for flow in self.flows:
            token.workflow.spawn(self._wf_spec.task_specs[self.targets[flow.id]], token, internal={"flow": flow.id})

    def child_done(self, scope: Token, token: Token) -> None:
        """Go on after the first event; the others are no longer waited for."""
        flows = token.task_spec.choose_flows(token)
        workflow = token.workflow
        workflow.tell(FactKind.COMPLETED, scope, {"flows": [token.internal_data["flow"]]})
        workflow.tell(FactKind.COMPLETED, token, {"flows": [flow for flow, _ in flows]})
        outer = scope.scope
        workflow.drop(token)
        workflow.drop_children(scope)
        scope._set_state(TaskState.COMPLETED)
        workflow.drop(scope)
        workflow.take(flows, outer, self._wf_spec.task_specs)
        workflow.settle(outer)
