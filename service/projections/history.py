"""From the entries of a history to facts: corrections, retractions, disputes and confirmations.

Sources: DOMAIN.md §2 (corrections, disputes, confirmations, positions behind a figure).
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from service.domain.codec import Unread
from service.domain.dates import Precision
from service.domain.envelope import OPERATOR_ASSURANCE, Assurance, Event, Payload, Target, type_name
from service.domain.mentions import payload_mentions
from service.domain.register import BY_NAME

_CHANGES: Final = frozenset({"EventCorrected", "EventRetracted"})
_MARKS: Final = frozenset({"EventDisputed", "DisputeSettled", "EventConfirmed"})


class Entry(Struct, frozen=True, gc=False):
    """One event of a history as it stands in the log; target is of an event about an event."""

    position: int
    event: Event | Unread
    target: Target | None = None


class Fact(Struct, frozen=True, gc=False):
    """What one original event says, as it is read after all that was recorded about it.

    position: the original's, for ties. positions: the original's and the correction's that counts.
    disputed: positions of disputes that are not rejected. confirmed_by: codes that it still names.
    id: the original's, by which other events refer to it. refers: the events that it refers to.
    """

    position: int
    positions: tuple[int, ...]
    organisation: str
    type: str
    effective: dt.date
    precision: Precision
    certain: bool
    assurance: Assurance
    source_kind: str
    # Any: each reader takes the payloads of the types that it reads, by name.
    data: Any
    disputed: tuple[int, ...] = ()
    confirmed_by: frozenset[str] = frozenset()
    id: uuid.UUID | None = None
    refers: tuple[Target, ...] = ()


class Unreadable(Struct, frozen=True, gc=False):
    """What the fold could not read; type is the target's for an event about an event."""

    position: int
    type: str
    organisation: str
    reason: str


class History(Struct, frozen=True, gc=False):
    """The facts of one organisation's history in order of position, and what could not be read."""

    facts: tuple[Fact, ...] = ()
    unread: tuple[Unreadable, ...] = ()
    last_position: int = 0


class _Read(Struct, frozen=True, gc=False):
    """An entry that can be read, with the position of the event that it is about."""

    position: int
    event: Event
    type: str
    about: int | None
    target: Target | None


def facts(entries: Sequence[Entry]) -> History:
    """Return what a history says once everything recorded about its events is applied."""
    reads = _reads(entries)
    retracted = _retracted(reads)
    corrections = _corrections(reads, retracted)
    read: dict[int, Fact] = {}
    unread = [_unreadable(entry) for entry in entries if isinstance(entry.event, Unread)]
    for position, original, correction in _originals(reads, retracted, corrections):
        made = _fact(position, original, correction)
        if isinstance(made, Fact):
            read[position] = made
        else:
            unread.append(made)
    about = {entry.position: entry.about for entry in reads if entry.type in _MARKS}
    marked = _marked(read, about)
    last = max((entry.position for entry in entries), default=0)
    return History(marked, tuple(sorted(unread, key=lambda item: item.position)), last)


def counts_for(fact: Fact, organisation: str) -> bool:
    """Tell whether a fact counts in a picture: its own, the operator's, or confirmed."""
    return (
        fact.organisation == organisation
        or fact.assurance in OPERATOR_ASSURANCE
        or organisation in fact.confirmed_by
    )


def _reads(entries: Sequence[Entry]) -> list[_Read]:
    ids = {e.event.id: e.position for e in entries if isinstance(e.event, Event)}
    ordered = sorted(entries, key=lambda entry: entry.position)
    return [_read(entry, entry.event, ids) for entry in ordered if isinstance(entry.event, Event)]


def _read(entry: Entry, event: Event, ids: Mapping[uuid.UUID, int]) -> _Read:
    named = getattr(event.data, "event", None) or getattr(event.data, "dispute_event", None)
    found = ids.get(named) if isinstance(named, uuid.UUID) else None
    about = entry.target.position if entry.target else found
    return _Read(entry.position, event, type_name(event), about, entry.target)


def _unreadable(entry: Entry) -> Unreadable:
    event = entry.event
    assert isinstance(event, Unread)  # noqa: S101 - the caller chose it
    kind = entry.target.type if entry.target else event.type
    return Unreadable(entry.position, kind, event.organisation, event.reason)


