"""Blocks: runs of a history's entries as facts, whatever comes later; what a pack holds.

What a fact's payload is does not depend on what is recorded after it, so a block is made once. What
is about events stands beside the facts, to be applied over all blocks (`history`).
"""

from __future__ import annotations

import bisect
import datetime as dt
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from service.domain.codec import Unread
from service.domain.dates import Precision
from service.domain.disclosure import EXACT, POLICY, WITHOUT_PARTS, Disclosure
from service.domain.envelope import Assurance, Event, Payload, Target, type_name
from service.domain.faults import Unfit
from service.domain.normal import normal
from service.domain.register import BY_NAME
from service.domain.withheld import WITHHELD, Withheld
from service.projections.unchecked import unchecked

ABOUT: Final = frozenset(kind.name for kind in BY_NAME.values() if kind.fold.form == "about")
"""Types that change how another event is read; all others state facts."""
_POSITION: Final = attrgetter("position")


class Entry(Struct, frozen=True, gc=False):
    """One event of a history as it stands in the log; target is of an event about an event.

    disclosure: as what it holds counts (MODEL.md §5).
    """

    position: int
    event: Event | Unread
    target: Target | None = None
    disclosure: Disclosure = EXACT


class Fact(Struct, frozen=True, gc=False, array_like=True):
    """What one original event says, as it is read after all that was recorded about it.

    position: the original's, for ties. refers: the events that it refers to.
    corrected_by: position of the correction that counts. disputed: positions of disputes that are
    not rejected. confirmed_by: codes of confirmers that it still names.
    disclosed: it is without parts. rounded: its people are rounded as well (MODEL.md §5).
    The members up to `refers` are those that a pack holds, in this order.
    """

    position: int
    organisation: str
    effective: dt.date
    precision: Precision
    certain: bool
    assurance: Assurance
    source_kind: Literal["public", "own"]
    # Any: each reader takes the payloads of the types that it reads, by name.
    data: Any
    refers: tuple[Target, ...] = ()
    type: str = ""
    corrected_by: int | None = None
    disputed: tuple[int, ...] = ()
    confirmed_by: frozenset[str] = frozenset()
    disclosed: bool = False
    rounded: bool = False

    @property
    def positions(self) -> tuple[int, ...]:
        """Return the positions behind it: the original's and the correction's that counts."""
        if self.corrected_by is None:
            return (self.position,)
        return (self.position, self.corrected_by)


def _fact_of(name: str, payload: type[Payload]) -> type[Fact]:
    """Return the Fact of one type: with its payload, its name left out of packs."""
    struct = msgspec.defstruct(
        f"{name}Fact",
        [("data", unchecked(payload)), ("type", str, name)],
        bases=(Fact,),
        namespace={"__doc__": Fact.__doc__},
        module=__name__,
        frozen=True,
        gc=False,
        array_like=True,
    )
    assert issubclass(struct, Fact)  # noqa: S101 - tells the type checker what `bases` did
    return struct


FACT_OF: Final[Mapping[str, type[Fact]]] = MappingProxyType(
    {name: _fact_of(name, kind.payload) for name, kind in BY_NAME.items()}
    | {WITHHELD: _fact_of(WITHHELD, Withheld)}
)
"""By type; and that of what is withheld, whatever type it is of."""


class Change(Struct, frozen=True, gc=False, array_like=True):
    """An event about another: by its type it corrects, retracts, confirms, disputes or settles.

    about, target: position and type of the event that it is about. rejected: of a settlement.
    """

    position: int
    type: str
    organisation: str
    about: int | None
    target: str | None
    rejected: bool = False


class Unreadable(Struct, frozen=True, gc=False, array_like=True):
    """What the fold could not read; type is the target's for an event about an event."""

    position: int
    type: str
    organisation: str
    reason: str


Facts = Mapping[str, tuple[Fact, ...]]
"""Facts by type, each in order of position."""


class Block(Struct, frozen=True, gc=False):
    """A run of a history's entries. replacements: what corrections say, at the corrections' places.

    entries: how many entries it holds.
    """

    facts: Facts
    changes: tuple[Change, ...] = ()
    replacements: Facts = {}
    unread: tuple[Unreadable, ...] = ()
    last_position: int = 0
    entries: int = 0


def block(entries: Sequence[Entry]) -> Block:
    """Return a run of entries as the fold takes them."""
    originals: dict[str, list[Fact]] = {}
    changes: list[Change] = []
    replacements: list[Fact] = []
    unread: list[Unreadable] = []
    for entry in sorted(entries, key=_POSITION):
        event = entry.event
        if isinstance(event, Unread):
            kind = entry.target.type if entry.target else event.type
            unread.append(Unreadable(entry.position, kind, event.organisation, event.reason))
            continue
        kind = type_name(event)
        if kind in ABOUT:
            changes.append(_change(entry, event, kind, entries))
            replacements += _replacement(entry, event)
        else:
            refers = (entry.target, *entry.target.others) if entry.target else ()
            fact = _fact(entry, event, kind, event.data, refers)
            originals.setdefault(kind, []).append(fact)
    last = max((entry.position for entry in entries), default=0)
    return Block(
        _in_order(originals), tuple(changes), _by_type(replacements), tuple(unread), last,
        len(entries),
    )  # fmt: skip


