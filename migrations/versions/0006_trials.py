"""Trials, laid over the log."""

from __future__ import annotations

from migrations import plain

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the tables."""
    plain.run("0006_trials.sql")