def _retracted(reads: Sequence[_Read]) -> set[int]:
    """Return the positions no longer in force: one pass backward, as only later ones retract."""
    gone: set[int] = set()
    for entry in reversed(reads):
        if entry.type == "EventRetracted" and entry.about and entry.position not in gone:
            gone.add(entry.about)
    return gone


def _corrections(reads: Sequence[_Read], retracted: set[int]) -> dict[int, _Read]:
    """Return the newest correction in force of each original."""
    return {
        entry.about: entry
        for entry in reads
        if entry.type == "EventCorrected" and entry.about and entry.position not in retracted
    }


def _originals(
    reads: Sequence[_Read], retracted: set[int], corrections: Mapping[int, _Read]
) -> Iterator[tuple[int, _Read | None, _Read | None]]:
    """Yield each original in force with its correction; the original may be in another history."""
    here = {entry.position: entry for entry in reads if entry.type not in _CHANGES}
    for position in sorted({*here, *corrections} - retracted):
        yield position, here.get(position), corrections.get(position)


def _fact(position: int, original: _Read | None, correction: _Read | None) -> Fact | Unreadable:
    entry = correction or original
    assert entry is not None  # noqa: S101 - one of the two is there
    event = entry.event
    kind = entry.type
    data: Payload | None = event.data
    positions: tuple[int, ...] = (position,)
    if correction is not None:
        kind = _type_of(original, correction)
        data = _corrected(kind, correction)
        positions = (position, correction.position)
    if data is None:
        reason = "unreadable" if kind in BY_NAME else "unknown_type"
        return Unreadable(entry.position, kind, event.organisation, reason)
    return Fact(
        position=position,
        positions=positions,
        organisation=event.organisation,
        type=kind,
        effective=event.effective,
        precision=event.precision,
        certain=event.certain,
        assurance=event.assurance,
        source_kind=event.source.kind,
        data=data,
        id=original.event.id if original else getattr(event.data, "event", None),
        refers=_refers(entry),
    )


def _refers(entry: _Read) -> tuple[Target, ...]:
    """Return the events that a fact refers to; of a correction, those of its payload."""
    if entry.target is None:
        return ()
    others = entry.target.others
    return others if entry.type in _CHANGES else (entry.target, *others)


def _type_of(original: _Read | None, correction: _Read) -> str:
    if original is not None:
        return original.type
    return correction.target.type if correction.target else "unknown"


def _corrected(kind: str, correction: _Read) -> Payload | None:
    known = BY_NAME.get(kind)
    if known is None:
        return None
    raw = getattr(correction.event.data, "data", b"")
    try:
        return msgspec.json.decode(bytes(raw), type=known.payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _marked(read: Mapping[int, Fact], about: Mapping[int, int | None]) -> tuple[Fact, ...]:
    """Return the facts with their disputes and confirmations; the marks themselves are no facts."""
    disputes = _by_target(read, about, "EventDisputed")
    settled = _by_target(read, about, "DisputeSettled")
    confirmed = _by_target(read, about, "EventConfirmed")
    open_disputes = {
        target: tuple(mark.position for mark in marks if not _rejected(settled.get(mark.position)))
        for target, marks in disputes.items()
    }
    return tuple(
        _with_marks(fact, open_disputes.get(position, ()), confirmed.get(position, []))
        for position, fact in read.items()
        if fact.type not in _MARKS
    )


def _by_target(
    read: Mapping[int, Fact], about: Mapping[int, int | None], kind: str
) -> dict[int, list[Fact]]:
    found: dict[int, list[Fact]] = {}
    for position, fact in read.items():
        target = about.get(position)
        if fact.type == kind and target is not None:
            found.setdefault(target, []).append(fact)
    return found


def _rejected(settlements: Sequence[Fact] | None) -> bool:
    return (
        bool(settlements) and settlements is not None and settlements[-1].data.outcome == "rejected"
    )


def _with_marks(fact: Fact, disputed: tuple[int, ...], confirmed: Sequence[Fact]) -> Fact:
    if not disputed and not confirmed:
        return fact
    named = payload_mentions(fact.data) | {target.organisation for target in fact.refers}
    by = frozenset(mark.organisation for mark in confirmed) & named
    return msgspec.structs.replace(fact, disputed=disputed, confirmed_by=by)


__all__ = ["Entry", "Fact", "History", "Unreadable", "counts_for", "facts"]
