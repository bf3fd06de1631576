"""Funding: rates by day, runway, shares, withdrawals, mergers, what ends, and the level."""

import datetime as dt
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.model import first_model
from service.projections import funding_measures, trust_picture
from service.projections.agreements import cases
from service.projections.context import context
from tests.pure.histories import day, entries, event, histories

REGISTERED = {"name": "Oakdale NHS Trust", "trust_type": "acute", "legal_form": "nhs_trust"}
BASE = event("TrustRegistered", "ZT001", "2000-01-01", **REGISTERED)
OTHER = event("TrustRegistered", "ZT002", "2000-01-01", **REGISTERED)


def agreed(start, name="a-1", *, until=None, made=None, code="ZT001", **more):
    """Return a commitment; recurrent without an end unless one is given."""
    members = {"agreement": name, "purpose": "team", "funder": "icb", "ring_fenced": False}
    members |= {"recurrence": "non_recurrent" if until else "recurrent", "from": start}
    members |= {"to": until} if until else {}
    number, who = more.pop("number", None), more.pop("who", "public_record")
    return event("FundingCommitted", code, made or start, who, number, **members | more)


def withdrawn(start, pence=None, name="a-1", made=None, code="ZT001"):
    """Return a withdrawal, whole unless an amount is given."""
    more = {} if pence is None else {"pence": pence}
    return event("FundingWithdrawn", code, made or start, agreement=name, **{"from": start}, **more)


def spent(on, pence, name="a-1", code="ZT001"):
    """Return spending of an agreement."""
    return event(
        "FundingSpent", code, on, agreement=name, financial_year="2025/26", pence=pence
    )  # fmt: skip


def years(**amounts):
    """Return amounts by financial year; y2025 is 2025/26."""
    return [
        {"financial_year": f"{name[1:]}/{int(name[1:]) % 100 + 1:02d}", "pence": pence}
        for name, pence in amounts.items()
    ]


def merged(on, code="ZT002", into="ZT001"):
    """Return a merger."""
    return event("TrustMerged", code, on, into=into, kind="acquisition")


def picture(on, *events, code="ZT001"):
    """Return a trust's picture."""
    return trust_picture.picture(code, histories(entries(BASE, *events)), day(on))


def figure(name, on, *events, code="ZT001"):
    """Return a measure of the model."""
    return picture(on, *events, code=code).funding.measures[f"funding_{name}"]


def level(on, *events):
    """Return the answer of the level."""
    return picture(on, *events).levels["funding"]


def pence(first, end, *events, on="2040-01-01"):
    """Return the pence of the days in [first, end), as known on a date, to the penny."""
    given_ = context("ZT001", histories(entries(BASE, *events)), day(on))
    parts = [funding_measures.money(case, day(on)) for case in cases(given_)]
    return round(sum(part.within(day(first), day(end)) for part in parts))


def test_a_recurrent_agreement_without_an_end_gives_its_pence_each_year():
    """A leap year has the same pence, over one more day."""
    base = agreed("2023-04-01", pence=366_000)
    assert pence("2023-04-01", "2024-04-01", base) == 366_000
    assert pence("2024-04-01", "2025-04-01", base) == 366_000
    assert pence("2023-04-01", "2023-04-02", base) == 1000


def test_a_recurrent_agreement_with_an_end_gives_its_pence_in_all():
    """With a last day the pence are a total, spread evenly by day, estimated."""
    base = agreed("2025-04-01", until="2027-03-31", recurrence="recurrent", pence=730_000)
    assert pence("2025-04-01", "2025-04-11", base) == 10_000
    assert pence("2020-01-01", "2040-01-01", base) == 730_000
    assert figure("next_12m", "2025-04-01", base).status == "estimated"


def test_years_that_are_stated_are_spread_within_each():
    """Each year's amount lies in that year, over the days that the agreement covers."""
    base = agreed("2025-10-01", until="2027-03-31", by_year=years(y2025=182, y2026=3650))
    assert pence("2025-10-01", "2026-04-01", base) == 182
    assert pence("2025-10-01", "2025-10-03", base) == 2
    assert pence("2026-04-01", "2026-04-03", base) == 20
    found = figure("next_12m", "2025-10-01", base)
    assert (found.value, found.status) == (182 + 1830, "known")


