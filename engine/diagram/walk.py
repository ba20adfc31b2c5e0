"""Walks through a diagram."""

from __future__ import annotations

from collections.abc import Iterator

from engine.diagram.model import EventKind, Node, NodeKind, Process, Scope


def scopes(scope: Scope, holder: Node | None = None) -> Iterator[tuple[Scope, Node | None]]:
    """Yield a scope with the node that holds it (None: the process), and every scope inside."""
    yield scope, holder
    for node in scope.nodes.values():
        if node.scope is not None:
            yield from scopes(node.scope, node)


def nodes_of(process: Process) -> Iterator[Node]:
    """Yield every node of a process, those in subprocesses included."""
    for scope, _ in scopes(process.scope):
        yield from scope.nodes.values()


def of_kind(scope: Scope, *kinds: NodeKind) -> Iterator[Node]:
    """Return the nodes of some kinds directly in a scope."""
    return (node for node in scope.nodes.values() if node.kind in kinds)


def link_targets(scope: Scope) -> dict[str, list[str]]:
    """Return for each link throw event of a scope the catch events with its name."""
    catches: dict[str | None, list[str]] = {}
    for node in of_kind(scope, NodeKind.CATCH_EVENT):
        for event in node.events:
            if event.kind is EventKind.LINK:
                catches.setdefault(event.link, []).append(node.id)
    return {
        node.id: [target for event in node.events if event.kind is EventKind.LINK for target in catches.get(event.link, ())]
        for node in of_kind(scope, NodeKind.THROW_EVENT)
    }
