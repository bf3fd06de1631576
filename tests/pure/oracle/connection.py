"""Partners, looked for on every day of the window (MODEL.md §1, connection)."""

from tests.pure.oracle import bodies, calendar
from tests.pure.oracle.record import OPERATOR, in_order

ONE_DAY = {"visit", "seminar", "peer_review", "joint_training"}


def made(case):
    """Return all connections in the histories of a body and those that it absorbed, each once."""
    each = {f.place: f for code in bodies.bodies(case) for f in case.world.get(code, [])}
    return in_order(f for f in each.values() if f.kind == "ConnectionMade")


def others(case, fact):
    """Yield (other side by its code then, whether two-sided): recorder and named, no others."""
    ours, named = set(bodies.bodies(case)), set(fact.data.with_ or ())
    operator = fact.assurance in OPERATOR
    if fact.organisation in ours:
        for code in named:
            if bodies.today(case, code) not in ours:
                yield code, operator or code in fact.confirmers
        if fact.data.with_name:
            yield fact.data.with_name, operator
    elif named & ours and bodies.today(case, fact.organisation) not in ours:
        yield fact.organisation, operator or bool(named & ours & fact.confirmers)


def ends(case, fact, other):
    """Return the first day without: after one day, or when one of the two or the operator said."""
    if fact.data.kind in ONE_DAY:
        return fact.day + calendar.ONE
    now = bodies.today(case, other)
    sides = {fact.organisation, other, now, *bodies.bodies(case)}
    each = {f.place: f for code in bodies.bodies(case) for f in case.world.get(code, [])}
    for said in in_order(f for f in each.values() if f.kind == "ConnectionEnded"):
        if said.data.connection_event is None or fact.place not in {
            t.position for t in said.refers
        }:
            continue
        bystander = said.organisation in set(fact.data.with_ or ())
        speaks = said.organisation in sides or (said.assurance in OPERATOR and not bystander)
        if said.day >= fact.day and speaks:
            return said.day
    return None


def partners(case, months):
    """Return with whom a two-sided connection was live or held on some day of a window."""
    found = set()
    window = list(calendar.days(calendar.shifted(case.on, -months) + calendar.ONE, case.on))
    for fact in made(case):
        for other, both in others(case, fact):
            end = ends(case, fact, other)
            if both and any(fact.day <= d and (end is None or d < end) for d in window):
                code = other in {fact.organisation, *(fact.data.with_ or ())}
                found.add(bodies.today(case, other) if code else other)
    return found


def flow(case):
    """Return how to find what covers a quarter: own connections, and two-sided ones with it."""
    ours = set(bodies.bodies(case))

    def of(code):
        facts = [f for f in case.world.get(code, []) if f.kind == "ConnectionMade"]
        pairs = [(f, list(others(case, f))) for f in facts]
        return [
            f
            for f, found in pairs
            if found and (f.organisation in ours or any(b for _, b in found))
        ]

    return of


def measures(case):
    """Return the headline measures with how sure each is."""
    year, two = partners(case, 12), partners(case, 24)
    return {
        "partners_12m": bodies.count(case, "connection", (len(year), year), flow(case)),
        "partners_24m": bodies.count(case, "connection", (len(two), two), flow(case), quarters=8),
    }
