"""Operators' interventions: move a token to another element, migrate an instance to another version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from SpiffWorkflow.util.task import TaskState

from engine.diagram.model import Scope
from engine.errors import Conflict, Invalid
from engine.execution.gateways import EventGateway, InclusiveGateway, ParallelGateway
from engine.execution.loops import MultiInstance
from engine.execution.model import FactKind
from engine.execution.specs import NodeSpec, ProcessSpec
from engine.execution.token import Token

if TYPE_CHECKING:
    from engine.execution.compiler import CompiledSpec, Executable
    from engine.execution.workflow import LiveWorkflow


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A token that has no place in another version."""

    token: str
    element: str
    reason: str


def move(workflow: LiveWorkflow, token: Token, element: str) -> None:
    """Put a token on another element of the same process.

    1. Find the scopes around the element, outermost first.
    2. Keep those of them that are open around the token; open the others without their start.
    3. Enter the element there, then take the old token away and close what it leaves empty.

    A token that waits for one of several events of a gateway is moved with the gateway, which waits for no other then.
    """
    if isinstance(token.scope.task_spec, EventGateway):
        token = token.scope
    wf_spec: CompiledSpec = token.task_spec._wf_spec
    entry = wf_spec.task_specs.get(f"{element}#body") or wf_spec.task_specs.get(element)
    root = next(scope for scope in token.ancestors() if isinstance(scope.task_spec, ProcessSpec))
    if entry is None or entry.is_listener or entry.is_process:
        raise Invalid(f"'{element}' is no element of '{wf_spec.name}' that a token can be moved to: choose an activity, event or gateway.")
    place = root
    for scope_id in _scopes_around(root.task_spec.node.scope, entry.node.id):
        place = _open_scope(token, place, wf_spec.task_specs[scope_id])
    workflow.tell(FactKind.MOVED, token, {"to": element})
    outer = token.scope
    workflow.spawn(entry, place)
    if token.is_live:
        _take_away(workflow, token)
    _close_empty(workflow, outer)


def _scopes_around(scope: Scope | None, element: str) -> list[str]:
    if scope is None:
        return []
    if element in scope.nodes:
        return []
    for node in scope.nodes.values():
        if node.scope is not None:
            if element in node.scope.nodes:
                return [node.id]
            deeper = _scopes_around(node.scope, element)
            if deeper:
                return [node.id, *deeper]
    return []


def _open_scope(token: Token, place: Token, spec: NodeSpec) -> Token:
    for scope in token.ancestors():
        if scope.task_spec is spec and place in (scope.scope, *scope.scope.ancestors()):
            return scope
    workflow = token.workflow
    opened = Token(workflow, spec, place)
    workflow.touched[opened.id] = False
    opened._state = TaskState.STARTED
    workflow.tell(FactKind.ENTERED, opened)
    spec.arm(opened)
    return opened


def _close_empty(workflow: LiveWorkflow, scope: Token) -> None:
    """Cancel the scopes that the moved token left empty, from the inside out; the process itself stays."""
    while scope._parent is not None and scope.is_live and not any(not child.task_spec.is_listener for child in scope.live_children()):
        outer = scope.scope
        _take_away(workflow, scope)
        scope = outer


def _take_away(workflow: LiveWorkflow, token: Token) -> None:
    """Cancel a token; a repeated activity of which it was an instance waits for one less."""
    scope = token.scope
    workflow.cancel_branch(token)
    if isinstance(scope.task_spec, MultiInstance) and not token.task_spec.is_listener:
        scope.task_spec.expect_one_less(scope)


def unmapped(workflow: LiveWorkflow, executable: Executable) -> tuple[Unmapped, ...]:
    """Return the tokens that have no place in another version. A watching event that is gone just ends."""
    found = []
    for token in _own(workflow):
        spec = token.task_spec
        target = executable.spec.task_specs.get(spec.name)
        if spec.is_listener or (token._parent is not None and token.scope.task_spec.is_listener):
            continue
        if target is None:
            found.append(Unmapped(token.id, spec.node.id, f"'{spec.node.id}' is not in the new version."))
        elif type(target) is not type(spec):
            found.append(Unmapped(token.id, spec.node.id, f"'{spec.node.id}' is a {target.node.kind} in the new version."))
        elif _container(executable, spec.node.id) != _container(workflow.executable, spec.node.id):
            found.append(Unmapped(token.id, spec.node.id, f"'{spec.node.id}' is in another subprocess in the new version."))
        elif _kinds(spec) != _kinds(target):
            found.append(Unmapped(token.id, spec.node.id, f"'{spec.node.id}' waits for another kind of event in the new version."))
        elif _is_at_join(token) and token.internal_data.get("flow") not in target.node.incoming:
            came = f"the flow '{token.internal_data.get('flow')}', on which a token came to '{spec.node.id}'"
            found.append(Unmapped(token.id, spec.node.id, f"{came}, does not lead there in the new version."))
    return tuple(found)


def _kinds(spec: NodeSpec) -> list[str]:
    return [event.kind for event in spec.node.events]


def _is_at_join(token: Token) -> bool:
    is_join = isinstance(token.task_spec, ParallelGateway) and not isinstance(token.task_spec, InclusiveGateway)
    return is_join and token._state == TaskState.WAITING


def _own(workflow: LiveWorkflow) -> list[Token]:
    own = workflow.executable.id
    return [token for token in (workflow.task_tree, *workflow.live()) if token.task_spec._wf_spec.executable_id == own]


def _container(executable: Executable, element: str) -> list[str]:
    return _scopes_around(executable.process.scope, element)


def migrate(workflow: LiveWorkflow, executable: Executable) -> None:
    """Point every token at the other version; start events that newly watch, end those that are gone, pass joins that are complete."""
    problems = unmapped(workflow, executable)
    if problems:
        raise Conflict("The instance cannot migrate: " + " ".join(problem.reason for problem in problems) + " Move these tokens first.")
    own = _own(workflow)
    for token in own:
        target = executable.spec.task_specs.get(token.task_spec.name)
        if target is None or _kinds(target) != _kinds(token.task_spec):
            if token.is_live:
                workflow.cancel_branch(token)
        else:
            token.task_spec = target
    workflow.called.pop(workflow.executable.id, None)
    workflow.called[executable.id] = executable
    workflow.executable = executable
    workflow.spec = executable.spec
    for token in own:
        if token.is_live and not token.task_spec.is_listener and ("wait" in token.internal_data or token._state == TaskState.STARTED):
            _watch_anew(workflow, token)
        if token.is_live and _is_at_join(token) and token.task_spec.enter(token):
            token._ready()


def _watch_anew(workflow: LiveWorkflow, token: Token) -> None:
    spec = token.task_spec
    wanted = {watcher.name: watcher for watcher in (*spec.boundaries, *spec.watchers) if watcher.waits_in_a_token}
    present = {child.task_spec.name for child in token.live_children() if child.task_spec.is_listener}
    for name, watcher in wanted.items():
        if name not in present and token.is_live:
            workflow.spawn(watcher, token)
