"""What a quarterly return asks, of whom and when; what it starts from; what it can list."""

import functools
import itertools

import msgspec
import pytest

from service.domain import codec
from service.domain.register import BY_NAME
from service.generator import history
from service.generator.plan import Plan
from service.projections import coverage, trust_picture
from service.projections.context import context
from service.projections.returning import MOST, newest_ended, quarter_called, returning
from service.projections.returning_questions import BY_KEY, QUESTIONS
from service.projections.returning_whole import whole
from tests.pure.cases import merged, trust
from tests.pure.histories import day, entries, event, histories
from tests.strategies import LATEST

ALL = ("leadership", "skills", "funding", "board", "strategy", "connection", "practice")
SURE = {"known", "estimated"}


def asked(*events, quarter=("2025/26", 2), on="2025-10-20", code="ZT001"):
    """Return the return of a quarter as asked of a trust with these events."""
    known = context(code, histories(entries(trust(code), *events)), day(on))
    return returning(known, quarter_called(*quarter))


def keys(found):
    """Return the keys of the questions asked."""
    return [one.question.key for one in found.questions if one.asked]


def one(found, key):
    """Return one question of a return, asked or not."""
    return next(one for one in found.questions if one.question.key == key)


def census(on, tier, people=40):
    """Return a census of a tier."""
    return event("SkillsCounted", "ZT001", on, tier=tier, people=people, method="esr")


def composed(on):
    """Return a count of the board's posts."""
    return event(
        "BoardComposed", "ZT001", on,
        executive_posts=8, executive_vacant=0, executive_interim=0, voting_members=12,
    )  # fmt: skip


def chief(on, person="p-aaaa"):
    """Return that somebody took up the post of chief executive."""
    return event(
        "LeaderAppointed", "ZT001", on, post="chief_executive", person=person, basis="substantive"
    )


def test_every_question_becomes_events_that_a_trust_may_record():
    """The register of questions names types of the catalogue that are the trust's own to record."""
    kinds = [BY_NAME[name] for question in QUESTIONS for name in question.types]
    assert {kind.recorder for kind in kinds} == {"organisation"}
    assert all("trust" in kind.bearers for kind in kinds)
    assert len(BY_KEY) == len(QUESTIONS)


def test_what_is_always_asked_covers_every_dimension_that_a_trust_returns():
    """Whatever else is asked, each dimension has a question in which all of it can be told."""
    assert {question.dimension for question in QUESTIONS if question.always} == set(ALL)
    assert sum(question.always for question in QUESTIONS) < MOST


@pytest.mark.parametrize(
    ("on", "quarter"),
    [
        ("2025-09-29", ("2025/26", 1)),
        ("2025-09-30", ("2025/26", 2)),
        ("2026-01-01", ("2025/26", 3)),
        ("2026-04-01", ("2025/26", 4)),
    ],
)
def test_a_return_is_due_for_the_newest_quarter_that_has_ended(on, quarter):
    """A quarter is over on its last day, as it is for the windows that returns cover."""
    found = newest_ended(day(on))
    assert (found.financial_year, found.quarter) == quarter


@pytest.mark.parametrize(
    ("key", "event_", "is_asked"),
    [
        ("practitioners", census("2024-09-30", "practitioner"), True),
        ("practitioners", census("2024-11-01", "practitioner"), False),
        ("board_posts", composed("2024-11-30"), True),
        ("board_posts", composed("2025-01-31"), False),
        ("board_skills", census("2024-09-30", "board"), True),
        ("approach", chief("2025-03-01"), True),
        ("approach", chief("2023-03-01"), False),
    ],
)
def test_what_grows_old_is_asked_for_again(key, event_, is_asked):
    """A figure is asked for anew in time for the next return; a new chief executive is asked."""
    fresh = [composed("2025-06-01"), census("2025-06-01", "practitioner"),
             census("2025-06-01", "coach"), census("2025-06-01", "expert"),
             census("2025-06-01", "board"),
             event("DivisionsSet", "ZT001", "2025-06-01",
                   divisions=[{"code": "med", "name": "Medicine"}]),
             event("ManagementRoutineStarted", "ZT001", "2025-06-01", kind="huddle"),
             event("BoardDevelopmentHeld", "ZT001", "2025-06-01",
                   topic="qi", members_present=9, members_total=12)]  # fmt: skip
    others = [e for e in fresh if not (type(e) is type(event_) and _tier(e) == _tier(event_))]
    assert (key in keys(asked(*others, event_))) is is_asked


