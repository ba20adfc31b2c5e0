"""What is done without a click, and what leaves the house."""

from __future__ import annotations

import sqlalchemy as sa

from engine.db import Json, UtcTime, metadata
from engine.tables.columns import ID, NAME

job = sa.Table(
    "job",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("kind", sa.String(12), nullable=False, comment="timer, topic, continue, message, signal, start or notice"),
    sa.Column("status", sa.String(12), nullable=False, comment="waiting, taken, failed (retries used up) or external"),
    sa.Column("instance_id", ID, sa.ForeignKey("process_instance.id", ondelete="CASCADE"), nullable=True),
    sa.Column("token", ID, nullable=True),
    sa.Column("element", NAME, nullable=True),
    sa.Column("name", NAME, nullable=True, comment="topic, message or signal"),
    sa.Column("business_key", NAME, nullable=True),
    sa.Column("payload", Json, nullable=True),
    sa.Column("due_at", UtcTime, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("retries_left", sa.Integer, nullable=False, default=3),
    sa.Column("retry_cycle", NAME, nullable=True),
    sa.Column("worker", NAME, nullable=True),
    sa.Column("locked_until", UtcTime, nullable=True),
    sa.Column("fence", sa.BigInteger, nullable=True),
    sa.Column("is_suspended", sa.Boolean, nullable=False, default=False),
    sa.Column("is_drill", sa.Boolean, nullable=False, default=False),
    sa.Column("error", sa.Text, nullable=True),
    sa.Column("error_details", sa.Text, nullable=True),
    sa.Column("worker_retries", sa.Integer, nullable=True, comment="tries that its external worker left; null until one says so"),
    sa.Column("priority", sa.BigInteger, nullable=False, default=0, server_default="0"),
    sa.Index(None, "status", "due_at"),
    sa.Index(None, "status", "name", "created_at"),
    sa.Index(None, "status", "locked_until"),
    sa.Index(None, "instance_id"),
    sa.Index(None, "token"),
)

failure = sa.Table(
    "failure",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("kind", sa.String(12), nullable=False, comment="step, job, error (uncaught BPMN error) or stalled"),
    sa.Column("instance_id", ID, sa.ForeignKey("process_instance.id", ondelete="CASCADE"), nullable=True),
    sa.Column("definition_key", NAME, nullable=True),
    sa.Column("business_key", NAME, nullable=True),
    sa.Column("element", NAME, nullable=True),
    sa.Column("token", ID, nullable=True),
    sa.Column("job_id", ID, nullable=True),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("details", sa.Text, nullable=True),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("resolved_at", UtcTime, nullable=True),
    sa.Column("resolved_by", NAME, nullable=True),
    sa.Index(None, "resolved_at", "created_at"),
    sa.Index(None, "instance_id"),
)

idempotency = sa.Table(
    "idempotency",
    metadata,
    sa.Column("key", NAME, primary_key=True),
    sa.Column("command", sa.String(32), nullable=False),
    sa.Column("actor", NAME, nullable=False),
    sa.Column("answer", Json, nullable=True),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Index(None, "created_at"),
)

schedule = sa.Table(
    "schedule",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("key", NAME, nullable=False, unique=True),
    sa.Column("definition_key", NAME, nullable=False),
    sa.Column("element", NAME, nullable=True, comment="start event to begin at; null: the one that waits for nothing"),
    sa.Column("rule", NAME, nullable=False, comment="a cron line of five fields, or an ISO repeating interval"),
    sa.Column("zone", sa.String(64), nullable=False),
    sa.Column("variables", Json, nullable=True),
    sa.Column("business_key", NAME, nullable=True, comment="pattern; {slot} is the slot's local date-time"),
    sa.Column("catch_up", sa.String(8), nullable=False, comment="all, last or none: what to do with slots that were missed"),
    sa.Column("overlap", sa.String(8), nullable=False, comment="allow, skip or merge: what to do while the last one still runs"),
    sa.Column("late_after_s", sa.Integer, nullable=False, default=60),
    sa.Column("is_enabled", sa.Boolean, nullable=False, default=True),
    sa.Column("next_at", UtcTime, nullable=True),
    sa.Column("created_by", NAME, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Index(None, "is_enabled", "next_at"),
)

schedule_slot = sa.Table(
    "schedule_slot",
    metadata,
    sa.Column("schedule_id", ID, sa.ForeignKey("schedule.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("slot_at", UtcTime, primary_key=True),
    sa.Column("status", sa.String(8), nullable=False, comment="started, late, skipped or merged"),
    sa.Column("instance_id", ID, nullable=True),
    sa.Column("reason", sa.Text, nullable=True),
    sa.Column("claimed_at", UtcTime, nullable=False),
)

lease = sa.Table(
    "lease",
    metadata,
    sa.Column("name", NAME, primary_key=True),
    sa.Column("holder", NAME, nullable=False),
    sa.Column("fence", sa.BigInteger, nullable=False, comment="only rises; a commit under an older number is refused"),
    sa.Column("expires_at", UtcTime, nullable=False),
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("instance_id", ID, nullable=True),
    sa.Column("payload", Json, nullable=False),
    sa.Column("is_drill", sa.Boolean, nullable=False, default=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("sent_at", UtcTime, nullable=True),
    sa.Index(None, "sent_at", "created_at"),
)
