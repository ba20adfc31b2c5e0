"""What monitors send, read into alerts, and what a hook makes of an alert by its mapping.

A mapping holds expressions over an alert's names: `fingerprint`, `state`, `name`, `severity`, `subject`, `summary`, `starts_at`, `ends_at`,
`url`, `labels`, `annotations`, and the whole `payload`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from engine.errors import Invalid
from engine.expressions import compile_expression, evaluate
from engine.hooks.monitors import Alert, HookKind, State, Text, of_alertmanager, of_zabbix, reasons
from engine.plain import ROOM, plain


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
        raise Invalid(f"the mapping is wrong: {reasons(error)}") from error
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
        return of_alertmanager(payload), payload
    return [of_zabbix(payload) if kind is HookKind.ZABBIX else _generic(payload, mapping, now)], payload


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


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")
