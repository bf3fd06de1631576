"""From the entries of a history to facts: corrections, retractions, disputes and confirmations.

A history is folded from blocks, runs of its entries in order of position: what a fact's payload is
does not depend on what comes later, so a block is made once; what is about events is applied over
all blocks, and costs what there is of it.

Sources: DOMAIN.md §2 (corrections, disputes, confirmations, positions behind a figure).
"""

from __future__ import annotations

import bisect
import datetime as dt
import itertools
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final, Literal, TypeVar

import msgspec
from msgspec import Struct, field, structs

from service.domain.codec import Unread
from service.domain.dates import Precision
from service.domain.envelope import OPERATOR_ASSURANCE, Assurance, Event, Payload, Target, type_name
from service.domain.faults import Unfit
from service.domain.mentions import payload_mentions
from service.domain.normal import normal
from service.domain.register import BY_NAME
from service.domain.spec import EventType

ABOUT: Final = frozenset(kind.name for kind in BY_NAME.values() if kind.fold.form == "about")
"""Types that change how another event is read; all others state facts."""
_POSITION: Final = attrgetter("position")


class Entry(Struct, frozen=True, gc=False):
    """One event of a history as it stands in the log; target is of an event about an event."""

    position: int
    event: Event | Unread
    target: Target | None = None


class Fact(Struct, frozen=True, gc=False, array_like=True):
    """What one original event says, as it is read after all that was recorded about it.

    position: the original's, for ties. refers: the events that it refers to.
    corrected_by: position of the correction that counts. disputed: positions of disputes that are
    not rejected. confirmed_by: codes of confirmers that it still names.
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

    @property
    def positions(self) -> tuple[int, ...]:
        """Return the positions behind it: the original's and the correction's that counts."""
        if self.corrected_by is None:
            return (self.position,)
        return (self.position, self.corrected_by)


def _fact_of(kind: EventType) -> type[Fact]:
    """Return the Fact of one type: with its payload, its name left out of packs."""
    struct = msgspec.defstruct(
        f"{kind.name}Fact",
        [("data", kind.payload), ("type", str, kind.name)],
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
    {name: _fact_of(kind) for name, kind in BY_NAME.items()}
)


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


class Memo(dict[Hashable, Any]):
    """What was made of a history already. Equal to any other: it says nothing that is not there."""

    def __eq__(self, other: object) -> bool:
        """Tell whether the other is a memo as well."""
        return isinstance(other, Memo)

    __hash__ = None  # as of every dict


class History(Struct, frozen=True, gc=False):
    """The facts of one organisation's history by type, and what could not be read.

    memo: what does not depend on the date asked about is made once a history; see `remembered`.
    """

    by_type: Facts = {}
    unread: tuple[Unreadable, ...] = ()
    last_position: int = 0
    memo: Memo = field(default_factory=Memo)

    @property
    def facts(self) -> tuple[Fact, ...]:
        """Return every fact in order of position; `of` is cheaper."""
        return tuple(sorted(itertools.chain.from_iterable(self.by_type.values()), key=_POSITION))

    def of(self, *types: str) -> Iterator[Fact]:
        """Yield the facts of some types, type by type."""
        return itertools.chain.from_iterable(self.by_type.get(kind, ()) for kind in types)

    def own(self, organisation: str, *types: str) -> Iterator[Fact]:
        """Yield the facts of some types in an organisation's own stream, type by type."""
        return (fact for fact in self.of(*types) if fact.organisation == organisation)


T = TypeVar("T")


def remembered(history: History, key: Hashable, make: Callable[[], T]) -> T:
    """Return what was made of a history under a key, making it the first time.

    For what is a function of the history and the key alone: never of a date or of other histories.
    """
    if key not in history.memo:
        history.memo[key] = make()
    found: T = history.memo[key]
    return found


def facts(entries: Sequence[Entry]) -> History:
    """Return what a history says once everything recorded about its events is applied."""
    return history([block(entries)])


def counts_for(fact: Fact, organisation: str) -> bool:
    """Tell whether a fact counts in a picture: its own, the operator's, or confirmed."""
    return (
        fact.organisation == organisation
        or fact.assurance in OPERATOR_ASSURANCE
        or organisation in fact.confirmed_by
    )


