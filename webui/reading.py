"""What a request brings, read into models: query parameters, a body of JSON or of parts. What is wrong is told by its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import HTTPException

from engine.errors import Invalid

JSON = "application/json"
MOST_TOLD = 10
"""How many wrong fields are told: a body can be wrong in a million places."""
LONGEST_NAME = 80


def read_query(model: type[BaseModel]) -> BaseModel:
    """Return the query parameters as a model. Raises Invalid; a parameter given twice is refused too."""
    twice = [name for name, values in request.args.lists() if len(values) > 1]
    if twice:
        raise Invalid(f"{', '.join(sorted(twice))}: given more than once; give it once")
    return checked(model, request.args.to_dict(), where="query parameter")


def read_body(model: type[BaseModel]) -> BaseModel:
    """Return the JSON body as a model; an empty body is an empty object. Raises Invalid."""
    raw = read_bytes()
    if not raw:
        return checked(model, {}, where="body")
    if request.mimetype != JSON:
        raise Invalid(f"the body is of type {request.mimetype or 'nothing'!r}: send JSON with Content-Type: {JSON}")
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        raise Invalid(_reasons(error, "body")) from error


def read_bytes() -> bytes:
    """Return the body as it is. Raises Invalid when it does not arrive whole."""
    try:
        return request.get_data(cache=False)
    except HTTPException:
        raise
    except Exception as error:  # each server has errors of its own for a body that breaks off or is cut into wrong pieces
        raise Invalid(f"the body could not be read: {error}; send it whole") from error


def read_form(model: type[BaseModel]) -> BaseModel:
    """Return the parts of a multipart body that are no files as a model. Raises Invalid."""
    return checked(model, request.form.to_dict(), where="form field")


def checked(model: type[BaseModel], values: Mapping[str, Any], *, where: str) -> BaseModel:
    """Return values as a model. Raises Invalid, naming each field that is wrong."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise Invalid(_reasons(error, where)) from error


def _reasons(error: ValidationError, where: str) -> str:
    parts = []
    for each in error.errors(include_url=False, include_context=False)[:MOST_TOLD]:
        name = ".".join(str(part)[:LONGEST_NAME] for part in each["loc"]) or "it"
        said = "is not offered here" if each["type"] == "extra_forbidden" else each["msg"]
        given = "" if each["type"] in ("missing", "extra_forbidden", "json_invalid") else f" (given {each['input']!r:.80})"
        parts.append(f"{where} {name}: {said}{given}")
    more = error.error_count() - MOST_TOLD
    return "; ".join([*parts, *([f"and {more} more"] if more > 0 else [])])
