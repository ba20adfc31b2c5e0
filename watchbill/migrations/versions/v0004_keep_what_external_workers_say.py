"""Keep what external workers say of a job: details of an error, tries left, and how urgent the job is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    retries = "tries that its external worker left; null until one says so"
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.add_column(sa.Column("error_details", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("worker_retries", sa.Integer(), nullable=True, comment=retries))
        batch_op.add_column(sa.Column("priority", sa.BigInteger(), nullable=False, server_default="0"))
        batch_op.create_index(batch_op.f("ix_job_status_name_created_at"), ["status", "name", "created_at"], unique=False)
