"""What a dimension is computed from: a history, a date, the trusts that were absorbed."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from msgspec import Struct, field, structs

from service.domain import dates
from service.domain.model import DimensionRules
from service.domain.register import BY_NAME
from service.domain.withheld import WITHHELD
from service.projections.history import Fact, History, Memo, Sorted, Unreadable, remembered
from service.projections.ledger import ledger_of, ordered
from service.projections.levels import Answer
from service.projections.register import closing
from service.projections.reuse import Reuse

_DEPTH: Final = 50
_EFFECTIVE: Final = attrgetter("effective")


class Absorbed(Struct, frozen=True, gc=False):
    """A trust that became part of this one. since: the first day of the merged body."""

    code: str
    since: dt.date
    merged: Fact
    history: History
    own_by_type: Mapping[str, tuple[Fact, ...]]

    def own(self, *types: str) -> tuple[Fact, ...]:
        """Return the absorbed trust's own facts of some types, in effective order."""
        return _own(self.code, self.history, self.own_by_type, types)


class Context(Struct, frozen=True, gc=False):
    """One organisation on a date. closed: what ended it, whenever; absorbed: by the date.

    around: the histories at hand, by which the hosts and successors of others are told.
    memo: what several dimensions need is made once; see `once`. reuse: what dimensions made before.
    """

    code: str
    on: dt.date
    history: History
    closed: Fact | None
    absorbed: tuple[Absorbed, ...]
    own_by_type: Mapping[str, tuple[Fact, ...]]
    around: Mapping[str, History]
    memo: Memo = field(default_factory=Memo)
    reuse: Reuse | None = None

    @property
    def bodies(self) -> frozenset[str]:
        """Return the organisation and those that it absorbed: no other side to each other."""
        return _bodies(self)

    def own(self, *types: str) -> tuple[Fact, ...]:
        """Return the organisation's own facts of some types, in effective order."""
        return _own(self.code, self.history, self.own_by_type, types)

    def ended(self) -> Fact | None:
        """Return what closed the organisation, if it did by the date."""
        return self.closed if self.closed and self.closed.effective <= self.on else None


P = ParamSpec("P")
T = TypeVar("T")


