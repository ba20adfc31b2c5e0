"""The family of endpoints under `/api`, and how it tells errors: as problem details (RFC 9457)."""

from __future__ import annotations

from http import HTTPStatus

from flask import request
from pydantic import ConfigDict

from engine.errors import (
    Conflict,
    DeploymentRefused,
    Forbidden,
    HandlerFailed,
    Invalid,
    NotFound,
    Passing,
    StaleWrite,
    TooManyTries,
    Unidentified,
    WatchbillError,
)
from webui.endpoints import Api, Model

PROBLEM_JSON = "application/problem+json"
BLANK = "about:blank"


class MatchMissing(Invalid):
    """A change must name the version that it changes."""


TYPES: tuple[tuple[type[WatchbillError], str, int], ...] = (
    (MatchMissing, "version-missing", 428),
    (Unidentified, "unidentified", 401),
    (TooManyTries, "too-many-tries", 429),
    (Forbidden, "forbidden", 403),
    (NotFound, "not-found", 404),
    (DeploymentRefused, "deployment-refused", 400),
    (Invalid, "invalid", 400),
    (StaleWrite, "changed-meanwhile", 412),
    (Conflict, "conflict", 409),
    (HandlerFailed, "handler-failed", 409),
    (Passing, "try-again", 503),
)
"""Every kind of problem: its errors, the end of its type, its status."""


class FileProblem(Model):
    """One thing that is wrong in a deployed file: where it is, what it is, and what to do."""

    model_config = ConfigDict(from_attributes=True)

    file: str
    line: int
    element: str
    rule: str
    message: str
    hint: str


class Problem(Model):
    """What went wrong: `type` is one of those that GET /api/problems lists, or about:blank; `instance` is the path that was called.

    A refused deployment has all its problems.
    """

    type: str
    title: str
    status: int
    detail: str
    instance: str
    problems: tuple[FileProblem, ...] | None = None


def error_of(problem: WatchbillError) -> tuple[Problem, int]:
    """Return an error as problem details."""
    kind, name, status = next((row for row in TYPES if isinstance(problem, row[0])), (WatchbillError, "", 500))
    title = (kind.__doc__ or "").partition("\n")[0].rstrip(".").partition(";")[0]
    problems = tuple(map(FileProblem.model_validate, problem.problems)) if isinstance(problem, DeploymentRefused) else None
    told = Problem(type=type_of(name), title=title, status=status, detail=str(problem), instance=request.path, problems=problems)
    return told, status


def type_of(name: str) -> str:
    """Return the type of a kind of problem."""
    return f"/api/problems#{name}" if name else BLANK


def http_error(status: int, said: str) -> Problem:
    """Return what Flask refuses as problem details."""
    return Problem(type=BLANK, title=HTTPStatus(status).phrase, status=status, detail=said, instance=request.path)


API = Api(
    "api",
    prefix="/api",
    title="Watchbill: records, schedules, sessions and tokens",
    error=Problem,
    error_of=error_of,
    http_error=http_error,
    error_type=PROBLEM_JSON,
)


class ProblemKind(Model):
    """A kind of problem."""

    type: str
    status: int
    meaning: str


@API.endpoint("GET", "/problems", answer=list[ProblemKind])
def problems(_call: object) -> list[ProblemKind]:
    """List the kinds of problems."""
    return [ProblemKind(type=type_of(name), status=status, meaning=kind.__doc__ or "") for kind, name, status in TYPES]
