"""What each role of the database can reach: histories within a scope, rows by grant."""

from __future__ import annotations

from migrations import plain

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make views, policies and the table of grants."""
    plain.run("0013_depth.sql")