def test_years_of_a_recurrent_agreement_go_on_at_the_last():
    """After its last year a recurrent agreement gives as much each year; another one nothing."""
    base = agreed("2024-04-01", by_year=years(y2024=100, y2025=300))
    assert pence("2026-04-01", "2027-04-01", base) == 300
    assert pence("2029-04-01", "2030-04-01", base) == 300
    ends = agreed(
        "2024-04-01", recurrence="non_recurrent", by_year=years(y2024=100, y2025=300)
    )  # fmt: skip
    assert pence("2026-04-01", "2030-04-01", ends) == 0
    assert picture("2026-04-01", ends).funding.agreements[0].ends == day("2026-04-01")


def test_the_same_agreement_recorded_again_replaces_the_former():
    """The newest commitment holds, and what was withdrawn before it is in it."""
    events = [agreed("2025-04-01", pence=1000), withdrawn("2025-10-01", 400)]
    again = agreed("2025-04-01", made="2026-01-01", pence=5000)
    assert pence("2026-04-01", "2027-04-01", *events, again) == 5000
    assert figure("next_12m", "2025-12-31", *events, again).value < 1000
    after = withdrawn("2026-04-01", 1000, made="2026-02-01")
    assert pence("2026-04-01", "2027-04-01", *events, again, after) == 4000


def test_a_partial_withdrawal_lowers_the_remaining_days_evenly():
    """Days before it keep their rate, the others share what is left."""
    base = agreed("2025-04-01", until="2027-03-31", pence=730_000)
    less = withdrawn("2026-04-01", 73_000)
    assert pence("2025-04-01", "2026-04-01", base, less) == 365_000
    assert pence("2026-04-01", "2026-04-11", base, less) == 8000
    assert pence("2026-04-01", "2030-04-01", base, less) == 365_000 - 73_000
    again = withdrawn("2026-10-01", 10_000)
    assert pence("2020-04-01", "2030-04-01", base, less, again) == 730_000 - 83_000
    assert pence("2020-04-01", "2030-04-01", base, withdrawn("2026-04-01", 999_999)) == 365_000


def test_a_partial_withdrawal_of_a_recurrent_agreement_is_a_years():
    """Without an end the amount is of each year from then on."""
    events = [agreed("2024-04-01", pence=1000), withdrawn("2026-04-01", 250)]
    assert pence("2026-04-01", "2027-04-01", *events) == 750
    assert pence("2028-04-01", "2029-04-01", *events) == 750


def test_a_whole_withdrawal_ends_an_agreement_on_its_day():
    """From is the first day without; it is known from the day of the decision on."""
    events = [agreed("2024-04-01", pence=36_500), withdrawn("2026-04-01", made="2025-12-01")]
    assert picture("2025-11-30", *events).funding.agreements[0].ends is None
    found = picture("2025-12-01", *events).funding.agreements[0]
    assert (found.ends, found.live) == (day("2026-04-01"), True)
    assert pence("2026-03-31", "2030-01-01", *events) == 100


def shared(**more):
    """Return an agreement for three trusts, one amount stated."""
    who = [{"organisation": "ZT001", "pence": 300}, {"organisation": "ZT002"}]
    who.append({"organisation": "ZT003"})
    return agreed("2025-04-01", pence=900, beneficiaries=who, **more)


def test_shared_money_is_never_credited_whole_to_each():
    """Stated amounts are known, the rest is parted equally and estimated."""
    for code, status in (("ZT001", "known"), ("ZT002", "estimated"), ("ZT003", "estimated")):
        found = figure("next_12m", "2025-04-01", OTHER, shared(), code=code)
        assert (found.value, found.status) == (300, status)


def test_money_for_others_alone_is_none_of_the_recorders():
    """Who records an agreement for another has no part in it."""
    other = agreed("2025-04-01", pence=900, beneficiaries=[{"organisation": "ZT002"}])
    assert figure("next_12m", "2025-04-01", OTHER, other).value == 0
    assert figure("next_12m", "2025-04-01", OTHER, other, code="ZT002").value == 900


