"""The engine's tables. An instance points at its record only by business key; nothing here knows a process or a record by name."""

from __future__ import annotations

import sqlalchemy as sa

from engine.db import Json, UtcTime, metadata

ID = sa.String(32)
NAME = sa.String(255)

blob = sa.Table(
    "blob",
    metadata,
    sa.Column("hash", sa.String(64), primary_key=True, comment="SHA-256 of the content, hexadecimal"),
    sa.Column("content", sa.LargeBinary, nullable=False),
)

deployment = sa.Table(
    "deployment",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("name", NAME, nullable=False),
    sa.Column("source", NAME, nullable=True),
    sa.Column("hash", sa.String(64), nullable=False, comment="SHA-256 over the sorted file names and content hashes"),
    sa.Column("deployed_at", UtcTime, nullable=False),
    sa.Column("deployed_by", NAME, nullable=False),
    sa.Index(None, "deployed_at"),
)

deployed_file = sa.Table(
    "deployed_file",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("deployment_id", ID, sa.ForeignKey("deployment.id", ondelete="CASCADE"), nullable=False),
    sa.Column("name", NAME, nullable=False),
    sa.Column("kind", sa.String(8), nullable=False, comment="bpmn, dmn or form"),
    sa.Column("hash", sa.String(64), sa.ForeignKey("blob.hash"), nullable=False),
    sa.UniqueConstraint("deployment_id", "name"),
)

definition = sa.Table(
    "definition",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("kind", sa.String(8), nullable=False, comment="process, decision or form"),
    sa.Column("key", NAME, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("version_tag", NAME, nullable=True),
    sa.Column("name", NAME, nullable=False, default=""),
    sa.Column("deployment_id", ID, sa.ForeignKey("deployment.id", ondelete="CASCADE"), nullable=False),
    sa.Column("file_id", ID, sa.ForeignKey("deployed_file.id", ondelete="CASCADE"), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("is_latest", sa.Boolean, nullable=False),
    sa.Column("is_suspended", sa.Boolean, nullable=False, default=False),
    sa.UniqueConstraint("kind", "key", "version"),
    sa.Index(None, "kind", "is_latest", "key"),
)

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
    sa.Index(None, "kind", "name", "business_key"),
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

history = sa.Table(
    "history",
    metadata,
    sa.Column("instance_id", ID, primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True, comment="from 1, without gaps"),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("actor", NAME, nullable=False),
    sa.Column("on_behalf_of", NAME, nullable=True),
    sa.Column("element", NAME, nullable=True),
    sa.Column("token", ID, nullable=True),
    sa.Column("data", Json, nullable=True),
    sa.Column("hash", sa.String(64), nullable=False, comment="SHA-256 over the previous hash and this event"),
    sa.Index(None, "at"),
    sa.Index(None, "element", "kind"),
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

person = sa.Table(
    "person",
    metadata,
    sa.Column("name", NAME, primary_key=True, comment="the sign-in name; never changes"),
    sa.Column("display_name", NAME, nullable=False),
    sa.Column("email", NAME, nullable=True),
    sa.Column("password_hash", NAME, nullable=True),
    sa.Column("is_admin", sa.Boolean, nullable=False, default=False),
    sa.Column("is_active", sa.Boolean, nullable=False, default=True),
    sa.Column("customer", NAME, nullable=True, comment="set for a customer's user, who sees only that customer's records (U1)"),
    sa.Column("language", sa.String(8), nullable=False, default="zh_CN"),
    sa.Column("zone", sa.String(64), nullable=False, default="Asia/Shanghai"),
    sa.Column("created_at", UtcTime, nullable=False),
)

team = sa.Table(
    "team",
    metadata,
    sa.Column("name", NAME, primary_key=True, comment="the candidate group's name; lanes use the same names"),
    sa.Column("display_name", NAME, nullable=False),
)

membership = sa.Table(
    "membership",
    metadata,
    sa.Column("person", NAME, sa.ForeignKey("person.name", ondelete="CASCADE"), primary_key=True),
    sa.Column("team", NAME, sa.ForeignKey("team.name", ondelete="CASCADE"), primary_key=True),
    sa.Index(None, "team"),
)

substitution = sa.Table(
    "substitution",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("person", NAME, sa.ForeignKey("person.name", ondelete="CASCADE"), nullable=False, comment="who is away"),
    sa.Column("substitute", NAME, sa.ForeignKey("person.name", ondelete="CASCADE"), nullable=False),
    sa.Column("starts_at", UtcTime, nullable=False),
    sa.Column("ends_at", UtcTime, nullable=False, comment="half-open: at this moment it is over"),
    sa.Index(None, "substitute", "ends_at"),
)

api_token = sa.Table(
    "api_token",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("hash", sa.String(64), nullable=False, unique=True, comment="SHA-256; the token itself is shown once"),
    sa.Column("person", NAME, sa.ForeignKey("person.name", ondelete="CASCADE"), nullable=False),
    sa.Column("label", NAME, nullable=False),
    sa.Column("scopes", Json, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("expires_at", UtcTime, nullable=True),
    sa.Column("revoked_at", UtcTime, nullable=True),
    sa.Column("last_used_at", UtcTime, nullable=True),
)

failed_sign_in = sa.Table(
    "failed_sign_in",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("name", NAME, nullable=False, comment="as it was given; there need not be such a person"),
    sa.Column("address", NAME, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Index(None, "name", "at"),
    sa.Index(None, "address", "at"),
)

HISTORY_IS_APPEND_ONLY = "history is append-only: a row may not be changed or removed"
_RAISE = f"BEGIN RAISE EXCEPTION '{HISTORY_IS_APPEND_ONLY}'; END"
_EACH = "FOR EACH STATEMENT EXECUTE FUNCTION history_refuses()"
HISTORY_GUARDS: dict[str, tuple[str, ...]] = {
    "sqlite": tuple(
        f"CREATE TRIGGER history_refuses_{verb.lower()} BEFORE {verb} ON history BEGIN SELECT RAISE(ABORT, '{HISTORY_IS_APPEND_ONLY}'); END"
        for verb in ("UPDATE", "DELETE")
    ),
    "postgresql": (
        f"CREATE OR REPLACE FUNCTION history_refuses() RETURNS trigger LANGUAGE plpgsql AS $$ {_RAISE} $$",
        f"CREATE TRIGGER history_refuses_change BEFORE UPDATE OR DELETE OR TRUNCATE ON history {_EACH}",
    ),
}
"""The triggers that keep history append-only, by dialect. `create_all` runs them; a migration that creates the table executes them too."""

for _dialect, _statements in HISTORY_GUARDS.items():
    for _statement in _statements:
        sa.event.listen(history, "after_create", sa.DDL(_statement).execute_if(dialect=_dialect))  # type: ignore[no-untyped-call]  # SQLAlchemy's
