"""Activities: what people do, what handlers and decisions do, scripts, subprocesses and called processes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from engine.diagram.model import HumanWork, Mapping, Value
from engine.errors import Invalid
from engine.execution.model import FactKind, HumanDetails, TopicCall, Wait, WaitKind
from engine.execution.specs import NodeSpec, assign_outside
from engine.execution.timing import moment
from engine.execution.token import Token

MAX_CALL_DEPTH = 40
DEFAULT_PRIORITY = 50


def resolve(value: Value | None, token: Token) -> Any:
    """Return an attribute's value for a token: its literal, or what its expression yields."""
    if value is None:
        return None
    return value.literal if value.expression is None else token.workflow.evaluate(value.expression, token)


class HumanTask(NodeSpec):
    """A user or manual task: rests until a person completes it."""

    def enter(self, token: Token) -> bool:
        """Work out whose task it is and when it is due, and rest."""
        super().enter(token)
        details = self._details(token, self.node.human or HumanWork())
        token.workflow.rest(token, Wait(token.id, self.node.id, WaitKind.HUMAN, self.node.name, human=details))
        self.arm(token)
        return False

    def _details(self, token: Token, work: HumanWork) -> HumanDetails:
        groups = _names([resolve(value, token) for value in work.candidate_groups])
        users = _names([resolve(value, token) for value in work.candidate_users])
        assignee = resolve(work.assignee, token)
        if not groups and not users and not assignee and self.node.lane:
            groups = (self.node.lane,)
        priority = resolve(work.priority, token)
        return HumanDetails(
            lane=self.node.lane,
            assignee=str(assignee) if assignee else None,
            candidate_users=users,
            candidate_groups=groups,
            due_at=self._moment(work.due, token),
            follow_up_at=self._moment(work.follow_up, token),
            priority=DEFAULT_PRIORITY if priority in (None, "") else _whole(priority, self.node.id),
            form_ref=work.form_ref,
            form_fields=work.form_fields,
            description=self.node.documentation,
        )

    def _moment(self, value: Value | None, token: Token) -> datetime | None:
        text = resolve(value, token)
        return None if text in (None, "") else moment(str(text), now=token.workflow.now(), zone=token.workflow.host.zone())


def _names(values: list[Any]) -> tuple[str, ...]:
    """Return the names in literals, comma lists and lists, each once, in order."""
    found: dict[str, None] = {}
    for value in values:
        parts = value if isinstance(value, list) else str(value or "").split(",")
        found.update({str(part).strip(): None for part in parts if str(part).strip()})
    return tuple(found)


def _whole(value: Any, element: str) -> int:
    try:
        return int(value)
    except (TypeError, ValueError) as error:
        raise Invalid(f"The priority of '{element}' must be a whole number, not {value!r}.") from error


class TopicTask(NodeSpec):
    """A service task (or a message sent by a handler): runs its handler inside the step, or rests as a job for after the commit."""

    def __init__(self, wf_spec: Any, node: Any, *, topic: str) -> None:
        super().__init__(wf_spec, node)
        self.topic = topic

    def perform(self, token: Token) -> bool | None:
        """Call the inline handler, or leave the work to a job."""
        workflow = token.workflow
        inputs = {mapping.target: token.data[mapping.target] for mapping in self.node.inputs}
        if not workflow.host.is_inline(self.topic):
            wait = Wait(
                token.id, self.node.id, WaitKind.JOB, self.node.name, name=self.topic, inputs=inputs, retry_cycle=self.node.retry_cycle
            )
            workflow.rest(token, wait)
            self.arm(token)
            return None
        outputs = workflow.host.call(TopicCall(self.topic, self.node.id, token.id, inputs, workflow.names(token)))
        self.accept(token, outputs)
        return True

    def accept(self, token: Token, outputs: dict[str, Any]) -> None:
        """Take a handler's outputs: local when output parameters pick from them, else variables."""
        if self.node.result_variable:
            outputs = {self.node.result_variable: outputs}
        if self.node.outputs:
            token.data.update(outputs)
        else:
            assign_outside(token, outputs)


