"""Keys, by which callers are known."""

from __future__ import annotations

from migrations import plain

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the table."""
    plain.run("0008_keys.sql")
