"""Changes under the version that was read: `If-Match` with the ETag of the reading, so that nobody's change is lost unseen."""

from __future__ import annotations

from flask import request
from pydantic import BaseModel

from engine.errors import StaleWrite
from webui.api.api import MatchMissing
from webui.endpoints import tag_of

NEEDS_MATCH = (412, 428)


def require_match(shown: BaseModel) -> None:
    """Raise MatchMissing when the call names no version, StaleWrite when what is `shown` now is of another."""
    given = request.if_match
    if not given:
        raise MatchMissing("send If-Match with the ETag of what you read, so that no change is lost")
    if not given.contains(tag_of(shown.model_dump_json(by_alias=True).encode())):
        raise StaleWrite(f"{request.path} was changed since it was read: read it again, then decide anew")


def idempotency_key() -> str | None:
    """Return the key under which the call is done once."""
    return request.headers.get("Idempotency-Key")
