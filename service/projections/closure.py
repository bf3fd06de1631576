"""Which histories a picture rests on: what must be loaded before it is computed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from service.projections.history import Fact, History
from service.projections.register import kind_of

_JOINS = frozenset({"TrustJoinedSystem", "SystemJoinedSystem"})


def needed(code: str, histories: Mapping[str, History]) -> set[str]:
    """Return all organisations that the picture of one rests on, as far as the histories tell."""
    found: set[str] = set()
    members: set[str] = set()
    waiting = [code]
    while waiting:
        name = waiting.pop()
        if name in members:
            continue
        members.add(name)
        facts = histories[name].facts if name in histories else ()
        waiting.extend(_parts(name, facts))
        found.update(_systems(name, facts))
    return found | members


def missing(code: str, histories: Mapping[str, History]) -> set[str]:
    """Return what is needed and not there; to be asked again with it until nothing is missing."""
    return needed(code, histories) - set(histories)


def neighbours(code: str, histories: Mapping[str, History]) -> set[str]:
    """Return whose register part is missing: others that it is connected with, and their boards.

    Their hosts and successors decide measures of connection; the rest of their histories does not.
    To be asked again with what was loaded, until nothing is missing.
    """
    bodies = needed(code, histories) & set(histories)
    found = {name for body in bodies for name in _connected(histories[body].facts)}
    waiting, seen = list(found), set[str]()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            facts = histories[name].facts if name in histories else ()
            waiting += [fact.data.into for fact in facts if _leaves(fact, name)]
            waiting += _systems(name, facts)
    return seen - set(histories)


def _connected(facts: tuple[Fact, ...]) -> Iterator[str]:
    """Yield all that the connections of a history name, or are recorded by."""
    for fact in facts:
        if fact.type == "ConnectionMade":
            yield fact.organisation
            yield from fact.data.with_ or ()


def _leaves(fact: Fact, code: str) -> bool:
    return fact.type == "TrustMerged" and fact.organisation == code


def _parts(code: str, facts: tuple[Fact, ...]) -> Iterator[str]:
    """Yield the trusts that a trust absorbed, or the members that a system ever had."""
    system = kind_of(code, facts) == "system"
    for fact in facts:
        if (fact.type == "TrustMerged" and fact.data.into == code) or (
            system and fact.type in _JOINS and fact.data.system == code
        ):
            yield fact.organisation


def _systems(code: str, facts: tuple[Fact, ...]) -> Iterator[str]:
    """Yield the systems that an organisation ever joined: their kind and end decide memberships."""
    for fact in facts:
        if fact.organisation == code and fact.type in _JOINS:
            yield fact.data.system


__all__ = ["missing", "needed", "neighbours"]
