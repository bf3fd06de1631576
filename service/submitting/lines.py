"""Lines of NDJSON as rows: one event a line, of any length."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from service.domain import codec
from service.domain.codec import Submitted
from service.domain.faults import Fault
from service.intake.rows import Item, Wrong
from service.submitting.blocks import Entry

Decode = Callable[[bytes, dt.date], "Submitted | tuple[Fault, ...]"]


def entries(
    lines: Iterable[bytes], latest: dt.date, decode: Decode = codec.decode
) -> Iterator[Entry]:
    """Yield what each line that is not blank holds; rows count lines from 1.

    latest: the last effective date that is accepted.
    """
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield entry(number, decode(line.rstrip(b"\r\n"), latest))


def entry(number: int, found: Submitted | tuple[Fault, ...]) -> Entry:
    """Return what was found at a row without columns."""
    if isinstance(found, Submitted):
        return Item("", number, found)
    return tuple([Wrong("", number, None, None, fault) for fault in found])


def at_most(path: Path, most: int) -> bytes | None:
    """Return a file that has so many lines or fewer; None if it has more."""
    with path.open("rb") as file:
        found = list(itertools.islice(file, most + 1))
    return b"".join(found) if len(found) <= most else None


__all__ = ["Decode", "at_most", "entries", "entry"]
