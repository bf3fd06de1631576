"""From a file that has come to its rows, by what is in it: lines of events, or tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from service.domain import dates, explain
from service.submitting import lines
from service.submitting.receiving import Reading
from service.submitting.spooling import Spooled

HEAD: Final = 4096


@contextmanager
def read(file: Spooled, now: dt.datetime) -> Iterator[Reading]:
    """Lend the rows of a file."""
    latest = min(dates.today(now) + explain.AHEAD, dates.LATEST)
    with file.path.open("rb") as content:
        yield Reading(lines.entries(content, latest), ["Read as NDJSON, one event a line."])


__all__ = ["read"]
