"""Skills and headcount, added up event by event (DOMAIN.md §2, stock; MODEL.md §1, skills)."""

from tests.pure.oracle import bodies, calendar
from tests.pure.oracle.record import newest

STAFF = {"staff", "board", "resident_doctor"}


def headcount(case):
    """Return the newest own headcount and that of each absorbed trust not counted since."""

    def counts(fact):
        return fact.kind == "WorkforceCounted" and isinstance(fact.data.headcount, int)

    each = [case.by("WorkforceCounted", code=code) for code in bodies.apart(case, counts)]
    found = [newest(f for f in facts if counts(f)) for facts in each]
    known = [f.data.headcount for f in found if f is not None]
    if not known:
        return None, "unknown"
    return sum(known), "known" if len(known) == len(found) else "at_least"


def ratio(part, whole, times):
    """Return part ÷ whole; unknown over nought, or when the bounds point both ways."""
    if part[0] is None or whole[0] is None or whole[0] == 0:
        return None, "unknown"
    low = part[0] if part[1] != "at_most" else 0
    high = part[0] if part[1] != "at_least" else float("inf")
    least = whole[0] if whole[1] != "at_most" else 0
    most = whole[0] if whole[1] != "at_least" else float("inf")
    value = times * part[0] / whole[0]
    lower = low < part[0] or most > whole[0] or part[1] == "at_most"
    higher = high > part[0] or least < whole[0]
    if lower and higher:
        return None, "unknown"
    if lower or higher:
        return value, "at_most" if lower else "at_least"
    return value, "estimated" if "estimated" in {part[1], whole[1]} else "known"


def total(found):
    """Return a sum: at least when a part is not known."""
    known = [one for one in found if one[0] is not None]
    if not known:
        return None, "unknown"
    ways = {one[1] for one in known} & {"at_least", "at_most"}
    if len(known) < len(found):
        ways.add("at_least")
    if len(ways) == 2:
        return None, "unknown"
    sure = "estimated" if any(one[1] == "estimated" for one in known) else "known"
    return sum(one[0] for one in known), ways.pop() if ways else sure


def completions(case, tier):
    """Return completions of a tier by staff in 12 months: flows add up over a merger."""

    def flow(code):
        return [f for f in case.by("StaffTrained", code=code) if f.data.tier == tier]

    done = [
        f
        for code in bodies.bodies(case)
        for f in flow(code)
        if f.data.participant_group in STAFF and calendar.within(f.day, 12, case.on)
    ]
    return bodies.count(case, "skills", (sum(f.data.completions for f in done), done), flow)


def censuses(tier):
    """Return how to tell a census of a tier."""
    return lambda fact: fact.kind == "SkillsCounted" and fact.data.tier == tier


def stock(case, tier):
    """Return the people with a tier's skill over the bodies that are counted apart."""
    counts = censuses(tier)
    return total([stock_of(case, code, tier) for code in bodies.apart(case, counts)])


def stock_of(case, code, tier):
    """Return the newest census + completions of staff since less leavers since, of one body."""
    known = case.by("SkillsCounted", "StaffTrained", "TrainedStaffLeft", code=code)
    of_tier = [f for f in known if f.data.tier == tier]
    census = newest(f for f in of_tier if f.kind == "SkillsCounted")
    since = [f for f in of_tier if census is None or f.day > census.day]
    came = [f for f in since if f.kind == "StaffTrained" and f.data.participant_group in STAFF]
    gone = [f for f in since if f.kind == "TrainedStaffLeft"]
    net = sum(f.data.completions for f in came) - sum(f.data.people for f in gone)
    if census is not None:
        guessed = bool(came) or census.data.method == "estimate"
        return max(census.data.people + net, 0), "estimated" if guessed else "known"
    if not came:
        return None, "unknown"
    if any(calendar.within(f.day, 24, case.on) for f in gone):
        return max(net, 0), "at_most"
    kept = sum(f.data.completions * 0.9 ** ((case.on - f.day).days / 365.25) for f in came)
    return round(kept, 1), "estimated"


def census(case, tier):
    """Return the people of the newest censuses."""
    counts = censuses(tier)
    found = []
    for code in bodies.apart(case, counts):
        said = newest(f for f in case.by("SkillsCounted", code=code) if counts(f))
        guessed = said is not None and said.data.method == "estimate"
        known = (said.data.people, "estimated" if guessed else "known") if said else None
        found.append(known or (None, "unknown"))
    return total(found)


def measures(case):
    """Return the headline measures with how sure each is."""
    heads, done = headcount(case), completions(case, "introductory")
    coaches, experts = census(case, "coach"), census(case, "expert")
    return {
        "introductory_completions_12m": done,
        "introductory_percent": ratio(done, heads, 100),
        "practitioners": stock(case, "practitioner"),
        "practitioners_percent": ratio(stock(case, "practitioner"), heads, 100),
        "coaches": coaches,
        "experts": experts,
        "coaches_and_experts": total([coaches, experts]),
    }
