"""The rules for undoing: compensation, and transactions that are cancelled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from engine.definitions.finding import Finding
from engine.diagram.model import EventKind, Node, NodeKind, Process, Scope
from engine.diagram.walk import of_kind


def compensation_is_whole(scope: Scope, _holder: Node | None) -> Iterator[Finding]:
    """What undoes an activity is marked for compensation and has no flows, and each is connected to the other."""
    undoing = {node.compensated_by for node in scope.nodes.values() if node.compensated_by}
    for node in scope.nodes.values():
        handler = scope.nodes.get(node.compensated_by or "")
        if node.compensated_by and (handler is None or not handler.for_compensation):
            text = f"'{node.compensated_by}' undoes '{node.id}' but is not marked for compensation in the same scope."
            yield Finding(node.line, node.id, "compensation", text, "Mark it, or connect another.")
        if node.for_compensation and (node.incoming or node.outgoing):
            text = f"'{node.id}' is for compensation and has sequence flows."
            yield Finding(node.line, node.id, "compensation", text, "Remove the flows: it runs when what it undoes is undone.")
        if node.for_compensation and node.id not in undoing:
            text = f"'{node.id}' is for compensation but undoes nothing."
            yield Finding(node.line, node.id, "compensation", text, "Connect it to a compensation boundary event.")
        if node.kind is NodeKind.BOUNDARY_EVENT and any(event.kind is EventKind.COMPENSATION for event in node.events):
            yield from _undone_by_association(node, scope)


def _undone_by_association(boundary: Node, scope: Scope) -> Iterator[Finding]:
    host = scope.nodes.get(boundary.attached_to or "")
    if boundary.outgoing or (host is not None and host.compensated_by is None):
        text = f"Compensation boundary event '{boundary.id}' is not connected to an undoing activity by an association alone."
        yield Finding(boundary.line, boundary.id, "compensation", text, "Connect it by an association, without sequence flows.")


def compensations_find_something(process: Process) -> Iterator[Finding]:
    """A compensation throw that names an activity names one that something undoes, in its scope or one around it."""
    agenda: list[tuple[Scope, Mapping[str, Node]]] = [(process.scope, {})]
    for scope, outside in agenda:
        seen = {**outside, **scope.nodes}
        agenda.extend((node.scope, seen) for node in scope.nodes.values() if node.scope is not None)
        for node in scope.nodes.values():
            for event in node.events:
                if event.kind is not EventKind.COMPENSATION or event.activity is None:
                    continue
                named = seen.get(event.activity)
                if named is None or (named.compensated_by is None and named.scope is None):
                    text = f"'{node.id}' undoes {event.activity!r}, which nothing here can undo."
                    hint = "Name an activity of this scope, or of one around it, with a compensation boundary event."
                    yield Finding(node.line, node.id, "compensation", text, hint)


def cancel_belongs_to_transactions(scope: Scope, holder: Node | None) -> Iterator[Finding]:
    """A cancel end stands directly in a transaction, a cancel boundary event on one, and a transaction that cancels has one."""
    inside = holder is not None and holder.kind is NodeKind.TRANSACTION
    for node in scope.nodes.values():
        if not any(event.kind is EventKind.CANCEL for event in node.events):
            continue
        host = scope.nodes.get(node.attached_to or "")
        if node.kind is NodeKind.END_EVENT and not inside:
            text = f"Cancel end event '{node.id}' is not directly in a transaction."
            yield Finding(node.line, node.id, "cancel", text, "Move it into one.")
        if node.kind is NodeKind.BOUNDARY_EVENT and (host is None or host.kind is not NodeKind.TRANSACTION):
            text = f"Cancel boundary event '{node.id}' is not on a transaction."
            yield Finding(node.line, node.id, "cancel", text, "Attach it to one.")
    for node in of_kind(scope, NodeKind.TRANSACTION):
        cancels = node.scope is not None and any(
            event.kind is EventKind.CANCEL for end in of_kind(node.scope, NodeKind.END_EVENT) for event in end.events
        )
        catches = any(
            other.attached_to == node.id and any(event.kind is EventKind.CANCEL for event in other.events) for other in scope.nodes.values()
        )
        if cancels and not catches:
            text = f"Transaction '{node.id}' can be cancelled but has no cancel boundary event."
            yield Finding(node.line, node.id, "cancel", text, "Attach one: the flow goes on there.")


UNDO_RULES: tuple[Callable[[Scope, Node | None], Iterator[Finding]], ...] = (compensation_is_whole, cancel_belongs_to_transactions)