def block(entries: Sequence[Entry]) -> Block:
    """Return a run of entries as the fold takes them."""
    originals: list[Fact] = []
    changes: list[Change] = []
    replacements: list[Fact] = []
    unread: list[Unreadable] = []
    for entry in sorted(entries, key=_POSITION):
        event = entry.event
        if isinstance(event, Unread):
            kind = entry.target.type if entry.target else event.type
            unread.append(Unreadable(entry.position, kind, event.organisation, event.reason))
        elif type_name(event) in ABOUT:
            changes.append(_change(entry, event, entries))
            replacements += _replacement(entry, event)
        else:
            refers = (entry.target, *entry.target.others) if entry.target else ()
            originals.append(_fact(entry.position, event, type_name(event), event.data, refers))
    last = max((entry.position for entry in entries), default=0)
    return Block(
        _by_type(originals), tuple(changes), _by_type(replacements), tuple(unread), last,
        len(entries),
    )  # fmt: skip


def _change(entry: Entry, event: Event, entries: Sequence[Entry]) -> Change:
    target = entry.target.type if entry.target else None
    about = entry.target.position if entry.target else _place(event, entries)
    rejected = getattr(event.data, "outcome", None) == "rejected"
    return Change(entry.position, type_name(event), event.organisation, about, target, rejected)


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
    try:
        # Bodies recorded by 0.1.0 hold corrected payloads as they were sent.
        data: Payload = normal(msgspec.json.decode(bytes(raw), type=known.payload))
    except (msgspec.MsgspecError, Unfit, UnicodeDecodeError, RecursionError):
        return
    yield _fact(entry.position, event, known.name, data, entry.target.others)


def _fact(
    position: int, event: Event, kind: str, data: Payload, refers: tuple[Target, ...]
) -> Fact:
    return FACT_OF[kind](
        position=position,
        organisation=event.organisation,
        effective=event.effective,
        precision=event.precision,
        certain=event.certain,
        assurance=event.assurance,
        source_kind=event.source.kind,
        data=data,
        refers=refers,
    )


def _by_type(items: Iterable[Fact]) -> dict[str, tuple[Fact, ...]]:
    found: dict[str, list[Fact]] = {}
    for fact in items:
        found.setdefault(fact.type, []).append(fact)
    return {kind: tuple(group) for kind, group in sorted(found.items())}


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


def history(blocks: Sequence[Block]) -> History:
    """Return what consecutive blocks of one history say together."""
    changes = [change for run in blocks for change in run.changes]
    unread = tuple(item for run in blocks for item in run.unread)
    last = max((run.last_position for run in blocks), default=0)
    groups = _joined([run.facts for run in blocks])
    if not changes:
        return History(groups, unread, last)
    retracted = _retracted(changes)
    corrections = _corrections(changes, retracted)
    said = {f.position: f for run in blocks for group in run.replacements.values() for f in group}
    marks = _marks(changes, retracted)
    changed: dict[int, Fact | None] = dict.fromkeys(retracted)
    broken: list[Unreadable] = []
    for place, change in corrections.items():
        if place in retracted:
            continue
        new = said.get(change.position)
        changed[place] = _corrected(new, place, marks) if new is not None else None
        if new is None:
            broken.append(_unread(change))
    kept = tuple(item for item in unread if item.position not in changed)
    left = tuple(sorted([*kept, *broken], key=_POSITION))
    return History(_applied(groups, changed, marks), left, last)


def grown(before: History, run: Block, added: Block) -> History:
    """Return what a history says once a block is added to its run.

    Groups of facts that stay as they were are the same objects: what was made of them holds.
    """
    if added.changes:
        whole = history([run])
        return History(
            {kind: _same(before.by_type.get(kind), group) for kind, group in whole.by_type.items()},
            whole.unread if whole.unread != before.unread else before.unread,
            whole.last_position,
        )
    by_type = dict(before.by_type)
    for kind, group in added.facts.items():
        by_type[kind] = (*by_type.get(kind, ()), *group)
    unread = (*before.unread, *added.unread) if added.unread else before.unread
    return History(by_type, unread, max(before.last_position, added.last_position))


def _same(before: tuple[Fact, ...] | None, group: tuple[Fact, ...]) -> tuple[Fact, ...]:
    return before if before is not None and before == group else group


