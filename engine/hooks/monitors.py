"""What Alertmanager and Zabbix send, read into alerts."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints, ValidationError

from engine.errors import Invalid
from engine.hooks.signing import digest

MOST_ALERTS = 500
LONGEST_SUMMARY = 4000
Digits = Annotated[str, StringConstraints(pattern=r"^\d{1,20}$"), Field(coerce_numbers_to_str=True)]
Text = dict[str, str]


class HookKind(StrEnum):
    """Who speaks."""

    ALERTMANAGER = "alertmanager"
    ZABBIX = "zabbix"
    GENERIC = "generic"


class State(StrEnum):
    """Whether what is told of goes on."""

    FIRING = "firing"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing that a monitor tells of; equal fingerprints are the same thing."""

    fingerprint: str
    state: State
    name: str = ""
    severity: str | None = None
    subject: str | None = None
    summary: str = ""
    starts_at: str | None = None
    ends_at: str | None = None
    url: str | None = None
    labels: Text = field(default_factory=dict)
    annotations: Text = field(default_factory=dict)


class _PrometheusAlert(BaseModel):
    status: State
    labels: Text
    annotations: Text = {}
    startsAt: str | None = None  # noqa: N815  # as Alertmanager writes it
    endsAt: str | None = None  # noqa: N815
    generatorURL: str | None = None  # noqa: N815
    fingerprint: str | None = None


class _Alertmanager(BaseModel):
    version: Literal["4"]
    alerts: Annotated[list[_PrometheusAlert], Field(max_length=MOST_ALERTS)]


def of_alertmanager(payload: dict[str, Any]) -> list[Alert]:
    """Return the alerts of a group that Alertmanager sends. Raises Invalid."""
    sent = _read(_Alertmanager, payload, "Alertmanager's webhook, version 4")
    return [_of_prometheus(each) for each in sent.alerts]


def _of_prometheus(found: _PrometheusAlert) -> Alert:
    name = found.labels.get("alertname", "")
    said = found.annotations.get("summary") or found.annotations.get("description") or found.annotations.get("message")
    listed = ", ".join(f"{label}={value}" for label, value in sorted(found.labels.items()) if label != "alertname")
    return Alert(
        fingerprint=found.fingerprint or digest(json.dumps(found.labels, sort_keys=True))[:16],
        state=found.status,
        name=name,
        severity=found.labels.get("severity"),
        subject=found.labels.get("instance") or found.labels.get("host") or found.labels.get("job"),
        summary=(said or f"{name}: {listed}")[:LONGEST_SUMMARY],
        starts_at=found.startsAt,
        ends_at=found.endsAt if found.status is State.RESOLVED else None,
        url=found.generatorURL,
        labels=found.labels,
        annotations=found.annotations,
    )


class _Tag(BaseModel):
    tag: str
    value: str = ""


class _Zabbix(BaseModel):
    event_id: Digits
    event_value: Annotated[Literal["0", "1"], Field(coerce_numbers_to_str=True)]
    event_name: Annotated[str, StringConstraints(min_length=1)]
    event_nseverity: str | None = Field(None, coerce_numbers_to_str=True)
    event_update_status: str = Field("0", coerce_numbers_to_str=True)
    event_opdata: str = ""
    event_tags: str = "[]"
    event_time: str | None = None
    host_name: str | None = None
    trigger_id: str | None = Field(None, coerce_numbers_to_str=True)
    url: str | None = None


class _Tags(BaseModel):
    tags: list[_Tag]


def of_zabbix(payload: dict[str, Any]) -> Alert:
    """Return the problem, or its end, that Zabbix sends. Raises Invalid."""
    sent = _read(_Zabbix, payload, "Zabbix's webhook, with the parameters that docs/integrations.md lists")
    try:
        tags = _Tags.model_validate_json(f'{{"tags": {sent.event_tags or "[]"}}}').tags
    except ValidationError as error:
        raise Invalid(f"event_tags is no list of tags: {reasons(error)}; set it to {{EVENT.TAGSJSON}}") from error
    state = State.RESOLVED if sent.event_value == "0" else State.FIRING
    return Alert(
        fingerprint=sent.event_id,
        state=state,
        name=sent.event_name,
        severity=sent.event_nseverity,
        subject=sent.host_name,
        summary=f"{sent.event_name} {sent.event_opdata}".strip()[:LONGEST_SUMMARY],
        starts_at=sent.event_time,
        url=sent.url,
        labels={each.tag: each.value for each in tags},
    )


def _read(model: Any, payload: dict[str, Any], what: str) -> Any:
    try:
        return model.model_validate(payload)
    except ValidationError as error:
        raise Invalid(f"this is not {what}: {reasons(error)}") from error


def reasons(error: ValidationError) -> str:
    """Return what is wrong with each field, of the first few."""
    found = error.errors(include_url=False, include_context=False)[:5]
    return "; ".join(f"{'.'.join(map(str, each['loc'])) or 'it'}: {each['msg']}" for each in found)
