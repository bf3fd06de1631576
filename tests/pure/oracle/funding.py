"""Committed money, spread over each day and summed day by day (MODEL.md §1, funding)."""

import datetime as dt
from fractions import Fraction

import msgspec

from tests.pure.oracle import bodies, calendar
from tests.pure.oracle.calendar import ONE, days
from tests.pure.oracle.record import in_order, newest

TYPES = ("FundingCommitted", "FundingWithdrawn")


class Agreement(msgspec.Struct):
    """One agreement: its money of each day, and what decides the level."""

    data: object
    end: object
    daily: dict
    withdrawn: list
    estimated: bool


def agreements(case):
    """Return the agreements that count: own, of absorbed trusts, of others that name one of them.

    What the successor withdraws under a reference that is not its own is of an absorbed trust's.
    """
    found, ours = [], set(bodies.bodies(case))
    named = {f.data.agreement for f in case.own("FundingCommitted")}
    for code, since in [(case.code, None), *((c, s) for c, s, _ in bodies.absorbed(case))]:
        facts = case.by(*TYPES, code=code)
        if since is not None:
            later = [f for f in case.by("FundingWithdrawn") if f.day >= since]
            facts += [f for f in later if f.data.agreement not in named]
        found += of_stream(case, in_order(facts), code)
        for recorder in sorted({f.organisation for f in case.world.get(code, [])} - ours):
            found += of_stream(case, case.by(*TYPES, code=recorder), code, shared=True)
    return found


def of_stream(case, facts, code, *, shared=False):
    """Return a stream's agreements; of another body only those that name this one and count."""
    found = []
    for ref in sorted({f.data.agreement for f in facts}):
        same = [f for f in facts if f.data.agreement == ref]
        committed = newest(f for f in same if f.kind == "FundingCommitted")
        if committed is None:
            continue
        names = {b.organisation for b in committed.data.beneficiaries or ()}
        if committed.counts_for(code) and (not shared or code in names):
            later = [f for f in same if (f.day, f.place) > (committed.day, committed.place)]
            withdrawn = [f for f in later if f.kind == "FundingWithdrawn"]
            found.append(agreement(case, committed.data, withdrawn, code))
    return found


def share(data, code):
    """Return a body's part: its stated amount, an equal part of the rest, or all; estimated."""
    stated = {b.organisation: b.pence for b in data.beneficiaries or ()}
    if not stated:
        return Fraction(1), False
    if code not in stated:
        return Fraction(0), False
    whole = data.pence if data.pence or data.pence == 0 else sum(y.pence for y in data.by_year)
    amounts = [p for p in stated.values() if isinstance(p, int)]
    if isinstance(stated[code], int):
        return Fraction(stated[code], whole) if whole else Fraction(0), False
    rest = Fraction(whole - sum(amounts), whole) if whole else Fraction(1)
    return rest / (len(stated) - len(amounts)), len(stated) > 1


def agreement(case, data, withdrawn, code):
    """Return an agreement with its money of every day up to six years from the date."""
    stated = stated_end(data)
    whole = [f.data.from_ for f in withdrawn if not isinstance(f.data.pence, int)]
    end = min([*whole, *([stated] if stated else [])], default=None)
    last = max(
        [calendar.shifted(case.on, 72), *(calendar.shifted(f.data.from_, 12) for f in withdrawn)]
    )
    daily = {d: gross(data, d, stated) for d in days(data.from_, (end or last) - ONE)}
    partial = [f for f in withdrawn if isinstance(f.data.pence, int)]
    for fact in sorted(partial, key=lambda f: (f.data.from_, f.day, f.place)):
        since = fact.data.from_
        until = dt.date.max if end else calendar.shifted(since, 12)
        remaining = sum(money for d, money in daily.items() if since <= d < until)
        kept = max(1 - fact.data.pence / remaining, 0) if remaining else 0
        daily = {d: money * kept if d >= since else money for d, money in daily.items()}
    part, guessed = share(data, code)
    spread = not data.by_year and stated is not None
    daily = {d: money * part for d, money in daily.items()}
    return Agreement(data, end, daily, withdrawn, guessed or spread)


def stated_end(data):
    """Return the first day without, by its own words; a recurrent one without `to` goes on."""
    if data.to:
        return data.to + ONE
    if data.recurrence == "recurrent":
        return None
    return max(calendar.year_days(y.financial_year)[-1] for y in data.by_year) + ONE


def gross(data, day, stated):
    """Return the pence of one day as committed."""
    year = calendar.year_of(day)
    if data.by_year:
        amounts = {y.financial_year: y.pence for y in data.by_year}
        if year in amounts:
            inside = [d for d in calendar.year_days(year) if d >= data.from_]
            return Fraction(amounts[year], len([d for d in inside if not stated or d < stated]))
        if stated is None and year > max(amounts):
            return Fraction(amounts[max(amounts)], len(calendar.year_days(year)))
        return Fraction(0)
    if stated is not None:
        return Fraction(data.pence, (stated - data.from_).days)
    return Fraction(data.pence, len(calendar.year_days(year)))


def rate(found, day):
    """Return the pence of one day over all agreements."""
    return sum((one.daily.get(day, Fraction(0)) for one in found), Fraction(0))


def measures(case):
    """Return the headline measures with how sure each is."""
    found = agreements(case)
    year = list(days(case.on, calendar.shifted(case.on, 12) - ONE))
    sums = [sum((one.daily.get(d, Fraction(0)) for d in year), Fraction(0)) for one in found]
    whole, sure = sum(sums), "estimated" if any(one.estimated for one in found) else "known"
    kinds = list(zip(found, sums, strict=True))
    recurrent = sum(s for one, s in kinds if one.data.recurrence == "recurrent")
    fenced = sum(s for one, s in kinds if one.data.ring_fenced)
    none = (None, "unknown")
    return {
        "funding_runway_months": (runway(case, found), sure) if found else none,
        "funding_recurrent_percent": (100 * recurrent / whole, sure) if whole else none,
        "funding_ring_fenced_percent": (100 * fenced / whole, sure) if whole else none,
        "funding_dropped": (dropped(case, found), "known"),
        "funding_next_12m": (round(whole), sure) if found else none,
    }


def runway(case, found):
    """Walk on day by day to the first with less than half of the date's rate, at most 60 months.

    A year's pence over the days of a leap year are no fall: the half is of such a day.
    """
    now = rate(found, case.on)
    if not now:
        return 0
    for day in days(case.on + ONE, calendar.shifted(case.on, 60)):
        if rate(found, day) < now / 2 * Fraction(365, 366):
            return min(calendar.whole_months(case.on, day), 60)
    return 60


def dropped(case, found):
    """Tell whether an agreement has ended, or was taken back, and there is no money today."""
    if rate(found, case.on):
        return False
    for one in found:
        left = sum(money for d, money in one.daily.items() if d >= case.on)
        over = one.end is not None and one.end <= case.on
        if over or (one.withdrawn and one.data.from_ <= case.on and not left):
            return True
    return False
