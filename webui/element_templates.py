"""`/element-templates.json`: the topics as element templates, for modelers."""

from __future__ import annotations

from typing import Literal

from flask import Blueprint, Response, jsonify

from engine.errors import WatchbillError
from engine.handling import element_templates
from webui.api.api import API
from webui.endpoints import Model
from webui.identity import engine, require_caller
from webui.reading import read_query

TEMPLATES = Blueprint("element_templates", __name__)
TEMPLATES.register_error_handler(WatchbillError, API.refuse)


class Language(Model):
    """In which language the fields are labelled."""

    lang: Literal["en", "zh_CN"] = "en"


@TEMPLATES.get("/element-templates.json")
def templates() -> Response:
    """Return one element template for each topic."""
    require_caller()
    query = read_query(Language)
    assert isinstance(query, Language)
    return jsonify(element_templates(engine().handlers, language=query.lang))
