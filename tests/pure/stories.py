"""Strategies that draw histories as they are recorded: late, corrected, retracted, disputed.

A story is a list of entries, a position that is known, and a date that is asked about. Three
trusts may become one; whatever is recorded may be put right, and that may be taken back.
"""

import functools

import msgspec
from hypothesis import strategies as st

from service.domain.envelope import type_name
from tests.pure.cases import joined, system, trust, year_of_returns
from tests.pure.histories import day, entries, event
from tests.pure.oracle.calendar import ONE, shifted

HOME, OTHERS = "ZT001", ("ZT002", "ZT003")
PARTNERS = ("ZT004", "ZT005", "ZS02")
FIRST, LAST = day("2021-04-01"), day("2026-06-30")
CORNERS = [day(text) for text in ("2024-02-29", "2025-03-31", "2025-04-01", "2025-12-31")]
DAYS = st.one_of(st.sampled_from(CORNERS), st.dates(FIRST, LAST))
LATE = st.dates(day("2024-07-01"), LAST)
EARLY = st.dates(FIRST, day("2024-12-31"))
ASSURANCES = st.sampled_from(["public_record", "self_declared", "board_minuted", "third_party"])
PERSONS = st.sampled_from(["p-aaaa", "p-bbbb", "p-cccc"])
FEW = st.integers(0, 40)
WORLD = [
    *(trust(code) for code in (HOME, *OTHERS, *PARTNERS[:2])), system("ZS01"), system("ZS02"),
    system("ZS03", kind="cluster"), joined(HOME, "ZS01"), joined("ZT004", "ZS01"),
    joined("ZT005", "ZS02"),
]  # fmt: skip


class Draft(msgspec.Struct):
    """An event that is not recorded yet."""

    kind: str
    organisation: str
    day: object
    assurance: str
    data: dict


def of(kind, /, **members):
    """Return a strategy of payloads of a type; members that are None are left out."""
    given = {name.rstrip("_"): _strategy(value) for name, value in members.items()}
    return st.tuples(st.just(kind), st.fixed_dictionaries(given).map(_without_none))


def _strategy(value):
    return value if isinstance(value, st.SearchStrategy) else st.just(value)


def _without_none(data):
    return {name: value for name, value in data.items() if value is not None}


def optional(strategy):
    """Return a strategy that also leaves a member out."""
    return st.one_of(st.none(), strategy)


def one_of(*values):
    """Return a strategy of some values."""
    return st.sampled_from(values)


def text(days):
    """Return days as JSON holds them."""
    return days.map(lambda found: found.isoformat())


def returns(dimension):
    """Return returns that list a dimension."""
    return of(
        "ReturnMade", financial_year=one_of("2023/24", "2024/25", "2025/26"),
        quarter=st.integers(1, 4), dimensions=[], nothing_to_report=[dimension],
    )  # fmt: skip


