"""Which format a file has, told by what is in it: its name alone proves nothing."""

from __future__ import annotations

from pathlib import Path

from service.domain.problems import Problem
from service.intake import tables
from service.intake.tables import Limits, Opened


def opened(
    path: Path,
    name: str,
    limits: Limits = tables.DEFAULT,
    known: frozenset[str] = frozenset(),
) -> Opened | Problem:
    """Return the sheets of a file, or a problem that says why it cannot be read.

    name: as the sender called the file, for messages; known: the headings that mean something,
    each as `tables.folded` gives it. They tell the delimiter of a CSV and which sheets are read;
    where none is given, the delimiter is the one that gives most columns, and all sheets are read.
    """
    raise NotImplementedError
