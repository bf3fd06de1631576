"""How complete a record is: what is there, what is missing, what to send next."""

from __future__ import annotations

import pytest

from service.domain.model import first_model, models
from service.domain.register import BY_NAME
from service.domain.spec import SYSTEMS
from service.projections.completeness import completeness
from service.projections.completeness_next import MOST
from service.projections.completeness_wanted import DIVISIONS, HEADCOUNT, MEASURES
from service.projections.context import context
from service.projections.senses.register import warnings
from tests.pure.cases import merged, returned, trust
from tests.pure.histories import day, entries, event, histories, story

ON = "2026-11-24"


def record(*events, on=ON, code="ZT001"):
    """Return how complete the record of a trust is that was registered in 2000."""
    known = histories(entries(trust("ZT001"), trust("ZT002"), *events))
    return completeness(
        context(code, known, day(on)), first_model(), warnings(code, known, day(on))
    )


def dimension(found, name):
    """Return what is recorded of one dimension."""
    return next(one for one in found.dimensions if one.dimension == name)


def codes(gaps):
    """Return the codes of gaps."""
    return [gap.code for gap in gaps]


def trained(on, completions=40, tier="introductory", **more):
    """Return that staff were trained."""
    return event(
        "StaffTrained", "ZT001", on, "self_declared", course="qsir_fundamentals", tier=tier,
        participant_group="staff", completions=completions, **more,
    )  # fmt: skip


def counted(on="2026-03-31", people=4000):
    """Return that the staff were counted."""
    return event("WorkforceCounted", "ZT001", on, headcount=people)


def divided():
    """Return the divisions of a trust."""
    names = [{"code": "med", "name": "Medicine"}, {"code": "surg", "name": "Surgery"}]
    return event("DivisionsSet", "ZT001", "2020-04-01", divisions=names)


def appointed(on, person="p-aaaa"):
    """Return that somebody became chief executive."""
    return event(
        "LeaderAppointed", "ZT001", on, post="chief_executive", person=person, basis="substantive"
    )


def gone(on, person="p-aaaa"):
    """Return that a chief executive left."""
    return event(
        "LeaderDeparted", "ZT001", on, post="chief_executive", person=person, reason="retired"
    )


def test_every_measure_of_every_model_has_its_words():
    """A gap is said in words, with a type of event that a trust's stream can hold."""
    named = {name for model in models().values() for one in model.dimensions for name in one.scales}
    assert named <= set(MEASURES)
    every = [*MEASURES.values(), HEADCOUNT, DIVISIONS]
    assert all(BY_NAME[wanted.type].bearers != SYSTEMS for wanted in every)
    assert all("_" not in wanted.words for wanted in every)


def test_a_trust_of_which_nothing_is_recorded():
    """Everything is missing, and what several levels wait for is asked for first."""
    found = record()
    assert codes(found.gaps) == ["no_headcount", "no_divisions"]
    assert {one.level for one in found.dimensions} == {None}
    assert all("never_recorded" in codes(one.gaps) for one in found.dimensions)
    assert [one.type for one in found.next][:2] == ["WorkforceCounted", "DivisionsSet"]
    assert len(found.next) <= MOST
    assert (found.last_event, found.assurance, found.divisions) == (None, (), ())


def test_last_event_and_last_return():
    """The newest event by the date and the return of the newest quarter are named."""
    found = record(trained("2026-05-01"), trained("2026-12-01"), returned("skills", "2026/27", 1))
    one = dimension(found, "skills_introductory")
    assert (one.last_event.position, str(one.last_event.effective.date)) == (3, "2026-05-01")
    assert (one.last_return.position, one.last_return.quarter) == (5, 1)
    assert dimension(found, "skills_practitioner").last_return == one.last_return
    assert dimension(found, "practice").last_return is None


QUARTERS = [
    ((), [None, None, None, None], "never_recorded"),
    ((trained("2026-05-01"),), [None, "events", None, None], "quarters_not_covered"),
    ((trained("2026-05-01"), returned("skills", "2026/27", 2)), ["return", "events", None, None],
     "quarters_not_covered"),
    (tuple(trained(on) for on in ("2025-11-01", "2026-02-01", "2026-05-01", "2026-08-01")),
     ["events"] * 4, None),
]  # fmt: skip


