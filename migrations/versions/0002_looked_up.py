"""Indexes of what appending and verifying look up: mentions by position, links by type."""

from __future__ import annotations

from migrations import plain

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the indexes."""
    plain.run("0002_looked_up.sql")
