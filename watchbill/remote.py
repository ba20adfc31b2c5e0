"""The desk of a Watchbill elsewhere."""
# ruff: noqa: D102  # what the methods do is told at Desk

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, TypeVar, get_args, get_type_hints

from pydantic import TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from engine.commands import Delivered, Retried, Started, TaskAnswer
from engine.definitions import Deployment
from engine.errors import Invalid
from engine.history import Entry
from engine.people import Person
from engine.plain import ROOM, Plain, plain
from engine.queries import DeployedDefinition, InstanceView, Task
from engine.runtime.failures import Failure
from watchbill.desk import Desk, Variables
from watchbill.server import Server

Kind = TypeVar("Kind")


@dataclass(frozen=True)
class RemoteDesk(Desk):
    """Asks a Watchbill elsewhere, in the name of the token's person."""

    server: Server

    def deploy(self, files: Mapping[str, bytes], *, name: str) -> Deployment:
        encoded = {file: base64.b64encode(content).decode() for file, content in files.items()}
        return self._done(Deployment, "deployments", name=name, files=encoded)

    def definitions(self, *, kind: str, all_versions: bool) -> Sequence[DeployedDefinition]:
        return self._listed(DeployedDefinition, "definitions", kind=kind, allVersions=json.dumps(all_versions))

    def start(self, key: str, *, business_key: str | None, variables: Variables, is_drill: bool) -> Started:
        return self._done(Started, "instances", key=key, businessKey=business_key, variables=_checked(variables), isDrill=is_drill)

    def instances(self, *, status: str | None, key: str | None, business_key: str | None, limit: int) -> Sequence[InstanceView]:
        return self._listed(InstanceView, "instances", status=status, key=key, businessKey=business_key, limit=limit)

    def history(self, instance: str) -> Sequence[Entry]:
        return self._listed(Entry, "instances", instance, "history")

    def tasks(self, *, group: str | None, limit: int) -> Sequence[Task]:
        return self._listed(Task, "tasks", group=group, limit=limit)

    def claim(self, task: str) -> TaskAnswer:
        return self._done(TaskAnswer, "tasks", task, "claim")

    def complete(self, task: str, *, variables: Variables) -> TaskAnswer:
        return self._done(TaskAnswer, "tasks", task, "complete", variables=_checked(variables))

    def message(self, name: str, *, business_key: str | None, correlation: Variables, payload: Variables) -> Delivered:
        said = {"correlation": _checked(correlation), "payload": _checked(payload)}
        return self._done(Delivered, "messages", name=name, businessKey=business_key, **said)

    def signal(self, name: str, *, payload: Variables) -> Delivered:
        return self._done(Delivered, "signals", name=name, payload=_checked(payload))

    def failures(self, *, limit: int) -> Sequence[Failure]:
        return self._listed(Failure, "failures", limit=limit)

    def retry(self, failure: str) -> Retried:
        return self._done(Retried, "failures", failure, "retry")

    def people(self) -> Sequence[Person]:
        return self._listed(Person, "people")

    def _done(self, kind: type[Kind], /, *path: str, **said: Any) -> Kind:
        return read(kind, self.server.post(*path, body=said))

    def _listed(self, kind: type[Kind], /, *path: str, **query: Any) -> Sequence[Kind]:
        return read(tuple[kind, ...], self.server.get(*path, **query))  # type: ignore[valid-type]  # made at run time


def _checked(variables: Variables) -> Plain:
    """Return variables as JSON data. Raises Invalid as the engine does: what is no JSON would not be understood elsewhere."""
    return plain(variables, where="variables", depth=ROOM)


def read(kind: type[Kind], data: Any) -> Kind:
    """Return JSON in camelCase as the dataclass that it shows, or a tuple of those; a field that is new there is left out.

    Raises Invalid for what is no such thing.
    """
    try:
        return TypeAdapter(kind).validate_python(_named(kind, data))
    except (ValidationError, LookupError, TypeError, AttributeError) as error:
        raise Invalid("The server's answer is not of this version of Watchbill: install the server's version here.") from error


def _named(kind: Any, data: Any) -> Any:
    """Return JSON with the names of the dataclass's own fields; what is in a field that is no dataclass stays as it is."""
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return {each.name: _named(hints[each.name], data[to_camel(each.name)]) for each in fields(kind)}
    inner = get_args(kind)
    if inner and is_dataclass(inner[0]):
        if not isinstance(data, list):
            raise TypeError(f"{data!r:.80} is no list")
        return [_named(inner[0], each) for each in data]
    return data
