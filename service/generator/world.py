"""The world of a plan: its trusts and systems, who belongs where, and what will be reorganised.

One integrated care system for every 8 to 25 trusts; from 25 trusts on the first has exactly 25,
and is left alone but for its name, for it is the largest that measurements ask for.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from service.domain.catalogue.register.system_established import SystemEstablished
from service.domain.catalogue.register.system_joined_system import SystemJoinedSystem
from service.domain.fields import LegalForm, SystemKind, TrustType
from service.generator import names, reorganisation
from service.generator.bodies import REGISTER, Body, Life, System, Told, Trust, tell
from service.generator.chance import Chance
from service.generator.months import Month, before
from service.generator.plan import Plan

LARGEST: Final = 25
_USUAL: Final = 14
_ESTABLISHED: Final = 60
"""Months before the history begins that its systems are established."""
_PARTNERS: Final = 0.08
"""Of trusts, those that work beside their host with the system before it."""
_TYPES: Final[tuple[tuple[TrustType, float], ...]] = (
    ("acute", 0.6),
    ("mental_health", 0.22),
    ("community", 0.1),
    ("acute_specialist", 0.08),
)
_STAFF: Final[dict[TrustType, int]] = {
    "acute": 7000,
    "acute_specialist": 2500,
    "mental_health": 5000,
    "community": 3500,
    "ambulance": 4500,
}


class World(Struct):
    """All organisations. ahead: systems that are yet to come. told: what happened this month."""

    trusts: list[Trust]
    systems: list[System]
    wider: list[System]
    ahead: list[System]
    told: list[Told]
    chance: Chance

    def bodies(self) -> dict[str, Body]:
        """Return every organisation by its code."""
        everybody: list[Body] = [*self.trusts, *self.systems, *self.wider, *self.ahead]
        return {body.code: body for body in everybody}


def sizes(trusts: int) -> list[int]:
    """Return how many trusts each system has, the largest first."""
    if trusts < 8:
        return [trusts]
    if trusts < LARGEST:
        return [trusts - trusts // 2, trusts // 2]
    rest = trusts - LARGEST
    count = max(1, round(rest / _USUAL)) if rest else 0
    return [LARGEST, *(rest // count + (at < rest % count) for at in range(count))]


def found(plan: Plan, month: Month) -> World:
    """Make the organisations of a plan; none has told anything yet but where it belongs."""
    world = World([], [], [], [], [], Chance(f"{plan.seed}/world"))
    _establish(plan, world, month)
    first = world.chance.between(0, 2000)
    for at in range(plan.trusts):
        world.trusts.append(_trust(plan, world, at, first))
    return world


def _establish(plan: Plan, world: World, month: Month) -> None:
    count = len(sizes(plan.trusts))
    place = world.chance.between(4000, 6000)
    for number in range(1, count + (2 if count > 1 else 1)):
        name = f"{names.place(place + number)} Integrated Care Board"
        here = world.systems if number <= count else world.ahead
        here.append(_system(plan, world, names.system_code(number), name))
    cluster = f"{names.place(place)} Cluster"
    region = f"{names.place(place - 1)} Region"
    world.wider += [_system(plan, world, names.own_code(1), cluster)]
    world.wider += [_system(plan, world, names.own_code(2), region)]
    kinds: list[tuple[System, SystemKind]] = [
        (world.wider[0], "cluster"),
        (world.wider[1], "region"),
    ]
    for system, kind in [*kinds, *((system, "ics") for system in world.systems)]:
        day = before(month, _ESTABLISHED)
        tell(system, day, SystemEstablished(name=system.name, kind=kind), REGISTER)


def _system(plan: Plan, world: World, code: str, name: str) -> System:
    return System(code, name, Chance(f"{plan.seed}/{code}"), world.told)


def _trust(plan: Plan, world: World, at: int, first: int) -> Trust:
    code = names.trust_code(at + 1)
    chance = Chance(f"{plan.seed}/{code}")
    trust_type = "ambulance" if _ambulance(plan, at) else chance.weighted(_TYPES)
    form: LegalForm = "foundation_trust" if chance.likely(0.65) else "nhs_trust"
    return Trust(
        code,
        names.trust_name(names.place(first + at), trust_type, form),
        chance,
        world.told,
        everyone=world.trusts,
        quality=chance.betavariate(2.2, 2.0),
        trust_type=trust_type,
        legal_form=form,
        headcount=round(_STAFF[trust_type] * (0.3 + 1.3 * chance.random())),
    )


def _ambulance(plan: Plan, at: int) -> bool:
    """Tell whether a trust is one of the few that no system hosts."""
    return at % 20 == 9 and (at >= LARGEST or 8 <= plan.trusts < LARGEST)


def joined(world: World, plan: Plan, month: Month) -> None:
    """Have every trust join its host, systems the wider ones.

    An ambulance trust serves three systems and has no host.
    """
    day = before(month, _ESTABLISHED)
    left = iter(world.trusts)
    for system, size in zip(world.systems, sizes(plan.trusts), strict=True):
        for wide in _wider(world, system):
            tell(system, day, SystemJoinedSystem(system=wide.code), REGISTER)
        for _ in range(size):
            _join(world, next(left), system, month)


def _join(world: World, trust: Trust, system: System, month: Month) -> None:
    day = before(month, _ESTABLISHED)
    before_it, after_it = _beside(world, system)
    if trust.trust_type == "ambulance":
        for served in (*before_it, system, *after_it):
            reorganisation.partnered(trust, served, day)
        return
    reorganisation.hosted(trust, system, day)
    for beside in before_it:
        if trust.chance.likely(_PARTNERS):
            reorganisation.partnered(trust, beside, day)


def _beside(world: World, system: System) -> tuple[list[System], list[System]]:
    """Return the system before one and that after it, each where there is one."""
    at = next(at for at, one in enumerate(world.systems) if one is system)
    return world.systems[max(0, at - 1) : at], world.systems[at + 1 : at + 2]


def _wider(world: World, system: System) -> list[System]:
    """Return the wider systems of a system: the region; of the first and the last, the cluster."""
    ends = (world.systems[0], world.systems[-1])
    return world.wider if any(system is end for end in ends) else world.wider[1:]


def reorganised(world: World, count: int) -> list[Life]:
    """Return what will be reorganised over a history of `count` months."""
    last = world.systems[-1]
    lives = [_renamed(world, count)]
    for system in world.systems[1:]:
        lives += _mergers(world, system, count)
    if len(world.systems) > 2:
        moving = world.systems[-2].members[0]
        lives.append(reorganisation.moved(moving, last, max(1, count * 2 // 5)))
    if len(world.systems) > 1:
        new, wait = world.ahead[0], max(1, count * 2 // 3)
        beside = world.systems[-2] if len(world.systems) > 2 else None
        lives.append(reorganisation.succeeded(last, new, beside, _wider(world, last), wait))
    return lives


def _renamed(world: World, count: int) -> Life:
    place = names.place(world.chance.between(6000, 6900))
    name = f"{place} Integrated Care Board"
    return reorganisation.renamed(world.systems[0], name, max(1, count // 3))


def _mergers(world: World, system: System, count: int) -> list[Life]:
    """Return a merger in every system of four trusts or more, at any time but both ends."""
    if len(system.members) < 4:
        return []
    trust, into = system.members[1], system.members[2]
    wait = world.chance.between(count // 3, count * 9 // 10)
    return [reorganisation.merged(trust, into, max(1, wait))]


__all__ = ["LARGEST", "World", "found", "joined", "reorganised", "sizes"]
