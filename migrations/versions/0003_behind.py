"""Packs of sealed histories, and how far what runs behind the log has come."""

from __future__ import annotations

from migrations import plain

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables."""
    plain.run("0003_behind.sql")
