"""The OpenAPI 3.1 description of a family of endpoints, made from what they declare."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from webui.endpoints import Api, Endpoint
from webui.identity import CSRF_HEADER, SAFE
from webui.reading import JSON

Schemas = Mapping[tuple[Any, Any], Any]
REF = "#/components/schemas/{model}"
ALWAYS = (400, 401, 403)
SECURITY = {
    "basic": {"type": "http", "scheme": "basic", "description": "Name and password, or a token as the password"},
    "bearer": {"type": "http", "scheme": "bearer", "description": "A token"},
    "session": {"type": "apiKey", "in": "cookie", "name": "watchbill", "description": "The session of the pages; see POST /api/session"},
    "csrf": {"type": "apiKey", "in": "header", "name": CSRF_HEADER, "description": "With a session, the token that it was opened with"},
}
CHANGES_BY: list[dict[str, list[str]]] = [{"basic": []}, {"bearer": []}, {"session": [], "csrf": []}]
HEADERS = {
    "Idempotency-Key": "A key of the caller's choice: the same call with the same key is done once, and answered alike",
    "If-Match": "The ETag of the version that is to be changed",
}
WORDS = {
    400: "The request is wrong",
    401: "Nobody said who asks, or could not prove it",
    403: "This person may not do this",
    404: "There is no such thing",
    409: "It is not in a state in which this can be done",
    412: "It was changed since it was read",
    413: "The request is too large",
    415: "The body is of another type than it should be",
    422: "The body is not as it should be",
    428: "The request must name the version that it changes",
    429: "Too many tries have failed",
    503: "Try again",
}


@cache
def describe(api: Api) -> dict[str, Any]:
    """Return the description of an API as JSON data."""
    names, schemas = _schemas(api)
    paths: dict[str, Any] = {}
    for each in api.endpoints:
        parts = re.findall(r"<(\w+)>", each.path)
        path = api.prefix + re.sub(r"<(\w+)>", r"{\1}", each.path)
        paths.setdefault(path, {})[each.method.lower()] = _operation(api, each, parts, names)
    return {
        "openapi": "3.1.0",
        "info": {"title": api.title, "version": version("watchbill")},
        "security": [{"basic": []}, {"bearer": []}, {"session": []}],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": SECURITY},
    }


def _schemas(api: Api) -> tuple[Schemas, Mapping[Any, Any]]:
    """Return the schema of every body, answer and the error, by (endpoint or model, use), and the components that they refer to."""
    wanted: list[tuple[Any, Any, TypeAdapter[Any]]] = [(api.error, "serialization", TypeAdapter(api.error))]
    for each in api.endpoints:
        if each.body is not None:
            wanted.append((each.body, "validation", TypeAdapter(each.body)))
        if each.answer is not None and not isinstance(each.answer, str):
            wanted.append((each, "serialization", TypeAdapter(each.answer)))
    inputs = [(key, mode, adapter.core_schema) for key, mode, adapter in wanted]
    return GenerateJsonSchema(by_alias=True, ref_template=REF).generate_definitions(inputs)


def _operation(api: Api, each: Endpoint, parts: list[str], schemas: Schemas) -> dict[str, Any]:
    summary, description = each.text
    made: dict[str, Any] = {"operationId": each.name, "summary": summary, "tags": [each.view.__module__.rpartition(".")[2]]}
    if description:
        made["description"] = description
    parameters: list[dict[str, Any]] = [
        {"name": part, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}} for part in parts
    ]
    if each.query is not None:
        parameters += _query_parameters(each.query)
    parameters += [
        {"name": name, "in": "header", "description": HEADERS[name], "schema": {"type": "string", "minLength": 1}} for name in each.headers
    ]
    if each.is_open or each.method not in SAFE:
        made["security"] = [] if each.is_open else CHANGES_BY
    if parameters:
        made["parameters"] = parameters
    if each.body is not None:
        kind = "multipart/form-data" if each.is_multipart else JSON
        made["requestBody"] = {"required": False, "content": {kind: {"schema": schemas[each.body, "validation"]}}}
    made["responses"] = _responses(api, each, parts, schemas)
    return made


def _query_parameters(model: type[BaseModel]) -> list[dict[str, Any]]:
    schema = model.model_json_schema(by_alias=True)
    required = schema.get("required", ())
    return [
        {"name": name, "in": "query", "required": name in required, "schema": found} for name, found in schema.get("properties", {}).items()
    ]


def _responses(api: Api, each: Endpoint, parts: list[str], schemas: Schemas) -> dict[str, Any]:
    done: dict[str, Any] = {"description": "Done"}
    if isinstance(each.answer, str):
        done["content"] = {each.answer: {"schema": {"type": "string"}}}
    elif each.answer is not None:
        done["content"] = {JSON: {"schema": schemas[each, "serialization"]}}
    if each.is_versioned:
        done["headers"] = {"ETag": {"description": "The version of this", "schema": {"type": "string"}}}
    refused = {"content": {api.error_type: {"schema": schemas[api.error, "serialization"]}}}
    codes = {*ALWAYS, *each.errors, 429}
    codes |= {404} if parts else set()
    codes |= {413} if each.body else set()
    codes |= set() if each.method == "GET" else {409, 503}
    empty: dict[str, Any] = {"204": {"description": "Done, and there is nothing to tell"}} if each.may_be_empty else {}
    if each.is_versioned and each.method == "GET":
        empty["304"] = {"description": "It is of the version that the caller has"}
    return {str(each.status): done, **empty, **{str(code): {"description": WORDS[code], **refused} for code in sorted(codes)}}
