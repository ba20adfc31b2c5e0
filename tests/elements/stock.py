"""Runs a diagram of tests/diagrams in the stock engine: SpiffWorkflow's own parser, specs and script engine, for comparison."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn import BpmnEvent, BpmnWorkflow  # type: ignore[import-untyped]
from SpiffWorkflow.bpmn.parser import BpmnParser  # type: ignore[import-untyped]
from SpiffWorkflow.util.task import TaskState  # type: ignore[import-untyped]

from tests.elements.play import DIAGRAMS


class StockPlay:
    """One instance in the stock engine."""

    def __init__(self, diagram: str, **variables: Any) -> None:
        text = (DIAGRAMS / f"{diagram}.bpmn").read_text(encoding="utf-8")
        parser = BpmnParser()
        parser.add_bpmn_xml(etree.fromstring(re.sub(r"\$\{(.*?)\}", r"\1", text).encode()), filename=f"{diagram}.bpmn")
        key = parser.get_process_ids()[0]
        self.workflow = BpmnWorkflow(parser.get_spec(key), parser.get_subprocess_specs(key))
        self.workflow.data.update(variables)
        [first] = self.workflow.get_tasks(state=TaskState.READY)
        first.data.update(variables)
        self.pump()

    def pump(self) -> None:
        """Run what runs by itself, the plain tasks included."""
        while True:
            self.workflow.do_engine_steps()
            plain = [task for task in self.workflow.get_tasks(state=TaskState.READY) if type(task.task_spec).__name__ == "NoneTask"]
            if not plain:
                return
            plain[0].run()

    def complete(self, element: str, /, **variables: Any) -> None:
        """Complete a person's task."""
        task = next(task for task in self.workflow.get_tasks(state=TaskState.READY) if task.task_spec.bpmn_id == element)
        task.data.update(variables)
        task.run()
        self.pump()

    def fire(self, element: str) -> bool:
        """Deliver the event that an element waits for; tell whether anything waited."""
        found = [task for task in self.workflow.get_tasks(state=TaskState.WAITING) if task.task_spec.bpmn_id == element]
        if not found:
            return False
        self.workflow.catch(BpmnEvent(found[0].task_spec.event_definition))
        self.pump()
        return True

    @property
    def passed(self) -> Counter[str]:
        """How often each element completed."""
        tasks = self.workflow.get_tasks(state=TaskState.COMPLETED)
        return Counter(task.task_spec.bpmn_id for task in tasks if task.task_spec.bpmn_id is not None)
