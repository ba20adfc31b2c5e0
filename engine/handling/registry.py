"""Every handler of the house, by topic."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from pydantic import BaseModel

from engine.errors import Invalid, NotFound
from engine.handling.declare import MARK, Handler
from engine.handling.texts import Texts, read_texts


@dataclass(frozen=True, slots=True)
class TopicDescription:
    """What a modeler needs to know of a topic; `inputs` and `outputs` are JSON Schema objects (empty when there are none)."""

    topic: str
    summary: str
    description: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    effects: bool
    tries: int | None


class HandlerRegistry:
    """Finds handlers; it holds none until told."""

    def __init__(self) -> None:
        self._handlers: dict[str, Handler] = {}
        self.texts = Texts()

    def discover(self, package_name: str) -> HandlerRegistry:
        """Import every module of a package, add its handlers and their texts; return self.

        Raises Invalid when the package or a module of it cannot be imported, or the texts cannot be read.
        """
        package = _imported(package_name)
        paths = getattr(package, "__path__", None)
        if paths is None:
            raise Invalid(f"{package_name!r} is a module: name the package that holds the handlers")
        modules = pkgutil.walk_packages(paths, f"{package_name}.", onerror=_imported)
        for name in sorted(found.name for found in modules):
            self.add_module(_imported(name))
        self.texts = read_texts(package_name)
        return self

    def add_module(self, module: ModuleType) -> None:
        """Add the handlers that a module declares itself, not those it imports."""
        for value in vars(module).values():
            if getattr(value, MARK, None) is not None and value.__module__ == module.__name__:
                self.add(value)

    def add(self, function: Callable[..., BaseModel | None]) -> None:
        """Add one function that is declared with `@handler`. Raises Invalid for a topic that is taken."""
        declared: Handler | None = getattr(function, MARK, None)
        if declared is None:
            raise Invalid(f"{function!r} is no handler: declare it with @handler")
        known = self._handlers.get(declared.topic)
        if known is not None and known.function is not declared.function:
            modules = f"{known.function.__module__} and {declared.function.__module__}"
            raise Invalid(f"the topic {declared.topic!r} is declared twice, in {modules}: rename one")
        self._handlers[declared.topic] = declared

    def get(self, topic: str) -> Handler:
        """Return the handler of a topic. Raises NotFound."""
        try:
            return self._handlers[topic]
        except KeyError:
            raise NotFound(f"no handler declares the topic {topic!r}; there are {', '.join(self._handlers) or 'none at all'}") from None

    def __contains__(self, topic: object) -> bool:
        """Tell whether a topic has a handler here; one without waits for an external worker."""
        return topic in self._handlers

    def topics(self) -> frozenset[str]:
        """Return the topics that have handlers."""
        return frozenset(self._handlers)

    def describe(self) -> tuple[TopicDescription, ...]:
        """Describe every topic, by name."""
        return tuple(_described(self._handlers[topic]) for topic in sorted(self._handlers))


def _described(declared: Handler) -> TopicDescription:
    text = inspect.getdoc(declared.function) or ""
    summary, _, rest = text.partition("\n")
    return TopicDescription(
        topic=declared.topic,
        summary=summary.strip(),
        description=rest.strip(),
        inputs={} if declared.inputs is None else declared.inputs.model_json_schema(mode="validation"),
        outputs={} if declared.outputs is None else declared.outputs.model_json_schema(mode="serialization"),
        effects=declared.effects,
        tries=None if declared.retries is None else declared.retries.tries,
    )


def _imported(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except Invalid:
        raise
    except Exception as exc:  # whatever a module of the user's does when imported, the message must name the module
        raise Invalid(f"the handlers in {name!r} cannot be imported: {type(exc).__name__}: {exc}") from exc
