"""The web application: health, REST, and what every answer has in common."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa
from flask import Flask, Response, jsonify, request
from flask.sessions import SecureCookieSessionInterface
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from engine.commands import ProcessEngine
from engine.errors import WatchbillError
from engine.people import LASTS, KnownPasswords
from webui import api as records
from webui import camunda
from webui.description import describe
from webui.element_templates import TEMPLATES
from webui.endpoints import Api
from webui.hooks import HOOKS
from webui.identity import require_caller

App = Flask
APIS: tuple[Api, ...] = (camunda.API, records.API, HOOKS)
NEXT = """Watchbill is running.

There are no pages yet. On the command line:
  watchbill definitions          what is deployed
  watchbill start incident       start a process
  watchbill tasks --as li.na     somebody's open tasks
  watchbill --help               everything else

For programs:
  /engine-rest                   the REST dialect of Camunda 7; /engine-rest/openapi.json describes it
  /api                           incidents, clocks, escalations, schedules; /api/openapi.json describes it
  /hooks                         where other systems tell what they see
  /element-templates.json        the topics, for modelers
"""


class _Sessions(SecureCookieSessionInterface):
    """Sessions in cookies, which go over TLS alone once they came by it."""

    def get_cookie_secure(self, app: Flask) -> bool:
        """Tell whether the cookie is for TLS alone."""
        return request.is_secure


def create_app(engine: ProcessEngine, *, is_ready: Callable[[], bool], secret_key: bytes, trusted_proxies: int = 0) -> Flask:
    """Return the application on an engine; `is_ready` tells whether its database is of this program's version.

    So many proxies stand before it: what they say of who calls, and whether by TLS, is believed.
    """
    app = Flask("webui", static_folder=None)
    app.session_interface = _Sessions()
    if trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=trusted_proxies, x_proto=trusted_proxies)  # type: ignore[method-assign]  # Flask's own way
    app.config.update(
        SECRET_KEY=secret_key,
        MAX_CONTENT_LENGTH=2 * max(engine.settings.max_file_bytes, engine.settings.max_attachment_bytes),
        PERMANENT_SESSION_LIFETIME=LASTS,
        SESSION_COOKIE_NAME="watchbill",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
    )
    app.extensions |= {"process_engine": engine, "known_passwords": KnownPasswords()}
    _health(app, engine, is_ready)
    app.register_blueprint(TEMPLATES)
    for api in APIS:
        app.register_blueprint(api.blueprint)
        app.add_url_rule(f"{api.prefix}/openapi.json", f"{api.blueprint.name}_openapi", _description(api))
    app.register_error_handler(HTTPException, _http_error)
    app.after_request(_guard)
    return app


def _health(app: Flask, engine: ProcessEngine, is_ready: Callable[[], bool]) -> None:
    @app.get("/")
    def index() -> Response:
        return Response(NEXT, mimetype="text/plain")

    @app.get("/healthz")
    def health() -> Response:
        return jsonify(status="ok")

    @app.get("/readyz")
    def ready() -> tuple[Response, int]:
        try:
            with engine.database.read() as connection:
                connection.execute(sa.select(1))
            if is_ready():
                return jsonify(status="ready"), 200
            return jsonify(status="not ready", reason="the database lacks migrations: run watchbill init"), 503
        except WatchbillError as error:
            return jsonify(status="not ready", reason=str(error)), 503
        except sa.exc.SQLAlchemyError as error:
            return jsonify(status="not ready", reason=f"the database does not answer: {type(error).__name__}"), 503


def _description(api: Api) -> Callable[[], Response]:
    def show() -> Response:
        try:
            require_caller()
        except WatchbillError as error:
            return api.refuse(error)
        return jsonify(describe(api))

    return show


def _http_error(error: HTTPException) -> Response | HTTPException:
    """Tell what Flask itself refuses (no such path, method not allowed, too large) as the family of the path tells errors."""
    api = next((each for each in APIS if request.path.startswith(f"{each.prefix}/")), None)
    if api is None:
        return error
    answer = api.refuse_http(error)
    answer.headers.extend((name, value) for name, value in error.get_headers() if name == "Allow")
    return answer


def _guard(response: Response) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'"
    response.headers.setdefault("Cache-Control", "no-store")
    return response