class ScriptTask(NodeSpec):
    """Assigns variables, one expression after the other."""

    def perform(self, token: Token) -> bool:
        """Assign each variable in turn; later expressions see earlier results."""
        for name, expression in self.node.assignments:
            token.workflow.assign(token, {name: token.workflow.evaluate(expression, token)})
        return True


class BusinessRuleTask(NodeSpec):
    """Asks a decision."""

    def perform(self, token: Token) -> bool:
        """Evaluate the decision and keep its result in the result variable, or each output under its own name."""
        workflow = token.workflow
        rows = workflow.host.decide(str(resolve(self.node.decision, token)), workflow.names(token))
        result = shape_result(rows, self.node.map_decision_result, self.node.id)
        if self.node.result_variable is None and len(rows) > 1:
            raise Invalid(
                f"The decision of '{self.node.id}' gave {len(rows)} rows and no variable to keep them: give it a result variable."
            )
        values = {self.node.result_variable: result} if self.node.result_variable else (rows[0] if rows else {})
        if self.node.outputs:
            token.data.update(values)
        else:
            assign_outside(token, values)
        return True


def shape_result(rows: list[dict[str, Any]], shape: str, element: str) -> Any:
    """Shape a decision's rows as `camunda:mapDecisionResult` says (singleEntry, singleResult, collectEntries, resultList)."""
    if shape == "resultList":
        return rows
    if shape == "collectEntries":
        wide = next((sorted(row) for row in rows if len(row) > 1), None)
        if wide is not None:
            raise Invalid(f"The decision of '{element}' gave the outputs {wide} where collectEntries collects one: use resultList.")
        return [value for row in rows for value in row.values()]
    if len(rows) > 1:
        raise Invalid(f"The decision of '{element}' gave {len(rows)} rows where {shape} allows one: change its hit policy or the mapping.")
    if shape == "singleResult" or not rows:
        return rows[0] if rows else None
    if len(rows[0]) > 1:
        raise Invalid(f"The decision of '{element}' gave the outputs {sorted(rows[0])} where singleEntry allows one.")
    return next(iter(rows[0].values()), None)


class SubProcess(NodeSpec):
    """An embedded subprocess (or an event subprocess, once triggered); `start` is the spec of its start event."""

    start = ""

    def perform(self, token: Token) -> None:
        """Open the scope and put a token on its start."""
        token.workflow.tell(FactKind.ENTERED, token)
        self.arm(token)
        if token.is_live:
            token.workflow.spawn(self._wf_spec.task_specs[self.start], token)


class Transaction(SubProcess):
    """A subprocess that a cancel end event undoes as a whole."""


class CallActivity(NodeSpec):
    """Runs another process inside this instance: its token holds the root token of the called process, which has its own variables."""

    def perform(self, token: Token) -> None:
        """Open the called process with its mapped variables."""
        workflow = token.workflow
        if sum(1 for scope in token.ancestors() if isinstance(scope.task_spec, CallActivity)) >= MAX_CALL_DEPTH:
            raise Invalid(f"'{self.node.id}' calls processes {MAX_CALL_DEPTH} deep: they call each other without end.")
        executable = workflow.host.called_process(str(resolve(self.node.called, token)))
        variables = self._mapped(self.node.call_in, token)
        workflow.called[executable.id] = executable
        workflow.tell(FactKind.ENTERED, token, {"process": executable.key})
        self.arm(token)
        if token.is_live:
            root = workflow.spawn(executable.root, token, variables=variables)
            workflow.open_process(root, executable.start_spec(None))

    def child_done(self, scope: Token, token: Token) -> None:
        """Map the called process's variables out and go on."""
        values = self._mapped(self.node.call_out, token)
        token.workflow.drop(token)
        token.workflow.assign(scope, values)
        token.workflow.drop_children(scope)
        token.workflow.guard(scope, "leave")

    def _mapped(self, mappings: tuple[Mapping, ...], token: Token) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for mapping in mappings:
            if mapping.everything:
                result.update(token.workflow.names(token))
            else:
                result[mapping.target] = token.workflow.evaluate(mapping.expression, token)
        return result
