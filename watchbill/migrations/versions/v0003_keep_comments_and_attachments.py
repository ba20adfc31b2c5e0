"""Keep comments on tasks, attachments, and what a task is about."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import engine.db

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("human_task", schema=None) as batch_op:
        batch_op.add_column(sa.Column("description", sa.Text(), nullable=True))
    op.create_table(
        "task_comment",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("task_id", sa.String(length=32), nullable=False, comment="no foreign key: a task that is done anew keeps its comments"),
        sa.Column("instance_id", sa.String(length=32), nullable=False),
        sa.Column("author", sa.String(length=255), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("at", engine.db.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name=op.f("fk_task_comment_instance_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_comment")),
    )
    op.create_table(
        "attachment",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column(
            "task_id", sa.String(length=32), nullable=False, comment="no foreign key: a task that is done anew keeps its attachments"
        ),
        sa.Column("instance_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("type", sa.String(length=255), nullable=True, comment="media type, read from the content; null for an address"),
        sa.Column("url", sa.Text(), nullable=True, comment="where it lies, when it is not kept here"),
        sa.Column("size", sa.Integer(), nullable=True, comment="bytes"),
        sa.Column("hash", sa.String(length=64), nullable=True, comment="SHA-256 of the content, hexadecimal"),
        sa.Column("author", sa.String(length=255), nullable=False),
        sa.Column("at", engine.db.UtcTime(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name=op.f("fk_attachment_instance_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    for table in ("task_comment", "attachment"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            for column in ("instance_id", "task_id"):
                batch_op.create_index(batch_op.f(f"ix_{table}_{column}"), [column], unique=False)
