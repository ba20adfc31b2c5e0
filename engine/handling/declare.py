"""Declaring a handler: `@handler("incident.set_priority")` on `set_priority` in the module `incident`.

The function takes a Context and, when it has inputs, one pydantic model; it returns a model of outputs, which become variables, or None.
Without outside effects it runs inside the step's transaction, in a savepoint: a handler that raises has changed nothing.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import SQLAlchemyError

from engine.errors import BpmnError, HandlerFailed, Invalid, WatchbillError
from engine.handling.context import Context
from engine.handling.retries import RetryPlan, parse_delay
from engine.handling.savepoint import TransactionEndedError, savepoint
from engine.plain import ROOM, plain

MARK = "__watchbill_handler__"
DEFAULT_BACKOFF = "PT1M"
Function = TypeVar("Function", bound=Callable[..., BaseModel | None])


@dataclass(frozen=True, slots=True)
class Handler:
    """A declared handler. `retries` is None when the house's default applies."""

    topic: str
    function: Callable[..., BaseModel | None]
    inputs: type[BaseModel] | None
    outputs: type[BaseModel] | None
    effects: bool
    retries: RetryPlan | None

    def run(self, context: Context, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Check the inputs, do the work, and return the outputs as JSON data.

        Raises Invalid for wrong inputs, BpmnError and every other WatchbillError as the handler raised it, database errors as they are,
        TransactionEndedError when it committed, HandlerFailed from anything else. What the handler wrote and queued is undone then.
        """
        arguments = (context, *self._checked(inputs))
        try:
            return self._run(context, arguments)
        except BaseException:
            context.requests.taken()
            raise

    def _run(self, context: Context, arguments: tuple[Any, ...]) -> dict[str, Any]:
        try:
            if self.effects:
                return self._answer(arguments)
            with savepoint(context.connection, self.topic):
                return self._answer(arguments)
        except (WatchbillError, SQLAlchemyError, TransactionEndedError):
            raise
        except (Exception, SystemExit) as exc:  # a handler is the user's own code: whatever it raises becomes a failure to be seen
            raise HandlerFailed(f"{self.topic} at {context.element} failed: {type(exc).__name__}: {exc}") from exc

    def _answer(self, arguments: tuple[Any, ...]) -> dict[str, Any]:
        """Call the function and return its outputs as JSON data; what a BPMN error carries is JSON data too."""
        try:
            answer = self.function(*arguments)
        except BpmnError as error:
            error.variables = _plain(error.variables, f"what the error {error.code!r} of {self.topic} carries")
            raise
        if answer is None:
            return {}
        if self.outputs is None or not isinstance(answer, self.outputs):
            due = "nothing" if self.outputs is None else self.outputs.__name__
            raise TypeError(f"it returned a {type(answer).__name__}, and declares {due}")
        return _plain(answer.model_dump(mode="json", by_alias=True), f"what {self.topic} returns")

    def _checked(self, inputs: Mapping[str, Any]) -> tuple[BaseModel, ...]:
        """Return the inputs as their model, or nothing for a handler that takes none. An unknown input is a typo, and refused."""
        model = self.inputs
        if model is None:
            if inputs:
                raise Invalid(f"{self.topic} takes no inputs, but {_listed(inputs)} given: remove them from the task's inputs")
            return ()
        known = _names(model)
        unknown = inputs.keys() - known
        if unknown and model.model_config.get("extra") != "allow":
            raise Invalid(f"{self.topic} has no input {_listed(unknown)}: it takes {_listed(known)}")
        try:
            return (model.model_validate(dict(inputs)),)
        except ValidationError as exc:
            raise Invalid(f"{self.topic} refuses its inputs: {_reasons(exc)}") from exc


def handler(
    topic: str, *, effects: bool = False, retries: int | str | None = None, backoff: str = DEFAULT_BACKOFF
) -> Callable[[Function], Function]:
    """Declare the decorated function as the handler of a topic, which must be `<module>.<function>`.

    `effects=True`: it acts on the world outside the database, so it runs after the commit, at least once, and again after a failure:
    `retries` tries in all, `backoff` apart and doubling; or a cycle such as `PT1M,PT5M`. A diagram's own cycle goes first.
    """

    def declare(function: Function) -> Function:
        _check_topic(topic, function)
        inputs, outputs = _types(topic, function)
        setattr(function, MARK, Handler(topic, function, inputs, outputs, effects, _plan(retries, backoff)))
        return function

    return declare


def _plain(data: Mapping[str, Any], where: str) -> dict[str, Any]:
    checked = plain(data, where=where, depth=ROOM)
    assert isinstance(checked, dict)
    return dict(checked)


def _plan(retries: int | str | None, backoff: str) -> RetryPlan | None:
    if isinstance(retries, int):
        return RetryPlan.growing(retries, parse_delay(backoff), longest=max(timedelta(hours=1), parse_delay(backoff)))
    return None if retries is None else RetryPlan.of_cycle(retries)


def _check_topic(topic: str, function: Callable[..., Any]) -> None:
    due = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"
    if topic != due:
        raise Invalid(f"the handler {function.__module__}.{function.__name__} declares the topic {topic!r}: it must be {due!r}")


def _types(topic: str, function: Callable[..., Any]) -> tuple[type[BaseModel] | None, type[BaseModel] | None]:
    """Read the models of inputs and outputs from the annotations."""
    try:
        hints = get_type_hints(function)
    except NameError as exc:
        raise Invalid(f"an annotation of {topic} is not known at run time: import {exc.name} outside `if TYPE_CHECKING`") from exc
    parameters = list(inspect.signature(function).parameters)
    if not 1 <= len(parameters) <= 2 or hints.get(parameters[0]) is not Context or "return" not in hints:
        raise Invalid(f"{topic} must be `def {function.__name__}(context: Context, inputs: SomeModel) -> SomeModel | None`")
    inputs = _model(topic, hints.get(parameters[1]), what="inputs") if len(parameters) == 2 else None
    return inputs, _output_model(topic, hints["return"])


def _output_model(topic: str, hint: Any) -> type[BaseModel] | None:
    if hint is NoneType:
        return None
    if get_origin(hint) in (Union, UnionType):
        hint = next((part for part in get_args(hint) if part is not NoneType), None)
    return _model(topic, hint, what="outputs")


def _model(topic: str, hint: Any, *, what: str) -> type[BaseModel]:
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return hint
    raise Invalid(f"the {what} of {topic} are annotated {hint!r}: use a pydantic model")


@cache
def _names(model: type[BaseModel]) -> frozenset[str]:
    """Return the names under which a diagram gives the inputs: a field's alias, where it has one."""
    return frozenset(model.model_json_schema(mode="validation").get("properties", {}))


def _reasons(exc: ValidationError) -> str:
    parts = []
    for error in exc.errors(include_url=False, include_context=False):
        where = ".".join(str(part) for part in error["loc"]) or "the inputs"
        given = "" if error["type"] == "missing" else f", given {error['input']!r:.80}"
        parts.append(f"{where}: {error['msg']}{given}")
    return "; ".join(parts)


def _listed(names: Iterable[object]) -> str:
    return ", ".join(sorted(map(str, names))) or "none"
