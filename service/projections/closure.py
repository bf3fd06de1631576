"""Which histories a picture rests on: what must be loaded before it is computed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from service.projections.history import History, remembered
from service.projections.register import kind_of

_JOINS = ("TrustJoinedSystem", "SystemJoinedSystem")


def needed(code: str, histories: Mapping[str, History]) -> set[str]:
    """Return whose whole histories the picture of one rests on, as far as they tell."""
    return bodies(code, histories) | funders(code, histories)


def funders(code: str, histories: Mapping[str, History]) -> set[str]:
    """Return who ever committed money for one, or for a part of it.

    Who takes such money back, or gives it to others, names the agreement and not whom it was for:
    only the funder's own history tells it.
    """
    return {
        fact.organisation
        for body in bodies(code, histories)
        for fact in histories.get(body, History()).of("FundingCommitted")
    }


def bodies(code: str, histories: Mapping[str, History]) -> set[str]:
    """Return one and its parts, step by step."""
    members: set[str] = set()
    waiting = [code]
    while waiting:
        name = waiting.pop()
        if name in members:
            continue
        members.add(name)
        history = histories.get(name, History())
        waiting.extend(_parts(name, history))
    return members


def missing(code: str, histories: Mapping[str, History]) -> set[str]:
    """Return what is needed and not there; to be asked again with it until nothing is missing."""
    return needed(code, histories) - set(histories)


def neighbours(code: str, histories: Mapping[str, History]) -> set[str]:
    """Return whose register part is missing: those that it belongs to or is connected with.

    Their kinds, ends, hosts and successors decide memberships and measures of connection; the rest
    of their histories does not.
    To be asked again with what was loaded, until nothing is missing.
    """
    return around(code, histories) - set(histories)


def around(code: str, histories: Mapping[str, History]) -> set[str]:
    """Return all whose register part the picture of one rests on, as far as the histories tell."""
    whole = bodies(code, histories) & set(histories)
    found = {name for body in whole for name in _connected(histories[body])}
    found |= {name for body in whole for name in _systems(body, histories[body])}
    waiting, seen = list(found), set[str]()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += _onward(name, histories.get(name, History()))
    return seen


def _onward(code: str, history: History) -> tuple[str, ...]:
    """Return what an organisation became part of: a merged body, and the systems of its time."""

    def make() -> tuple[str, ...]:
        """Read it once a history: pictures ask it of all with whom somebody is connected."""
        merged = (fact.data.into for fact in history.own(code, "TrustMerged"))
        return (*merged, *_systems(code, history))

    return remembered(history, ("onward", code), make)


def _connected(history: History) -> frozenset[str]:
    """Return all that the connections of a history name, or are recorded by."""
    return remembered(history, "connected", lambda: frozenset(_sides(history)))


def _sides(history: History) -> Iterator[str]:
    for fact in history.of("ConnectionMade"):
        yield fact.organisation
        yield from fact.data.with_ or ()


def _parts(code: str, history: History) -> Iterator[str]:
    """Yield the trusts that a trust absorbed, or the members that a system ever had."""
    for fact in history.of("TrustMerged"):
        if fact.data.into == code:
            yield fact.organisation
    if kind_of(code, history) == "system":
        yield from (fact.organisation for fact in history.of(*_JOINS) if fact.data.system == code)


def _systems(code: str, history: History) -> Iterator[str]:
    """Yield the systems that an organisation ever joined: their kind and end decide memberships."""
    return (fact.data.system for fact in history.own(code, *_JOINS))


__all__ = ["around", "bodies", "missing", "needed", "neighbours"]
