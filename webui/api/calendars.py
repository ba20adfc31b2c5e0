"""Business calendars."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from records.calendar_queries import CalendarView, find_calendars, one_calendar
from webui.api.api import API
from webui.api.lists import model_of
from webui.endpoints import Call, Model

Calendar = model_of(CalendarView, "Calendar")


class CalendarQuery(Model):
    """Which version; the latest unless one is named."""

    version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None


@API.endpoint("GET", "/calendars", answer=list[Calendar])  # type: ignore[valid-type]  # made at run time
def find(call: Call) -> list[Any]:
    """List the latest version of each business calendar."""
    return [Calendar.model_validate(each) for each in find_calendars(call.engine.database, actor=call.actor)]


@API.endpoint("GET", "/calendars/<key>", query=CalendarQuery, answer=Calendar, is_versioned=True)
def read(call: Call, key: str, *, query: CalendarQuery) -> Any:
    """Return a business calendar."""
    return Calendar.model_validate(one_calendar(call.engine.database, key, actor=call.actor, version=query.version))
