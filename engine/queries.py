"""Every question about processes. Each reads one consistent state that holds every commit before it, and answers only what may be seen."""

from engine.runtime.instance_queries import (
    DefinitionView,
    InstanceDetail,
    InstanceView,
    definitions,
    failures,
    history_of,
    instance,
    instances,
)
from engine.runtime.paging import Page
from engine.runtime.task_queries import open_tasks, task
from engine.runtime.tasks import Task

__all__ = [
    "DefinitionView",
    "InstanceDetail",
    "InstanceView",
    "Page",
    "Task",
    "definitions",
    "failures",
    "history_of",
    "instance",
    "instances",
    "open_tasks",
    "task",
]
