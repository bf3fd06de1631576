"""What a caller may have of whom: the one place where it is decided, at the time of asking.

Source: MODEL.md §5.6, DOMAIN.md §5. Exact counts are for
- the operator;
- whoever submits for or views an organisation: of it, and of whom it absorbed;
- the leads of the board that hosts a trust today (a system of kind `ics`, and no other): of the
  trust, and of whom it absorbed;
- whoever submits for, views or leads an organisation with which a trust shares its exact counts
  (ShareGranted), as it is known now and until it is withdrawn.

All others get what the policy discloses – or, where `CAPMAP_ENTITLEMENT` is `trust_totals`, totals
without parts: analysts, leads of a system that the trust is a partner or a member of in another
way, leads of a system of systems, whoever is only named in an event.
Self-assessments are their trust's own, and of others as it shares them (`projections.sharing`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable

import msgspec
from msgspec import Struct

from service.behind.histories import Histories
from service.behind.scope import Scopes, World, with_absorbed
from service.domain import dates
from service.domain.caller import Caller
from service.domain.disclosure import POLICY, TOTALS, Disclosure, Entitlement
from service.domain.reader import ANYTHING, Reader
from service.domain.roles import ALL
from service.projections import sharing, system_members
from service.projections.register import system_kind

_MOST = 4_096
_BOARD = "ics"


class Kept(Struct, frozen=True):
    """What a caller may have, as known at a position, until the day ends."""

    reader: Reader
    up_to: int
    until: dt.datetime


class Entitlements:
    """Works out what callers may have, and keeps it until the log grows or the day ends.

    It is kept by the whole caller: what an issuer says of somebody changes under one id.
    """

    def __init__(
        self,
        scopes: Scopes,
        histories: Histories,
        entitlement: Entitlement,
        now: Callable[[], dt.datetime],
    ) -> None:
        self._scopes = scopes
        self._histories = histories
        self._otherwise: Disclosure = TOTALS if entitlement == "trust_totals" else POLICY
        self._now = now
        self._kept: dict[Caller, Kept] = {}

    async def reader(self, caller: Caller, up_to: int) -> Reader:
        """Return what a caller may have today, as known at a position.

        up_to: the head of the log, as of after the request came.
        """
        if caller.operator:
            return ANYTHING
        kept = self._kept.get(caller)
        if kept is None or kept.up_to != up_to or self._now() >= kept.until:
            kept = await self._worked_out(caller, up_to)
            if len(self._kept) > _MOST:
                self._kept.clear()
            self._kept[caller] = kept
        return kept.reader

    async def _worked_out(self, caller: Caller, up_to: int) -> Kept:
        world = await self._scopes.world(up_to)
        found = entitled(caller, world, self._otherwise)
        found = await self._with_shared(found, world, up_to)
        return Kept(found, up_to, dates.end_of_day(world.scene.on))

    async def _with_shared(self, found: Reader, world: World, up_to: int) -> Reader:
        """Return a reader with those who share their exact counts with them."""
        sharing_them: frozenset[str] = frozenset()
        for code in found.known_as:
            history = await self._histories.load(code, up_to)
            sharing_them |= sharing.exact_counts(code, history, found.today)
        if found.exact == ALL or sharing_them <= found.exact:
            return found
        exact = found.exact | with_absorbed(sharing_them, world)
        return msgspec.structs.replace(found, exact=exact)


def entitled(caller: Caller, among: World, otherwise: Disclosure = POLICY) -> Reader:
    """Return what a caller may have, who is not the operator; otherwise: of everybody else."""
    own: set[str] = set()
    led: set[str] = set()
    known_as: set[str] = set()
    for one in caller.grants:
        codes = frozenset[str]() if one.organisations == ALL else one.organisations
        if one.role != "analyst":
            known_as |= codes
        if one.role in {"submitter", "viewer"}:
            own |= codes
        elif one.role == "lead":
            led |= codes
    mine = with_absorbed(own, among)
    exact = mine | with_absorbed(led | set(_hosted(led, among)), among)
    return Reader(frozenset(exact), frozenset(mine), otherwise, frozenset(known_as), among.scene.on)


def _hosted(codes: Iterable[str], among: World) -> Iterable[str]:
    """Yield the trusts that boards among some systems host today, by themselves."""
    histories = among.scene.histories
    for code in codes:
        if code in histories and system_kind(code, histories[code]) == _BOARD:
            yield from system_members.hosted(code, among.scene)


__all__ = ["Entitlements", "entitled"]
