"""A worker written with camunda-external-task-client-python3: it does what the variable `wish` says."""

from __future__ import annotations

import os

from camunda.external_task.external_task import ExternalTask, TaskResult
from camunda.external_task.external_task_worker import ExternalTaskWorker


def work(task: ExternalTask) -> TaskResult:
    """Do it."""
    wish = task.get_variable("wish")
    if wish == "complete":
        receipt = {"by": "python3", "address": task.get_variable("address")}
        return task.complete({"receipt": receipt, "price": 12.5, "paid": True}, {"note": "local"})
    if wish == "fail":
        return task.failure("no truck", "all broken", max_retries=1, retry_timeout=0)
    return task.bpmn_error("refused", "too large", {"size": 9})


config = {
    "auth_basic": {"username": os.environ["WORKER"], "password": os.environ["PASSWORD"]},
    "maxTasks": 1,
    "lockDuration": 60_000,
    "asyncResponseTimeout": 10_000,
    "sleepSeconds": 0.1,
}
ExternalTaskWorker("python3", os.environ["URL"], config).subscribe(["ship"], work)
