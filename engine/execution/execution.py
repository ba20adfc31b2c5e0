"""The face of an execution: begin or load it, do something to a token, pump, read what changed, dump."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from SpiffWorkflow.util.task import TaskState

from engine.diagram.model import NodeKind
from engine.errors import Conflict
from engine.execution import events, moves, propagation, state
from engine.execution.activities import TopicTask
from engine.execution.compiler import Executable
from engine.execution.model import Changes, Host, Outcome, Variables, Wait, WaitKind
from engine.execution.specs import assign_outside
from engine.execution.token import Token
from engine.execution.workflow import LiveWorkflow


@dataclass(frozen=True, slots=True)
class LiveToken:
    """A live token as a reader sees it; `wait` is None for a scope that is open and for a token that waits at a join."""

    token: str
    element: str
    kind: NodeKind
    name: str
    wait: WaitKind | None
    scope: str | None


class Execution:
    """One process instance in memory, for one turn, with one writer."""

    def __init__(self, workflow: LiveWorkflow) -> None:
        self._workflow = workflow

    @classmethod
    def begin(
        cls,
        executable: Executable,
        *,
        host: Host,
        variables: Variables | None = None,
        start: str | None = None,
        start_payload: Variables | None = None,
        keep_finished: bool = False,
    ) -> Execution:
        """Open an instance with a token on a start event (None: the none start); nothing has run yet."""
        workflow = LiveWorkflow(executable, host=host, keep_finished=keep_finished)
        spec = executable.start_spec(start)
        root = Token(workflow, executable.root, None)
        root._state = TaskState.STARTED
        root.data = {**(variables or {}), **(start_payload or {})}
        workflow.task_tree = root
        workflow.open_process(root, spec)
        return cls(workflow)

    @classmethod
    def load(cls, executable: Executable, dumped: bytes, *, host: Host, keep_finished: bool = False) -> Execution:
        """Restore an instance from its state."""
        return cls(state.load(dumped, executable, host=host, keep_finished=keep_finished))

    def dump(self) -> bytes:
        """Return the state to store."""
        return state.dump(self._workflow)

    @property
    def outcome(self) -> Outcome:
        """Tell how the instance stands."""
        return self._workflow.outcome

    def pump(self, *, deadline: Callable[[], bool] | None = None) -> bool:
        """Move ready tokens until all rest (True), or until the deadline says stop (False: pump again later)."""
        return self._workflow.pump(deadline)

    def complete(self, token: str, variables: Variables | None = None) -> None:
        """Complete a person's task or a job: set variables (a handler's outputs) and move on. Raises Conflict when it waits for neither."""
        found = self._workflow.get_live(token)
        wait = found.internal_data.get("wait")
        if wait == WaitKind.HUMAN:
            self._workflow.assign(found, variables or {})
            self._workflow.wake(found)
        elif wait == WaitKind.JOB and not _only_continues(found):
            assert isinstance(found.task_spec, TopicTask)
            found.task_spec.accept(found, dict(variables or {}))
            self._workflow.wake(found)
        elif wait == WaitKind.JOB:
            self._again(found, continued=True)
        else:
            raise Conflict(f"'{found.task_spec.node.id}' is neither a person's task nor a job now. Read the instance again.")

    def finish(self, token: str, variables: Variables, *, local: Variables) -> None:
        """Complete a job that an external worker did: what is local is seen by the output parameters alone, the rest outlives the activity.

        Raises Conflict when the token waits for no such job.
        """
        found = self._workflow.get_live(token)
        if found.internal_data.get("wait") != WaitKind.JOB or _only_continues(found):
            raise Conflict(f"'{found.task_spec.node.id}' is no job now. Read the instance again.")
        found.data.update(local)
        assign_outside(found, variables)
        self._workflow.wake(found)

    def fire(self, token: str, payload: Variables | None = None) -> None:
        """Give a token the timer, message, signal or condition that it waits for. Raises Conflict when it waits for none."""
        events.deliver(self._workflow.get_live(token), payload or {})

    def throw_error(self, token: str, code: str, message: str = "", variables: Variables | None = None) -> None:
        """Throw a BPMN error at a token that rests (a job's worker found it)."""
        found = self._workflow.get_live(token)
        self._workflow.throw_error(found, code, message, variables or {})

    def throw_escalation(self, token: str, code: str, variables: Variables | None = None) -> bool:
        """Throw an escalation at a token that rests; tell whether something caught it."""
        return propagation.raise_escalation(self._workflow.get_live(token), code, variables or {})

    def fail(self, token: str, message: str) -> None:
        """Let a token rest as failed."""
        self._workflow.fail(self._workflow.get_live(token), message)

    def retry(self, token: str) -> None:
        """Let a failed token do again what failed. Raises Conflict when it has not failed."""
        found = self._workflow.get_live(token)
        if not found.is_failed:
            raise Conflict(f"'{found.task_spec.node.id}' has not failed. Read the instance again.")
        phase = found.internal_data.pop("phase", "run")
        found.internal_data.pop("error", None)
        self._workflow.touched.setdefault(found.id, True)
        if phase == "leave":
            self._workflow.guard(found, "leave")
        else:
            self._again(found, continued="continued" in found.internal_data)

    def _again(self, token: Token, *, continued: bool) -> None:
        """Let a token enter its node anew."""
        self._workflow.touch(token)
        self._workflow.forget(token)
        for key in ("queue", "cancels", "results", "finished", "items"):
            token.internal_data.pop(key, None)
        for mapping in token.task_spec.node.inputs:  # else the old inputs would hide the variables that were corrected meanwhile
            token.data.pop(mapping.target, None)
        if continued:
            token.internal_data["continued"] = True
        token._state = TaskState.FUTURE
        self._workflow.guard(token, "enter")

    def cancel(self) -> None:
        """Cancel the whole instance."""
        self._workflow.drop_children(self._workflow.task_tree)
        self._workflow.task_tree._state = TaskState.CANCELLED
        self._workflow.outcome = Outcome.CANCELLED

    def move(self, token: str, element: str) -> None:
        """Take a token away and put a new one on another element. Raises Invalid when the element cannot be reached so."""
        moves.move(self._workflow, self._workflow.get_live(token), element)

    def set_variables(self, variables: Mapping[str, Any], *, token: str | None = None, is_local: bool = False) -> None:
        """Assign variables as seen from a token (None: the process); local ones become the token's own and hide others of their name."""
        found = self._at(token)
        if is_local:
            found.data.update(variables)
            self._workflow.variables_changed = True
        else:
            self._workflow.assign(found, variables)

    def remove_variables(self, names: Collection[str], *, token: str | None = None, is_local: bool = False) -> tuple[str, ...]:
        """Remove variables where a token (None: the process) sees them, or its own only, and return the names of those that were there."""
        found = self._at(token)
        scopes = [found.data] if is_local else found.variable_scopes()
        removed = []
        for name in names:
            home = next((scope for scope in scopes if name in scope), None)
            if home is not None:
                del home[name]
                removed.append(name)
                self._workflow.variables_changed = True
        return tuple(removed)

    def variables(self, *, token: str | None = None, is_local: bool = False) -> Variables:
        """Return the variables that a token (None: the process) sees, or its own only."""
        found = self._at(token)
        return dict(found.data if is_local else self._workflow.names(found))

    def _at(self, token: str | None) -> Token:
        return self._workflow.task_tree if token is None else self._workflow.get_live(token)

    def tokens(self) -> tuple[LiveToken, ...]:
        """Return every live token, oldest first."""
        return tuple(
            LiveToken(token.id, token.task_spec.node.id, token.task_spec.node.kind, token.task_spec.node.name, _kind(token), token._parent)
            for token in self._workflow.live()
            if not token.task_spec.is_process
        )

    def waits(self) -> tuple[Wait, ...]:
        """Return what every resting token waits for; people's details and a job's inputs only for those that came to rest in this turn."""
        return tuple(wait for token in self._workflow.live() if (wait := self._wait(token)) is not None)

    def _wait(self, token: Token) -> Wait | None:
        kind = _kind(token)
        if kind is None:
            return None
        node, data = token.task_spec.node, token.internal_data
        if kind is WaitKind.FAILED:
            return Wait(token.id, node.id, kind, node.name, error=data["error"])
        known = self._workflow.waits.get(token.id)
        if known is not None:
            return known
        due = datetime.fromisoformat(data["due"]) if "due" in data else None
        return Wait(token.id, node.id, kind, node.name, due_at=due, name=data.get("name"), correlation=data.get("keys", {}))

    def properties(self, token: str) -> dict[str, str]:
        """Return the `camunda:properties` of a token's element."""
        return dict(self._workflow.get_live(token).task_spec.node.properties)

    def changes(self) -> Changes:
        """Return what changed since `begin` or `load`: read it once, after the pump."""
        workflow = self._workflow
        opened, closed = [], []
        for key, rested in workflow.touched.items():
            token = workflow.tasks.get(key)
            rests = token is not None and token.is_live and (token.is_failed or key in workflow.waits)
            still = token is not None and token.is_live and "wait" in token.internal_data and not rests
            if rested and not still:
                closed.append(key)
            if rests and token is not None:
                wait = self._wait(token)
                assert wait is not None
                opened.append(wait)
        return Changes(tuple(opened), tuple(closed), tuple(workflow.facts), tuple(workflow.thrown), workflow.outcome)

    def unmapped(self, executable: Executable) -> tuple[moves.Unmapped, ...]:
        """Return the tokens that have no place in another version, each with the reason; empty when it can migrate."""
        return moves.unmapped(self._workflow, executable)

    def migrate(self, executable: Executable) -> None:
        """Go on in another version: tokens keep their ids, tasks, due times and variables. Raises Conflict when a token has no place."""
        moves.migrate(self._workflow, executable)


def _only_continues(token: Token) -> bool:
    return not isinstance(token.task_spec, TopicTask) or ("continued" not in token.internal_data and token.task_spec.node.async_before)


def _kind(token: Token) -> WaitKind | None:
    if token.is_failed:
        return WaitKind.FAILED
    wait = token.internal_data.get("wait")
    return None if wait is None else WaitKind(wait)
