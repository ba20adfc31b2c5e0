"""Walks through a diagram."""

from __future__ import annotations

from collections.abc import Iterator

from engine.diagram.model import Node, NodeKind, Process, Scope


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