def _change(entry: Entry, event: Event, kind: str, entries: Sequence[Entry]) -> Change:
    target = entry.target.type if entry.target else None
    about = entry.target.position if entry.target else _place(event, entries)
    rejected = getattr(event.data, "outcome", None) == "rejected"
    return Change(entry.position, kind, event.organisation, about, target, rejected)


def _place(event: Event, entries: Sequence[Entry]) -> int | None:
    """Return the position of what an event is about where the log did not say it (a notebook's)."""
    named = getattr(event.data, "event", None) or getattr(event.data, "dispute_event", None)
    found = (e.position for e in entries if isinstance(e.event, Event) and e.event.id == named)
    return next(found, None)


def _replacement(entry: Entry, event: Event) -> Iterator[Fact]:
    """Yield what a correction says in the place of its target, if that can be read."""
    raw = getattr(event.data, "data", None)
    known = BY_NAME.get(entry.target.type) if entry.target else None
    if known is None or entry.target is None or not isinstance(raw, msgspec.Raw):
        return
    if bytes(raw) == b"null":
        yield _fact(entry, event, WITHHELD, Withheld(known.name), entry.target.others)
        return
    try:
        # Bodies recorded by 0.1.0 hold corrected payloads as they were sent.
        data: Payload = normal(msgspec.json.decode(bytes(raw), type=known.payload))
    except (msgspec.MsgspecError, Unfit, UnicodeDecodeError, RecursionError):
        return
    yield _fact(entry, event, known.name, data, entry.target.others)


def _fact(entry: Entry, event: Event, kind: str, data: Payload, refers: tuple[Target, ...]) -> Fact:
    return FACT_OF[kind](
        position=entry.position,
        organisation=event.organisation,
        effective=event.effective,
        precision=event.precision,
        certain=event.certain,
        assurance=event.assurance,
        source_kind=event.source.kind,
        data=data,
        refers=refers,
        disclosed=entry.disclosure != EXACT and kind in WITHOUT_PARTS,
        rounded=entry.disclosure == POLICY and kind in WITHOUT_PARTS,
    )


def _by_type(items: Iterable[Fact]) -> dict[str, tuple[Fact, ...]]:
    found: dict[str, list[Fact]] = {}
    for fact in items:
        found.setdefault(fact.type, []).append(fact)
    return _in_order(found)


def _in_order(groups: Mapping[str, Sequence[Fact]]) -> dict[str, tuple[Fact, ...]]:
    return {kind: tuple(groups[kind]) for kind in sorted(groups)}


def cut(run: Block, position: int) -> Block:
    """Return the part of a block that was known at a position (its `entries` are not counted)."""
    if run.last_position <= position:
        return run
    unread = tuple(item for item in run.unread if item.position <= position)
    changes = tuple(item for item in run.changes if item.position <= position)
    facts_, replacements = _cut(run.facts, position), _cut(run.replacements, position)
    places = [group[-1].position for group in facts_.values()]
    places += [item.position for item in changes] + [item.position for item in unread]
    last = max(places, default=0)
    return Block(facts_, changes, replacements, unread, last)


def _cut(groups: Facts, position: int) -> Facts:
    found = {
        kind: group[: bisect.bisect_right(group, position, key=_POSITION)]
        for kind, group in groups.items()
    }
    return {kind: group for kind, group in found.items() if group}


def joined(blocks: Sequence[Block]) -> Block:
    """Return consecutive blocks as one; types that only one of them holds are not copied."""
    if len(blocks) == 1:
        return blocks[0]
    return Block(
        facts=joined_facts([run.facts for run in blocks]),
        changes=tuple(change for run in blocks for change in run.changes),
        replacements=joined_facts([run.replacements for run in blocks]),
        unread=tuple(item for run in blocks for item in run.unread),
        last_position=max((run.last_position for run in blocks), default=0),
        entries=sum(run.entries for run in blocks),
    )


def joined_facts(parts: Sequence[Facts]) -> Facts:
    """Return the groups of consecutive blocks as one; each is in order of position already."""
    if len(parts) == 1:
        return parts[0]
    found: dict[str, tuple[Fact, ...]] = {}
    for kind in sorted({kind for part in parts for kind in part}):
        groups = [part[kind] for part in parts if kind in part]
        found[kind] = groups[0] if len(groups) == 1 else tuple(itertools.chain(*groups))
    return found


__all__ = [
    "ABOUT", "FACT_OF", "Block", "Change", "Entry", "Fact", "Facts", "Unreadable", "block", "cut",
    "joined", "joined_facts",
]  # fmt: skip
