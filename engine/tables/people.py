"""People, their teams, and how they prove who they are."""

from __future__ import annotations

import sqlalchemy as sa

from engine.db import Json, UtcTime, metadata
from engine.tables.columns import ID, NAME

person = sa.Table(
    "person",
    metadata,
    sa.Column("name", NAME, primary_key=True, comment="the sign-in name; never changes"),
    sa.Column("display_name", NAME, nullable=False),
    sa.Column("email", NAME, nullable=True),
    sa.Column("password_hash", NAME, nullable=True),
    sa.Column("is_admin", sa.Boolean, nullable=False, default=False),
    sa.Column("is_active", sa.Boolean, nullable=False, default=True),
    sa.Column("customer", NAME, nullable=True, comment="set for a customer's user, who sees only that customer's records (U1)"),
    sa.Column("language", sa.String(8), nullable=False, default="zh_CN"),
    sa.Column("zone", sa.String(64), nullable=False, default="Asia/Shanghai"),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Index("uq_person_lower_name", sa.text("lower(name)"), unique=True),
)

team = sa.Table(
    "team",
    metadata,
    sa.Column("name", NAME, primary_key=True, comment="the candidate group's name; lanes use the same names"),
    sa.Column("display_name", NAME, nullable=False),
    sa.Index("uq_team_lower_name", sa.text("lower(name)"), unique=True),
)

membership = sa.Table(
    "membership",
    metadata,
    sa.Column("person", NAME, sa.ForeignKey("person.name", ondelete="CASCADE"), primary_key=True),
    sa.Column("team", NAME, sa.ForeignKey("team.name", ondelete="CASCADE"), primary_key=True),
    sa.Index(None, "team"),
)

substitution = sa.Table(
    "substitution",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("person", NAME, sa.ForeignKey("person.name", ondelete="CASCADE"), nullable=False, comment="who is away"),
    sa.Column("substitute", NAME, sa.ForeignKey("person.name", ondelete="CASCADE"), nullable=False),
    sa.Column("starts_at", UtcTime, nullable=False),
    sa.Column("ends_at", UtcTime, nullable=False, comment="half-open: at this moment it is over"),
    sa.Index(None, "substitute", "ends_at"),
)

api_token = sa.Table(
    "api_token",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("hash", sa.String(64), nullable=False, unique=True, comment="SHA-256; the token itself is shown once"),
    sa.Column("person", NAME, sa.ForeignKey("person.name", ondelete="CASCADE"), nullable=False),
    sa.Column("label", NAME, nullable=False),
    sa.Column("scopes", Json, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("expires_at", UtcTime, nullable=True),
    sa.Column("revoked_at", UtcTime, nullable=True),
    sa.Column("last_used_at", UtcTime, nullable=True),
)

ended_session = sa.Table(
    "ended_session",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Index(None, "at"),
)

failed_sign_in = sa.Table(
    "failed_sign_in",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("name", NAME, nullable=False, comment="as it was given; there need not be such a person"),
    sa.Column("address", NAME, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Index(None, "name", "at"),
    sa.Index(None, "address", "at"),
)
