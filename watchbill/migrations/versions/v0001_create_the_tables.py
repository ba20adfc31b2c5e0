"""Create the tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import engine.db
from engine.tables import HISTORY_GUARDS

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "blob",
        sa.Column("hash", sa.String(length=64), nullable=False, comment="SHA-256 of the content, hexadecimal"),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_blob")),
    )
    op.create_table(
        "business_calendar",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", engine.db.Json(), nullable=False, comment="zone, week, exceptions, known_until, source"),
        sa.Column("created_at", engine.db.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", "version", name=op.f("pk_business_calendar")),
    )
    op.create_table(
        "deployment",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("source", sa.String(length=255), nullable=True),
        sa.Column("hash", sa.String(length=64), nullable=False, comment="SHA-256 over the sorted file names and content hashes"),
        sa.Column("deployed_at", engine.db.UtcTime(), nullable=False),
        sa.Column("deployed_by", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deployment")),
    )
    with op.batch_alter_table("deployment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_deployment_deployed_at"), ["deployed_at"], unique=False)

    op.create_table(
        "escalation",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("record", sa.String(length=255), nullable=False),
        sa.Column("ladder", sa.String(length=32), nullable=False, comment="page or breach"),
        sa.Column("priority", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("started_at", engine.db.UtcTime(), nullable=False),
        sa.Column("acknowledged_at", engine.db.UtcTime(), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=255), nullable=True),
        sa.Column("ended_at", engine.db.UtcTime(), nullable=True),
        sa.Column("level", sa.Integer(), nullable=False, comment="steps taken; never falls"),
        sa.Column("is_drill", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation")),
    )
    with op.batch_alter_table("escalation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_escalation_record_ended_at"), ["record", "ended_at"], unique=False)

    op.create_table(
        "history",
        sa.Column("instance_id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False, comment="from 1, without gaps"),
        sa.Column("at", engine.db.UtcTime(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("actor", sa.String(length=255), nullable=False),
        sa.Column("on_behalf_of", sa.String(length=255), nullable=True),
        sa.Column("element", sa.String(length=255), nullable=True),
        sa.Column("token", sa.String(length=32), nullable=True),
        sa.Column("data", engine.db.Json(), nullable=True),
        sa.Column("hash", sa.String(length=64), nullable=False, comment="SHA-256 over the previous hash and this event"),
        sa.PrimaryKeyConstraint("instance_id", "seq", name=op.f("pk_history")),
    )
    with op.batch_alter_table("history", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_history_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_history_element_kind"), ["element", "kind"], unique=False)

    op.create_table(
        "idempotency",
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("command", sa.String(length=32), nullable=False),
        sa.Column("actor", sa.String(length=255), nullable=False),
        sa.Column("answer", engine.db.Json(), nullable=True),
        sa.Column("created_at", engine.db.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_idempotency")),
    )
    with op.batch_alter_table("idempotency", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_idempotency_created_at"), ["created_at"], unique=False)

    op.create_table(
        "incident",
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("source_number", sa.String(length=255), nullable=True, comment="its number in the system it came from"),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("symptom", sa.Text(), nullable=False),
        sa.Column("caller", sa.String(length=255), nullable=True),
        sa.Column("customer", sa.String(length=255), nullable=True),
        sa.Column("channel", sa.String(length=255), nullable=False),
        sa.Column("detected_by", sa.String(length=16), nullable=False),
        sa.Column("service_level", sa.String(length=16), nullable=False),
        sa.Column("category", sa.String(length=255), nullable=True),
        sa.Column("subcategory", sa.String(length=255), nullable=True),
        sa.Column("ci", sa.String(length=255), nullable=True),
        sa.Column("location", sa.String(length=255), nullable=True),
        sa.Column("service_effect", sa.String(length=16), nullable=True, comment="blocked, degraded or at risk"),
        sa.Column("impact", sa.Integer(), nullable=True),
        sa.Column("urgency", sa.Integer(), nullable=True),
        sa.Column("priority", sa.String(length=8), nullable=True),
        sa.Column("priority_reason", sa.Text(), nullable=True, comment="why it is not what the table says"),
        sa.Column("is_major", sa.Boolean(), nullable=True, comment="null: nobody asked"),
        sa.Column("is_suspended", sa.Boolean(), nullable=False),
        sa.Column("team", sa.String(length=255), nullable=True),
        sa.Column("reassign_count", sa.Integer(), nullable=False),
        sa.Column("reopen_count", sa.Integer(), nullable=False),
        sa.Column("occurred_at", engine.db.UtcTime(), nullable=False),
        sa.Column("reported_at", engine.db.UtcTime(), nullable=False),
        sa.Column("responded_at", engine.db.UtcTime(), nullable=True, comment="first answer by a person that the customer saw"),
        sa.Column("restored_at", engine.db.UtcTime(), nullable=True),
        sa.Column("confirmed_at", engine.db.UtcTime(), nullable=True),
        sa.Column("closed_at", engine.db.UtcTime(), nullable=True),
        sa.Column("cause_code", sa.String(length=255), nullable=True),
        sa.Column("solution", sa.Text(), nullable=True),
        sa.Column("is_drill", sa.Boolean(), nullable=False),
        sa.Column("instance_id", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_incident")),
    )
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_incident_reported_at"), ["reported_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_incident_source_number"), ["source_number"], unique=False)
        batch_op.create_index(batch_op.f("ix_incident_state_priority"), ["state", "priority"], unique=False)

    op.create_table(
        "lease",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("holder", sa.String(length=255), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False, comment="only rises; a commit under an older number is refused"),
        sa.Column("expires_at", engine.db.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "message_inbox",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("business_key", sa.String(length=255), nullable=True),
        sa.Column("correlation", engine.db.Json(), nullable=True),
        sa.Column("payload", engine.db.Json(), nullable=False),
        sa.Column("received_at", engine.db.UtcTime(), nullable=False),
        sa.Column("expires_at", engine.db.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_inbox")),
    )
    with op.batch_alter_table("message_inbox", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_message_inbox_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_message_inbox_name_business_key"), ["name", "business_key"], unique=False)

    op.create_table(
        "outbox",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("instance_id", sa.String(length=32), nullable=True),
        sa.Column("payload", engine.db.Json(), nullable=False),
        sa.Column("is_drill", sa.Boolean(), nullable=False),
        sa.Column("created_at", engine.db.UtcTime(), nullable=False),
        sa.Column("sent_at", engine.db.UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outbox_sent_at_created_at"), ["sent_at", "created_at"], unique=False)

    op.create_table(
        "person",
        sa.Column("name", sa.String(length=255), nullable=False, comment="the sign-in name; never changes"),
        sa.Column("display_name", sa.String(length=255), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=True),
        sa.Column("password_hash", sa.String(length=255), nullable=True),
        sa.Column("is_admin", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column(
            "customer",
            sa.String(length=255),
            nullable=True,
            comment="set for a customer's user, who sees only that customer's records (U1)",
        ),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("created_at", engine.db.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_person")),
    )
    op.create_table(
        "record_number",
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("day", sa.String(length=8), nullable=False, comment="YYYYMMDD in the organisation's zone"),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("prefix", "day", name=op.f("pk_record_number")),
    )
    op.create_table(
        "schedule",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("definition_key", sa.String(length=255), nullable=False),
        sa.Column("element", sa.String(length=255), nullable=True, comment="start event to begin at; null: the one that waits for nothing"),
        sa.Column("rule", sa.String(length=255), nullable=False, comment="a cron line of five fields, or an ISO repeating interval"),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("variables", engine.db.Json(), nullable=True),
        sa.Column("business_key", sa.String(length=255), nullable=True, comment="pattern; {slot} is the slot's local date-time"),
        sa.Column("catch_up", sa.String(length=8), nullable=False, comment="all, last or none: what to do with slots that were missed"),
        sa.Column("overlap", sa.String(length=8), nullable=False, comment="allow, skip or merge: what to do while the last one still runs"),
        sa.Column("late_after_s", sa.Integer(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("next_at", engine.db.UtcTime(), nullable=True),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.Column("created_at", engine.db.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedule")),
        sa.UniqueConstraint("key", name=op.f("uq_schedule_key")),
    )
    with op.batch_alter_table("schedule", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_schedule_is_enabled_next_at"), ["is_enabled", "next_at"], unique=False)

    op.create_table(
        "sla_clock",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("record", sa.String(length=255), nullable=False, comment="such as incident:INC-20260213-0007"),
        sa.Column("kind", sa.String(length=8), nullable=False, comment="respond, restore or update"),
        sa.Column("calendar", sa.String(length=64), nullable=False),
        sa.Column("calendar_version", sa.Integer(), nullable=False),
        sa.Column("target_s", sa.Integer(), nullable=False, comment="working seconds"),
        sa.Column("started_at", engine.db.UtcTime(), nullable=False),
        sa.Column("counted_from", engine.db.UtcTime(), nullable=False),
        sa.Column("carried_s", sa.Float(), nullable=False),
        sa.Column("pauses", engine.db.Json(), nullable=False),
        sa.Column("due_at", engine.db.UtcTime(), nullable=True, comment="as of the last change; null while a pause decides"),
        sa.Column("is_provisional", sa.Boolean(), nullable=False, comment="the deadline lies where holidays are not known yet"),
        sa.Column("stopped_at", engine.db.UtcTime(), nullable=True),
        sa.Column("cancelled_at", engine.db.UtcTime(), nullable=True),
        sa.Column("breached_at", engine.db.UtcTime(), nullable=True),
        sa.Column("breach_cause", sa.String(length=32), nullable=True),
        sa.Column("used_s", sa.Float(), nullable=True, comment="frozen when the record closes"),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False, comment="last percentage told"),
        sa.Column("is_drill", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sla_clock")),
        sa.UniqueConstraint("record", "kind", name=op.f("uq_sla_clock_record_kind")),
    )
    with op.batch_alter_table("sla_clock", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sla_clock_stopped_at_due_at"), ["stopped_at", "due_at"], unique=False)

    op.create_table(
        "team",
        sa.Column("name", sa.String(length=255), nullable=False, comment="the candidate group's name; lanes use the same names"),
        sa.Column("display_name", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_team")),
    )
    op.create_table(
        "api_token",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False, comment="SHA-256; the token itself is shown once"),
        sa.Column("person", sa.String(length=255), nullable=False),
        sa.Column("label", sa.String(length=255), nullable=False),
        sa.Column("scopes", engine.db.Json(), nullable=False),
        sa.Column("created_at", engine.db.UtcTime(), nullable=False),
        sa.Column("expires_at", engine.db.UtcTime(), nullable=True),
        sa.Column("revoked_at", engine.db.UtcTime(), nullable=True),
        sa.Column("last_used_at", engine.db.UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["person"], ["person.name"], name=op.f("fk_api_token_person"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("hash", name=op.f("uq_api_token_hash")),
    )
    op.create_table(
        "deployed_file",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("deployment_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False, comment="bpmn, dmn or form"),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployment.id"], name=op.f("fk_deployed_file_deployment_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["hash"], ["blob.hash"], name=op.f("fk_deployed_file_hash")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deployed_file")),
        sa.UniqueConstraint("deployment_id", "name", name=op.f("uq_deployed_file_deployment_id_name")),
    )
    op.create_table(
        "escalation_step",
        sa.Column("escalation_id", sa.String(length=32), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("at", engine.db.UtcTime(), nullable=False),
        sa.Column("targets", engine.db.Json(), nullable=False, comment="teams that were told"),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["escalation_id"], ["escalation.id"], name=op.f("fk_escalation_step_escalation_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("escalation_id", "level", name=op.f("pk_escalation_step")),
    )
    op.create_table(
        "incident_note",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("incident", sa.String(length=32), nullable=False),
        sa.Column("at", engine.db.UtcTime(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False, comment="the customer sees it"),
        sa.Column("data", engine.db.Json(), nullable=True),
        sa.ForeignKeyConstraint(["incident"], ["incident.number"], name=op.f("fk_incident_note_incident"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_note")),
    )
    with op.batch_alter_table("incident_note", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_incident_note_incident_at"), ["incident", "at"], unique=False)

    op.create_table(
        "membership",
        sa.Column("person", sa.String(length=255), nullable=False),
        sa.Column("team", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.name"], name=op.f("fk_membership_person"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["team"], ["team.name"], name=op.f("fk_membership_team"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person", "team", name=op.f("pk_membership")),
    )
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_membership_team"), ["team"], unique=False)

    op.create_table(
        "schedule_slot",
        sa.Column("schedule_id", sa.String(length=32), nullable=False),
        sa.Column("slot_at", engine.db.UtcTime(), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False, comment="started, late, skipped or merged"),
        sa.Column("instance_id", sa.String(length=32), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("claimed_at", engine.db.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["schedule_id"], ["schedule.id"], name=op.f("fk_schedule_slot_schedule_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("schedule_id", "slot_at", name=op.f("pk_schedule_slot")),
    )
    op.create_table(
        "substitution",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=255), nullable=False, comment="who is away"),
        sa.Column("substitute", sa.String(length=255), nullable=False),
        sa.Column("starts_at", engine.db.UtcTime(), nullable=False),
        sa.Column("ends_at", engine.db.UtcTime(), nullable=False, comment="half-open: at this moment it is over"),
        sa.ForeignKeyConstraint(["person"], ["person.name"], name=op.f("fk_substitution_person"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["substitute"], ["person.name"], name=op.f("fk_substitution_substitute"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_substitution")),
    )
    with op.batch_alter_table("substitution", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_substitution_substitute_ends_at"), ["substitute", "ends_at"], unique=False)

    op.create_table(
        "definition",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False, comment="process, decision or form"),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("version_tag", sa.String(length=255), nullable=True),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("deployment_id", sa.String(length=32), nullable=False),
        sa.Column("file_id", sa.String(length=32), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("is_latest", sa.Boolean(), nullable=False),
        sa.Column("is_suspended", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployment.id"], name=op.f("fk_definition_deployment_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["file_id"], ["deployed_file.id"], name=op.f("fk_definition_file_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_definition")),
        sa.UniqueConstraint("kind", "key", "version", name=op.f("uq_definition_kind_key_version")),
    )
    with op.batch_alter_table("definition", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_definition_kind_is_latest_key"), ["kind", "is_latest", "key"], unique=False)

    op.create_table(
        "process_instance",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("definition_id", sa.String(length=32), nullable=False),
        sa.Column("definition_key", sa.String(length=255), nullable=False),
        sa.Column("business_key", sa.String(length=255), nullable=True),
        sa.Column("status", sa.String(length=12), nullable=False, comment="active, suspended, completed or cancelled"),
        sa.Column(
            "state", sa.LargeBinary(), nullable=False, comment="live tokens and variables, without the spec (engine.execution.state)"
        ),
        sa.Column("version", sa.Integer(), nullable=False, comment="rises with every write; a stale write is refused"),
        sa.Column("history_seq", sa.Integer(), nullable=False),
        sa.Column("history_hash", sa.String(length=64), nullable=False, comment="hash of the last event of the chain"),
        sa.Column("started_at", engine.db.UtcTime(), nullable=False),
        sa.Column("started_by", sa.String(length=255), nullable=False),
        sa.Column("ended_at", engine.db.UtcTime(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("is_drill", sa.Boolean(), nullable=False),
        sa.Column("super_instance_id", sa.String(length=32), nullable=True, comment="the instance that caused this one, if any"),
        sa.Column("idle_turns", sa.Integer(), nullable=False, comment="turns in a row that ended on their time budget"),
        sa.ForeignKeyConstraint(["definition_id"], ["definition.id"], name=op.f("fk_process_instance_definition_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_process_instance")),
    )
    with op.batch_alter_table("process_instance", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_process_instance_business_key"), ["business_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_process_instance_definition_id_status"), ["definition_id", "status"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_process_instance_definition_key_status_started_at"), ["definition_key", "status", "started_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_process_instance_status_started_at"), ["status", "started_at"], unique=False)

    op.create_table(
        "failure",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False, comment="step, job, error (uncaught BPMN error) or stalled"),
        sa.Column("instance_id", sa.String(length=32), nullable=True),
        sa.Column("definition_key", sa.String(length=255), nullable=True),
        sa.Column("business_key", sa.String(length=255), nullable=True),
        sa.Column("element", sa.String(length=255), nullable=True),
        sa.Column("token", sa.String(length=32), nullable=True),
        sa.Column("job_id", sa.String(length=32), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=True),
        sa.Column("created_at", engine.db.UtcTime(), nullable=False),
        sa.Column("resolved_at", engine.db.UtcTime(), nullable=True),
        sa.Column("resolved_by", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name=op.f("fk_failure_instance_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failure")),
    )
    with op.batch_alter_table("failure", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_failure_instance_id"), ["instance_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_failure_resolved_at_created_at"), ["resolved_at", "created_at"], unique=False)

    op.create_table(
        "human_task",
        sa.Column("id", sa.String(length=32), nullable=False, comment="the token's id"),
        sa.Column("instance_id", sa.String(length=32), nullable=False),
        sa.Column("definition_id", sa.String(length=32), nullable=False),
        sa.Column("definition_key", sa.String(length=255), nullable=False),
        sa.Column("business_key", sa.String(length=255), nullable=True),
        sa.Column("element", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("lane", sa.String(length=255), nullable=True),
        sa.Column("status", sa.String(length=12), nullable=False, comment="open, completed or cancelled"),
        sa.Column("assignee", sa.String(length=255), nullable=True),
        sa.Column("owner", sa.String(length=255), nullable=True, comment="who delegated it and gets it back"),
        sa.Column("delegation", sa.String(length=12), nullable=True, comment="pending or resolved"),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("due_at", engine.db.UtcTime(), nullable=True),
        sa.Column("follow_up_at", engine.db.UtcTime(), nullable=True),
        sa.Column("form_ref", sa.String(length=255), nullable=True),
        sa.Column("form_fields", engine.db.Json(), nullable=True),
        sa.Column("draft", engine.db.Json(), nullable=True),
        sa.Column("is_suspended", sa.Boolean(), nullable=False),
        sa.Column("is_drill", sa.Boolean(), nullable=False),
        sa.Column("created_at", engine.db.UtcTime(), nullable=False),
        sa.Column("claimed_at", engine.db.UtcTime(), nullable=True),
        sa.Column("ended_at", engine.db.UtcTime(), nullable=True),
        sa.Column("completed_by", sa.String(length=255), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name=op.f("fk_human_task_instance_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_human_task")),
    )
    with op.batch_alter_table("human_task", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_human_task_instance_id_status"), ["instance_id", "status"], unique=False)
        batch_op.create_index(batch_op.f("ix_human_task_status_assignee_due_at"), ["status", "assignee", "due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_human_task_status_due_at"), ["status", "due_at"], unique=False)

    op.create_table(
        "job",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False, comment="timer, topic, continue, message, signal, start or notice"),
        sa.Column("status", sa.String(length=12), nullable=False, comment="waiting, taken, failed (retries used up) or external"),
        sa.Column("instance_id", sa.String(length=32), nullable=True),
        sa.Column("token", sa.String(length=32), nullable=True),
        sa.Column("element", sa.String(length=255), nullable=True),
        sa.Column("name", sa.String(length=255), nullable=True, comment="topic, message or signal"),
        sa.Column("business_key", sa.String(length=255), nullable=True),
        sa.Column("payload", engine.db.Json(), nullable=True),
        sa.Column("due_at", engine.db.UtcTime(), nullable=False),
        sa.Column("created_at", engine.db.UtcTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("retries_left", sa.Integer(), nullable=False),
        sa.Column("retry_cycle", sa.String(length=255), nullable=True),
        sa.Column("worker", sa.String(length=255), nullable=True),
        sa.Column("locked_until", engine.db.UtcTime(), nullable=True),
        sa.Column("fence", sa.BigInteger(), nullable=True),
        sa.Column("is_suspended", sa.Boolean(), nullable=False),
        sa.Column("is_drill", sa.Boolean(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name=op.f("fk_job_instance_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
    )
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_job_instance_id"), ["instance_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_job_status_due_at"), ["status", "due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_job_status_locked_until"), ["status", "locked_until"], unique=False)
        batch_op.create_index(batch_op.f("ix_job_token"), ["token"], unique=False)

    op.create_table(
        "subscription",
        sa.Column("id", sa.String(length=32), nullable=False, comment="the token's id; for a start event a fresh one"),
        sa.Column("kind", sa.String(length=12), nullable=False, comment="message, signal or condition"),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("instance_id", sa.String(length=32), nullable=True),
        sa.Column("definition_id", sa.String(length=32), nullable=True, comment="set for a start event"),
        sa.Column("element", sa.String(length=255), nullable=False),
        sa.Column("business_key", sa.String(length=255), nullable=True),
        sa.Column("correlation", engine.db.Json(), nullable=True, comment="correlation key -> value"),
        sa.Column("created_at", engine.db.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["definition_id"], ["definition.id"], name=op.f("fk_subscription_definition_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name=op.f("fk_subscription_instance_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
    )
    with op.batch_alter_table("subscription", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_subscription_definition_id"), ["definition_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_subscription_instance_id"), ["instance_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_subscription_kind_name_business_key"), ["kind", "name", "business_key"], unique=False)

    op.create_table(
        "task_candidate",
        sa.Column("task_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False, comment="user or group"),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["human_task.id"], name=op.f("fk_task_candidate_task_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("task_id", "kind", "name", name=op.f("pk_task_candidate")),
    )
    with op.batch_alter_table("task_candidate", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_task_candidate_kind_name_task_id"), ["kind", "name", "task_id"], unique=False)
    for statement in HISTORY_GUARDS[op.get_bind().dialect.name]:
        op.execute(statement)
