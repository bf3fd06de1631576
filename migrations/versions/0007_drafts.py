"""Drafts of returns, answered by several people."""

from __future__ import annotations

from migrations import plain

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the table."""
    plain.run("0007_drafts.sql")
