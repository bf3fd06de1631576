"""People's names, and their erasure."""

from __future__ import annotations

from migrations import plain

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the tables."""
    plain.run("0010_people.sql")
