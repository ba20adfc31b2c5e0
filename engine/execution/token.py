"""Tokens: SpiffWorkflow tasks that form the tree of open scopes.

A token's parent is the scope that holds it (the process, an open subprocess, the body of a multi-instance, a called process); an event
that watches an activity or a scope is a child of what it watches. A finished token leaves the tree at once, so the tree holds the present
and nothing else, and no cost grows with what has been.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.history import canonical_text
from engine.ids import new_id

if TYPE_CHECKING:
    from engine.execution.specs import NodeSpec
    from engine.execution.workflow import LiveWorkflow

LIVE = TaskState.FUTURE | TaskState.WAITING | TaskState.READY | TaskState.STARTED | TaskState.ERROR


class Token(Task):
    """One token: where it is (`task_spec`), its local variables (`data`) and its bookkeeping (`internal_data`, JSON-plain)."""

    id: str
    data: dict[str, Any]
    internal_data: dict[str, Any]
    task_spec: NodeSpec
    workflow: LiveWorkflow
    _state: int
    _children: list[str]

    def __init__(self, workflow: LiveWorkflow, spec: NodeSpec, parent: Token | None, *, token_id: str | None = None) -> None:
        super().__init__(workflow, spec, parent, state=TaskState.FUTURE, id=token_id or new_id())

    def _set_state(self, value: int) -> None:
        self.workflow.touch(self)
        self._state = value

    def run(self) -> bool | None:
        """Run the node; a node that neither completed, rested, failed nor was cancelled in it stays open as a scope."""
        result: bool | None = self.task_spec._run(self)
        if result:
            self.complete()
        elif self._state == TaskState.READY:
            self._set_state(TaskState.STARTED)
        return result

    @property
    def is_live(self) -> bool:
        """Tell whether the token still takes part: not completed, not cancelled, not removed."""
        return bool(self._state & LIVE) and self.id in self.workflow.tasks

    @property
    def is_failed(self) -> bool:
        """Tell whether the token rests because something went wrong."""
        return bool(self._state == TaskState.ERROR)

    @property
    def scope(self) -> Token:
        """Return the token that holds this one."""
        return cast("Token", self.parent)

    def live_children(self) -> list[Token]:
        """Return the live tokens that this one holds, oldest first."""
        tasks = self.workflow.tasks
        return [child for child in (tasks[key] for key in self._children) if child._state & LIVE]

    def branch(self) -> list[Token]:
        """Return this token and every live token below it, parents first."""
        found = [self]
        for token in found:
            found.extend(token.live_children())
        return found

    def ancestors(self) -> Iterator[Token]:
        """Yield the scopes around this token, innermost first."""
        token = self.parent
        while token is not None:
            yield token
            token = token.parent

    def variable_scopes(self) -> list[dict[str, Any]]:
        """Return the variable dicts that this token sees, innermost first; the last one is its process's."""
        scopes = []
        token: Token | None = self
        while token is not None:
            if token.data or token.task_spec.is_process:
                scopes.append(token.data)
            if token.task_spec.is_process:
                break
            token = token.parent
        return scopes


def matches(wanted: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    """Tell whether every correlation key that a waiting token names has the same value in what arrives: 1 is 1.0, and True is neither."""
    return all(key in given and canonical_text(given[key]) == canonical_text(value) for key, value in wanted.items())
