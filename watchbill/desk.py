"""What the commands ask of a Watchbill, wherever it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from engine.commands import Delivered, Retried, Started, TaskAnswer
from engine.definitions import Deployment
from engine.history import Entry
from engine.people import Person
from engine.queries import DeployedDefinition, InstanceView, Task
from engine.runtime.failures import Failure

Variables = Mapping[str, Any]


class Desk(Protocol):
    """Where work is asked for in somebody's name. All of it raises the errors of `engine.errors`: `watchbill.local`, `watchbill.remote`."""

    def deploy(self, files: Mapping[str, bytes], *, name: str) -> Deployment:
        """Deploy files that stand or fall together."""

    def definitions(self, *, kind: str, all_versions: bool) -> Sequence[DeployedDefinition]:
        """Return what is deployed."""

    def start(self, key: str, *, business_key: str | None, variables: Variables, is_drill: bool) -> Started:
        """Start an instance of a process."""

    def instances(self, *, status: str | None, key: str | None, business_key: str | None, limit: int) -> Sequence[InstanceView]:
        """Return instances, newest first."""

    def history(self, instance: str) -> Sequence[Entry]:
        """Return what happened in an instance."""

    def tasks(self, *, group: str | None, limit: int) -> Sequence[Task]:
        """Return open tasks: one's own, but all of them for the engine itself."""

    def claim(self, task: str) -> TaskAnswer:
        """Take a task on."""

    def complete(self, task: str, *, variables: Variables) -> TaskAnswer:
        """Complete a task."""

    def message(self, name: str, *, business_key: str | None, correlation: Variables, payload: Variables) -> Delivered:
        """Deliver a message to the instance that waits for it."""

    def signal(self, name: str, *, payload: Variables) -> Delivered:
        """Broadcast a signal."""

    def failures(self, *, limit: int) -> Sequence[Failure]:
        """Return what failed and waits for an operator."""

    def retry(self, failure: str) -> Retried:
        """Try again what failed."""

    def people(self) -> Sequence[Person]:
        """Return all accounts."""
