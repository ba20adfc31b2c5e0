"""The web application: health now; pages and REST come with their own modules."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa
from flask import Flask, Response, jsonify

from engine.commands import ProcessEngine
from engine.errors import WatchbillError

App = Flask
NEXT = """Watchbill is running.

There are no pages yet. On the command line:
  watchbill definitions          what is deployed
  watchbill start incident       start a process
  watchbill tasks --as li.na     somebody's open tasks
  watchbill --help               everything else
"""


def create_app(engine: ProcessEngine, *, is_ready: Callable[[], bool]) -> Flask:
    """Return the application on an engine; `is_ready` tells whether its database is of this program's version."""
    app = Flask("webui", static_folder=None)

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

    @app.after_request
    def guard(response: Response) -> Response:
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Content-Security-Policy"] = "default-src 'none'"
        return response

    return app
