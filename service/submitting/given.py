"""What a reader of any format gives: a row that is an event, or what is wrong with it."""

from __future__ import annotations

from msgspec import Struct

from service.domain.codec import Submitted
from service.domain.faults import Fault


class Item(Struct, frozen=True, gc=False):
    """A row that is a valid event in itself. sheet: "" where the file has none; row: from 1."""

    sheet: str
    row: int
    submitted: Submitted


class Wrong(Struct, frozen=True):
    """One fault of a row. column: its letters, heading: its text, where the file has columns."""

    sheet: str
    row: int
    column: str | None
    heading: str | None
    fault: Fault


__all__ = ["Item", "Wrong"]
