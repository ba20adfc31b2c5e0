"""The live workflow: a SpiffWorkflow workflow whose tree holds open scopes, with an agenda of tokens that are ready to move.

One turn: something outside happens to a token (completed, fired, failed, moved), then `pump` moves ready tokens until all rest. What
happened is gathered as facts, thrown events, and the set of touched tokens, from which the host learns what changed.
"""

from __future__ import annotations

from collections import ChainMap, deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.util.task import TaskState
from SpiffWorkflow.workflow import Workflow

from engine.diagram.model import Node
from engine.errors import BpmnError, Fenced, Invalid, Refused, StaleWrite
from engine.execution import propagation
from engine.execution.model import Fact, FactKind, Host, Outcome, Thrown, Wait, WaitKind
from engine.execution.token import LIVE, Token

if TYPE_CHECKING:
    from engine.execution.compiler import Executable
    from engine.execution.specs import NodeSpec

MOST_TOKENS = 50_000
Phase = str  # "enter", "run" or "leave": what a failed token does again when it is retried


class LiveWorkflow(Workflow):
    """One process instance in memory; it has one writer."""

    tasks: dict[str, Token]
    task_tree: Token

    def __init__(self, executable: Executable, *, host: Host, keep_finished: bool = False) -> None:
        super().__init__(executable.spec, deserializing=True)
        self.executable = executable
        self.host = host
        self.keep_finished = keep_finished
        self.called: dict[str, Executable] = {executable.id: executable}
        self.agenda: deque[Token] = deque()
        self.touched: dict[str, bool] = {}
        self.waits: dict[str, Wait] = {}
        self.facts: list[Fact] = []
        self.thrown: list[Thrown] = []
        self.conditional: set[str] = set()
        self.joining: set[str] = set()
        self.variables_changed = False
        self.outcome = Outcome.ACTIVE

    def touch(self, token: Token) -> None:
        """Remember that a token changed in this turn, and whether it rested before."""
        if token.id not in self.touched:
            self.touched[token.id] = "wait" in token.internal_data or token._state == TaskState.ERROR

    def _task_completed_notify(self, _task: Token) -> None:
        """Do nothing: the scope that held the token decides what comes next."""

    def spawn(
        self, spec: NodeSpec, scope: Token, *, internal: dict[str, Any] | None = None, variables: dict[str, Any] | None = None
    ) -> Token:
        """Put a new token on a node inside a scope and let it enter."""
        token = Token(self, spec, scope)
        self.touched[token.id] = False
        token.internal_data.update(internal or {})
        token.data.update(variables or {})
        self.guard(token, "enter")
        return token

    def open_process(self, root: Token, start: NodeSpec) -> None:
        """Start the events that watch a process and put a token on its start event."""
        root.task_spec.arm(root)
        if root.is_live:
            self.spawn(start, root)

    def guard(self, token: Token, phase: Phase) -> None:
        """Let a token enter, run or leave; what is refused on the way makes the token rest as failed."""
        try:
            if phase == "enter":
                token.task_spec._update(token)
            elif phase == "run":
                token.run()
            else:
                token.complete()
        except BpmnError as error:
            self.throw_error(token, error.code, error.message, error.variables, phase)
        except (StaleWrite, Fenced):
            raise
        except Refused as error:
            self.fail(token, str(error), "leave" if token._state == TaskState.COMPLETED else phase)

    def throw_error(self, token: Token, code: str, message: str, variables: Mapping[str, Any], phase: Phase = "run") -> None:
        """Let the nearest handler of a BPMN error catch it; if nothing does, the token rests as failed."""
        if not propagation.raise_error(token, code, message, variables):
            text = f"BPMN error '{code}' ({message})" if message else f"BPMN error '{code}'"
            self.fail(token, f"{text} at '{token.task_spec.node.id}' is not caught: add a boundary error event or end it elsewhere.", phase)

    def fail(self, token: Token, message: str, phase: Phase = "run") -> None:
        """Make a token rest as failed until somebody retries, moves or cancels it; its boundary events go on watching."""
        for child in token.live_children():
            if not child.task_spec.is_listener:
                self.cancel_branch(child)
        self.touch(token)
        self.forget(token)
        token._state = TaskState.ERROR
        token.internal_data.update(error=message, phase=phase)
        self.tell(FactKind.FAILED, token, {"error": message})

    def tell(self, kind: FactKind, token: Token, data: Mapping[str, Any] | None = None, *, node: Node | None = None) -> None:
        """Note a fact about a token, at its own node or at one that has no token (a caught error)."""
        node = node or token.task_spec.node
        told = dict(data or {})
        home = token.task_spec._wf_spec
        if home is not self.spec:
            told["in_process"] = home.name
        self.facts.append(Fact(kind, node.id, token.id, node.name, told))

    def rest(self, token: Token, wait: Wait, **internal: Any) -> None:
        """Let a token rest until the host moves it."""
        token._set_state(TaskState.WAITING)
        token.internal_data["wait"] = wait.kind.value
        token.internal_data.update({key: value for key, value in internal.items() if value is not None})
        self.waits[token.id] = wait
        if wait.kind is WaitKind.CONDITION:
            self.conditional.add(token.id)
            self.variables_changed = True
        if not token.task_spec.is_silent:
            self.tell(FactKind.ENTERED, token)

    def forget(self, token: Token) -> None:
        """Take back what a resting token waited for."""
        token.internal_data.pop("wait", None)
        self.waits.pop(token.id, None)
        self.conditional.discard(token.id)
        self.joining.discard(token.id)

    def wake(self, token: Token) -> None:
        """Let a resting token complete its node."""
        self.touch(token)
        self.forget(token)
        self.guard(token, "leave")

    def drop(self, token: Token) -> None:
        """Take a finished token and everything below it out of the tree."""
        for gone in reversed(token.branch()):
            self.touch(gone)
            self.forget(gone)
            if gone._state != TaskState.COMPLETED:
                gone._state = TaskState.CANCELLED
            if self.keep_finished:
                continue
            del self.tasks[gone.id]
            if gone is token and token._parent in self.tasks:
                with suppress(ValueError):
                    self.tasks[token._parent]._children.remove(token.id)

    def drop_children(self, token: Token) -> None:
        """Take everything below a token out of the tree, noting what was cut short."""
        for child in token.live_children():
            self.cancel_branch(child)

    def cancel_branch(self, token: Token) -> None:
        """Cancel a token and everything below it, innermost first."""
        for gone in reversed(token.branch()):
            if not gone.task_spec.is_silent and "thrown" not in gone.internal_data:
                self.tell(FactKind.CANCELLED, gone)
        token._set_state(TaskState.CANCELLED)
        self.drop(token)

    def make_room(self, count: int, token: Token) -> None:
        """Raises Invalid when several more tokens would be too many: a loop that forks in each round doubles them without end."""
        if count > 1 and len(self.tasks) + count > MOST_TOKENS:
            raise Invalid(
                f"'{token.task_spec.node.id}' would make more than {MOST_TOKENS} tokens in one instance: correct the loop around it."
            )

    def take(self, flows: tuple[tuple[str, str], ...], scope: Token, specs: Mapping[str, NodeSpec]) -> None:
        """Put a token on the target of each flow (flow id, spec name) inside a scope."""
        for flow, target in flows:
            self.spawn(specs[target], scope, internal={"flow": flow})

    def settle(self, scope: Token) -> None:
        """Close a scope when nothing moves in it any more."""
        if not scope.is_live or scope._state != TaskState.STARTED or any(not c.task_spec.is_listener for c in scope.live_children()):
            return
        scope.task_spec.scope_done(scope)

    def pump(self, deadline: Callable[[], bool] | None = None) -> bool:
        """Move ready tokens until all rest (True) or the deadline says stop (False)."""
        while True:
            while self.agenda:
                token = self.agenda.popleft()
                if token._state != TaskState.READY or token.id not in self.tasks:
                    continue
                self.guard(token, "run")
                if self.variables_changed and self.conditional:
                    propagation.fire_conditions(self)
                if deadline is not None and self.agenda and self.outcome is Outcome.ACTIVE and deadline():
                    return False
            if self.variables_changed:
                self.variables_changed = False
                propagation.fire_conditions(self)
            if not self.agenda and not self._join():
                return True

    def _join(self) -> bool:
        """Let the first inclusive join pass that waits for nobody any more; the tokens that wait at one join wait for the same."""
        asked: set[tuple[NodeSpec, str | None]] = set()
        for key in sorted(self.joining):
            token = self.tasks[key]
            place = (token.task_spec, token._parent)
            if place not in asked and token.task_spec.may_pass(token):
                self.joining.discard(key)
                token._ready()
                return True
            asked.add(place)
        return False

    def names(self, token: Token) -> Mapping[str, Any]:
        """Return the variables that a token sees."""
        scopes = token.variable_scopes()
        return scopes[0] if len(scopes) == 1 else ChainMap(*scopes)

    def evaluate(self, expression: str, token: Token) -> Any:
        """Evaluate an expression over what a token sees."""
        return self.host.evaluate(expression, self.names(token))

    def holds(self, condition: str, token: Token) -> bool:
        """Tell whether a condition is true. Raises Invalid when it is neither true nor false: the text 'false' is not false."""
        value = self.evaluate(condition, token)
        if not isinstance(value, bool | None):
            raise Invalid(f"The condition '{condition}' at '{token.task_spec.node.id}' is {value!r}, neither true nor false: correct it.")
        return bool(value)

    def assign(self, token: Token, values: Mapping[str, Any]) -> None:
        """Assign whole variables, each in the nearest scope that has it, else in the process's."""
        scopes = token.variable_scopes()
        changed = {}
        for name, value in values.items():
            home = next((scope for scope in scopes if name in scope), scopes[-1])
            if name not in home or home[name] != value or type(home[name]) is not type(value):
                home[name] = value
                changed[name] = value
        if changed:
            self.variables_changed = True
            self.tell(FactKind.VARIABLES, token, changed)

    def now(self) -> datetime:
        """Return the host's present moment."""
        return self.host.now()

    def live(self) -> list[Token]:
        """Return every live token but the root, oldest first."""
        return [token for token in self.tasks.values() if token._state & LIVE and token._parent is not None]

    def get_live(self, token_id: str) -> Token:
        """Return a live token by id. Raises Invalid when it is gone."""
        token = self.tasks.get(token_id)
        if token is None or not token.is_live:
            raise Invalid(f"Token {token_id} is not live in this instance: it has moved on or was cancelled. Read the instance again.")
        return token
