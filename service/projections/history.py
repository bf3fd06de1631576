"""From the entries of a history to facts: corrections, retractions, disputes and confirmations.

A history is folded from blocks, runs of its entries in order of position: what a fact's payload is
does not depend on what comes later, so a block is made once; what is about events is applied over
all blocks, and costs what there is of it.

Sources: DOMAIN.md §2 (corrections, disputes, confirmations, positions behind a figure).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final, NamedTuple, TypeVar

from msgspec import Struct, field, structs

from service.domain.envelope import OPERATOR_ASSURANCE
from service.domain.mentions import payload_mentions
from service.domain.register import BY_NAME
from service.projections.blocks import (
    FACT_OF,
    Block,
    Change,
    Entry,
    Fact,
    Facts,
    Unreadable,
    block,
    cut,
    joined,
    joined_facts,
)

_POSITION: Final = attrgetter("position")


class Memo(dict[Hashable, Any]):
    """What was made of a history already. Equal to any other: it says nothing that is not there."""

    def __eq__(self, other: object) -> bool:
        """Tell whether the other is a memo as well."""
        return isinstance(other, Memo)

    __hash__ = None  # as of every dict


class Sorted(NamedTuple):
    """Under what the facts of some types are remembered, put in order: whose, None for anyone's.

    It is made of the groups of these types alone, so it holds while those are the same (`grown`).
    """

    organisation: str | None
    types: tuple[str, ...]


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


def history(blocks: Sequence[Block]) -> History:
    """Return what consecutive blocks of one history say together."""
    changes = [change for run in blocks for change in run.changes]
    unread = tuple(item for run in blocks for item in run.unread)
    last = max((run.last_position for run in blocks), default=0)
    groups = joined_facts([run.facts for run in blocks])
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
        groups = {kind: _same(before.by_type.get(kind), g) for kind, g in whole.by_type.items()}
        unread = whole.unread if whole.unread != before.unread else before.unread
        return History(groups, unread, whole.last_position, _holding(before, groups))
    by_type = dict(before.by_type)
    for kind, group in added.facts.items():
        by_type[kind] = (*by_type.get(kind, ()), *group)
    unread = (*before.unread, *added.unread) if added.unread else before.unread
    last = max(before.last_position, added.last_position)
    return History(by_type, unread, last, _holding(before, by_type))


def _holding(before: History, groups: Facts) -> Memo:
    """Return what was put in order before of groups that are the same objects still."""
    kinds = before.by_type.keys() | groups.keys()
    grew = {kind for kind in kinds if before.by_type.get(kind) is not groups.get(kind)}
    return Memo(
        (key, made)
        for key, made in before.memo.items()
        if isinstance(key, Sorted) and grew.isdisjoint(key.types)
    )


def _same(before: tuple[Fact, ...] | None, group: tuple[Fact, ...]) -> tuple[Fact, ...]:
    return before if before is not None and before == group else group


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
    return structs.replace(fact, disputed=disputed, confirmed_by=_naming(fact, confirmers))


def _naming(fact: Fact, confirmers: Sequence[str]) -> frozenset[str]:
    """Return the confirmers that a fact still names."""
    if not confirmers:
        return frozenset()
    named = payload_mentions(fact.data)
    if fact.refers:
        named |= {target.organisation for target in fact.refers}
    return named.intersection(confirmers)


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
        kept = [
            _marked(fact, marks) if fact.position in touched else fact
            for fact in group
            if fact.position not in changed
        ]
        made = tuple(sorted([*kept, *arriving.get(kind, [])], key=_POSITION))
        if made:
            found[kind] = made
    return found


__all__ = [
    "FACT_OF", "Block", "Change", "Entry", "Fact", "Facts", "History", "Memo", "Sorted",
    "Unreadable", "block", "counts_for", "cut", "facts", "grown", "history", "joined", "remembered",
]  # fmt: skip
