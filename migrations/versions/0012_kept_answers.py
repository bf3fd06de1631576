"""Answers kept for a day, by the key that their request came with."""

from __future__ import annotations

from migrations import plain

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the table."""
    plain.run("0012_kept_answers.sql")
