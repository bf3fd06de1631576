"""An end with no beginning: what ended never began, began later, or had ended before."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Final

from service.domain.register import BY_NAME
from service.projections import routines
from service.projections.context import Context
from service.projections.history import Fact
from service.projections.ledger import ledger_of
from service.projections.routines import WHOLE
from service.projections.senses.check import Check, Finding, said, when

_GOES_ON: Final = frozenset(
    {"programmes", "strategy", "network_memberships", "routines", "projects", "funding"}
)
"""Ledgers that go on over a merger: the successor may end what an absorbed trust began."""
_ENDS: Final = frozenset(name for name, kind in BY_NAME.items() if kind.fold.form == "closes")
_ROUTINES: Final = frozenset(routines.TYPES)
_LEDGERS: Final = {
    ledger: tuple(sorted((n for n in BY_NAME if ledger_of(n) == ledger), key=_ENDS.__contains__))
    for ledger in sorted({BY_NAME[name].fold.ledger for name in _ENDS})
}
"""All types of each ledger in which something ends, those that end it last."""


def _find(given: Context) -> Iterator[Finding]:
    unread = {ledger_of(item.type) for item in given.history.unread}
    ending = {ledger_of(kind) for kind in _ENDS if kind in given.own_by_type} - unread
    for ledger in sorted(name for name in ending if name):
        keyed = BY_NAME[_LEDGERS[ledger][0]].fold.key
        yield from _by_key(given, ledger) if keyed else _by_reference(given, ledger)


def _by_key(given: Context, ledger: str) -> Iterator[Finding]:
    types = _LEDGERS[ledger]
    gone = given.absorbed if ledger in _GOES_ON else ()
    groups: dict[Hashable, list[Fact]] = {}
    for kind in types:  # one by one: those of several types would be put in order first
        key = attrgetter(*BY_NAME[kind].fold.key)
        for own in (given.own(kind), *(part.own(kind) for part in gone)):
            for fact in own:
                groups.setdefault(key(fact.data), []).append(fact)
    for facts in groups.values():
        if not _in_turn(facts):
            for end in _without(facts):
                if end.organisation == given.code:
                    text = f"{said(end)}, {when(end)}: its beginning is not recorded"
                    yield Finding((end,), text)


def _in_turn(facts: Sequence[Fact]) -> bool:
    """Tell at once that all is well of what began once, and ended once or not yet."""
    first, last = facts[0], facts[-1]
    short = len(facts) <= 2 and first.type not in _ROUTINES
    return short and first.type not in _ENDS and first.effective <= last.effective


def _without(facts: Iterable[Fact]) -> Iterator[Fact]:
    """Yield the ends of one thing at which it was not so; what begins on the day counts as so.

    A routine that ends in some divisions goes on elsewhere; begun without any it is everywhere.
    """
    live: set[str] = set()
    for fact in sorted(facts, key=lambda f: (f.effective, f.type in _ENDS, f.position)):
        named = set(fact.data.divisions or ()) if fact.type in _ROUTINES else set()
        if fact.type not in _ENDS:
            live |= named or {WHOLE}
            continue
        if not live or (named and live.isdisjoint({*named, WHOLE})):
            yield fact
        live -= named or live


def _by_reference(given: Context, ledger: str) -> Iterator[Finding]:
    ends = [kind for kind in _LEDGERS[ledger] if kind in _ENDS]
    parts = (given.history, *(gone.history for gone in given.absorbed))
    known = {fact.position: fact for part in parts for fact in part.of(*_LEDGERS[ledger])}
    unread = {item.position for part in parts for item in part.unread}
    for end in given.own(*ends):
        named = end.refers[0].position if end.refers else None
        if named is None or named in unread:
            continue
        began = known.get(named)
        if began is None:
            yield Finding((end,), f"{said(end)}, {when(end)}: what it ends is not in force")
        elif end.effective < began.effective:
            text = f"{said(end)}, {when(end)}: before it began on {when(began)}"
            yield Finding((end, began), text)


def _money(given: Context) -> Iterator[Finding]:
    """Yield money spent or withdrawn under a reference that no commitment bears."""
    bodies = (given.own("FundingCommitted"), *(g.own("FundingCommitted") for g in given.absorbed))
    known = {fact.data.agreement for facts in bodies for fact in facts}
    if any(ledger_of(item.type) == "funding" for item in given.history.unread):
        return
    for fact in given.own("FundingSpent", "FundingWithdrawn"):
        if fact.data.agreement not in known:
            text = f"{said(fact)}, {when(fact)}: no agreement {fact.data.agreement} is recorded"
            yield Finding((fact,), text)


END_WITHOUT_BEGINNING: Final = Check(
    code="end_without_beginning",
    rule="what ends was recorded as begun, on that day or before, and had not ended already",
    way_out="record the beginning, however late; or correct the reference, the post, the person or "
    "the day that does not match",
    find=_find,
)
AGREEMENT_NOT_KNOWN: Final = Check(
    code="agreement_not_known",
    rule="money is spent or withdrawn under an agreement that is recorded",
    way_out="record the commitment under this reference, or correct the reference",
    find=_money,
)

__all__ = ["AGREEMENT_NOT_KNOWN", "END_WITHOUT_BEGINNING"]