def _tier(found):
    return getattr(found.data, "tier", None)


def test_another_leader_does_not_speak_for_a_new_chief_executive():
    """What the chair said lately leaves the question to the chief executive open."""
    said = event("LeadershipApproachAffirmed", "ZT001", "2025-06-20", by_post="chair",
                 approach="qsir", continues="yes")  # fmt: skip
    assert "approach" in keys(asked(chief("2025-03-01"), said))


def test_coaches_are_asked_for_while_experts_were_never_counted():
    """Tiers age apart: the one known least decides."""
    assert one(asked(census("2025-06-01", "coach")), "coaches_and_experts").question.last(
        context("ZT001", histories(entries(census("2025-06-01", "coach"))), day("2025-07-01"))
    ) is None  # fmt: skip


def test_what_was_never_answered_takes_turns():
    """In a trust of which nothing is known, each question comes up within two quarters."""
    quarters = [("2025/26", 1), ("2025/26", 2)]
    found = {key for quarter in quarters for key in keys(asked(quarter=quarter))}
    assert found == {question.key for question in QUESTIONS} - {"approach"}
    assert all(len(keys(asked(quarter=quarter))) == MOST for quarter in quarters)


def test_what_is_overdue_comes_before_what_was_never_recorded():
    """A level that is about to be lost matters more than one that never was."""
    for quarter in range(1, 5):
        found = asked(census("2023-09-30", "board"), quarter=("2025/26", quarter), on="2026-04-20")
        assert "board_skills" in keys(found)


def test_the_questions_stay_while_the_quarter_is_recorded():
    """What is recorded for the quarter changes no question: two people see the same twelve."""
    before = asked(census("2024-01-31", "practitioner"))
    recorded = [census("2025-09-30", "practitioner"), composed("2025-08-01"), chief("2025-09-01")]
    after = asked(census("2024-01-31", "practitioner"), *recorded)
    assert keys(after) == keys(before)
    assert [fact.effective for fact in one(after, "practitioners").recorded] == [day("2025-09-30")]


def test_figures_are_offered_to_be_said_again_and_what_goes_on_is_shown():
    """A census may be restated, an agreement stands, a course leaves its completions to state."""
    found = asked(
        census("2024-01-31", "practitioner"),
        event("FundingCommitted", "ZT001", "2025-01-01", agreement="a", purpose="team",
              funder="trust", recurrence="recurrent", ring_fenced=True, pence=100,
              **{"from": "2025-01-01"}),
        event("StaffTrained", "ZT001", "2025-05-01", course="qsir", tier="introductory",
              participant_group="staff", completions=12),
    )  # fmt: skip
    known = {key: [(k.use, k.to_state) for k in one(found, key).known] for key in BY_KEY}
    assert known["practitioners"] == [("again", ())]
    assert known["money"] == [("stands", ())]
    assert known["training"] == [("start", ("completions", "by"))]
    assert known["connections"] == []


def test_a_lapsed_announcement_is_not_who_holds_the_post():
    """A holder is told by the appointment, not by an announcement made since."""
    gone = event("LeaderDepartureAnnounced", "ZT001", "2025-08-01", post="chief_executive",
                 person="p-aaaa", successor_known=False)  # fmt: skip
    (known,) = one(asked(chief("2021-01-01"), gone), "leaders").known
    assert known.fact.type == "LeaderAppointed"


def test_a_trust_that_closed_before_the_quarter_is_asked_nothing():
    """The quarter of the merger itself is still returned."""
    gone = merged("ZT001", "ZT002", "2025-07-01")
    assert asked(gone).questions == ()
    assert keys(asked(gone, quarter=("2025/26", 1)))


