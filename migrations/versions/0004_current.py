"""Current pictures as rows, what the audit found, and marks of progress."""

from __future__ import annotations

from migrations import plain

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables and views."""
    plain.run("0004_current.sql")