def once(
    make: Callable[Concatenate[Context, P], T],
) -> Callable[Concatenate[Context, P], T]:
    """Have a function of a context made once a date: sections and levels ask for the same.

    What it makes must not hold the context: nobody would ever let go of the two.
    """

    def found(given: Context, /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what was made for the date, making it the first time."""
        key = (make, given.on, args, *kwargs.items())
        if key not in given.memo:
            given.memo[key] = make(given, *args, **kwargs)
        made: T = given.memo[key]
        return made

    functools.update_wrapper(found, make)
    return found


def lasting(
    make: Callable[Concatenate[Context, P], T],
) -> Callable[Concatenate[Context, P], T]:
    """Have a function that asks for no date made once a history; as `once` after a merger."""

    def found(given: Context, /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what was made of the history, making it the first time."""
        memo = given.memo if given.absorbed else given.history.memo
        key = (make, given.code, args, *kwargs.items())
        if key not in memo:
            memo[key] = make(given, *args, **kwargs)
        made: T = memo[key]
        return made

    functools.update_wrapper(found, make)
    return found


@once
def _bodies(given: Context) -> frozenset[str]:
    return frozenset({given.code, *(gone.code for gone in given.absorbed)})


def _own(
    code: str, history: History, by_types: Mapping[str, tuple[Fact, ...]], types: tuple[str, ...]
) -> tuple[Fact, ...]:
    """Return facts of some types, put in one order once a history: measures ask for the same."""
    if len(types) == 1:
        return by_types.get(types[0], ())
    return remembered(
        history,
        Sorted(code, types),
        lambda: ordered(fact for kind in types for fact in by_types.get(kind, ())),
    )


class Dimension(Struct, frozen=True, gc=False):
    """A dimension: its name, the types that it reads, and what it makes of them.

    inherits: also reads those types of absorbed trusts. level: only of dimensions that have one.
    also: types of which it looks for what cannot be read itself. others: other bodies of whose
    streams it reads those types too.
    """

    name: str
    types: tuple[str, ...]
    # Any: each dimension has a Struct of its own; the picture names them all.
    section: Callable[[Context], Any]
    inherits: bool
    level: Callable[[Context, DimensionRules], Answer] | None = None
    also: tuple[str, ...] = ()
    others: Callable[[Context], Sequence[tuple[str, History]]] | None = None

    def ledgers(self) -> frozenset[str]:
        """Return the ledgers that it reads."""
        return frozenset(name for kind in self.types if (name := ledger_of(kind)))


class UnreadableAt(Struct, frozen=True, gc=False, tag_field="section", tag="unreadable"):
    """A dimension that cannot be told: it rests on events that cannot be read."""

    unreadable_at: tuple[int, ...]


def context(
    code: str, histories: Mapping[str, History], on: dt.date, reuse: Reuse | None = None
) -> Context:
    """Return what the dimensions of one organisation are computed from.

    reuse: where the same organisation is asked for again and again as it grows.
    """
    history = histories.get(code, History())
    found = tuple(absorbed(code, histories, on))
    own = own_by_type(code, history)
    end = closing(code, history)
    return Context(code, on, history, end, found, own, histories, reuse=reuse)


def own_by_type(code: str, history: History) -> Mapping[str, tuple[Fact, ...]]:
    """Return an organisation's own facts of each type, in effective order."""

    def make() -> dict[str, tuple[Fact, ...]]:
        """Return them sorted, types without any left out."""
        own = {kind: _own_of(code, history, kind) for kind in history.by_type if kind in BY_NAME}
        return {kind: group for kind, group in own.items() if group}

    return remembered(history, ("own", code), make)


def withheld(given: Context, kind: str) -> tuple[Fact, ...]:
    """Return the organisation's own events of a type whose payload is withheld from the reader."""
    found = given.history.of(WITHHELD)
    return tuple(f for f in found if f.organisation == given.code and f.data.kind == kind)


def _own_of(code: str, history: History, kind: str) -> tuple[Fact, ...]:
    def make() -> tuple[Fact, ...]:
        """Sort by the day alone: a group is in order of position, and the sort keeps it."""
        own = [fact for fact in history.by_type[kind] if fact.organisation == code]
        own.sort(key=_EFFECTIVE)
        return tuple(own)

    return remembered(history, Sorted(code, (kind,)), make)


def absorbed(
    code: str, histories: Mapping[str, History], on: dt.date, seen: frozenset[str] = frozenset()
) -> Iterator[Absorbed]:
    """Yield the trusts that became part of one by a date, and what they had absorbed."""
    for fact in ordered(histories.get(code, History()).of("TrustMerged")):
        gone = fact.organisation
        if fact.data.into == code and fact.effective <= on and gone not in seen | {code}:
            history = histories.get(gone, History())
            own = own_by_type(gone, history)
            yield Absorbed(gone, fact.effective, fact, history, own)
            if len(seen) < _DEPTH:
                for inner in absorbed(gone, histories, fact.effective, seen | {code}):
                    yield structs.replace(inner, since=fact.effective)


def carried(given: Context, *types: str) -> Iterator[tuple[str | None, tuple[Fact, ...]]]:
    """Yield own facts, then each absorbed trust's with what the successor said since.

    The first of a pair is the absorbed trust, or None.
    """
    own = given.own(*types)
    yield None, own
    for gone in given.absorbed:
        closes = list(_closed_since(given, gone, types))
        yield gone.code, ordered([*gone.own(*types), *closes])


def _closed_since(given: Context, gone: Absorbed, types: Sequence[str]) -> Iterator[Fact]:
    """Yield what each successor of an absorbed trust ended, the first of them to the last."""
    for since, body in successors(given, gone):
        yield from (f for f in body.own(*types) if is_close(f) and f.effective >= since)


def successors(given: Context, gone: Absorbed) -> Iterator[tuple[dt.date, Context | Absorbed]]:
    """Yield each body that an absorbed trust became part of, with since when, first to last."""
    step: Absorbed | None = gone
    waiting = list(given.absorbed)  # each is one step: mergers in an old log might make a circle
    while step is not None:
        since, into = step.merged.effective, step.merged.data.into
        step = next((one for one in waiting if one.code == into), None)
        waiting = [one for one in waiting if one is not step]
        yield since, given if step is None else step


def at(given: Context, on: dt.date) -> Context:
    """Return the context as it was on an earlier date, from the same history."""
    found = tuple(gone for gone in given.absorbed if gone.since <= on)
    return structs.replace(given, on=on, absorbed=found, memo=Memo(), reuse=None)


@once
def months_before(given: Context, months: int) -> Context:
    """Return the context some months earlier, one for all dimensions: they share what it makes."""
    return at(given, dates.add_months(given.on, -months))


def uncounted(given: Context, kind: str, counts: Callable[[Fact], bool]) -> tuple[Absorbed, ...]:
    """Return the absorbed trusts whose own stock still counts (DOMAIN.md §2, mergers).

    It does until the successor's first own count on or after the merger, or until one by the
    trust that it was absorbed into first. kind, counts: which facts are counts of the stock.
    """
    owns = {given.code: given.own, **{gone.code: gone.own for gone in given.absorbed}}

    def counted(code: str, since: dt.date) -> bool:
        """Tell whether a body counted since a day, by the date."""
        facts = owns[code](kind) if code in owns else ()
        return any(since <= f.effective <= given.on and counts(f) for f in facts)

    return tuple(
        gone
        for gone in given.absorbed
        if not counted(given.code, gone.since)
        and not counted(gone.merged.data.into, gone.merged.effective)
    )


def is_close(fact: Fact) -> bool:
    """Tell whether a fact ends something."""
    return BY_NAME[fact.type].fold.form == "closes"


def unreadable(dimension: Dimension, given: Context) -> tuple[int, ...]:
    """Return the positions of unreadable events in the ledgers that a dimension reads."""
    parts = [given.history, *(gone.history for gone in given.absorbed if dimension.inherits)]
    found = [item for part in parts for item in part.unread if _poison(item)]
    for code, history in dimension.others(given) if dimension.others else ():
        found += [item for item in history.unread if item.organisation == code and _poison(item)]
    if not found:
        return ()
    reads = dimension.ledgers()
    return tuple(sorted({item.position for item in found if ledger_of(item.type) in reads}))


def unknown_events(given: Context) -> int:
    """Return how many events of the history are of types or versions that are not known here."""
    return sum(not _poison(item) for item in given.history.unread)


@lasting
def returned(given: Context, dimension: str) -> Sequence[dt.date]:
    """Return the last days of the quarters for which a return lists a dimension."""
    return [
        dates.quarter_end(fact.data.financial_year, fact.data.quarter) - dt.timedelta(days=1)
        for fact in given.own("ReturnMade")
        if dimension in {*fact.data.dimensions, *fact.data.nothing_to_report}
    ]


def _poison(item: Unreadable) -> bool:
    return item.reason == "unreadable"


__all__ = [
    "Absorbed", "Context", "Dimension", "UnreadableAt", "absorbed", "at", "carried", "context",
    "lasting", "months_before", "once", "returned", "successors", "uncounted", "unknown_events",
    "unreadable", "withheld",
]  # fmt: skip
