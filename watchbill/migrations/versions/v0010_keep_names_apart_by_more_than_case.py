"""Keep the names of people and of teams apart by more than letter case."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    for table in ("person", "team"):
        op.create_index(f"uq_{table}_lower_name", table, [sa.text("lower(name)")], unique=True)
