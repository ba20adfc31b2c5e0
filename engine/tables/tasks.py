"""What people are asked to do."""

from __future__ import annotations

import sqlalchemy as sa

from engine.db import Json, UtcTime, metadata
from engine.tables.columns import ID, NAME

human_task = sa.Table(
    "human_task",
    metadata,
    sa.Column("id", ID, primary_key=True, comment="the token's id"),
    sa.Column("instance_id", ID, sa.ForeignKey("process_instance.id", ondelete="CASCADE"), nullable=False),
    sa.Column("definition_id", ID, nullable=False),
    sa.Column("definition_key", NAME, nullable=False),
    sa.Column("business_key", NAME, nullable=True),
    sa.Column("element", NAME, nullable=False),
    sa.Column("name", NAME, nullable=False),
    sa.Column("lane", NAME, nullable=True),
    sa.Column("status", sa.String(12), nullable=False, comment="open, completed or cancelled"),
    sa.Column("assignee", NAME, nullable=True),
    sa.Column("owner", NAME, nullable=True, comment="who delegated it and gets it back"),
    sa.Column("delegation", sa.String(12), nullable=True, comment="pending or resolved"),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("due_at", UtcTime, nullable=True),
    sa.Column("follow_up_at", UtcTime, nullable=True),
    sa.Column("form_ref", NAME, nullable=True),
    sa.Column("form_fields", Json, nullable=True),
    sa.Column("draft", Json, nullable=True),
    sa.Column("is_suspended", sa.Boolean, nullable=False, default=False),
    sa.Column("is_drill", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("claimed_at", UtcTime, nullable=True),
    sa.Column("ended_at", UtcTime, nullable=True),
    sa.Column("completed_by", NAME, nullable=True),
    sa.Column("version", sa.Integer, nullable=False, default=1),
    sa.Column("description", sa.Text, nullable=True),
    sa.Index(None, "instance_id", "status"),
    sa.Index(None, "status", "assignee", "due_at"),
    sa.Index(None, "status", "due_at"),
)

task_candidate = sa.Table(
    "task_candidate",
    metadata,
    sa.Column("task_id", ID, sa.ForeignKey("human_task.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("kind", sa.String(8), primary_key=True, comment="user or group"),
    sa.Column("name", NAME, primary_key=True),
    sa.Index(None, "kind", "name", "task_id"),
)

task_comment = sa.Table(
    "task_comment",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("task_id", ID, nullable=False, comment="no foreign key: a task that is done anew keeps its comments"),
    sa.Column("instance_id", ID, sa.ForeignKey("process_instance.id", ondelete="CASCADE"), nullable=False),
    sa.Column("author", NAME, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Index(None, "task_id"),
    sa.Index(None, "instance_id"),
)

attachment = sa.Table(
    "attachment",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("task_id", ID, nullable=False, comment="no foreign key: a task that is done anew keeps its attachments"),
    sa.Column("instance_id", ID, sa.ForeignKey("process_instance.id", ondelete="CASCADE"), nullable=False),
    sa.Column("name", NAME, nullable=False),
    sa.Column("description", sa.Text, nullable=True),
    sa.Column("type", NAME, nullable=True, comment="media type, read from the content; null for an address"),
    sa.Column("url", sa.Text, nullable=True, comment="where it lies, when it is not kept here"),
    sa.Column("size", sa.Integer, nullable=True, comment="bytes"),
    sa.Column("hash", sa.String(64), nullable=True, comment="SHA-256 of the content, hexadecimal"),
    sa.Column("author", NAME, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=True),
    sa.Index(None, "task_id"),
    sa.Index(None, "instance_id"),
)
