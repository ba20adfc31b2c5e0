"""Webhooks out: whom Watchbill tells of notices, and what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from engine import hooks
from engine.hooks import MOST_LISTED, Delivered, HookOut
from records.keyset import Slice
from webui.api.api import API
from webui.api.hooks import HookChange, Name
from webui.api.lists import SliceBody, shown
from webui.api.versions import NEEDS_MATCH, require_match
from webui.endpoints import Answer, Call, Model


class NewHookOut(Model):
    """A system to tell of notices: `events` are kinds such as `sla.breach`, or patterns such as `sla.*`."""

    name: Name
    url: Annotated[str, Field(min_length=1, max_length=2000)]
    events: Annotated[tuple[str, ...], Field(min_length=1, max_length=20)]


class HookOutBody(Model):
    """A system that is told of notices."""

    name: str
    url: str
    events: tuple[str, ...]
    is_enabled: bool
    created_by: str
    created_at: datetime


class MadeHookOut(Model):
    """A system that is told from now on, with the secret by which it knows us."""

    hook: HookOutBody
    secret: str


class DeliveryQuery(Model):
    """Which deliveries."""

    limit: Annotated[int, Field(ge=1, le=MOST_LISTED)] = 50
    cursor: str | None = None
    status: Delivered | None = None


class DeliveryBody(Model):
    """A notice on its way, or there: `statusCode`, `answer` and `error` are those of the last try."""

    id: str
    kind: str
    body: str
    status: Delivered
    attempts: int
    created_at: datetime
    last_at: datetime | None
    status_code: int | None
    answer: str | None
    error: str | None


@API.endpoint("GET", "/hooks/out", answer=list[HookOutBody])
def find_out(call: Call) -> list[HookOutBody]:
    """List the systems that are told of notices, by name."""
    return [_shown(each) for each in hooks.list_hooks_out(call.engine.database, actor=call.actor)]


@API.endpoint("POST", "/hooks/out", body=NewHookOut, answer=MadeHookOut, status=201)
def add_out(call: Call, *, body: NewHookOut) -> Answer:
    """Tell another system of notices from now on."""
    made = hooks.add_hook_out(
        call.engine.database,
        body.name,
        url=body.url,
        events=body.events,
        may_be_private=call.engine.settings.private_webhooks,
        actor=call.actor,
        now=call.engine.clock.now(),
    )
    secret = hooks.secret_of_hook_out(made, call.engine.secret_key(), actor=call.actor)
    return Answer(MadeHookOut(hook=_shown(made), secret=secret), {"Location": f"{API.prefix}/hooks/out/{made.name}"})


@API.endpoint("GET", "/hooks/out/<name>", answer=HookOutBody, is_versioned=True)
def read_out(call: Call, name: str) -> HookOutBody:
    """Return a system that is told of notices."""
    return _shown(hooks.hook_out_named(call.engine.database, name, actor=call.actor))


@API.endpoint(
    "PATCH", "/hooks/out/<name>", body=HookChange, answer=HookOutBody, is_versioned=True, errors=NEEDS_MATCH, headers=("If-Match",)
)
def change_out(call: Call, name: str, *, body: HookChange) -> HookOutBody:
    """Tell a system of what comes, or not; what waits already goes out."""
    seen = hooks.hook_out_named(call.engine.database, name, actor=call.actor)
    require_match(_shown(seen))
    return _shown(hooks.change_hook_out(call.engine.database, name, is_enabled=body.is_enabled, actor=call.actor, seen=seen))


@API.endpoint("DELETE", "/hooks/out/<name>")
def remove_out(call: Call, name: str) -> None:
    """Tell a system nothing any more, not even what waits."""
    hooks.remove_hook_out(call.engine.database, name, actor=call.actor)


@API.endpoint("GET", "/hooks/out/<name>/deliveries", query=DeliveryQuery, answer=SliceBody[DeliveryBody])
def deliveries(call: Call, name: str, *, query: DeliveryQuery) -> SliceBody[Any]:
    """List what a system was told, with the last answers, newest first."""
    found = hooks.deliveries(call.engine.database, actor=call.actor, hook=name, status=query.status, before=query.cursor, limit=query.limit)
    told = tuple(DeliveryBody(**{each_name: getattr(each, each_name) for each_name in DeliveryBody.model_fields}) for each in found)
    return shown(SliceBody[DeliveryBody], Slice(told, told[-1].id if len(told) == query.limit else None))


def _shown(hook: HookOut) -> HookOutBody:
    return HookOutBody(**{name: getattr(hook, name) for name in HookOutBody.model_fields})
