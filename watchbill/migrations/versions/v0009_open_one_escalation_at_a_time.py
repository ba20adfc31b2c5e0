"""Keep one escalation open for a ladder of a record at a time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

OF_ITS_OWN = "escalation.record || '#' || escalation.ladder || '/' || escalation.id"
END_LEFT_OVER = f"""
    UPDATE escalation SET ended_at = (SELECT max(i.ended_at) FROM process_instance i WHERE i.business_key = {OF_ITS_OWN})
    WHERE ended_at IS NULL AND EXISTS
        (SELECT 1 FROM process_instance i WHERE i.business_key = {OF_ITS_OWN} AND i.ended_at IS NOT NULL)
"""  # noqa: S608  # no value comes from outside
END_DOUBLES = """
    UPDATE escalation SET ended_at = started_at
    WHERE ended_at IS NULL AND EXISTS
        (SELECT 1 FROM escalation o WHERE o.record = escalation.record AND o.ladder = escalation.ladder AND o.ended_at IS NULL
         AND (o.priority < escalation.priority OR o.priority = escalation.priority AND o.id < escalation.id))
"""


def upgrade() -> None:
    """Apply; what was left open by a process that has ended, and all but the most urgent that were opened at once, end."""
    op.execute(END_LEFT_OVER)
    op.execute(END_DOUBLES)
    open_ = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_escalation_record_ladder", "escalation", ["record", "ladder"], unique=True, sqlite_where=open_, postgresql_where=open_
    )
