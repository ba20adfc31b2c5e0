"""The engine itself: its name and the version of the dialect."""

from __future__ import annotations

from webui.camunda.api import API
from webui.endpoints import Call, Model

DIALECT = "7.24.0"
"""The version of Camunda 7 whose REST dialect is spoken."""


class Version(Model):
    """The version of the dialect."""

    version: str


class EngineName(Model):
    """The name of an engine; there is one."""

    name: str


@API.endpoint("GET", "/version", answer=Version)
def version(_call: Call) -> Version:
    """Return the version of the dialect that is spoken here."""
    return Version(version=DIALECT)


@API.endpoint("GET", "/engine", answer=list[EngineName])
def engines(_call: Call) -> list[EngineName]:
    """List the engines: there is one, and it is called default."""
    return [EngineName(name="default")]
