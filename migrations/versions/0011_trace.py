"""Who read whose data, and what was done to the service itself."""

from __future__ import annotations

from migrations import plain

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the tables."""
    plain.run("0011_trace.sql")
