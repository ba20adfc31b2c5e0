"""What is deployed: files, and the definitions in them."""

from __future__ import annotations

import sqlalchemy as sa

from engine.db import UtcTime, metadata
from engine.tables.columns import ID, NAME

blob = sa.Table(
    "blob",
    metadata,
    sa.Column("hash", sa.String(64), primary_key=True, comment="SHA-256 of the content, hexadecimal"),
    sa.Column("content", sa.LargeBinary, nullable=False),
)

deployment = sa.Table(
    "deployment",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("name", NAME, nullable=False),
    sa.Column("source", NAME, nullable=True),
    sa.Column("hash", sa.String(64), nullable=False, comment="SHA-256 over the sorted file names and content hashes"),
    sa.Column("deployed_at", UtcTime, nullable=False),
    sa.Column("deployed_by", NAME, nullable=False),
    sa.Index(None, "deployed_at"),
)

deployed_file = sa.Table(
    "deployed_file",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("deployment_id", ID, sa.ForeignKey("deployment.id", ondelete="CASCADE"), nullable=False),
    sa.Column("name", NAME, nullable=False),
    sa.Column("kind", sa.String(8), nullable=False, comment="bpmn, dmn or form"),
    sa.Column("hash", sa.String(64), sa.ForeignKey("blob.hash"), nullable=False),
    sa.UniqueConstraint("deployment_id", "name"),
)

definition = sa.Table(
    "definition",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("kind", sa.String(8), nullable=False, comment="process, decision or form"),
    sa.Column("key", NAME, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("version_tag", NAME, nullable=True),
    sa.Column("name", NAME, nullable=False, default=""),
    sa.Column("deployment_id", ID, sa.ForeignKey("deployment.id", ondelete="CASCADE"), nullable=False),
    sa.Column("file_id", ID, sa.ForeignKey("deployed_file.id", ondelete="CASCADE"), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("is_latest", sa.Boolean, nullable=False),
    sa.Column("is_suspended", sa.Boolean, nullable=False, default=False),
    sa.UniqueConstraint("kind", "key", "version"),
    sa.Index(None, "kind", "is_latest", "key"),
)
