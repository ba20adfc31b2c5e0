"""Count failed sign-ins."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import engine.db

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "failed_sign_in",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False, comment="as it was given; there need not be such a person"),
        sa.Column("address", sa.String(length=255), nullable=False),
        sa.Column("at", engine.db.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failed_sign_in")),
    )
    with op.batch_alter_table("failed_sign_in", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_failed_sign_in_address_at"), ["address", "at"], unique=False)
        batch_op.create_index(batch_op.f("ix_failed_sign_in_name_at"), ["name", "at"], unique=False)