@pytest.mark.parametrize(("events", "quarters", "gap"), QUARTERS)
def test_quarters_of_a_flow(events, quarters, gap):
    """A quarter is covered by a return or an event of the flow; a missing one is a gap."""
    one = dimension(record(counted(), *events), "skills_introductory")
    assert [quarter.by for quarter in one.quarters] == quarters
    assert one.covered == 4 - quarters.count(None)
    known = {"never_recorded", "quarters_not_covered"}
    assert known.intersection(codes(one.gaps)) == ({gap} if gap else set())


def test_no_chief_executive_since():
    """After a departure without a successor it is said since when, and it is asked for first."""
    found = record(counted(), divided(), appointed("2020-01-01"), gone("2026-09-01"))
    (gap,) = [g for g in dimension(found, "leadership").gaps if g.code == "no_chief_executive"]
    assert gap.text == "no chief executive is known since 2026-09-01"
    assert found.next[0].type == "LeaderAppointed"


def test_practitioners_without_a_census():
    """Where their number is told from courses alone, a census is asked for."""
    courses = record(counted(), trained("2026-05-01", tier="practitioner"))
    assert "no_census" in codes(dimension(courses, "skills_practitioner").gaps)
    census = event("SkillsCounted", "ZT001", "2026-04-01", tier="practitioner", people=80,
                   method="esr")  # fmt: skip
    whole = record(counted(), trained("2026-05-01", tier="practitioner"), census)
    assert "no_census" not in codes(dimension(whole, "skills_practitioner").gaps)


def test_evidence_that_ages():
    """It is said from when on evidence is too old, before it is and after."""
    ageing = dimension(record(appointed("2025-11-01")), "leadership")
    (gap,) = [g for g in ageing.gaps if g.code == "evidence_ageing"]
    assert gap.text == "the newest evidence is of 2025-11-01: too old from 2027-02-02 on"
    assert str(ageing.evidence_age.stale_from) == "2027-02-02"
    stale = dimension(record(appointed("2024-11-01")), "leadership")
    assert "evidence_too_old" in codes(stale.gaps)


def test_divisions():
    """Each division says what named it last, and in which dimensions nothing does."""
    found = record(divided(), trained("2026-05-01", by=[{"division": "med", "completions": 9}]))
    med, surg = found.divisions
    assert [(one.dimension, one.last_event.position) for one in med.dimensions] == [("skills", 4)]
    assert [gap.dimension for gap in med.gaps] == ["connection", "practice"]
    assert surg.last_event is None
    assert [gap.dimension for gap in surg.gaps] == ["skills", "connection", "practice"]
    asked = {one.type: one.why for one in found.next}
    assert "no event of the last 12 months on skills names Surgery" in asked["StaffTrained"]
    assert "no event of the last 12 months on practice names Medicine and Surgery" in asked[
        "ProjectStarted"]  # fmt: skip


def test_the_mix_of_assurance():
    """Each kind is counted with its share, best first, the register apart."""
    found = record(counted(), trained("2026-05-01"), trained("2026-06-01"), appointed("2020-01-01"))
    assert [(one.assurance, one.events, one.share) for one in found.assurance] == [
        ("public_record", 1, 0.3333), ("self_declared", 2, 0.6667),
    ]  # fmt: skip


def test_warnings_are_listed_and_counted():
    """Open warnings stand in full beside the record and are counted by dimension."""
    found = record(trained("2026-05-01"), trained("2026-05-01"))
    assert [one.code for one in found.warnings.items] == ["likely_duplicate"]
    assert found.warnings.more == 0
    assert dimension(found, "skills_introductory").warnings == 1
    assert dimension(found, "practice").warnings == 0


def test_a_closed_trust_has_nothing_to_send():
    """A closed trust's record is shown, with its successor; nothing is asked of it."""
    found = record(trained("2024-05-01"), merged("ZT001", "ZT002", "2025-04-01"))
    assert found.note == "closed, see ZT002"
    assert (found.gaps, found.next) == ((), ())
    assert not any(one.gaps for one in found.dimensions)
    successor = record(trained("2024-05-01"), merged("ZT001", "ZT002", "2025-04-01"), code="ZT002")
    assert dimension(successor, "skills_introductory").last_event.position == 3


def test_the_story_can_be_asked_on_any_date():
    """Trusts of the story have an answer before they opened and after they closed."""
    known = story()
    for code in ("RTP", "RYR", "RXH"):
        for on in ("1990-01-01", "2010-06-30", "2021-04-01", ON):
            found = completeness(context(code, known, day(on)), first_model(), ())
            assert len(found.dimensions) == len(first_model().dimensions)
            assert all(one.type in BY_NAME for one in found.next)
