"""Incidents: list, read, report, and what happened to them."""

from __future__ import annotations

from copy import copy
from typing import Any, get_type_hints

from pydantic import AwareDatetime, create_model

from engine import commands
from records.incident_queries import IncidentFilter, IncidentView, find_incidents, incident_of, one_incident, related_to
from records.incidents import Report, checked_report
from records.timeline import TimelineEntry, timeline
from webui.api.api import API
from webui.api.lists import Names, SliceBody, SliceQuery, model_of, shown
from webui.api.versions import idempotency_key
from webui.endpoints import Answer, Call, Model

PROCESS = "incident"
Incident = model_of(IncidentView, "Incident")
Entry = model_of(TimelineEntry, "TimelineEntry")
Incidents = SliceBody[Incident]  # type: ignore[valid-type]  # made at run time
Timeline = SliceBody[Entry]  # type: ignore[valid-type]  # made at run time


class IncidentQuery(SliceQuery):
    """Which incidents; `state`, `priority` and `team` take several, separated by commas."""

    state: Names | None = None
    priority: Names | None = None
    team: Names | None = None
    customer: str | None = None
    service_level: str | None = None
    category: str | None = None
    ci: str | None = None
    location: str | None = None
    source_number: str | None = None
    is_major: bool | None = None
    is_suspended: bool | None = None
    is_drill: bool | None = None
    reported_from: AwareDatetime | None = None
    reported_before: AwareDatetime | None = None


class TimelineQuery(Model):
    """Which slice of a timeline."""

    limit: int = 50
    cursor: str | None = None


_hints = get_type_hints(Report, include_extras=True)
_said: dict[str, Any] = {name: (_hints[name], copy(field)) for name, field in Report.model_fields.items()}
NewIncident: type[Model] = create_model(
    "NewIncident",
    __base__=Model,
    __doc__="What is said of an incident when it is reported; `isDrill` reports it in a drill.",
    is_drill=(bool, False),
    **_said,
)


class Reported(Model):
    """The process that was started; `number` is null while it has not written the incident down yet."""

    instance_id: str
    number: str | None


class Link(Model):
    """Where something that belongs to an incident is found."""

    rel: str
    href: str
    title: str


@API.endpoint("GET", "/incidents", query=IncidentQuery, answer=Incidents)
def find(call: Call, *, query: IncidentQuery) -> SliceBody[Any]:
    """List incidents, the latest first unless sorted otherwise."""
    wanted = IncidentFilter(**query.filters())
    return shown(Incidents, find_incidents(call.engine.database, wanted, actor=call.actor, **query.place()))


@API.endpoint("POST", "/incidents", body=NewIncident, answer=Reported, status=201, errors=(404,), headers=("Idempotency-Key",))
def report(call: Call, *, body: Any) -> Answer:
    """Report an incident: start its process with what is said."""
    said = body.model_dump(mode="json", exclude={"is_drill"}, exclude_none=True)
    checked_report(said, now=call.engine.clock.now())
    started = commands.start(
        call.engine, PROCESS, variables=said, actor=call.actor, is_drill=body.is_drill, idempotency_key=idempotency_key()
    )
    found = incident_of(call.engine.database, started.instance_id, actor=call.actor)
    where = {} if found is None else {"Location": f"{API.prefix}/incidents/{found.number}"}
    return Answer(Reported(instance_id=started.instance_id, number=None if found is None else found.number), where)


@API.endpoint("GET", "/incidents/<number>", answer=Incident, is_versioned=True)
def read(call: Call, number: str) -> Any:
    """Return an incident."""
    return Incident.model_validate(one_incident(call.engine.database, number, actor=call.actor))


@API.endpoint("GET", "/incidents/<number>/timeline", query=TimelineQuery, answer=Timeline)
def tell(call: Call, number: str, *, query: TimelineQuery) -> SliceBody[Any]:
    """Tell what happened to an incident, in order: notes, clocks, escalations, and the steps of its processes."""
    return shown(Timeline, timeline(call.engine.database, number, actor=call.actor, limit=query.limit, cursor=query.cursor))


@API.endpoint("GET", "/incidents/<number>/links", answer=list[Link])
def links(call: Call, number: str) -> list[Link]:
    """List what belongs to an incident: its timeline, process, tasks, clocks and escalations."""
    found = related_to(call.engine.database, number, actor=call.actor)
    instance = found.incident.instance_id
    return [
        Link(rel="self", href=f"/api/incidents/{number}", title=number),
        Link(rel="timeline", href=f"/api/incidents/{number}/timeline", title="What happened"),
        Link(rel="process", href=f"/engine-rest/process-instance/{instance}", title="The process"),
        Link(rel="tasks", href=f"/engine-rest/task?processInstanceId={instance}", title="Its open tasks"),
        *(Link(rel="clock", href=f"/api/sla-clocks/{each}", title=kind) for each, kind in found.clocks),
        *(Link(rel="escalation", href=f"/api/escalations/{each}", title=ladder) for each, ladder in found.escalations),
    ]
