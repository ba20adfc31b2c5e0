"""Tell other systems by webhook."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import engine.db

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "webhook_out",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("events", engine.db.Json(), nullable=False, comment="patterns of the kinds of notices, such as sla.*"),
        sa.Column(
            "salt", sa.String(length=32), nullable=False, comment="the secret is derived from it and the house's key, and kept nowhere"
        ),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.Column("created_at", engine.db.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_out")),
        sa.UniqueConstraint("name", name=op.f("uq_webhook_out_name")),
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.String(length=32), nullable=False, comment="also the message's id, the same in each try"),
        sa.Column("hook_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False, comment="the notice's"),
        sa.Column("body", sa.Text(), nullable=False, comment="JSON, the same in each try"),
        sa.Column("status", sa.String(length=12), nullable=False, comment="waiting, delivered or failed"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", engine.db.UtcTime(), nullable=False),
        sa.Column("last_at", engine.db.UtcTime(), nullable=True, comment="the last try"),
        sa.Column("status_code", sa.Integer(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True, comment="the beginning of the last answer"),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["hook_id"], ["webhook_out.id"], name=op.f("fk_webhook_delivery_hook_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
    )
    with op.batch_alter_table("webhook_delivery", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_webhook_delivery_hook_id_id"), ["hook_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_webhook_delivery_status_created_at"), ["status", "created_at"], unique=False)
