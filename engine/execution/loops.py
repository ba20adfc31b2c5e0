"""Activities that run several times: multi-instance (parallel, sequential) and the standard loop."""

from __future__ import annotations

from typing import Any

from engine.diagram.model import Loop, Node
from engine.errors import Invalid
from engine.execution.model import FactKind
from engine.execution.specs import NodeSpec, assign_outside
from engine.execution.token import Token

MAX_INSTANCES = 10_000


class LoopBody(NodeSpec):
    """Holds the instances of a repeated activity; boundary events watch the body, so they watch all instances."""

    def __init__(self, wf_spec: Any, node: Node, loop: Loop) -> None:
        super().__init__(wf_spec, node, name=f"{node.id}#body")
        self.loop = loop

    def map_inputs(self, token: Token) -> None:
        """Leave the input parameters to the instances."""

    def map_outputs(self, token: Token) -> None:
        """Leave the output parameters to the instances."""

    def remember_undo(self, scope: Token, token: Token) -> None:
        """Hand what the instances recorded to the scope around the body."""
        scope.internal_data.setdefault("done", []).extend(token.internal_data.get("done", []))
        if not scope.internal_data["done"]:
            del scope.internal_data["done"]

    def instance(self, token: Token, index: int, item: Any = None) -> None:
        """Start one instance."""
        variables: dict[str, Any] = {"loopCounter": index}
        if self.loop.item:
            variables[self.loop.item] = item
        if self.loop.output_item and self.loop.output_item.isidentifier():
            variables.setdefault(self.loop.output_item, None)
        token.workflow.spawn(self._wf_spec.task_specs[self.node.id], token, internal={"index": index}, variables=variables)

    def tell_done(self, token: Token) -> None:
        """Note that an instance completed and take it out."""
        token.workflow.tell(FactKind.COMPLETED, token, {"instance": token.internal_data["index"]})
        token.workflow.drop(token)


class MultiInstance(LoopBody):
    """One instance for each item of a collection, or a number of instances, at once or one after the other."""

    def perform(self, token: Token) -> bool | None:
        """Work out how many instances there are and start the first, or all."""
        items = self._items(token)
        count = len(items)
        token.data.update(nrOfInstances=count, nrOfCompletedInstances=0, nrOfActiveInstances=0)
        token.internal_data["count"] = count
        if self.loop.output_collection:
            token.internal_data["results"] = [None] * count
        if not count:
            self._finish(token)
            return True
        token.workflow.make_room(count if self.loop.parallel else 1, token)
        token.workflow.tell(FactKind.ENTERED, token, {"instances": count})
        self.arm(token)
        if self.loop.parallel:
            token.data["nrOfActiveInstances"] = count
            for index, item in enumerate(items):
                if token.is_live:
                    self.instance(token, index, item)
        else:
            token.data["nrOfActiveInstances"] = 1
            token.internal_data["items"] = items
            self.instance(token, 0, items[0])
        return None

    def _items(self, token: Token) -> list[Any]:
        if self.loop.collection is not None:
            items = token.workflow.evaluate(self.loop.collection, token)
            if isinstance(items, dict):
                items = list(items.values())
            if not isinstance(items, list):
                raise Invalid(f"'{self.node.id}' repeats over a list, not over {items!r}: correct '{self.loop.collection}'.")
        else:
            count = token.workflow.evaluate(self.loop.cardinality or "0", token)
            if not isinstance(count, int | float) or isinstance(count, bool) or count != int(count) or count < 0:
                raise Invalid(f"'{self.node.id}' repeats a whole number of times, not {count!r}: correct '{self.loop.cardinality}'.")
            items = [None] * min(int(count), MAX_INSTANCES + 1)
        if len(items) > MAX_INSTANCES:
            raise Invalid(f"'{self.node.id}' would start more than {MAX_INSTANCES} instances: split the work.")
        return items

    def child_done(self, scope: Token, token: Token) -> None:
        """Gather an instance's result; complete when all are done or the completion condition holds, else go on."""
        workflow, data, loop = token.workflow, scope.data, self.loop
        index = token.internal_data["index"]
        if loop.output_collection:
            scope.internal_data["results"][index] = workflow.evaluate(loop.output_item or "None", token)
        finished = scope.internal_data.setdefault("finished", [])
        count, done = scope.internal_data["count"], len(finished) + 1
        data.update(nrOfInstances=count, nrOfCompletedInstances=done, nrOfActiveInstances=count - done if loop.parallel else 0)
        over = done == count
        if not over and loop.completion is not None:
            over = workflow.holds(loop.completion, token)
        token.task_spec.remember_undo(scope, token)
        finished.append(index)
        self.tell_done(token)
        if over:
            self._finish(scope)
            workflow.drop_children(scope)
            workflow.guard(scope, "leave")
        elif not loop.parallel:
            data["nrOfActiveInstances"] = 1
            self.instance(scope, index + 1, scope.internal_data["items"][index + 1])

    def expect_one_less(self, scope: Token) -> None:
        """Wait no longer for an instance that an operator moved away."""
        scope.internal_data["count"] -= 1

    def _finish(self, token: Token) -> None:
        if self.loop.output_collection:
            finished = set(token.internal_data.get("finished", []))
            results = [value for index, value in enumerate(token.internal_data["results"]) if index in finished]
            assign_outside(token, {self.loop.output_collection: results})


class StandardLoop(LoopBody):
    """Runs again while its condition holds, at most `maximum` times."""

    def perform(self, token: Token) -> bool | None:
        """Test the condition if it comes first, and start the first round."""
        if self.loop.test_before and not self._again(token, 0):
            return True
        token.workflow.tell(FactKind.ENTERED, token)
        self.arm(token)
        self.instance(token, 0)
        return None

    def _again(self, token: Token, rounds: int) -> bool:
        if self.loop.maximum is not None and rounds >= self.loop.maximum:
            return False
        return self.loop.condition is None or token.workflow.holds(self.loop.condition, token)

    def child_done(self, scope: Token, token: Token) -> None:
        """Run again, or complete."""
        rounds = token.internal_data["index"] + 1
        again = self._again(token, rounds)
        token.task_spec.remember_undo(scope, token)
        self.tell_done(token)
        if again:
            self.instance(scope, rounds)
        else:
            scope.workflow.drop_children(scope)
            scope.workflow.guard(scope, "leave")
