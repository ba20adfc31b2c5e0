"""Numbers of records: `INC-20260213-0007`, without gaps or doubles, counted by local day."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from engine.db import metadata

record_number = sa.Table(
    "record_number",
    metadata,
    sa.Column("prefix", sa.String(16), primary_key=True),
    sa.Column("day", sa.String(8), primary_key=True, comment="YYYYMMDD in the organisation's zone"),
    sa.Column("last", sa.Integer, nullable=False),
)


def next_number(connection: sa.Connection, prefix: str, *, now: datetime, zone: str = "Asia/Shanghai") -> str:
    """Return the next number of a prefix on the local day of a moment; two transactions at once get different ones."""
    day = now.astimezone(ZoneInfo(zone)).strftime("%Y%m%d")
    statement = (
        "INSERT INTO record_number (prefix, day, last) VALUES (:prefix, :day, 1) "
        "ON CONFLICT (prefix, day) DO UPDATE SET last = record_number.last + 1 RETURNING last"
    )
    last = connection.execute(sa.text(statement), {"prefix": prefix, "day": day}).scalar_one()
    return f"{prefix}-{day}-{last:04d}"
