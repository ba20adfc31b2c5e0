"""Schedules: what starts again and again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from engine import work
from webui.api.api import API
from webui.api.lists import model_of
from webui.api.versions import NEEDS_MATCH, idempotency_key, require_match
from webui.endpoints import Answer, Call, Model

Schedule = model_of(work.Schedule, "Schedule")


class ScheduleChange(Model):
    """What may be changed of a schedule."""

    is_enabled: bool


class TimesQuery(Model):
    """How many times."""

    count: Annotated[int, Field(ge=1, le=100)] = 5


class Ran(Model):
    """The instance that was started."""

    instance_id: str


@API.endpoint("GET", "/schedules", answer=list[Schedule])  # type: ignore[valid-type]  # made at run time
def find(call: Call) -> list[Any]:
    """List schedules by key."""
    return [Schedule.model_validate(each) for each in work.list_schedules(call.engine, actor=call.actor)]


@API.endpoint("GET", "/schedules/<key>", answer=Schedule, is_versioned=True)
def read(call: Call, key: str) -> Any:
    """Return a schedule."""
    return Schedule.model_validate(work.schedule_named(call.engine, key, actor=call.actor))


@API.endpoint("GET", "/schedules/<key>/times", query=TimesQuery, answer=list[datetime])
def times(call: Call, key: str, *, query: TimesQuery) -> list[datetime]:
    """Return when a schedule fires next, whether or not it is enabled."""
    found = work.schedule_named(call.engine, key, actor=call.actor)
    return list(work.next_times(found, query.count, after=call.engine.clock.now()))


@API.endpoint(
    "PATCH", "/schedules/<key>", body=ScheduleChange, answer=Schedule, is_versioned=True, errors=NEEDS_MATCH, headers=("If-Match",)
)
def change(call: Call, key: str, *, body: ScheduleChange) -> Any:
    """Pause or resume a schedule; resumed, it goes on with the next moment from now."""
    seen = work.schedule_named(call.engine, key, actor=call.actor)
    require_match(Schedule.model_validate(seen))
    changed = work.set_enabled(call.engine, key, is_enabled=body.is_enabled, actor=call.actor, seen=seen)
    return Schedule.model_validate(changed)


@API.endpoint("POST", "/schedules/<key>/runs", answer=Ran, status=201, headers=("Idempotency-Key",))
def run(call: Call, key: str) -> Answer:
    """Start what a schedule starts, now."""
    started = work.run_now(call.engine, key, actor=call.actor, idempotency_key=idempotency_key())
    where = {"Location": f"/engine-rest/process-instance/{started.instance_id}"}
    return Answer(Ran(instance_id=started.instance_id), where)
