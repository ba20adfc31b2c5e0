"""What is checked of everything that comes in from outside."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from engine.errors import Invalid
from engine.plain import ROOM, plain

if TYPE_CHECKING:
    from engine.runtime.process_engine import ProcessEngine

MAX_NAME = 255
MAX_REASON = 4000


def checked_variables(engine: ProcessEngine, variables: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return variables as plain JSON data. Raises Invalid for what JSON cannot hold, or for too much of it."""
    if not variables:
        return {}
    checked = plain(variables, where="variables", depth=ROOM)
    assert isinstance(checked, dict)
    if "" in checked:
        raise Invalid("a variable has an empty name: name it")
    size = len(json.dumps(checked, ensure_ascii=False).encode())
    limit = engine.settings.max_variables_bytes
    if size > limit:
        raise Invalid(f"the variables are {size} bytes large: give at most {limit}; keep large things as files or records")
    return dict(checked)


def checked_name(name: str, *, what: str) -> str:
    """Return a name that fits its column. Raises Invalid."""
    if not name or len(name) > MAX_NAME or "\x00" in name:
        raise Invalid(f"the {what} {name[:40]!r} has {len(name)} characters: use 1 to {MAX_NAME}, without U+0000")
    return name


def checked_key(business_key: str | None) -> str | None:
    """Return a business key, None for an empty one. Raises Invalid when it does not fit."""
    return checked_name(business_key, what="business key") if business_key else None


def checked_reason(reason: str, *, what: str) -> str:
    """Return a reason that somebody gave. Raises Invalid when it is missing or endless."""
    if not reason.strip():
        raise Invalid(f"to {what} needs a reason: say why, it goes into the history")
    if len(reason) > MAX_REASON or "\x00" in reason:
        raise Invalid(f"the reason has {len(reason)} characters: use at most {MAX_REASON}, without U+0000")
    return reason.strip()


def local_time(engine: ProcessEngine, moment: datetime | None) -> str:
    """Return a moment as the organisation's people read it, such as `2026-11-24 09:00`."""
    if moment is None:
        return "an unknown time"
    return f"{moment.astimezone(ZoneInfo(engine.settings.zone)):%Y-%m-%d %H:%M}"