def joined(blocks: Sequence[Block]) -> Block:
    """Return consecutive blocks as one; types that only one of them holds are not copied."""
    if len(blocks) == 1:
        return blocks[0]
    return Block(
        facts=_joined([run.facts for run in blocks]),
        changes=tuple(change for run in blocks for change in run.changes),
        replacements=_joined([run.replacements for run in blocks]),
        unread=tuple(item for run in blocks for item in run.unread),
        last_position=max((run.last_position for run in blocks), default=0),
        entries=sum(run.entries for run in blocks),
    )


def _joined(parts: Sequence[Facts]) -> Facts:
    """Return the groups of consecutive blocks as one; each is in order of position already."""
    if len(parts) == 1:
        return parts[0]
    found: dict[str, tuple[Fact, ...]] = {}
    for kind in sorted({kind for part in parts for kind in part}):
        groups = [part[kind] for part in parts if kind in part]
        found[kind] = groups[0] if len(groups) == 1 else tuple(itertools.chain(*groups))
    return found


def _retracted(changes: Sequence[Change]) -> set[int]:
    """Return the positions no longer in force: one pass backward, as only later ones retract."""
    gone: set[int] = set()
    for change in sorted(changes, key=_POSITION, reverse=True):
        if change.type == "EventRetracted" and change.about and change.position not in gone:
            gone.add(change.about)
    return gone


def _corrections(changes: Sequence[Change], retracted: set[int]) -> dict[int, Change]:
    """Return the newest correction in force of each original."""
    return {
        change.about: change
        for change in sorted(changes, key=_POSITION)
        if change.type == "EventCorrected" and change.about and change.position not in retracted
    }


class _Marks(Struct):
    """What was said of originals beside corrections: open disputes, and who confirmed them."""

    disputed: dict[int, list[int]] = {}
    confirmed: dict[int, list[str]] = {}


def _marks(changes: Sequence[Change], retracted: set[int]) -> _Marks:
    found = _Marks()
    settled: dict[int, bool] = {}
    for change in sorted(changes, key=_POSITION):
        if change.position not in retracted and change.about is not None:
            if change.type == "DisputeSettled":
                settled[change.about] = change.rejected
            elif change.type == "EventConfirmed":
                found.confirmed.setdefault(change.about, []).append(change.organisation)
            elif change.type == "EventDisputed":
                found.disputed.setdefault(change.about, []).append(change.position)
    for disputes in found.disputed.values():
        disputes[:] = [position for position in disputes if not settled.get(position)]
    return found


def _corrected(new: Fact, place: int, marks: _Marks) -> Fact:
    """Return what a correction says as the fact of its original's place."""
    return _marked(structs.replace(new, position=place, corrected_by=new.position), marks)


def _marked(fact: Fact, marks: _Marks) -> Fact:
    disputed = tuple(marks.disputed.get(fact.position, ()))
    confirmers = marks.confirmed.get(fact.position, ())
    if not disputed and not confirmers:
        return fact
    named = payload_mentions(fact.data) | {target.organisation for target in fact.refers}
    return structs.replace(fact, disputed=disputed, confirmed_by=named.intersection(confirmers))


def _unread(change: Change) -> Unreadable:
    """Return that a correction that counts cannot be read."""
    kind = change.target or "unknown"
    reason = "unreadable" if kind in BY_NAME else "unknown_type"
    return Unreadable(change.position, kind, change.organisation, reason)


def _applied(groups: Facts, changed: Mapping[int, Fact | None], marks: _Marks) -> Facts:
    """Return the facts with the changed ones in their places; only their types are made anew."""
    touched = set(changed) | set(marks.disputed) | set(marks.confirmed)
    arriving: dict[str, list[Fact]] = {}
    for fact in changed.values():
        if fact is not None:
            arriving.setdefault(fact.type, []).append(fact)
    found: dict[str, tuple[Fact, ...]] = {}
    for kind in sorted({*groups, *arriving}):
        group = groups.get(kind, ())
        if kind not in arriving and touched.isdisjoint(map(_POSITION, group)):
            found[kind] = group
            continue
        kept = [_marked(fact, marks) for fact in group if fact.position not in changed]
        made = tuple(sorted([*kept, *arriving.get(kind, [])], key=_POSITION))
        if made:
            found[kind] = made
    return found


__all__ = [
    "FACT_OF", "Block", "Change", "Entry", "Fact", "Facts", "History", "Memo", "Unreadable",
    "block", "counts_for", "cut", "facts", "grown", "history", "joined", "remembered",
]  # fmt: skip
