"""Sessions of browsers."""

from __future__ import annotations

from migrations import plain

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the table."""
    plain.run("0009_sessions.sql")
