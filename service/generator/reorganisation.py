"""Reorganisation: trusts merge and move, boards take other names, close and are succeeded."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from service.domain.catalogue.register.system_closed import SystemClosed
from service.domain.catalogue.register.system_established import SystemEstablished
from service.domain.catalogue.register.system_joined_system import SystemJoinedSystem
from service.domain.catalogue.register.system_left_system import SystemLeftSystem
from service.domain.catalogue.register.system_renamed import SystemRenamed
from service.domain.catalogue.register.system_succeeded import Predecessor, SystemSucceeded
from service.domain.catalogue.register.trust_closed import TrustClosed
from service.domain.catalogue.register.trust_joined_system import TrustJoinedSystem
from service.domain.catalogue.register.trust_left_system import TrustLeftSystem
from service.domain.catalogue.register.trust_merged import TrustMerged
from service.generator.bodies import REGISTER, Life, System, Trust, tell


def hosted(trust: Trust, system: System, day: dt.date) -> None:
    """Make a system a trust's host from a day on."""
    if trust.home is not None:
        tell(trust, day, TrustLeftSystem(system=trust.home.code), REGISTER)
        trust.home.members.remove(trust)
    tell(trust, day, TrustJoinedSystem(system=system.code, role="host"), REGISTER)
    trust.home = system
    system.members.append(trust)


def partnered(trust: Trust, system: System, day: dt.date) -> None:
    """Have a trust work with a system that does not host it."""
    tell(trust, day, TrustJoinedSystem(system=system.code, role="partner"), REGISTER)
    system.partners.append(trust)


def merged(trust: Trust, into: Trust, wait: int) -> Life:
    """Merge a trust into another of its system."""
    month = yield wait
    if trust.closed or into.closed:
        return
    equals = trust.headcount * 2 > into.headcount
    kind = TrustMerged(into=into.code, kind="merger" if equals else "acquisition")
    tell(trust, month.first, kind, REGISTER)
    tell(trust, month.first, TrustClosed(), REGISTER)
    trust.closed = True
    into.headcount += trust.headcount
    if trust.home is not None:
        trust.home.members.remove(trust)


def moved(trust: Trust, system: System, wait: int) -> Life:
    """Move a trust to another system, as its boundary moves."""
    month = yield wait
    if not trust.closed and not system.closed and trust.home is not system:
        hosted(trust, system, month.first)


def renamed(system: System, name: str, wait: int) -> Life:
    """Give a system another name."""
    month = yield wait
    system.name = name
    tell(system, month.first, SystemRenamed(name=name), REGISTER)


def succeeded(
    old: System, new: System, beside: System | None, wider: Sequence[System], wait: int
) -> Life:
    """Close a board; a new one takes its place, its trusts, partners and place in wider systems.

    beside: a system that goes on, but loses a trust to the new one.
    """
    month = yield wait
    day = month.first
    tell(new, day, SystemEstablished(name=new.name, kind="ics"), REGISTER)
    tell(new, day, SystemSucceeded(predecessors=_predecessors(old, beside)), REGISTER)
    if beside is not None:
        hosted(beside.members[-1], new, day)
    for system in wider:
        tell(old, day, SystemLeftSystem(system=system.code), REGISTER)
        tell(new, day, SystemJoinedSystem(system=system.code), REGISTER)
    for trust in tuple(old.members):
        hosted(trust, new, day)
    for trust in old.partners:
        if not trust.closed and trust.home is not new:
            partnered(trust, new, day)
    tell(old, day, SystemClosed(), REGISTER)
    old.closed = True


def _predecessors(old: System, beside: System | None) -> tuple[Predecessor, ...]:
    whole = Predecessor(system=old.code, extent="whole")
    if beside is None:
        return (whole,)
    return (whole, Predecessor(system=beside.code, extent="part", area="The southern towns"))


__all__ = ["hosted", "merged", "moved", "partnered", "renamed", "succeeded"]
