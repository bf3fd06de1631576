"""Laws of skills, funding and board: order of arrival, evidence of one fact, inexact dates."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from service.projections import trust_picture
from tests.pure.histories import day, entries, event, histories

REGISTERED = {"name": "Oakdale NHS Trust", "trust_type": "acute", "legal_form": "nhs_trust"}
ON = "2026-03-31"
DAYS = st.dates(day("2022-01-01"), day("2026-06-30")).map(lambda found: found.isoformat())


def trained(on, people):
    """Return completions of a course for practitioners."""
    return event(
        "StaffTrained", "ZT001", on, course="qsir", tier="practitioner",
        participant_group="staff", completions=people,
    )  # fmt: skip


def counted(on, people, assurance="public_record", **more):
    """Return a census of practitioners."""
    found = event(
        "SkillsCounted", "ZT001", on, assurance, tier="practitioner", people=people, method="esr"
    )  # fmt: skip
    return msgspec.structs.replace(found, **more)


def left(on, people):
    """Return leavers among practitioners."""
    return event("TrainedStaffLeft", "ZT001", on, tier="practitioner", people=people)


def agreed(on, pence):
    """Return the agreement a-1, recorded anew."""
    return event(
        "FundingCommitted", "ZT001", on, agreement="a-1", purpose="team", funder="icb",
        recurrence="recurrent", ring_fenced=True, pence=pence, **{"from": on},
    )  # fmt: skip


def withdrawn(on, pence):
    """Return a partial withdrawal of the agreement a-1."""
    return event("FundingWithdrawn", "ZT001", on, agreement="a-1", pence=pence, **{"from": on})


def reviewed(on, _):
    """Return a review of progress."""
    return event("BoardReviewedProgress", "ZT001", on, data_form="spc")


def made(on, _):
    """Return the commitment of a sponsor."""
    return event("BoardCommitmentMade", "ZT001", on, commitment="executive_sponsor")


def ended(on, _):
    """Return the end of the sponsor's commitment."""
    return event("BoardCommitmentEnded", "ZT001", on, commitment="executive_sponsor")


MAKERS = [trained, counted, left, agreed, withdrawn, reviewed, made, ended]


def values(*events):
    """Return the value, status and about of every measure of the three sections."""
    opened = event("TrustRegistered", "ZT001", "2000-01-01", **REGISTERED)
    found = trust_picture.picture("ZT001", histories(entries(opened, *events)), day(ON))
    sections = (found.skills, found.funding, found.board)
    named = [item for section in sections for item in sorted(section.measures.items())]
    levels = [(name, answer.level) for name, answer in found.levels.items()]
    return [(name, m.value, m.status) for name, m in named], levels


TOLD = st.lists(
    st.tuples(st.sampled_from(MAKERS), DAYS, st.integers(1, 50)), unique_by=lambda one: one[1]
)


@given(TOLD.flatmap(lambda told: st.tuples(st.just(told), st.permutations(told))))
def test_the_order_of_arrival_changes_no_figure(orders):
    """Whatever order events are recorded in, the figures and the levels are the same."""
    first, second = ([maker(on, count) for maker, on, count in told] for told in orders)
    assert values(*first) == values(*second)


def stock(*events):
    """Return the stock of practitioners."""
    opened = event("TrustRegistered", "ZT001", "2000-01-01", **REGISTERED)
    found = trust_picture.picture("ZT001", histories(entries(opened, *events)), day(ON))
    return found.skills.measures["practitioners"]


def test_of_two_counts_of_one_day_the_better_assured_counts():
    """What the public record says stands before what the trust said of itself, last or first."""
    own, public = counted("2025-01-01", 9, "self_declared"), counted("2025-01-01", 7)
    assert stock(own, public).value == stock(public, own).value == 7
    assert stock(public, counted("2025-01-02", 9, "self_declared")).value == 9


def test_a_figure_from_a_month_says_about():
    """A count known only to the month, or not for certain, makes the figure inexact."""
    assert stock(counted("2025-01-01", 9, precision="month")).about
    assert stock(counted("2025-01-01", 9, certain=False)).about
    assert not stock(counted("2025-01-01", 9)).about


def test_a_corrected_count_shows_the_positions_of_both():
    """The figure rests on the original and on the correction that counts."""
    first = counted("2025-01-01", 9)
    mended = event(
        "EventCorrected", "ZT001", "2025-01-01", event=str(first.id), reason="mistyped",
        data={"tier": "practitioner", "people": 11, "method": "esr"},
    )  # fmt: skip
    found = stock(first, mended)
    assert (found.value, found.events.first) == (11, (2, 3))
