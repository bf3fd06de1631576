"""Uploads: what was handed over in one go, what is left of it to record, and what became of it."""

from __future__ import annotations

from migrations import plain

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables."""
    plain.run("0005_uploads.sql")
