"""What monitors send, read into alerts, and what a hook makes of an alert by its mapping.

A mapping holds expressions over an alert's names: `fingerprint`, `state`, `name`, `severity`, `subject`, `summary`, `starts_at`, `ends_at`,
`url`, `labels`, `annotations`, and the whole `payload`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from engine.errors import Invalid
from engine.expressions import compile_expression, evaluate
from engine.hooks.signing import digest
from engine.plain import ROOM, plain

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


@dataclass(frozen=True, slots=True)
class Mapped:
    """What becomes of an alert: the parts of a message."""

    business_key: str | None
    correlation: dict[str, Any]
    variables: dict[str, Any]


class _Mapping(BaseModel):
    model_config = ConfigDict(extra="forbid")

    fingerprint: str | None = None
    resolved: str | None = None
    business_key: str | None = None
    correlation: Text = {}
    variables: Text = {}


DEFAULT_VARIABLES = {
    "symptom": "summary",
    "ci": "subject",
    "source_number": "fingerprint",
    "detected_by": "'monitor'",
    "channel": "kind",
    "severity": "severity",
}

DEFAULT_CORRELATION = {"source_number": "fingerprint"}


def checked_mapping(kind: HookKind, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a mapping that can be used, each of its expressions read. Raises Invalid."""
    try:
        made = _Mapping.model_validate(dict(given))
    except ValidationError as error:
        raise Invalid(f"the mapping is wrong: {_reasons(error)}") from error
    if (kind is HookKind.GENERIC) != (made.fingerprint is not None):
        needs = "needs an expression for the fingerprint" if kind is HookKind.GENERIC else "has a fingerprint of its own: leave it out"
        raise Invalid(f"a hook of the kind {kind} {needs}")
    if kind is not HookKind.GENERIC and made.resolved is not None:
        raise Invalid(f"a hook of the kind {kind} says itself what is resolved: leave it out")
    single = {"fingerprint": made.fingerprint, "resolved": made.resolved, "business_key": made.business_key}
    for where, expression in {**single, **made.correlation, **made.variables}.items():
        if expression is not None:
            _named(where, lambda text=expression: compile_expression(text))
    return made.model_dump(exclude_none=True)


def read_alerts(kind: HookKind, body: bytes, mapping: Mapping[str, Any], *, now: datetime) -> tuple[list[Alert], Any]:
    """Return the alerts in a body, and the whole of it as plain data. Raises Invalid, saying what is wrong where."""
    try:
        payload = plain(json.loads(body, parse_constant=_no_number), where="payload", depth=ROOM)
    except (ValueError, RecursionError) as error:
        raise Invalid(f"the body is not JSON that can be used: {error}") from error
    if not isinstance(payload, dict):
        raise Invalid(f"the body is a {type(payload).__name__}: send a JSON object")
    if kind is HookKind.ALERTMANAGER:
        return _of_alertmanager(payload), payload
    return [_of_zabbix(payload) if kind is HookKind.ZABBIX else _generic(payload, mapping, now)], payload


def mapped(kind: HookKind, alert: Alert, payload: Any, mapping: Mapping[str, Any], *, now: datetime) -> Mapped:
    """Return what a mapping makes of an alert. Raises Invalid, naming the expression that failed."""
    names = {**asdict(alert), "state": alert.state.value, "kind": kind.value, "payload": payload}
    key, correlation, variables = (mapping.get(part) for part in ("business_key", "correlation", "variables"))
    if kind is not HookKind.GENERIC:
        variables = variables or DEFAULT_VARIABLES
        correlation = correlation or ({} if key or alert.state is State.FIRING else DEFAULT_CORRELATION)
    found = None if key is None else _evaluated("business_key", key, names, now)
    return Mapped(
        None if found is None else str(found),
        {name: _evaluated(name, text, names, now) for name, text in (correlation or {}).items()},
        {name: _evaluated(name, text, names, now) for name, text in (variables or {}).items()},
    )


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


def _of_alertmanager(payload: dict[str, Any]) -> list[Alert]:
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


def _of_zabbix(payload: dict[str, Any]) -> Alert:
    sent = _read(_Zabbix, payload, "Zabbix's webhook, with the parameters that docs/integrations.md lists")
    try:
        tags = _Tags.model_validate_json(f'{{"tags": {sent.event_tags or "[]"}}}').tags
    except ValidationError as error:
        raise Invalid(f"event_tags is no list of tags: {_reasons(error)}; set it to {{EVENT.TAGSJSON}}") from error
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


def _generic(payload: dict[str, Any], mapping: Mapping[str, Any], now: datetime) -> Alert:
    names = {"payload": payload}
    found = _evaluated("fingerprint", mapping["fingerprint"], names, now)
    if not isinstance(found, str | int) or isinstance(found, bool) or found == "":
        raise Invalid(f"fingerprint: the expression {mapping['fingerprint']!r} gives {found!r:.80}: it must give a text or a whole number")
    resolved = _evaluated("resolved", mapping["resolved"], names, now) if "resolved" in mapping else False
    if not isinstance(resolved, bool):
        raise Invalid(f"resolved: the expression {mapping['resolved']!r} gives {resolved!r:.80}: it must give true or false")
    return Alert(fingerprint=str(found), state=State.RESOLVED if resolved else State.FIRING)


def _evaluated(where: str, expression: str, names: Mapping[str, Any], now: datetime) -> Any:
    return _named(where, lambda: evaluate(expression, names, now=now))


def _named(where: str, work: Any) -> Any:
    try:
        return work()
    except Invalid as error:
        raise Invalid(f"{where}: {error}") from error


def _read(model: Any, payload: dict[str, Any], what: str) -> Any:
    try:
        return model.model_validate(payload)
    except ValidationError as error:
        raise Invalid(f"this is not {what}: {_reasons(error)}") from error


def _reasons(error: ValidationError) -> str:
    found = error.errors(include_url=False, include_context=False)[:5]
    return "; ".join(f"{'.'.join(map(str, each['loc'])) or 'it'}: {each['msg']}" for each in found)


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")
