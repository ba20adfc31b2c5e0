"""Find the receivers of a message by the digest of their correlation keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.db import Json
from engine.runtime.correlation import digest_of

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply, also to who waits already."""
    comment = "SHA-256 of the correlation in canonical JSON; null when it declares none"
    with op.batch_alter_table("subscription", schema=None) as batch_op:
        batch_op.add_column(sa.Column("digest", sa.String(length=64), nullable=True, comment=comment))
        batch_op.create_index(batch_op.f("ix_subscription_kind_name_digest"), ["kind", "name", "digest"], unique=False)
    waiting = sa.table("subscription", sa.column("id"), sa.column("correlation", Json), sa.column("digest"))
    connection = op.get_bind()
    found = connection.execute(sa.select(waiting.c.id, waiting.c.correlation).where(waiting.c.correlation.is_not(None)))
    digests = [{"of_id": row.id, "new_digest": digest_of(row.correlation)} for row in found]
    if digests:
        statement = sa.update(waiting).where(waiting.c.id == sa.bindparam("of_id")).values(digest=sa.bindparam("new_digest"))
        connection.execute(statement, digests)
