"""All that a database holds, told without the identifiers, which differ from run to run."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from engine.db import Database, metadata
from engine.tables import definition, history, human_task, idempotency, lease, process_instance
from records.escalations import escalation
from records.sla_clocks import sla_clock

IDENTIFIER = re.compile(r"\b[0-9a-f]{32}\b")
LEFT_OUT = {lease.name, idempotency.name}
"""What only says which process did the work, and which command came twice."""
UNTOLD = {
    process_instance.name: {"history_hash", "version"},
    history.name: {"hash", "seq"},
}
"""Hashes cover the identifiers, and `verify` computes them again. What is due at one moment is done in any order, by several threads."""
WAYS = {"kept", "sender"}
"""A message may come a moment before its receiver is ready for it, and is then kept, which saves a write: that depends on the order."""
NAMED_BY = (
    (definition, ("kind", "key", "version")),
    (sla_clock, ("record", "kind")),
    (escalation, ("record", "ladder", "started_at")),
    (process_instance, ("definition_key", "business_key")),
    (human_task, ("business_key", "element")),
)
"""What an identifier is the identifier of; a business key may hold one of those above."""

Content = dict[str, Counter[str]]


def content_of(database: Database) -> Content:
    """Return every row of every table as text, with how often it is there; an identifier reads as what it is the identifier of."""
    with database.read() as connection:
        names = _names(connection)
        return {
            table.name: Counter(_told(table, row, names) for row in connection.execute(sa.select(table)))
            for table in metadata.sorted_tables
            if table.name not in LEFT_OUT
        }


def _names(connection: sa.Connection) -> dict[str, str]:
    names: dict[str, str] = {}
    for table, columns in NAMED_BY:
        for row in connection.execute(sa.select(table.c.id, *(table.c[name] for name in columns))):
            names[row.id] = _without_identifiers(f"<{table.name} {' '.join(str(value) for value in row[1:])}>", names)
    return names


def _without_identifiers(text: str, names: Mapping[str, str]) -> str:
    return IDENTIFIER.sub(lambda found: names.get(found[0], "<id>"), text)


def _told(table: sa.Table, row: sa.Row[Any], names: Mapping[str, str]) -> str:
    values = {name: value for name, value in row._mapping.items() if name not in UNTOLD.get(table.name, ())}
    if table is process_instance:
        values["state"] = json.loads(row.state)
    if table is history and row.kind == "message.received":
        values["data"] = {name: value for name, value in row.data.items() if name not in WAYS}
    text = json.dumps(values, default=_plain, sort_keys=True, ensure_ascii=False)
    return _without_identifiers(text, names)


def _plain(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def difference(expected: Content, found: Content) -> str:
    """Say which rows one of them has more often: nothing when they are the same."""
    told = []
    for name, rows in expected.items():
        told += [f"- {name} {count} x {row}" for row, count in (rows - found[name]).items()]
        told += [f"+ {name} {count} x {row}" for row, count in (found[name] - rows).items()]
    return "\n".join(told)
