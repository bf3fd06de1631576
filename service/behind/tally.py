"""What a process has counted since it began: for `/metrics`, and for tests that wait for facts."""

from __future__ import annotations

from msgspec import Struct


class Tally(Struct):
    """Counts since the process began.

    groups: by size, up to the next power of two, how many transactions of the writer there were.
    The others go by worker, or by what was looked at (pack, row).
    """

    appended: int = 0
    groups: dict[int, int] = {}
    notified: int = 0
    notify_failures: int = 0
    heard: int = 0
    steps: dict[str, int] = {}
    failures: dict[str, int] = {}
    audited: dict[str, int] = {}
    mismatches: dict[str, int] = {}
    reads_traced: int = 0
    reads_merged: int = 0
    reads_lost: int = 0
    trace_failures: int = 0


def recorded(tally: Tally, events: int) -> None:
    """Count a transaction of the writer with so many events."""
    tally.appended += events
    size = 1 << max(0, events - 1).bit_length()
    tally.groups[size] = tally.groups.get(size, 0) + 1


def count(counts: dict[str, int], name: str) -> None:
    """Add one to a count by name."""
    counts[name] = counts.get(name, 0) + 1


__all__ = ["Tally", "count", "recorded"]
