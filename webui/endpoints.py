"""Endpoints that say what they take and give: read from the request, checked, answered as JSON, and described in OpenAPI.

An `Api` is a family of endpoints under one prefix with one way to tell errors. A view is declared with pydantic models for its query and
body and with the type of its answer; it is called with a `Call` (engine and actor), the path's parts, and the models as `query` and `body`.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from flask import Blueprint, Response, abort, request
from pydantic import BaseModel, ConfigDict, TypeAdapter
from pydantic.alias_generators import to_camel
from werkzeug.exceptions import HTTPException

from engine.commands import ProcessEngine
from engine.errors import Invalid, WatchbillError
from engine.people import Actor
from webui.identity import engine, require_caller
from webui.reading import JSON, read_body, read_form, read_query

MOST_OF_AN_OPEN_BODY = 20_000
TIMES_THE_VARIABLES = 4
"""How much larger than its variables a body may be: JSON may spell a character in twice as many bytes, and says more than the variables."""
NOBODY = Actor("", customer="")
"""Who calls an endpoint that is open: may nothing."""
MOST_RESULTS = 10_000
ONE_TOO_MANY = MOST_RESULTS + 1
"""So many are read of a list that has no end of its own, to see whether there are more than may be answered."""
View = Callable[..., Any]


class Model(BaseModel):
    """What goes in or out, in camelCase; a field that is not known is refused, so that no filter is silently ignored."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Call:
    """Who asks what of which engine."""

    engine: ProcessEngine
    actor: Actor


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with headers, or with another status than the declared one."""

    value: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int | None = None


@dataclass(frozen=True)
class Endpoint:
    """One declared endpoint. `answer` is a type that pydantic can dump, None for an empty 204, or a media type such as `text/xml`.

    One that is large takes files in its JSON; one that may be empty answers 204 when its view returns None; one that is versioned bears an
    ETag. `headers` are those it reads, as a client writes them.
    """

    method: str
    path: str
    view: View
    query: type[BaseModel] | None
    body: type[BaseModel] | None
    answer: Any
    status: int
    errors: tuple[int, ...]
    is_multipart: bool
    is_large: bool
    is_open: bool
    may_be_empty: bool
    is_versioned: bool
    headers: tuple[str, ...]

    @property
    def name(self) -> str:
        """Return the view's name with its module's inside the API, unique there."""
        return f"{'_'.join(self.view.__module__.split('.')[2:])}_{self.view.__name__}"

    @property
    def text(self) -> tuple[str, str]:
        """Return summary and description: the first line of the view's docstring, and the rest."""
        first, _, rest = (inspect.getdoc(self.view) or "").partition("\n")
        return first, rest.strip()

    @cached_property
    def dumps(self) -> Callable[[Any], bytes]:
        """Return the function that writes an answer as JSON."""
        adapter = TypeAdapter(self.answer)
        return lambda value: adapter.dump_json(value, by_alias=True)


