"""The desk of the Watchbill on this machine."""
# ruff: noqa: D102  # what the methods do is told at Desk

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine import commands, queries
from engine.commands import Delivered, ProcessEngine, Retried, Started, TaskAnswer
from engine.definitions import Deployment
from engine.history import Entry
from engine.people import Actor, Person
from engine.queries import DefinitionFilter, DeployedDefinition, InstanceView, Task
from engine.runtime.failures import Failure
from watchbill.desk import Desk, Variables


@dataclass(frozen=True)
class LocalDesk(Desk):
    """Asks the Watchbill on this machine, in an actor's name."""

    engine: ProcessEngine
    actor: Actor

    def deploy(self, files: Mapping[str, bytes], *, name: str) -> Deployment:
        return commands.deploy(self.engine, files, name=name, actor=self.actor)

    def definitions(self, *, kind: str, all_versions: bool) -> Sequence[DeployedDefinition]:
        return queries.find_definitions(self.engine, DefinitionFilter(kind, latest_only=not all_versions), actor=self.actor)

    def start(self, key: str, *, business_key: str | None, variables: Variables, is_drill: bool) -> Started:
        return commands.start(self.engine, key, business_key=business_key, variables=variables, is_drill=is_drill, actor=self.actor)

    def instances(self, *, status: str | None, key: str | None, business_key: str | None, limit: int) -> Sequence[InstanceView]:
        return queries.instances(
            self.engine, actor=self.actor, status=status, definition_key=key, business_key=business_key, limit=limit
        ).items

    def history(self, instance: str) -> Sequence[Entry]:
        return queries.history_of(self.engine, instance, actor=self.actor)

    def tasks(self, *, group: str | None, limit: int) -> Sequence[Task]:
        return queries.open_tasks(self.engine, actor=self.actor, mine=not self.actor.is_system, group=group, limit=limit).items

    def claim(self, task: str) -> TaskAnswer:
        return commands.claim(self.engine, task, actor=self.actor)

    def complete(self, task: str, *, variables: Variables) -> TaskAnswer:
        return commands.complete(self.engine, task, variables=variables, actor=self.actor)

    def message(self, name: str, *, business_key: str | None, correlation: Variables, payload: Variables) -> Delivered:
        return commands.message(self.engine, name, business_key=business_key, correlation=correlation, payload=payload, actor=self.actor)

    def signal(self, name: str, *, payload: Variables) -> Delivered:
        return commands.signal(self.engine, name, payload=payload, actor=self.actor)

    def failures(self, *, limit: int) -> Sequence[Failure]:
        return queries.failures(self.engine, actor=self.actor, limit=limit).items

    def retry(self, failure: str) -> Retried:
        return commands.retry(self.engine, failure, actor=self.actor)

    def people(self) -> Sequence[Person]:
        return queries.people(self.engine, actor=self.actor, with_inactive=True)
