"""A worker written with operaton-tasks: it does what the variable `wish` says."""

from __future__ import annotations

import asyncio
import json

from operaton.tasks import external_task_worker, handlers, task
from operaton.tasks.runtime import ExternalTaskComplete, ExternalTaskFailure
from operaton.tasks.types import (
    CompleteExternalTaskDto,
    ExternalTaskBpmnError,
    ExternalTaskFailureDto,
    LockedExternalTaskDto,
    VariableValueDto,
)


@task("ship", localVariables=False)
async def work(found: LockedExternalTaskDto) -> ExternalTaskComplete | ExternalTaskFailure:
    """Do it."""
    variables = found.variables or {}
    wish, worker = variables["wish"].value, found.workerId
    if wish == "complete":
        receipt = json.dumps({"by": "operaton", "address": variables["address"].value})
        given = {
            "receipt": VariableValueDto(value=receipt, type="Json"),
            "price": VariableValueDto(value=12.5, type="Double"),
            "paid": VariableValueDto(value=True, type="Boolean"),
        }
        local = {"note": VariableValueDto(value="local", type="String")}
        return ExternalTaskComplete(task=found, response=CompleteExternalTaskDto(workerId=worker, variables=given, localVariables=local))
    if wish == "fail":
        left = 1 if found.retries is None else found.retries - 1
        told = ExternalTaskFailureDto(workerId=worker, errorMessage="no truck", errorDetails="all broken", retries=left, retryTimeout=0)
        return ExternalTaskFailure(task=found, response=told)
    size = {"size": VariableValueDto(value=9, type="Integer")}
    error = ExternalTaskBpmnError(workerId=worker, errorCode="refused", errorMessage="too large", variables=size)
    return ExternalTaskComplete(task=found, response=error)


asyncio.run(external_task_worker(handlers))