def test_an_agreement_of_another_body_counts_once_confirmed():
    """Unconfirmed it is shown and not counted; the operator's own record counts at once."""
    told = shared(who="self_declared", number=77)
    found = picture("2025-04-01", OTHER, told, code="ZT002").funding
    assert [(a.recorder, a.counted) for a in found.agreements] == [("ZT001", False)]
    assert found.measures["funding_next_12m"].status == "unknown"
    assert found.live_share.status == "unknown"
    said = event("EventConfirmed", "ZT002", "2025-05-01", event=str(uuid.UUID(int=77)))
    assert figure("next_12m", "2025-04-01", OTHER, told, said, code="ZT002").value == 300


@pytest.mark.parametrize(
    ("until", "months"),
    [("2026-03-31", 12), ("2026-03-30", 11), ("2029-12-31", 57), ("2033-03-31", 60)],
)
def test_runway_is_the_months_to_half_of_todays_rate(until, months):
    """One agreement runs to its end, counted in whole months, at most sixty."""
    base = agreed("2024-04-01", until=until, pence=10**6)
    assert figure("runway_months", "2025-04-01", base).value == months


def test_half_of_the_rate_is_still_runway():
    """The first day with less than half ends it; exactly half does not."""
    two = [agreed("2024-04-01", pence=1000), agreed("2024-04-01", "a-2", pence=1000)]
    events = [*two, withdrawn("2026-04-01", made="2025-01-01")]
    assert figure("runway_months", "2025-04-01", *events).value == 60
    uneven = [two[0], agreed("2024-04-01", "a-2", pence=980)]
    found = figure("runway_months", "2025-04-01", *uneven, events[-1])
    assert found.value == 12


def test_a_recurrent_agreement_without_an_end_runs_sixty_months():
    """What is not known to end counts as five years."""
    assert figure("runway_months", "2025-04-01", agreed("2024-04-01", pence=1000)).value == 60


def test_recurrent_and_ring_fenced_are_shares_of_the_next_12_months():
    """Only money of the twelve months from the date on counts."""
    events = [
        agreed("2024-04-01", pence=3000),
        agreed("2024-04-01", "a-2", until="2026-03-31", ring_fenced=True,
               by_year=years(y2024=50_000, y2025=1000)),
        agreed("2026-04-01", "a-3", made="2025-01-01", until="2027-03-31", pence=10**6),
    ]  # fmt: skip
    assert figure("recurrent_percent", "2025-04-01", *events).value == 75
    assert figure("ring_fenced_percent", "2025-04-01", *events).value == 25
    assert figure("next_12m", "2025-04-01", *events).value == 4000


def test_agreements_of_a_merged_trust_go_on_marked_and_the_successor_may_end_them():
    """Keyed by organisation and reference: an a-1 in both trusts is two agreements."""
    base = [OTHER, agreed("2024-04-01", pence=1000), merged("2025-04-01")]
    base.append(agreed("2024-04-01", pence=500, code="ZT002"))
    found = picture("2025-04-01", *base).funding
    assert [(a.inherited_from, a.pence.value) for a in found.agreements] == [
        (None, 1000), ("ZT002", 500),
    ]  # fmt: skip
    assert found.measures["funding_next_12m"].value == 1500
    assert figure("next_12m", "2025-03-31", *base).value == 1000
    named = agreed("2024-04-01", "b-9", pence=70, code="ZT002")
    ended = withdrawn("2025-10-01", name="b-9")
    after = picture("2025-10-01", *base, named, ended).funding.agreements
    assert [(a.agreement, a.live, a.inherited_from) for a in after][-1] == ("b-9", False, "ZT002")


def test_money_that_another_body_committed_to_an_absorbed_trust_goes_on():
    """The successor takes over the part of the trust that it absorbed."""
    told = agreed("2025-04-01", pence=90, code="ZS01", beneficiaries=[{"organisation": "ZT002"}])
    system = event("SystemEstablished", "ZS01", "2020-01-01", name="Somewhere", kind="ics")
    found = picture("2025-04-01", OTHER, system, told, merged("2025-04-01")).funding
    assert [(a.recorder, a.inherited_from) for a in found.agreements] == [("ZS01", "ZT002")]
    assert found.measures["funding_next_12m"].value == 90


