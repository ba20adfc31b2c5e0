"""Every error that Watchbill raises on purpose.

The tree::

    WatchbillError
    |-- Refused                   what was asked cannot be done as asked; asking again will not help
    |   |-- Invalid               the input is wrong
    |   |   |-- DeploymentRefused     a file has problems (carries all of them)
    |   |   `-- ExpressionError       an expression is not in the language, or failed
    |   |-- NotFound              there is no such thing
    |   |-- Unidentified          nobody said who asks, or could not prove it
    |   |-- TooManyTries          too many tries have failed; some time must pass
    |   |-- Forbidden             this person may not do this
    |   |-- HandlerFailed       a handler could not do its work
    |   `-- Conflict              the thing is not in a state in which this can be done
    |       |-- StaleWrite            somebody else changed it since it was read
    |       |-- AlreadyDone           the same thing was done before (a second completion)
    |       |-- Suspended             an operator holds the instance back
    |       `-- Fenced                this worker was taken for dead and replaced
    |-- Passing                   may succeed when tried again (locks, connections, time-outs)
    `-- BpmnError                 a business error that a handler throws at its diagram

`Refused` and `Passing` are different types because a retry asks just that. A message says what was wrong, with the value, where,
and what to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


def printable(text: str) -> str:
    """Return text that every database keeps and every page shows: U+0000 goes, half a surrogate pair becomes a question mark."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


class WatchbillError(Exception):
    """Something went wrong in Watchbill."""

    def __str__(self) -> str:
        """Read as its message, whatever it quotes."""
        return printable(super().__str__())


class Refused(WatchbillError):
    """What was asked cannot be done as asked."""


class Invalid(Refused):
    """The input is wrong."""


class ExpressionError(Invalid):
    """An expression is not in the language, or could not be evaluated."""


class NotFound(Refused):
    """There is no such thing."""


class Unidentified(Refused):
    """Nobody said who asks, or could not prove it."""


class TooManyTries(Refused):
    """Too many tries have failed; `retry_after_s` seconds must pass."""

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(message)


class Forbidden(Refused):
    """This person may not do this."""


class HandlerFailed(Refused):
    """A handler could not do its work; the cause is chained."""


class Conflict(Refused):
    """The thing is not in a state in which this can be done."""


class StaleWrite(Conflict):
    """Somebody else changed it since it was read."""


class AlreadyDone(Conflict):
    """It was done before."""


class Suspended(Conflict):
    """An operator holds the instance back: it goes on when it is resumed."""

    def __init__(self, instance_id: str) -> None:
        self.instance_id = instance_id
        super().__init__(f"instance {instance_id} is suspended: resume it first")


class Fenced(Conflict):
    """This worker was taken for dead and replaced; nothing was written."""


class Passing(WatchbillError):
    """It failed for a reason that may pass; try again."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a deployed file: where it is, what it is, and what to do."""

    file: str
    line: int
    element: str
    rule: str
    message: str
    hint: str

    def __str__(self) -> str:
        """Read as one line: `file:line: element: message Hint`."""
        where = f"{self.file}:{self.line}" if self.line else self.file
        subject = f" {self.element}:" if self.element else ""
        return f"{where}:{subject} {self.message} {self.hint} [{self.rule}]".replace("  ", " ")


class DeploymentRefused(Invalid):
    """The files have problems; nothing was deployed."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class BpmnError(WatchbillError):
    """A business error with a code, caught by the boundary error event that names the code."""

    def __init__(self, code: str, message: str = "", **variables: Any) -> None:
        self.code = printable(code)
        self.message = printable(message)
        self.variables = variables
        super().__init__(f"{code}: {message}" if message else code)
