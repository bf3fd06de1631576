"""How long one method was kept, event by event and day by day (MODEL.md §1, strategy)."""

import msgspec

from tests.pure.oracle import bodies, calendar
from tests.pure.oracle.calendar import ONE
from tests.pure.oracle.record import in_order

OPENS = ("StrategyAdopted", "ProgrammeJoined")
CLOSES = ("StrategyEnded", "ProgrammeLeft")
AFFIRMED = "LeadershipApproachAffirmed"


class Stint(msgspec.Struct):
    """One statement that something is so, from its day until `end`, the first day without."""

    opened: object
    end: object
    closed: object

    def live(self, day):
        """Tell whether it is so on a day."""
        return self.opened.day <= day and (self.end is None or day < self.end)


def name(fact):
    """Return what tells one strategy or programme from another."""
    data = fact.data
    return data.strategy if fact.kind.startswith("Strategy") else data.programme


def stints(case):
    """Return what was begun by the date: own, and of absorbed trusts, which the successor ends."""
    found = _stints(case.own(*OPENS, *CLOSES), case.own(AFFIRMED))
    for code, _, merger in bodies.absorbed(case):
        facts, replaced = case.own(*OPENS, *CLOSES, code=code), []
        for body, first, end in bodies.led(case, merger):
            if body != code:
                facts += [f for f in case.own(*CLOSES, code=body) if f.day >= first]
            replaced += [f for f in case.own(AFFIRMED, code=body) if first <= f.day < end]
        found += _stints(in_order(facts), in_order(replaced))
    return [s for s in found if s.opened.day <= case.on]


def _stints(facts, replaced):
    found = []
    for at, fact in enumerate(facts):
        if fact.kind not in OPENS:
            continue
        following = [f for f in facts[at + 1 :] if name(f) == name(fact)]
        closed = following[0] if following else None
        stint = Stint(fact, closed.day if closed else None, closed)
        if stint.end == fact.day:
            continue
        approaches = {name(fact), fact.data.method}
        for said in replaced:
            if said.data.continues == "replaced" and said.data.approach in approaches:
                if stint.live(said.day):
                    stint.end, stint.closed = said.day, said
        found.append(stint)
    return found


def measures(case):
    """Return the headline measures with how sure each is."""
    begun = stints(case)
    live = [s for s in begun if s.live(case.on)]
    ends = last_ends(case, begun)
    drops = [f for f in ends if f.kind in {"StrategyEnded", AFFIRMED} or reason(f) == "withdrawn"]
    said = bool(live or ends)
    dropped = (False, "known") if live else (True, "known") if drops else (None, "unknown")
    return {
        "strategy_live": (bool(live), "known") if said else (None, "unknown"),
        "strategy_dropped": dropped,
        "run_months": run(case, begun),
        "horizon_months": horizon(case, live),
    }


def reason(fact):
    """Return why a programme was left."""
    return getattr(fact.data, "reason", None)


def last_ends(case, begun):
    """Return what ended something last: a live one, or one that nobody saw begin."""
    closed = {s.closed.place: s.closed for s in begun if s.closed and s.closed.kind not in OPENS}
    known = {name(s.opened) for s in begun}
    for code in bodies.bodies(case):
        for fact in case.by(*CLOSES, code=code):
            if name(fact) not in known:
                closed[fact.place] = fact
    ends = [f for f in closed.values() if f.day <= case.on]
    last = max((f.day for f in ends), default=None)
    return [f for f in ends if f.day == last]


def run(case, begun):
    """Walk back day by day while one method was live, over gaps of up to 92 days."""
    methods = {s.opened.data.method for s in begun if s.live(case.on)}
    firsts = [first_day(m, begun, case.on) for m in methods if m]
    if firsts:
        return calendar.whole_months(min(firsts), case.on), "known"
    return (None, "unknown") if methods else (0, "known")


def first_day(method, begun, on):
    """Return the first day of the run of a method that is live on a day."""
    mine = [s for s in begun if s.opened.data.method == method]
    first = day = on
    while (first - day).days <= 93:
        if any(s.live(day) for s in mine):
            first = day
        day -= ONE
    return first


def horizon(case, live):
    """Return the months through the last day of the latest horizon or planned end of what is live.

    Two years from 1 April end on 31 March: the last day counts.
    """
    ends = []
    for stint in live:
        data = stint.opened.data
        day = data.horizon_ends if stint.opened.kind == "StrategyAdopted" else data.planned_until
        ends += [day] if day else []
    return (calendar.whole_months(case.on, max(ends) + ONE), "known") if ends else (None, "unknown")