def test_what_ends_is_told_by_the_quarter_of_its_last_day():
    """With the money of its last twelve months; a year ahead is no longer within."""
    events = [
        agreed("2024-04-01", until="2026-03-31", pence=730),
        agreed("2026-01-01", "a-2", until="2026-03-31", made="2025-01-01", pence=90),
        agreed("2024-04-01", "a-3", until="2026-05-31", pence=730),
        agreed("2024-04-01", "a-4", pence=1),
        withdrawn("2025-10-01", name="a-4", made="2025-05-01"),
    ]
    found = picture("2025-06-01", *events).funding.ends
    assert [(e.quarter.financial_year, e.quarter.quarter, e.agreements) for e in found] == [
        ("2025/26", 2, ("a-4",)), ("2025/26", 4, ("a-1", "a-2")), ("2026/27", 1, ("a-3",)),
    ]  # fmt: skip
    assert found[1].pence.value == 365 + 90


def test_spending_of_one_year_adds_up_and_changes_no_commitment():
    """What is spent is shown beside what is committed."""
    events = [agreed("2025-04-01", pence=1000), spent("2025-06-30", 100), spent("2025-09-30", 50)]
    found = picture("2025-10-01", *events).funding
    assert found.agreements[0].spent.value == 150
    assert found.measures["funding_next_12m"].value == 1000


def test_the_levels_of_funding():
    """Runway of one, two and three years, recurrent, ring-fenced; dropped and unknown."""
    ever = agreed("2024-04-01", pence=1000)
    assert level("2025-04-01", ever).level == 3
    fenced = agreed("2024-04-01", pence=1000, ring_fenced=True)
    assert level("2025-04-01", fenced).level == 4
    year = agreed("2024-04-01", until="2026-03-31", pence=1000)
    assert [level(on, year).level for on in ("2025-04-01", "2025-04-02", "2026-03-31")] == [2, 1, 1]
    assert level("2026-04-01", year).level == 0
    assert level("2025-04-01").reason == "no_evidence"
    assert level("2026-05-01", year, ever, withdrawn("2026-05-01")).level == 0


def test_an_agreement_with_an_end_vouches_until_then_and_an_open_one_ages():
    """Fifteen months after the last event an open agreement is evidence no longer."""
    ends = agreed("2020-04-01", until="2027-03-31", pence=1000)
    assert level("2026-12-01", ends).evidence_age.days == 0
    assert level("2028-06-30", ends).level == 0
    assert level("2028-07-01", ends).reason == "evidence_too_old"
    ever = agreed("2024-04-01", pence=1000)
    assert level("2025-07-01", ever).level == 3
    assert level("2025-07-02", ever).reason == "evidence_too_old"


def test_an_agreement_known_to_be_withdrawn_later_vouches_for_the_days_before():
    """The past is read with what was learnt since: it was so until then."""
    events = [agreed("2024-04-01", pence=1000), withdrawn("2027-04-01", made="2027-03-01")]
    assert level("2026-12-01", *events).level == 3
    again = [events[0], agreed("2024-04-01", made="2027-03-01", pence=9000)]
    assert level("2026-12-01", *again).level == 3
    assert level("2026-12-01", events[0]).reason == "evidence_too_old"


def test_a_disputed_agreement_marks_its_figures():
    """The figure stays and says which dispute is open."""
    told = agreed("2025-04-01", pence=1000, number=78)
    dispute = event(
        "EventDisputed", "ZT001", "2025-05-01", event=str(uuid.UUID(int=78)), ground="wrong_figure"
    )  # fmt: skip
    assert figure("next_12m", "2025-06-01", told, dispute).disputed == (3,)


@given(
    st.dates(dt.date(2020, 1, 1), dt.date(2030, 1, 1)),
    st.integers(1, 2000),
    st.integers(0, 10**9),
    st.integers(0, 10**9),
    st.integers(0, 2500),
)
def test_what_is_spread_adds_up_to_what_is_committed_less_withdrawals(first, days, total, less, at):
    """No penny is made or lost by spreading, whatever the dates and amounts."""
    until = first + dt.timedelta(days=days - 1)
    since = first + dt.timedelta(days=at)
    base = agreed(first.isoformat(), until=until.isoformat(), pence=total)
    found = pence("1990-01-01", "2060-01-01", base, withdrawn(since.isoformat(), less))
    before = round(total * min(at, days) / days)
    assert abs(found - (before + max(total - before - less, 0))) <= 1


def test_the_measures_that_the_level_reads_are_given():
    """Each measure that a line names is among those of the section."""
    given_ = set(picture("2026-01-01").funding.measures)
    assert first_model().rules("funding").measures() <= given_
