"""Let other systems call webhooks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import engine.db

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "webhook_in",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False, comment="alertmanager, zabbix or generic"),
        sa.Column(
            "salt", sa.String(length=32), nullable=False, comment="the secret is derived from it and the house's key, and kept nowhere"
        ),
        sa.Column("person", sa.String(length=255), nullable=False, comment="as whom it acts"),
        sa.Column("message", sa.String(length=255), nullable=False),
        sa.Column("resolved_message", sa.String(length=255), nullable=True, comment="null: what is resolved is only noted"),
        sa.Column(
            "mapping", engine.db.Json(), nullable=False, comment="expressions: fingerprint, resolved, business_key, correlation, variables"
        ),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.Column("created_at", engine.db.UtcTime(), nullable=False),
        sa.Column("window_at", engine.db.UtcTime(), nullable=True, comment="the minute in which calls are counted"),
        sa.Column("window_count", sa.Integer(), nullable=False, server_default="0"),
        sa.ForeignKeyConstraint(["person"], ["person.name"], name=op.f("fk_webhook_in_person"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_in")),
        sa.UniqueConstraint("name", name=op.f("uq_webhook_in_name")),
    )
    op.create_table(
        "webhook_seen",
        sa.Column("hook_id", sa.String(length=32), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False, comment="SHA-256 of what the other side calls it"),
        sa.Column("state", sa.String(length=8), nullable=False, comment="firing, resolved or request"),
        sa.Column("first_at", engine.db.UtcTime(), nullable=False),
        sa.Column("last_at", engine.db.UtcTime(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["hook_id"], ["webhook_in.id"], name=op.f("fk_webhook_seen_hook_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("hook_id", "fingerprint", "state", name=op.f("pk_webhook_seen")),
    )
    with op.batch_alter_table("webhook_seen", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_webhook_seen_last_at"), ["last_at"], unique=False)
