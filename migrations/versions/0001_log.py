"""The event log: its tables, guards and roles."""

from __future__ import annotations

from migrations import plain

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the log."""
    plain.run("0001_log.sql")
