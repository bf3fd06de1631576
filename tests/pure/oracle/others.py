"""Culture, the board and practice, walked over plainly (MODEL.md §1)."""

from tests.pure.oracle import bodies, calendar, skills
from tests.pure.oracle.record import in_order, newest

MEASURED = {"spc_special_cause", "before_after"}


def culture(case):
    """Return the newest national answer to q3f, and of which edition it is."""
    asked = [f for f in case.by("CultureSurveyed") if f.data.question == "q3f"]
    said = newest(f for f in asked if f.data.instrument == "nhs_staff_survey")
    if said is None:
        return {"q3f_percent": (None, "unknown"), "q3f_edition": (None, "unknown")}
    return {
        "q3f_percent": (said.data.percent_positive, "known"),
        "q3f_edition": (said.data.edition, "known"),
    }


def live(case, commitment):
    """Tell whether a commitment was made and not ended since, in a body that is still there."""
    state = False
    for fact in case.by("BoardCommitmentMade", "BoardCommitmentEnded"):
        if fact.data.commitment == commitment:
            state = fact.kind == "BoardCommitmentMade"
    return state and not bodies.over(case, case.code)


def board(case):
    """Return the headline measures of the board; never inherited, so by its own events alone."""
    alone = bodies.Case({case.code: case.own_history()}, case.code, case.on)
    sponsor = live(case, "executive_sponsor")
    ended = [
        f
        for f in case.by("BoardCommitmentEnded")
        if f.data.commitment == "executive_sponsor"
    ]  # fmt: skip
    reviews = case.by("BoardReviewedProgress")
    recent = [f for f in reviews if calendar.within(f.day, 6, case.on)]
    developed = [f for f in case.by("BoardDevelopmentHeld") if calendar.within(f.day, 12, case.on)]
    learnt = bodies.count(
        alone, "board", (bool(developed), developed), lambda _: case.by("BoardDevelopmentHeld")
    )
    if not developed and learnt[1] == "at_least":
        learnt = None, "unknown"
    return {
        "sponsor_live": (sponsor, "known"),
        "sponsor_dropped": (bool(ended) and not sponsor, "known"),
        "method_live": (live(case, "agreed_method"), "known"),
        "spc_quarters_in_a_row": in_a_row(alone, reviews),
        "board_reviews_6m": bodies.count(
            alone, "board", (len(recent), recent), lambda _: reviews, quarters=2
        ),
        "board_development_12m": (learnt[0], "known" if developed else learnt[1]),
        "board_trained_percent": trained(case),
    }


def in_a_row(alone, reviews):
    """Count full quarters back with an SPC review, until one without: that must be covered."""
    row = 0
    for quarter in calendar.ended_quarters(alone.on, 8):
        inside = [f for f in reviews if calendar.quarter_of(f.day) == quarter]
        if not any(f.data.data_form == "spc" for f in inside):
            sure = bodies.covered(alone, "board", quarter, lambda _: reviews)
            if not sure and row == 0:
                return None, "unknown"
            return row, "known" if sure else "at_least"
        row += 1
    return row, "known"


def trained(case):
    """Return people trained at the board's tier over voting members, the newest of each."""
    counted = newest(f for f in case.by("SkillsCounted") if f.data.tier == "board")
    composed = newest(case.by("BoardComposed"))
    if counted is None or composed is None:
        return None, "unknown"
    return skills.ratio(
        (counted.data.people, "known"), (composed.data.voting_members, "known"), 100
    )


def practice(case):
    """Return projects completed in 12 months per 1,000, and the share of them measured."""
    done = [p for p in projects(case) if calendar.within(p[0].day, 12, case.on)]
    done = [p for p in done if newest(p).data.outcome != "stopped"]
    count = bodies.count(
        case, "practice", (len(done), done), lambda code: case.by("ProjectCompleted", code=code)
    )
    good = [p for p in done if is_measured(newest(p))]
    full = count[1] == "known"
    share = 100 * len(good) / len(done) if done else None
    sure = "known" if full else "estimated"
    none = count == (0, "known")
    return {
        "projects_completed_12m": count,
        "completed_per_1000": count if none else skills.ratio(count, skills.headcount(case), 1000),
        "measured_percent": (share, sure if done else "unknown"),
        "adopted_36m": (len(adopted(case)), "known"),
    }


def is_measured(end):
    """Tell whether a result was measured."""
    return end.data.outcome != "not_measured" and end.data.evidence in MEASURED


def projects(case):
    """Return the ends of each project that is over: the first is its day, the newest its outcome.

    A successor ends what an absorbed trust began, under a reference that it had not begun itself.
    """
    kinds = ("ProjectStarted", "ProjectCompleted")
    told = {code: case.by(*kinds, code=code) for code in bodies.bodies(case)}
    taken, more = set(), {}
    for code, _, merger in bodies.absorbed(case):
        refs = {f.data.project for f in told[code]}
        for body, since, _ in bodies.led(case, merger)[1:]:
            ends = [f for f in told[body] if f.kind == "ProjectCompleted" and f.day >= since]
            ends = [f for f in ends if f.data.project in refs and not began(told[body], f)]
            taken |= {f.place for f in ends}
            more[code] = [*more.get(code, []), *ends]
    found = []
    for code, facts in told.items():
        mine = [f for f in facts if f.place not in taken]
        found += ends_of(in_order([*mine, *more.get(code, [])]))
    return found


def began(facts, end):
    """Tell whether a body had begun a project of that name itself before it ended one."""
    starts = [f for f in facts if f.kind == "ProjectStarted" and f.data.project == end.data.project]
    return any((f.day, f.place) < (end.day, end.place) for f in starts)


def ends_of(facts):
    """Walk over what was said of each reference; a new start after an end is a new project."""
    found = []
    for ref in sorted({f.data.project for f in facts}):
        ends = []
        for fact in [f for f in facts if f.data.project == ref]:
            if fact.kind == "ProjectStarted":
                found, ends = found + ([ends] if ends else []), []
            else:
                ends = [*ends, fact]
        found += [ends] if ends else []
    return found


def adopted(case):
    """Return (by whom, what) of practice that another adopted from here in 36 months."""
    ours, found = set(bodies.bodies(case)), set()
    for code in ours:
        for fact in case.world.get(code, []):
            if fact.kind != "PracticeAdopted" or fact.organisation in ours:
                continue
            if fact.data.from_ in ours and fact.counts_for(fact.data.from_):
                if calendar.within(fact.day, 36, case.on):
                    found.add((fact.organisation, fact.data.title.casefold()))
    return found
