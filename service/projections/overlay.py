"""Events that no log holds, laid over histories: a trial's, or a file's before it is recorded.

They stand behind the head, in the order in which they would be recorded, and are folded like any
others: what a picture says of them is what it would say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from service.domain.admission import Admitted
from service.projections.history import Block, Entry, History, block, grown, joined

Overlay = Mapping[str, tuple[Entry, ...]]
"""Entries by the organisation in whose history they would stand, in order of position."""
NOTHING: Final[Overlay] = MappingProxyType({})


def overlay(admitted: Iterable[Admitted]) -> Overlay:
    """Return what the histories would gain: each event in its stream, and where it is named."""
    found: dict[str, list[Entry]] = {}
    for one in admitted:
        entry = Entry(one.stamp.position, one.event, one.stamp.target)
        for code in {one.event.organisation, *one.named}:
            found.setdefault(code, []).append(entry)
    return {code: tuple(entries) for code, entries in sorted(found.items())}


def overlaid(run: Block, before: History, entries: tuple[Entry, ...]) -> History:
    """Return a history, given as one block and as what it says, with entries behind it."""
    tail = block(entries)
    return grown(before, joined([run, tail]), tail)


__all__ = ["NOTHING", "Overlay", "overlaid", "overlay"]