def test_returns_are_told_by_their_period():
    """Made for the quarter is made, made for an earlier one is the one before, whenever it was."""

    def made(quarter, on):
        return event("ReturnMade", "ZT001", on, financial_year="2025/26", quarter=quarter,
                     dimensions=["board"], nothing_to_report=[])  # fmt: skip

    found = asked(made(2, "2025-10-02"), made(1, "2025-10-05"), made(3, "2025-10-06"))
    assert [fact.data.quarter for fact in found.made] == [2]
    assert found.before.data.quarter == 1


@pytest.mark.parametrize(
    ("events", "answered", "told", "listed", "nothing"),
    [
        ([], ["money"], [], ("funding",), ()),
        ([], ["projects"], [], (), ("practice",)),
        ([], ["projects"], ["projects"], ("practice",), ()),
        ([event("ProjectStarted", "ZT001", "2025-08-01", project="a", title="A")], ["projects"],
         [], ("practice",), ()),
        ([event("ProjectStarted", "ZT001", "2025-10-01", project="a", title="A")], ["projects"],
         [], (), ("practice",)),
        ([], ["commitments"], [], (), ()),
    ],
)  # fmt: skip
def test_a_dimension_is_listed_once_all_that_is_asked_of_it_is_answered(
    events, answered, told, listed, nothing
):
    """With nothing told and nothing recorded for the quarter there is nothing to report of it."""
    routine = event("ManagementRoutineStarted", "ZT001", "2025-06-01", kind="huddle")
    found = whole(asked(routine, *events), answered, told)
    assert (found.dimensions, found.nothing_to_report) == (listed, nothing)
    open_ = {left.dimension: left.questions for left in found.open}
    assert open_.keys() | {*listed, *nothing} == set(ALL)
    assert set(itertools.chain(*open_.values())).isdisjoint(answered)


@functools.cache
def generated():
    """Return the entries of a generated history, each event once."""
    once = {}
    for line in history.lines(Plan(seed=133, trusts=10, events=1500)):
        found = codec.decode(line, LATEST)
        assert isinstance(found, codec.Submitted)
        once.setdefault(found.event.id, found.event)
    return entries(*once.values())


def test_at_most_twelve_are_asked_whatever_the_history():
    """Of every trust of a generated history, in each of twelve quarters."""
    known = histories(generated())
    quarters = coverage.ended_quarters(day("2026-10-31"), 12)
    for code, quarter in itertools.product((f"ZT{n:03}" for n in range(1, 11)), quarters):
        found = returning(context(code, known, day("2026-10-31")), quarter)
        if found.closed is None:
            assert 8 <= len(keys(found)) <= MOST
            prefilled = [(k.fact.type, q.question.types) for q in found.questions for k in q.known]
            assert all(kind in types for kind, types in prefilled)


def test_no_change_changes_no_figure():
    """A return without events leaves every figure that was known; only freshness may grow."""
    before = generated()
    for code in ("ZT001", "ZT003", "ZT005", "ZT010"):
        on = day("2026-10-31")
        known = histories(before)
        found = returning(context(code, known, on), newest_ended(on))
        listed = whole(found, keys(found), [])
        assert listed.open == ()
        made = event(
            "ReturnMade", code, "2026-10-30", financial_year="2026/27", quarter=2,
            dimensions=list(listed.dimensions), nothing_to_report=list(listed.nothing_to_report),
        )  # fmt: skip
        then = histories([*before, *entries(made, start=before[-1].position + 1)])
        was, now = (_picture(code, given, on) for given in (known, then))
        assert {place: value for place, value in now.items() if place in was} == was


def _picture(code, known, on):
    """Return the value of each measure of a picture that is sure, by its place."""
    found = trust_picture.picture(code, known, on)
    return dict(_sure(msgspec.to_builtins(found), ()))


def _sure(value, place):
    if isinstance(value, dict):
        if value.get("status") in SURE and "unit" in value:
            yield place, value["value"]
        for name, member in value.items():
            yield from _sure(member, (*place, name))
    elif isinstance(value, list | tuple):
        for index, member in enumerate(value):
            yield from _sure(member, (*place, index))
