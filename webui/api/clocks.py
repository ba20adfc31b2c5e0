"""SLA clocks."""

from __future__ import annotations

from typing import Any

from pydantic import AwareDatetime

from records.clock_queries import ClockFilter, ClockView, find_clocks, one_clock
from webui.api.api import API
from webui.api.lists import SliceBody, SliceQuery, model_of, shown
from webui.endpoints import Call

Clock = model_of(ClockView, "Clock")
Clocks = SliceBody[Clock]  # type: ignore[valid-type]  # made at run time


class ClockQuery(SliceQuery):
    """Which clocks; `record` is such as `incident:INC-20260213-0007`."""

    record: str | None = None
    kind: str | None = None
    is_over: bool | None = None
    is_breached: bool | None = None
    is_drill: bool | None = None
    due_before: AwareDatetime | None = None


@API.endpoint("GET", "/sla-clocks", query=ClockQuery, answer=Clocks)
def find(call: Call, *, query: ClockQuery) -> SliceBody[Any]:
    """List SLA clocks as they stand now, those that are due first at the top unless sorted otherwise."""
    found = find_clocks(
        call.engine.database, ClockFilter(**query.filters()), actor=call.actor, now=call.engine.clock.now(), **query.place()
    )
    return shown(Clocks, found)


@API.endpoint("GET", "/sla-clocks/<clock>", answer=Clock, is_versioned=True)
def read(call: Call, clock: str) -> Any:
    """Return an SLA clock as it stands now."""
    return Clock.model_validate(one_clock(call.engine.database, clock, actor=call.actor, now=call.engine.clock.now()))
