"""Process instances, and what they wait for."""

from __future__ import annotations

import sqlalchemy as sa

from engine.db import Json, UtcTime, metadata
from engine.tables.columns import ID, NAME

process_instance = sa.Table(
    "process_instance",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("definition_id", ID, sa.ForeignKey("definition.id"), nullable=False),
    sa.Column("definition_key", NAME, nullable=False),
    sa.Column("business_key", NAME, nullable=True),
    sa.Column("status", sa.String(12), nullable=False, comment="active, suspended, completed or cancelled"),
    sa.Column("state", sa.LargeBinary, nullable=False, comment="live tokens and variables, without the spec (engine.execution.state)"),
    sa.Column("version", sa.Integer, nullable=False, comment="rises with every write; a stale write is refused"),
    sa.Column("history_seq", sa.Integer, nullable=False),
    sa.Column("history_hash", sa.String(64), nullable=False, comment="hash of the last event of the chain"),
    sa.Column("started_at", UtcTime, nullable=False),
    sa.Column("started_by", NAME, nullable=False),
    sa.Column("ended_at", UtcTime, nullable=True),
    sa.Column("end_reason", sa.Text, nullable=True),
    sa.Column("is_drill", sa.Boolean, nullable=False),
    sa.Column("super_instance_id", ID, nullable=True, comment="the instance that caused this one, if any"),
    sa.Column("idle_turns", sa.Integer, nullable=False, default=0, comment="turns in a row that ended on their time budget"),
    sa.Index(None, "definition_key", "status", "started_at"),
    sa.Index(None, "business_key"),
    sa.Index(None, "definition_id", "status"),
    sa.Index(None, "status", "started_at"),
)

subscription = sa.Table(
    "subscription",
    metadata,
    sa.Column("id", ID, primary_key=True, comment="the token's id; for a start event a fresh one"),
    sa.Column("kind", sa.String(12), nullable=False, comment="message, signal or condition"),
    sa.Column("name", NAME, nullable=False),
    sa.Column("instance_id", ID, sa.ForeignKey("process_instance.id", ondelete="CASCADE"), nullable=True),
    sa.Column("definition_id", ID, sa.ForeignKey("definition.id", ondelete="CASCADE"), nullable=True, comment="set for a start event"),
    sa.Column("element", NAME, nullable=False),
    sa.Column("business_key", NAME, nullable=True),
    sa.Column("correlation", Json, nullable=True, comment="correlation key -> value"),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("digest", sa.String(64), nullable=True, comment="SHA-256 of the correlation in canonical JSON; null when it declares none"),
    sa.Index(None, "kind", "name", "business_key"),
    sa.Index(None, "kind", "name", "digest"),
    sa.Index(None, "instance_id"),
    sa.Index(None, "definition_id"),
)

message_inbox = sa.Table(
    "message_inbox",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("name", NAME, nullable=False),
    sa.Column("business_key", NAME, nullable=True),
    sa.Column("correlation", Json, nullable=True),
    sa.Column("payload", Json, nullable=False),
    sa.Column("received_at", UtcTime, nullable=False),
    sa.Column("expires_at", UtcTime, nullable=False),
    sa.Index(None, "name", "business_key"),
    sa.Index(None, "expires_at"),
)
