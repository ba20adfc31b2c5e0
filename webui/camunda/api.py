"""The family of endpoints under `/engine-rest`, and how it tells errors."""

from __future__ import annotations

from typing import Any

from engine.errors import (
    Conflict,
    DeploymentRefused,
    Forbidden,
    Invalid,
    NotFound,
    Passing,
    Problem,
    StaleWrite,
    TooManyTries,
    Unidentified,
    WatchbillError,
)
from webui.endpoints import Api, Model

PARSE_ERROR = "ENGINE-09005 Could not parse BPMN process."
"""How Camunda's modeler knows that a diagram, and not the connection, is at fault."""

TYPES: tuple[tuple[type[WatchbillError], str, int], ...] = (
    (Unidentified, "AuthenticationException", 401),
    (TooManyTries, "AuthenticationException", 429),
    (Forbidden, "AuthorizationException", 403),
    (NotFound, "InvalidRequestException", 404),
    (Invalid, "InvalidRequestException", 400),
    (StaleWrite, "OptimisticLockingException", 409),
    (Conflict, "RestException", 409),
    (Passing, "OptimisticLockingException", 503),
)


class ErrorBody(Model):
    """What went wrong; `details` lists the problems of each file of a refused deployment."""

    type: str
    message: str
    details: dict[str, Any] | None = None


def error_of(problem: WatchbillError) -> tuple[ErrorBody, int]:
    """Return an error in Camunda's words."""
    if isinstance(problem, DeploymentRefused):
        said = f"{PARSE_ERROR} Errors:\n" + "\n".join(f"* {each}" for each in problem.problems)
        return ErrorBody(type="ParseException", message=said, details=_details(problem.problems)), 400
    name, status = next(((name, status) for kind, name, status in TYPES if isinstance(problem, kind)), ("RestException", 500))
    return ErrorBody(type=name, message=str(problem)), status


def _details(problems: tuple[Problem, ...]) -> dict[str, Any]:
    files: dict[str, Any] = {}
    for each in problems:
        found = files.setdefault(each.file, {"errors": [], "warnings": []})
        row = {"message": f"{each.message} {each.hint}", "line": each.line, "column": 0, "mainElementId": each.element}
        found["errors"].append({**row, "elementIds": [each.element] if each.element else []})
    return files


OFFERED_IN_PART = (
    "condition", "decision-definition", "decision-requirements-definition", "deployment", "engine", "execution", "external-task", "group",
    "history", "identity", "incident", "job", "job-definition", "message", "migration", "modification", "process-definition",
    "process-instance", "signal", "task", "user", "variable-instance",
)  # fmt: skip
LEFT_OUT = frozenset(
    (*OFFERED_IN_PART, "authorization", "batch", "case-definition", "case-execution", "case-instance", "event-subscription", "filter",
     "metrics", "optimize", "report", "schema", "telemetry", "tenant", "user-operation")
)  # fmt: skip
"""The first parts of the dialect's paths: what is under them and not declared is not offered, and says so."""

API = Api(
    "camunda",
    prefix="/engine-rest",
    title="Watchbill: the process engine in the dialect of Camunda 7",
    error=ErrorBody,
    error_of=error_of,
    http_error=lambda status, said: ErrorBody(type="NotOffered" if status == 501 else "RestException", message=said),
    left_out=LEFT_OUT,
)
