"""Webhooks in: who may call Watchbill."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from engine import hooks
from engine.hooks import HookIn, HookKind
from webui.api.api import API
from webui.api.versions import NEEDS_MATCH, require_match
from webui.endpoints import Answer, Call, Model

Name = Annotated[str, Field(min_length=1, max_length=255)]


class Mapping(Model):
    """Expressions over an alert: what names it, what ends it, and what the message carries."""

    fingerprint: str | None = None
    resolved: str | None = None
    business_key: str | None = None
    correlation: dict[str, str] = Field(default_factory=dict)
    variables: dict[str, str] = Field(default_factory=dict)


class NewHookIn(Model):
    """A hook to add; it acts as the caller unless a person is named."""

    name: Name
    kind: HookKind
    message: Name
    resolved_message: Name | None = None
    person: Name | None = None
    mapping: Mapping = Mapping()


class HookInBody(Model):
    """A hook that other systems call at `path`."""

    name: str
    kind: HookKind
    path: str
    person: str
    message: str
    resolved_message: str | None
    mapping: Mapping
    is_enabled: bool
    created_by: str
    created_at: datetime


class MadeHookIn(Model):
    """A hook that was added, with the secret for the other side."""

    hook: HookInBody
    secret: str


class HookChange(Model):
    """What may be changed of a hook."""

    is_enabled: bool


@API.endpoint("GET", "/hooks/in", answer=list[HookInBody])
def find_in(call: Call) -> list[HookInBody]:
    """List the hooks that other systems call, by name."""
    return [_shown(each) for each in hooks.list_hooks_in(call.engine.database, actor=call.actor)]


@API.endpoint("POST", "/hooks/in", body=NewHookIn, answer=MadeHookIn, status=201, errors=(404,))
def add_in(call: Call, *, body: NewHookIn) -> Answer:
    """Add a hook that another system calls."""
    made = hooks.add_hook_in(
        call.engine.database,
        body.name,
        kind=body.kind,
        person=body.person or call.actor.name,
        message=body.message,
        resolved_message=body.resolved_message,
        mapping=body.mapping.model_dump(exclude_none=True),
        actor=call.actor,
        now=call.engine.clock.now(),
    )
    secret = hooks.secret_of_hook_in(made, call.engine.secret_key(), actor=call.actor)
    return Answer(MadeHookIn(hook=_shown(made), secret=secret), {"Location": f"{API.prefix}/hooks/in/{made.name}"})


@API.endpoint("GET", "/hooks/in/<name>", answer=HookInBody, is_versioned=True)
def read_in(call: Call, name: str) -> HookInBody:
    """Return a hook that another system calls."""
    return _shown(hooks.hook_in_named(call.engine.database, name, actor=call.actor))


@API.endpoint("PATCH", "/hooks/in/<name>", body=HookChange, answer=HookInBody, is_versioned=True, errors=NEEDS_MATCH, headers=("If-Match",))
def change_in(call: Call, name: str, *, body: HookChange) -> HookInBody:
    """Let a hook be called, or not."""
    seen = hooks.hook_in_named(call.engine.database, name, actor=call.actor)
    require_match(_shown(seen))
    return _shown(hooks.change_hook_in(call.engine.database, name, is_enabled=body.is_enabled, actor=call.actor, seen=seen))


@API.endpoint("DELETE", "/hooks/in/<name>")
def remove_in(call: Call, name: str) -> None:
    """Remove a hook: its secret is worth nothing any more."""
    hooks.remove_hook_in(call.engine.database, name, actor=call.actor)


def _shown(hook: HookIn) -> HookInBody:
    said: dict[str, Any] = {name: getattr(hook, name) for name in HookInBody.model_fields if name not in ("path", "mapping")}
    return HookInBody(**said, path=f"/hooks/{hook.name}", mapping=Mapping(**hook.mapping))
