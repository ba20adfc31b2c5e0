"""Calls from other systems."""

from __future__ import annotations

import sqlalchemy as sa

from engine.db import Json, UtcTime, metadata
from engine.tables.columns import ID, NAME

webhook_in = sa.Table(
    "webhook_in",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("name", NAME, nullable=False, unique=True),
    sa.Column("kind", sa.String(16), nullable=False, comment="alertmanager, zabbix or generic"),
    sa.Column("salt", sa.String(32), nullable=False, comment="the secret is derived from it and the house's key, and kept nowhere"),
    sa.Column("person", NAME, sa.ForeignKey("person.name", ondelete="CASCADE"), nullable=False, comment="as whom it acts"),
    sa.Column("message", NAME, nullable=False),
    sa.Column("resolved_message", NAME, nullable=True, comment="null: what is resolved is only noted"),
    sa.Column("mapping", Json, nullable=False, comment="expressions: fingerprint, resolved, business_key, correlation, variables"),
    sa.Column("is_enabled", sa.Boolean, nullable=False),
    sa.Column("created_by", NAME, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("window_at", UtcTime, nullable=True, comment="the minute in which calls are counted"),
    sa.Column("window_count", sa.Integer, nullable=False, default=0, server_default="0"),
)

webhook_seen = sa.Table(
    "webhook_seen",
    metadata,
    sa.Column("hook_id", ID, sa.ForeignKey("webhook_in.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("fingerprint", sa.String(64), primary_key=True, comment="SHA-256 of what the other side calls it"),
    sa.Column("state", sa.String(8), primary_key=True, comment="firing, resolved or request"),
    sa.Column("first_at", UtcTime, nullable=False),
    sa.Column("last_at", UtcTime, nullable=False),
    sa.Column("times", sa.Integer, nullable=False),
    sa.Index(None, "last_at"),
)

webhook_out = sa.Table(
    "webhook_out",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("name", NAME, nullable=False, unique=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("events", Json, nullable=False, comment="patterns of the kinds of notices, such as sla.*"),
    sa.Column("salt", sa.String(32), nullable=False, comment="the secret is derived from it and the house's key, and kept nowhere"),
    sa.Column("is_enabled", sa.Boolean, nullable=False),
    sa.Column("created_by", NAME, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
)

webhook_delivery = sa.Table(
    "webhook_delivery",
    metadata,
    sa.Column("id", ID, primary_key=True, comment="also the message's id, the same in each try"),
    sa.Column("hook_id", ID, sa.ForeignKey("webhook_out.id", ondelete="CASCADE"), nullable=False),
    sa.Column("kind", sa.String(32), nullable=False, comment="the notice's"),
    sa.Column("body", sa.Text, nullable=False, comment="JSON, the same in each try"),
    sa.Column("status", sa.String(12), nullable=False, comment="waiting, delivered or failed"),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("last_at", UtcTime, nullable=True, comment="the last try"),
    sa.Column("status_code", sa.Integer, nullable=True),
    sa.Column("answer", sa.Text, nullable=True, comment="the beginning of the last answer"),
    sa.Column("error", sa.Text, nullable=True),
    sa.Index(None, "hook_id", "id"),
    sa.Index(None, "status", "created_at"),
)