POST = one_of("chief_executive", "chief_executive", "chief_nurse", "medical_director")
BASIS = one_of("substantive", "interim", "acting", "shared")
LEADERSHIP = [
    of("LeaderAppointed", post=POST, person=PERSONS, basis=BASIS),
    of("LeaderAppointed", post="chief_executive", person=PERSONS, basis=BASIS),
    of("LeadershipBasisChanged", post=POST, person=PERSONS, basis=BASIS),
    of("LeaderDepartureAnnounced", post=POST, person=PERSONS, successor_known=False),
    of("LeaderDeparted", post=POST, person=PERSONS, reason="not_stated"),
    of(
        "LeadershipApproachAffirmed", by_post="chief_executive", approach="lean",
        continues=one_of("yes", "replaced"),
    ),
    of(
        "BoardComposed", executive_posts=one_of(0, 7, 8), executive_vacant=st.integers(0, 2),
        executive_interim=st.integers(0, 2), voting_members=12,
    ),
]  # fmt: skip
LENT = of(
    "LeaderAppointed", post="chief_executive", person=PERSONS, basis="secondment",
    from_organisation=HOME, term_ends=optional(st.just("2026-12-31")),
)  # fmt: skip
HEADCOUNT = of("WorkforceCounted", headcount=one_of(0, 200, 1000))
CULTURE = [
    of(
        "CultureSurveyed", instrument=one_of("nhs_staff_survey", "own"), year=2024, edition="2024",
        question=one_of("q3f", "q3f", "q3d"), percent_positive=st.integers(40, 70),
    )
]  # fmt: skip
TIERS = one_of("introductory", "practitioner", "coach", "expert")
SKILLS = [
    of(
        "StaffTrained", course="qsir", tier=TIERS, completions=FEW,
        participant_group=one_of("staff", "board", "student"),
    ),
    of("StaffTrained", course="qsir", tier="introductory", participant_group="staff",
       completions=FEW),
    of("SkillsCounted", tier=TIERS, people=FEW, method=one_of("esr", "estimate")),
    of("TrainedStaffLeft", tier=TIERS, people=st.integers(1, 9)),
    HEADCOUNT,
    HEADCOUNT,
    returns("skills"),
]  # fmt: skip
BOARD = [
    *(of(kind, commitment=one_of("executive_sponsor", "agreed_method"))
      for kind in ("BoardCommitmentMade", "BoardCommitmentEnded")),
    of("BoardReviewedProgress", data_form=one_of("spc", "spc", "rag")),
    of("BoardDevelopmentHeld", topic="t", members_present=5, members_total=12),
    of("SkillsCounted", tier="board", people=FEW, method="esr"),
    LEADERSHIP[-1],
    returns("board"),
]  # fmt: skip
METHOD = optional(one_of("lean", "qsir"))
STRATEGY = [
    of("StrategyAdopted", strategy=one_of("s1", "s2"), title="T", scope="improvement",
       method=METHOD, horizon_ends=optional(st.just("2028-03-31"))),
    of("StrategyEnded", strategy=one_of("s1", "s2")),
    of("ProgrammeJoined", programme=one_of("g1", "g2"), kind="improvement", method=METHOD,
       planned_until=optional(st.just("2027-09-30"))),
    of("ProgrammeLeft", programme=one_of("g1", "g2"), reason=one_of("end_of_term", "withdrawn")),
    of("LeadershipApproachAffirmed", by_post="chief_executive", continues=one_of("yes", "replaced"),
       approach=one_of("lean", "qsir", "s1", "g1")),
]  # fmt: skip
PRACTICE = [
    of("ProjectStarted", project=one_of("a", "b"), title="T"),
    of("ProjectCompleted", project=one_of("a", "b", "c", "d"),
       outcome=one_of("improved", "stopped", "not_measured"),
       evidence=one_of("spc_special_cause", "narrative")),
    HEADCOUNT,
    returns("practice"),
]  # fmt: skip
ADOPTED = of("PracticeAdopted", title=one_of("T", "t", "U"), from_=HOME)
YEARS = st.lists(
    st.fixed_dictionaries(
        {"financial_year": one_of("2023/24", "2024/25", "2025/26"), "pence": st.integers(0, 10**7)}
    ),
    min_size=1, max_size=3, unique_by=lambda one: one["financial_year"],
)  # fmt: skip
PENCE = one_of(0, 36500, 73000, 10**7)
AGREEMENT = {
    "agreement": one_of("a1", "a2"), "purpose": "team", "funder": "icb",
    "ring_fenced": st.booleans(),
}  # fmt: skip
FOR = optional(
    st.lists(
        st.fixed_dictionaries({"organisation": one_of(HOME, *OTHERS)}),
        min_size=1, max_size=3, unique_by=lambda one: one["organisation"],
    )
)  # fmt: skip
FUNDING = [
    of("FundingCommitted", **AGREEMENT, recurrence="recurrent", from_=text(EARLY), pence=PENCE,
       beneficiaries=FOR),
    of("FundingCommitted", **AGREEMENT, recurrence="recurrent", from_=text(EARLY), pence=PENCE,
       to=text(st.dates(day("2025-01-01"), day("2030-03-31")))),
    of("FundingCommitted", **AGREEMENT, recurrence="non_recurrent", from_=text(EARLY), pence=PENCE,
       to=text(st.dates(day("2025-01-01"), day("2030-03-31")))),
    of("FundingCommitted", **AGREEMENT, recurrence=one_of("recurrent", "non_recurrent"),
       from_="2023-10-01", by_year=YEARS),
    of("FundingWithdrawn", agreement=one_of("a1", "a2"), from_=text(DAYS),
       pence=optional(one_of(1000, 10**6))),
]  # fmt: skip
CONNECTION = [
    of("ConnectionMade", kind=one_of("visit", "buddying", "community"),
       with_=st.lists(one_of(HOME, *OTHERS, *PARTNERS), min_size=1, max_size=3, unique=True)),
    of("ConnectionMade", kind="visit", with_name=one_of("A hospice", "A council")),
    of("ConnectionEnded"),
    returns("connection"),
]  # fmt: skip
MEMBERSHIP = [
    of("TrustJoinedSystem", system=one_of("ZS01", "ZS02", "ZS03"), role=one_of("host", "partner")),
    of("TrustLeftSystem", system=one_of("ZS01", "ZS02", "ZS03")),
]
ENDED = {"ZS01": "SystemClosed", HOME: "TrustClosed"}
ABOUT = ("EventCorrected", "EventCorrected", "EventRetracted", "EventRetracted", "EventDisputed",
         "DisputeSettled", "EventConfirmed", "EventConfirmed")  # fmt: skip


