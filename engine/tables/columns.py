"""Columns that all tables share."""

from __future__ import annotations

import sqlalchemy as sa

ID = sa.String(32)
NAME = sa.String(255)
