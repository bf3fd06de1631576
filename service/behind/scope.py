"""Which organisations a caller may see: the one place where it is decided, at the time of asking.

What each grant reaches (DOMAIN.md §2, DESIGN.md invariant 15):
- a submitter, a viewer: the organisations that it names, and whom those absorbed;
- a lead, an analyst of a system: the system, whom it hosts today – of a system of systems, whom
  its members host – and whom those absorbed. A partner is not hosted; a former host sees nothing;
- an operator, an analyst of all: every organisation.

Codes are compared here alone. A filter in a handler is easily forgotten by the next handler, and
what it forgets is read by somebody it does not belong to: a test finds any other use of grants.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from typing import Final

import msgspec
from msgspec import Struct

from service.behind.registers import Registers
from service.domain import dates
from service.domain.caller import Caller
from service.domain.roles import ALL, GIVES, Grant, Organisations, Permission
from service.projections import system_members
from service.projections.history import History
from service.projections.register import closing
from service.projections.system_members import Scene

_MOST: Final = 4_096


class Scope(Struct, frozen=True):
    """The organisations that a caller may see with a permission."""

    codes: Organisations

    def sees(self, organisation: str) -> bool:
        """Tell whether an organisation's record may be seen."""
        return self.codes == ALL or organisation in self.codes

    def sees_any(self, organisations: Iterable[str]) -> bool:
        """Tell whether a record that concerns some organisations may be seen."""
        return self.codes == ALL or not self.codes.isdisjoint(organisations)

    def listed(self) -> tuple[str, ...] | None:
        """Return the codes in order; None for all."""
        return None if self.codes == ALL else tuple(sorted(self.codes))


EVERYTHING: Final = Scope(ALL)


class World(Struct, frozen=True):
    """Where everybody belongs on a day. absorbed: by whom absorbed, the trusts that were."""

    scene: Scene
    absorbed: Mapping[str, tuple[str, ...]]


class Scopes:
    """Works out scopes, and keeps them until the register says something new or the day ends.

    They are kept by the caller, id and grants: a key's never change, an issuer's may any minute.
    """

    def __init__(self, registers: Registers, now: Callable[[], dt.datetime]) -> None:
        self._registers = registers
        self._now = now
        self._world = world({}, dt.date.min)
        self._kept: dict[tuple[Caller, Permission], Scope] = {}
        self._unbounded: dict[tuple[Caller, Permission], bool] = {}
        self._as_of = 0
        self._ends = dt.datetime.min.replace(tzinfo=dt.UTC)

    def unbounded(self, caller: Caller, permission: Permission) -> bool:
        """Tell whether a caller sees everybody with a permission, for which no log is asked."""
        known = self._unbounded.get((caller, permission))
        if known is None:
            if len(self._unbounded) > _MOST:
                self._unbounded.clear()
            known = any(one.organisations == ALL for one in _given(caller, permission))
            self._unbounded[caller, permission] = known
        return known

    async def covered(self, caller: Caller, permission: Permission, up_to: int) -> Scope:
        """Return whom a caller may see with a permission today, as known at a position.

        up_to: the head of the log, as of after the request came.
        """
        if self.unbounded(caller, permission):
            return EVERYTHING
        await self.world(up_to)
        found = self._kept.get((caller, permission))
        if found is None:
            if len(self._kept) > _MOST:
                self._kept.clear()
            found = reached(_given(caller, permission), self._world)
            self._kept[caller, permission] = found
        return found

    async def world(self, up_to: int) -> World:
        """Return where everybody belongs today, as known at a position: the same while it is so."""
        await self._registers.follow(up_to)
        now = self._now()
        if self._registers.changed_at != self._as_of or now >= self._ends:
            today = dates.today(now)
            self._world, self._kept = world(self._registers.everybody(), today), {}
            self._as_of, self._ends = self._registers.changed_at, dates.end_of_day(today)
        return self._world


def _given(caller: Caller, permission: Permission) -> tuple[Grant, ...]:
    return tuple(one for one in caller.grants if permission in GIVES[one.role])


def world(histories: Mapping[str, History], today: dt.date) -> World:
    """Return where everybody belongs on a day, by the register's part of all histories."""
    absorbed: dict[str, list[str]] = {}
    for code, history in sorted(histories.items()):
        ended = closing(code, history)
        if ended is not None and ended.type == "TrustMerged" and ended.effective <= today:
            absorbed.setdefault(ended.data.into, []).append(code)
    scene = system_members.scene("", histories, today)
    return World(scene, {into: tuple(codes) for into, codes in absorbed.items()})


def reached(grants: Iterable[Grant], among: World) -> Scope:
    """Return what grants, none of them for all, reach together."""
    codes: set[str] = set()
    for one in grants:
        for code in () if one.organisations == ALL else one.organisations:
            hosts = one.role in {"lead", "analyst"}
            codes |= with_absorbed(_hosted(code, among) if hosts else {code}, among)
    return Scope(frozenset(codes))


def _hosted(code: str, among: World) -> set[str]:
    """Return a system with whom it hosts today; of a trust, itself."""
    seats = system_members.seats(msgspec.structs.replace(among.scene, code=code))
    return {code, *(seat.code for seat in seats if seat.role == "host")}


def with_absorbed(codes: Iterable[str], among: World) -> set[str]:
    """Return trusts with all that they absorbed, step by step: it is part of their pictures."""
    found: set[str] = set()
    waiting = list(codes)
    while waiting:
        code = waiting.pop()
        if code not in found:
            found.add(code)
            waiting += among.absorbed.get(code, ())
    return found


__all__ = ["EVERYTHING", "Scope", "Scopes", "World", "reached", "with_absorbed", "world"]