@st.composite
def stories(draw, makers, *, by=None, covers=None, least=20):
    """Draw (entries, known at, on).

    by: payloads that only partners record. covers: a dimension that returns may list throughout.
    least: how many events a story has at least, but for one that nobody can be told of.
    """
    told = [*WORLD, *draw(_returns(covers))]
    begin = len(told)
    drafts = {}
    steps = st.lists(
        st.sampled_from(["says", "says", "says", "about"]), min_size=least, max_size=2 * least
    )
    for step in draw(steps):
        if step == "says":
            found = draw(_draft(makers, by, told))
            if found is not None:
                drafts[len(told)] = found
                told.append(_event(found, len(told) + 1))
        elif drafts:
            told += draw(_about(told, drafts))
    for gone, into, when in draw(_mergers()):
        at = draw(st.integers(begin, len(told)))
        merged = event(
            "TrustMerged", gone, when.isoformat(), number=1000 + len(told), into=into,
            kind="acquisition",
        )  # fmt: skip
        told.insert(at, merged)
    if draw(st.integers(0, 9)) == 9:
        code = draw(st.sampled_from(sorted(ENDED)))
        told.append(event(ENDED[code], code, draw(DAYS).isoformat()))
    found = entries(*told)
    known_at = draw(st.one_of(st.just(len(found)), st.integers(begin + least // 2, len(found))))
    return found, known_at, draw(_asked([one.effective for one in told[begin:]]))


@st.composite
def _returns(draw, dimension):
    """Draw the returns of three years for each of the three trusts, or none of them."""
    if dimension is None or draw(st.booleans()):
        return []
    years = ("2023/24", "2024/25", "2025/26")
    return [e for code in (HOME, *OTHERS) for y in years for e in _year(dimension, y, code)]


@functools.cache
def _year(dimension, year, code):
    return year_of_returns(dimension, year, code)


@st.composite
def _draft(draw, makers, by, told):
    """Draw an event of one of three trusts, or of a partner."""
    if by is not None and draw(st.integers(0, 4)) == 0:
        organisation = draw(st.sampled_from(PARTNERS[:2]))
        kind, data = draw(by)
    else:
        organisation = draw(st.sampled_from([HOME, HOME, HOME, *OTHERS]))
        kind, data = draw(st.sampled_from(makers).flatmap(lambda one: one))
    if kind == "ConnectionMade" and "with" in data:
        if draw(st.integers(0, 3)) == 0:
            organisation = draw(st.sampled_from(PARTNERS))
        data = data | {"with": [code for code in data["with"] if code != organisation]}
        if not data["with"]:
            return None
    if kind == "ConnectionEnded":
        made = [one for one in told if type_name(one) == "ConnectionMade"]
        if not made:
            return None
        data = {"connection_event": str(draw(st.sampled_from(made)).id)}
    return Draft(kind, organisation, draw(DAYS), draw(ASSURANCES), data)


def _event(found, number):
    return event(
        found.kind, found.organisation, found.day.isoformat(), found.assurance, number, **found.data
    )


@st.composite
def _about(draw, told, drafts):
    """Draw an event about an earlier one, if there is one that it can be about."""
    kind = draw(st.sampled_from(ABOUT))
    when, number = draw(DAYS).isoformat(), len(told) + 1
    if kind == "EventCorrected":
        place = draw(st.sampled_from(sorted(drafts)))
        was = drafts[place]
        new = Draft(was.kind, was.organisation, draw(DAYS), draw(ASSURANCES), was.data)
        same = [one for one in drafts.values() if one.kind == was.kind]
        if was.kind != "ConnectionMade":
            new.data = draw(st.sampled_from(same)).data
        return [
            event(
                kind, was.organisation, new.day.isoformat(), new.assurance, number,
                event=str(told[place].id), data=new.data, reason="mistyped",
            )
        ]  # fmt: skip
    wanted = {"DisputeSettled": {"EventDisputed"}}.get(kind)
    found = [e for e in told[len(WORLD) :] if wanted is None or type_name(e) in wanted]
    if not found:
        return []
    target = draw(st.sampled_from(found))
    if kind == "DisputeSettled":
        outcome = draw(st.sampled_from(["upheld", "rejected"]))
        return [event(kind, target.organisation, when, number=number,
                      dispute_event=str(target.id), outcome=outcome)]  # fmt: skip
    if kind == "EventRetracted":
        return [event(kind, target.organisation, when, number=number,
                      event=str(target.id), reason="other")]  # fmt: skip
    if type_name(target).startswith(("Event", "Dispute")):
        return []
    code = draw(st.sampled_from([HOME, *OTHERS, *PARTNERS]))
    more = {"ground": "wrong_figure"} if kind == "EventDisputed" else {}
    return [event(kind, code, when, "self_declared", number, event=str(target.id), **more)]


@st.composite
def _mergers(draw):
    """Draw which of three trusts become one, and when; the inner merger comes first."""
    first, then = sorted(draw(st.tuples(DAYS, DAYS)))
    if first == then:
        then += ONE
    found = [[], [("ZT002", HOME, then)], [("ZT002", HOME, then), ("ZT003", HOME, first)],
             [("ZT003", "ZT002", first), ("ZT002", HOME, then)]]  # fmt: skip
    return draw(st.sampled_from(found))


@st.composite
def _asked(draw, days):
    """Draw a date to ask about: any, or one at the edge of a window from something recorded."""
    if not days or draw(st.booleans()):
        return draw(LATE)
    months = draw(st.sampled_from([0, 0, 6, 11, 12, 15, 24, 36]))
    edge = shifted(draw(st.sampled_from(days)), months)
    return min(max(edge + draw(st.sampled_from([-1, 0, 1])) * ONE, FIRST), day("2027-03-31"))