class Api:
    """A family of endpoints. `error_of` turns an error into its body and status."""

    def __init__(
        self, name: str, *, prefix: str, title: str, error: type[BaseModel], error_of: Callable[[WatchbillError], tuple[BaseModel, int]],
        http_error: Callable[[int, str], BaseModel], error_type: str = JSON, left_out: frozenset[str] = frozenset(),
    ) -> None:  # fmt: skip
        self.title, self.prefix, self.error, self.error_type = title, prefix, error, error_type
        self.endpoints: list[Endpoint] = []
        self.blueprint = Blueprint(name, __name__, url_prefix=prefix)
        self.http_error, self.left_out = http_error, left_out
        self._error_of = error_of
        self.blueprint.register_error_handler(WatchbillError, self.refuse)

    def refuse(self, problem: WatchbillError) -> Response:
        """Return an error as this family tells errors."""
        body, status = self._error_of(problem)
        answer = Response(body.model_dump_json(by_alias=True, exclude_none=True), status, mimetype=self.error_type)
        if status == 401:
            answer.headers["WWW-Authenticate"] = 'Basic realm="Watchbill", charset="UTF-8"'
        if status in (429, 503):
            answer.headers["Retry-After"] = str(getattr(problem, "retry_after_s", 1))
        return answer

    def refuse_http(self, problem: HTTPException) -> Response:
        """Return what Flask refuses as this family tells errors; a path that the family leaves out on purpose answers 501."""
        status = problem.code or 500
        said = str(problem.description or problem.name)
        first = request.path.removeprefix(self.prefix).split("/")[1]
        if status == 404 and first in self.left_out:
            status, said = 501, f"{request.method} {request.path} is not offered: Watchbill has no {first} of this kind"
        body = self.http_error(status, said)
        return Response(body.model_dump_json(by_alias=True, exclude_none=True), status, mimetype=self.error_type)

    def endpoint(
        self,
        method: str,
        path: str,
        *,
        query: type[BaseModel] | None = None,
        body: type[BaseModel] | None = None,
        answer: Any = None,
        status: int | None = None,
        errors: tuple[int, ...] = (),
        is_multipart: bool = False,
        is_large: bool = False,
        is_open: bool = False,
        may_be_empty: bool = False,
        is_versioned: bool = False,
        headers: tuple[str, ...] = (),
    ) -> Callable[[View], View]:
        """Declare the decorated function as the view of a path; path parts are written `<name>`. An open one asks nobody who calls."""

        def declare(view: View) -> View:
            code = status or (204 if answer is None else 200)
            found = Endpoint(
                method, path, view, query, body, answer, code, errors, is_multipart, is_large, is_open, may_be_empty, is_versioned, headers
            )
            self.endpoints.append(found)
            self.blueprint.add_url_rule(path, found.name, self._serving(found), methods=[method])
            return view

        return declare

    def leave_out(self, method: str, path: str) -> None:
        """Answer 501 to a method of a path of which other methods are offered."""

        def refuse(**_parts: str) -> Response:
            require_caller()
            abort(501, f"{method} {request.path} is not offered")

        self.blueprint.add_url_rule(path, f"left_out_{method}_{path.replace('/', '_')}", refuse, methods=[method])

    def _serving(self, found: Endpoint) -> Callable[..., Response]:
        def serve(**parts: str) -> Response:
            call = Call(engine(), NOBODY if found.is_open else require_caller())
            models: dict[str, Any] = {}
            if found.query is not None:
                models["query"] = read_query(found.query)
            elif request.args:
                raise Invalid(f"{request.path} takes no query parameters, but {', '.join(sorted(request.args))} given")
            if found.body is not None:
                _limit_body(found, call.engine)
                models["body"] = read_form(found.body) if found.is_multipart else read_body(found.body)
            return _answered(found, _bounded(found.view(call, **parts, **models)))

        return serve


def _limit_body(found: Endpoint, engine: ProcessEngine) -> None:
    """Refuse a body that is larger than what this endpoint can use; files have the limit of the application."""
    if not (found.is_multipart or found.is_large):
        request.max_content_length = MOST_OF_AN_OPEN_BODY if found.is_open else TIMES_THE_VARIABLES * engine.settings.max_variables_bytes


def _bounded(value: Any) -> Any:
    """Return an answer. Raises Invalid for a list that would never end: it is not cut short in silence."""
    if isinstance(value, list) and len(value) == ONE_TOO_MANY:
        raise Invalid(f"there are more than {MOST_RESULTS}: ask for them in parts, by firstResult and maxResults, or for fewer by a filter")
    return value


def _answered(found: Endpoint, value: Any) -> Response:
    if isinstance(value, Response):
        return value
    given = value if isinstance(value, Answer) else Answer(value)
    if found.answer is None or (given.value is None and found.may_be_empty):
        return Response(status=204, headers=dict(given.headers))
    body = found.dumps(given.value)
    answer = Response(body, given.status or found.status, dict(given.headers), mimetype=JSON)
    if found.is_versioned:
        answer.set_etag(tag_of(body))
        answer.make_conditional(request)
    return answer


def tag_of(body: bytes) -> str:
    """Return the version of a thing whose JSON this is: what reads alike is of one version."""
    return hashlib.sha256(body).hexdigest()[:32]
