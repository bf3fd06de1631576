"""Who became part of whom, who hosts whom, which quarters are covered (DOMAIN.md §2, MODEL.md §3).

A world is the facts of each organisation's history, by code: its own, and those that name it.
"""

import datetime as dt

import msgspec

from tests.pure.oracle import calendar
from tests.pure.oracle.record import in_order


class Case(msgspec.Struct, frozen=True):
    """A body on a date in a world of histories, each a list of facts."""

    world: dict
    code: str
    on: object

    def own(self, *kinds, code=None):
        """Return the facts of some kinds in a body's own stream, in order."""
        code = code or self.code
        mine = [f for f in self.world.get(code, []) if f.organisation == code and f.kind in kinds]
        return in_order(mine)

    def own_history(self):
        """Return the facts of the body's own stream."""
        return [f for f in self.world.get(self.code, []) if f.organisation == self.code]

    def by(self, *kinds, code=None):
        """Return own facts of some kinds by the date."""
        return [f for f in self.own(*kinds, code=code) if f.day <= self.on]


def ended(case, code=None):
    """Return the first day on which a body is no more, or None."""
    ends = case.own("TrustMerged", "TrustClosed", "SystemClosed", code=code)
    return ends[0].day if ends else None


def mergers(case, into, on):
    """Return the mergers into a body by a date."""
    found = [f for f in case.world.get(into, []) if f.kind == "TrustMerged" and f.data.into == into]
    return [f for f in in_order(found) if f.day <= on]


def absorbed(case, code=None, on=None):
    """Return what became part of a body: (code, since when of it, merger), inner ones too."""
    found = []
    for merger in mergers(case, code or case.code, on or case.on):
        found.append((merger.organisation, merger.day, merger))
        for inner, _, first in absorbed(case, merger.organisation, merger.day):
            found.append((inner, merger.day, first))
    return found


def led(case, merger):
    """Return who spoke for an absorbed trust: (code, first day, first day no longer), in turn."""
    found = [(merger.organisation, dt.date.min, merger.day)]
    while merger.data.into != case.code:
        into = merger.data.into
        merger = next(one for _, _, one in absorbed(case) if one.organisation == into)
        found.append((into, found[-1][2], merger.day))
    return [*found, (case.code, found[-1][2], dt.date.max)]


def bodies(case):
    """Return the codes of a body and of all that it absorbed."""
    return [case.code, *(code for code, _, _ in absorbed(case))]


def apart(case, is_count, code=None, on=None):
    """Return whose newest counts add up: an absorbed trust's, until its successor counts itself."""
    code, found = code or case.code, [code or case.code]
    for merger in mergers(case, code, on or case.on):
        mine = [f for f in case.by("WorkforceCounted", "SkillsCounted", code=code) if is_count(f)]
        if not any(f.day >= merger.day for f in mine):
            found += apart(case, is_count, merger.organisation, merger.day)
    return found


def today(case, code):
    """Return what a trust is part of on the date."""
    while True:
        ends = case.own("TrustMerged", "TrustClosed", "SystemClosed", code=code)
        if not ends or ends[0].day > case.on or ends[0].kind != "TrustMerged":
            return code
        code = ends[0].data.into


def memberships(case, code=None):
    """Return the systems of a trust on the date with its role, replaying joins and leaves."""
    code, now = code or case.code, {}
    for fact in case.by("TrustJoinedSystem", "TrustLeftSystem", code=code):
        now.pop(fact.data.system, None)
        if fact.kind == "TrustJoinedSystem":
            if fact.data.role == "host" and is_board(case, fact.data.system):
                others = [s for s, role in now.items() if role == "host" and is_board(case, s)]
                for other in others:
                    del now[other]
            now[fact.data.system] = fact.data.role
    if over(case, code):
        return {}
    return {system: role for system, role in now.items() if not over(case, system)}


def over(case, code):
    """Tell whether a body has come to its end by the date."""
    end = ended(case, code)
    return end is not None and end <= case.on


def is_board(case, system):
    """Tell whether a system is of the kind that hosts."""
    kinds = case.own("SystemEstablished", code=system)
    return not kinds or kinds[-1].data.kind == "ics"


def host(case, code=None):
    """Return the board that hosts a trust on the date."""
    found = memberships(case, code)
    return next((s for s, role in found.items() if role == "host" and is_board(case, s)), None)


def covered(case, dimension, quarter, flow):
    """Tell whether every body that was there in a quarter says something of a flow for it.

    flow: the facts of the flow by code. Said is an event in it, or a return for it that lists it.
    """
    there = [code for code in parts(case) if existed(case, code, quarter)]
    return bool(there) and all(
        any(calendar.quarter_of(f.day) == quarter for f in flow(code) if f.day <= case.on)
        or any(
            (f.data.financial_year, f.data.quarter) == quarter
            and dimension in [*f.data.dimensions, *f.data.nothing_to_report]
            for f in case.own("ReturnMade", code=code)
        )
        for code, _ in there
    )


def parts(case):
    """Return each body with the day on which it became part of another, if it did."""
    return [(case.code, None), *((code, merger.day) for code, _, merger in absorbed(case))]


def existed(case, part, quarter):
    """Tell whether a body was there on some day of a quarter."""
    code, gone = part
    opened = [f.day for f in case.own("TrustRegistered", code=code)]
    days = [d for d in calendar.year_days(quarter[0]) if calendar.quarter_of(d) == quarter]
    return any((not opened or min(opened) <= d) and (gone is None or d < gone) for d in days)


def count(case, dimension, counted, flow, *, quarters=4):
    """Return a count with how sure it is: known when every quarter of the window is covered.

    counted: the figure, and what it counts.
    """
    value, found = counted
    asked = calendar.ended_quarters(case.on, quarters)
    full = [quarter for quarter in asked if covered(case, dimension, quarter, flow)]
    if not found and not full:
        return None, "unknown"
    return value, "known" if len(full) == quarters else "at_least"
