"""Who is in which post, day by day (DOMAIN.md §2, tenure; MODEL.md §1, leadership)."""

import msgspec

from tests.pure.oracle import bodies, calendar
from tests.pure.oracle.calendar import ONE
from tests.pure.oracle.record import newest

POSTS = ("LeaderAppointed", "LeadershipBasisChanged", "LeaderDepartureAnnounced", "LeaderDeparted")
SAYS_BASIS = ("LeaderAppointed", "LeadershipBasisChanged")
CHIEF = "chief_executive"
NOT_EXECUTIVE = {"chair", "non_executive_director"}


class Stint(msgspec.Struct):
    """One unbroken time of a person in a post; sure: the first day is known to be the first."""

    person: str
    first: object
    sure: bool
    last: object
    said: list


def stints(case, post, until):
    """Return every stint in a post begun by a day, walking over what was said of each person."""
    facts = [f for f in case.own(*POSTS) if f.data.post == post]
    found = []
    for person in sorted({f.data.person for f in facts}):
        found += _of(person, [f for f in facts if f.data.person == person])
    end = bodies.ended(case)
    kept = [s for s in found if (end is None or s.first < end) and s.first <= until]
    for stint in kept:
        if end is not None and (stint.last is None or stint.last >= end):
            stint.last = end - ONE
    return sorted(kept, key=lambda s: (s.first, s.said[0].place if s.said else 0))


def _of(person, facts):
    """Walk day by day: appointed is in post from that day; departed from that day no more."""
    found, now, left = [], None, False
    for day in sorted({f.day for f in facts}):
        today = [f for f in facts if f.day == day]
        kinds = {f.kind for f in today}
        appointed, departed = "LeaderAppointed" in kinds, "LeaderDeparted" in kinds
        said = [f for kind in POSTS for f in today if f.kind == kind and kind != "LeaderDeparted"]
        if left and not appointed:
            said = [f for f in said if f.kind != "LeaderDepartureAnnounced"]
        if said and now is None:
            now = Stint(person, day, appointed, None, [])
            found.append(now)
        if said:
            now.said += said
            left = False
        if departed and not appointed and not left:
            if now is None:
                now = Stint(person, day - ONE, False, None, [])
                found.append(now)
            now.last, now, left = day - ONE, None, True
    return found


def lent(case, stint, day):
    """Tell whether a person is on secondment elsewhere: until the body says something newer."""
    for fact in case.world.get(case.code, []):
        if fact.kind != "LeaderAppointed" or fact.organisation == case.code:
            continue
        if fact.data.from_organisation != case.code or fact.data.person != stint.person:
            continue
        if not fact.counts_for(case.code) or not stint.first <= fact.day <= day:
            continue
        later = any(fact.day < said.day <= day for said in stint.said)
        if not later and (not fact.data.term_ends or day <= fact.data.term_ends):
            return True
    return False


def in_post(case, found, day):
    """Return the stints that fill a post on a day."""
    live = [s for s in found if s.first <= day and (s.last is None or day <= s.last)]
    return [s for s in live if not lent(case, s, day)]


def basis(stint, day):
    """Return on which terms somebody is in post: as last said by the day."""
    said = [f for f in stint.said if f.kind in SAYS_BASIS and f.day <= day]
    return said[-1].data.basis if said else None


def counting(case, found, day):
    """Return whose tenure counts: the newest appointed, both if shared."""
    live = in_post(case, found, day)
    return live if all(basis(s, day) == "shared" for s in live) else live[-1:]


def measures(case):
    """Return the headline measures with how sure each is."""
    found = stints(case, CHIEF, case.on)
    holders = counting(case, found, case.on)
    said = basis(holders[-1], case.on) if holders else None
    return {
        "chief_executive_in_post": (bool(holders), "known") if found else (None, "unknown"),
        "chief_executive_basis": (said, "known" if said else "unknown"),
        "chief_executive_tenure_months": tenure(case, holders),
        "chief_executives_36m": distinct(case, found),
        "vacancy_percent": vacancy(case),
        "approach_continued": continued(case, holders),
    }


def tenure(case, holders):
    """Return the whole months since the first day in post of who counts."""
    if not holders:
        return None, "unknown"
    first = min(holders, key=lambda s: s.first)
    return calendar.whole_months(first.first, case.on), "known" if first.sure else "at_least"


def distinct(case, found):
    """Count who held the post on any day of 36 months; at least, if some day has nobody known."""
    window = calendar.days(calendar.shifted(case.on, -36) + ONE, case.on)
    each = [counting(case, found, day) for day in window]
    persons = {s.person for holders in each for s in holders}
    if not persons:
        return None, "unknown"
    return len(persons), "known" if all(each) else "at_least"


def vacancy(case):
    """Return vacant and interim ÷ executive posts of the newest BoardComposed of 15 months."""
    said = newest(f for f in case.own("BoardComposed") if calendar.within(f.day, 15, case.on))
    if said is None or said.data.executive_posts == 0:
        return None, "unknown"
    share = (said.data.executive_vacant + said.data.executive_interim) / said.data.executive_posts
    return 100 * share, "known"


def continued(case, holders):
    """Tell whether the approach was affirmed within 6 months of starting and half stayed."""
    if not holders:
        return None, "unknown"
    first = holders[-1].first
    affirmed = any(
        f.data.by_post == CHIEF
        and f.data.continues in {"yes", "adapted"}
        and first <= f.day <= calendar.shifted(first, 6)
        for f in case.by("LeadershipApproachAffirmed")
    )
    if not affirmed:
        return False, "known"
    posts = {f.data.post for f in case.own(*POSTS)} - NOT_EXECUTIVE - {CHIEF}
    then, still = 0, 0
    for post in posts:
        team = stints(case, post, case.on)
        now = {s.person for s in in_post(case, team, case.on)}
        for stint in counting(case, team, first - ONE):
            then, still = then + 1, still + (stint.person in now)
    return (2 * still >= then, "known") if then else (None, "unknown")
