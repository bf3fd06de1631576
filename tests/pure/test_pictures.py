"""Pictures of trusts and systems: mergers, memberships, unreadable events."""

import msgspec
import pytest

from service.domain.codec import Unread
from service.domain.mentions import mentioned
from service.domain.model import first_model, read
from service.projections import membership, organisations, system_picture, trust_picture
from service.projections.context import UnreadableAt
from service.projections.history import Entry, facts
from tests.pure.histories import day, entries, event, histories


def trust(code, opened="2000-01-01"):
    """Trust."""
    return event(
        "TrustRegistered", code, opened,
        name=f"Trust {code}", trust_type="acute", legal_form="nhs_trust",
    )  # fmt: skip


def system(code, kind="ics", opened="2020-01-01"):
    """System."""
    return event("SystemEstablished", code, opened, name=f"System {code}", kind=kind)


def joined(code, system_, on, role="host"):
    """Joined."""
    return event("TrustJoinedSystem", code, on, system=system_, role=role)


def left(code, system_, on):
    """Left."""
    return event("TrustLeftSystem", code, on, system=system_)


def held(on, *events, code="ZT001"):
    """Held."""
    return trust_picture.picture(code, histories(entries(*events)), day(on))


def hosts(code, on, *events):
    """Hosts."""
    found = system_picture.picture(code, histories(entries(*events)), day(on))
    return [member.code for member in found.hosts]


BASE = [trust("ZT001"), system("ZS01"), system("ZS02"), joined("ZT001", "ZS01", "2020-04-01")]


def test_the_newest_host_wins_whatever_arrives_last():
    """The newest host wins whatever arrives last."""
    late = [BASE[0], BASE[1], BASE[2], joined("ZT001", "ZS02", "2021-04-01"), BASE[3]]
    for events in ([*BASE, joined("ZT001", "ZS02", "2021-04-01")], late):
        assert held("2021-03-31", *events).host == "ZS01"
        assert held("2021-04-01", *events).host == "ZS02"
        assert hosts("ZS01", "2021-04-01", *events) == []


def test_another_kind_of_system_takes_no_host_away():
    """Another kind of system takes no host away."""
    events = [*BASE, system("ZC01", "cohort"), joined("ZT001", "ZC01", "2021-01-01")]
    assert held("2021-02-01", *events).host == "ZS01"
    assert hosts("ZC01", "2021-02-01", *events) == ["ZT001"]


@pytest.mark.parametrize(
    "end",
    [
        left("ZT001", "ZS01", "2022-01-01"),
        event("TrustClosed", "ZT001", "2022-01-01"),
        event("TrustMerged", "ZT001", "2022-01-01", into="ZT002", kind="acquisition"),
        event("SystemClosed", "ZS01", "2022-01-01"),
    ],
)
def test_a_membership_ends_with_leaving_closing_or_the_closing_of_the_board(end):
    """A membership ends with leaving closing or the closing of the board."""
    assert held("2021-12-31", *BASE, end).host == "ZS01"
    assert held("2022-01-01", *BASE, end).host is None
    assert hosts("ZS01", "2022-01-01", *BASE, end) == []


def test_partners_are_shown_and_not_counted():
    """Partners are shown and not counted."""
    events = [*BASE, joined("ZT001", "ZS02", "2020-05-01", "partner")]
    found = system_picture.picture("ZS02", histories(entries(*events)), day("2021-01-01"))
    assert [member.code for member in found.partners] == ["ZT001"]
    assert found.counts == {}
    assert held("2021-01-01", *events).host == "ZS01"


def test_joins_of_one_system_that_follow_make_one_membership():
    """Joins of one system that follow make one membership."""
    events = entries(*BASE, joined("ZT001", "ZS01", "2021-04-01"))
    found = histories(events)
    items = membership.memberships("ZT001", found["ZT001"], membership.spans(found))
    assert [(m.start.date.year, m.end_reason) for m in items] == [
        (2020, "joined_anew"),
        (2021, None),
    ]
    assert len(membership.without_inner_ends(items)) == 1


def merger(into="ZT002", code="ZT001", on="2021-04-01"):
    """Merger."""
    return event("TrustMerged", code, on, into=into, kind="acquisition")


def programme(code, on="2020-01-01", name="qsir"):
    """Programme."""
    return event(
        "ProgrammeJoined", code, on, programme=name, kind="improvement", method="lean_vmps"
    )


def test_programmes_of_an_absorbed_trust_go_on_and_the_successor_may_end_them():
    """Programmes of an absorbed trust go on and the successor may end them."""
    events = [trust("ZT001"), trust("ZT002"), programme("ZT001"), merger()]
    found = held("2021-04-01", *events, code="ZT002").strategy
    assert [(item.code, item.inherited_from) for item in found.live] == [("qsir", "ZT001")]
    assert held("2021-03-31", *events, code="ZT002").strategy.live == ()
    end = event("ProgrammeLeft", "ZT002", "2022-01-01", programme="qsir", reason="withdrawn")
    after = held("2022-01-01", *events, end, code="ZT002").strategy
    assert [(item.code, item.end_reason) for item in after.ended] == [("qsir", "withdrawn")]


def test_what_the_absorbed_of_an_absorbed_trust_began_goes_on_too():
    """What the absorbed of an absorbed trust began goes on too."""
    events = [trust("ZT001"), trust("ZT002"), trust("ZT003"), programme("ZT001"), merger()]
    events.append(merger("ZT003", "ZT002", "2022-04-01"))
    found = held("2022-04-01", *events, code="ZT003")
    assert sorted(item.code for item in found.inherited) == ["ZT001", "ZT002"]
    assert len(found.strategy.live) == 1


def test_leadership_and_oversight_are_never_inherited():
    """Leadership and oversight are never inherited."""
    chief = event(
        "LeaderAppointed", "ZT001", "2020-01-01",
        post="chief_executive", person="p-aaaa", basis="substantive",
    )  # fmt: skip
    watched = event(
        "OversightStarted", "ZT001", "2020-01-01", scheme="special_measures", domain="quality"
    )
    events = [trust("ZT001"), trust("ZT002"), chief, watched, merger()]
    found = held("2021-04-01", *events, code="ZT002")
    assert found.leadership.posts == ()
    assert found.oversight.schemes == ()
    assert [scheme.live for scheme in held("2021-04-01", *events).oversight.schemes] == [False]


def test_an_event_that_cannot_be_read_leaves_the_other_dimensions_alone():
    """An event that cannot be read leaves the other dimensions alone."""
    made = entries(trust("ZT001"), programme("ZT001"))
    poison = Entry(3, Unread("LeaderAppointed", "ZT001", "unreadable"))
    newer = Entry(4, Unread("SomethingNew", "ZT001", "unknown_type"))
    found = trust_picture.picture(
        "ZT001", {"ZT001": facts([*made, poison, newer])}, day("2021-01-01")
    )
    assert found.leadership == UnreadableAt((3,))
    assert found.levels["leadership"].reason == "unreadable"
    assert len(found.strategy.live) == 1
    assert (found.unreadable, found.unknown_events) == ({"leadership": (3,)}, 1)


def test_one_method_kept_over_a_short_gap_is_one_run():
    """One method kept over a short gap is one run."""
    end = event("ProgrammeLeft", "ZT001", "2021-01-01", programme="qsir", reason="end_of_term")
    near = [trust("ZT001"), programme("ZT001"), end, programme("ZT001", "2021-04-03", "other")]
    assert held("2022-01-01", *near).strategy.run.months.value == 24
    far = [trust("ZT001"), programme("ZT001"), end, programme("ZT001", "2021-04-04", "other")]
    assert held("2022-01-04", *far).strategy.run.months.value == 9


def test_an_approach_that_is_replaced_ends_the_run():
    """An approach that is replaced ends the run."""
    said = event(
        "LeadershipApproachAffirmed", "ZT001", "2021-01-01",
        by_post="chief_executive", approach="lean_vmps", continues="replaced",
    )  # fmt: skip
    found = held("2022-01-01", trust("ZT001"), programme("ZT001"), said).strategy
    assert (found.live, found.run.months.value) == ((), 12)
    assert found.ended[0].end_reason == "replaced"


def money(**more):
    """Money."""
    return event(
        "FundingCommitted", "ZT001", "2020-01-01", agreement="a-1", purpose="team", funder="icb",
        recurrence="non_recurrent", ring_fenced=True, pence=900,
        **{"from": "2020-01-01", "to": "2020-12-31"}, **more,
    )  # fmt: skip


def test_an_agreement_is_live_to_its_last_day():
    """An agreement is live to its last day."""
    events = [trust("ZT001"), money()]
    assert held("2020-12-31", *events).funding.live_share.value == 900
    assert held("2021-01-01", *events).funding.live_share.status == "unknown"


def test_shared_money_is_split_by_stated_amounts_then_equal_parts():
    """Shared money is split by stated amounts then equal parts."""
    who = [
        {"organisation": "ZT001", "pence": 300},
        {"organisation": "ZT002"},
        {"organisation": "ZT003"},
    ]
    events = [trust("ZT001"), trust("ZT002"), money(beneficiaries=who)]
    own, other = (
        held("2020-06-01", *events, code=c).funding.live_share for c in ("ZT001", "ZT002")
    )
    assert (own.value, own.status) == (300, "known")
    assert (other.value, other.status) == (300, "estimated")


def test_a_summary_says_name_kind_and_successor():
    """A summary says name kind and successor."""
    events = [trust("ZT001"), trust("ZT002"), merger()]
    events.append(event("TrustChanged", "ZT001", "2010-01-01", name="Newer"))
    found = organisations.summary("ZT001", histories(entries(*events))["ZT001"], day("2022-01-01"))
    assert (found.name, found.status, found.successor) == ("Newer", "closed", "ZT002")
    assert [former.name for former in found.former_names] == ["Trust ZT001"]


def test_organisations_named_are_found_in_nested_members_and_supporters():
    """Organisations named are found in nested members and supporters."""
    assert mentioned(money(beneficiaries=[{"organisation": "ZT002"}])) == {"ZT002"}
    support = {"by_kind": "system", "kind": "coaching", "mode": "offered"}
    assert mentioned(event("SupportGiven", "ZT001", "2020-01-01", by="QNX", **support)) == {"QNX"}
    assert (
        mentioned(event("SupportGiven", "ZT001", "2020-01-01", by="IHI Europe", **support)) == set()
    )


def survey(percent, base=None, edition="2024", group="acute"):
    """Survey."""
    more = {} if base is None else {"base": base}
    return event(
        "CultureSurveyed", "ZT001", "2025-03-13", instrument="nhs_staff_survey", year=2024,
        question="q3f", percent_positive=percent, benchmark_group=group, edition=edition, **more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("percent", "level"), [(58.6, 4), (58.5, 3), (54.9, 3), (54.8, 2), (52.3, 2), (52.2, 1)]
)
def test_culture_by_the_cuts_of_its_group(percent, level):
    """Culture by the cuts of its group."""
    assert held("2025-06-01", trust("ZT001"), survey(percent)).levels["culture"].level == level


def test_culture_is_unknown_without_cuts_for_its_edition_or_when_old():
    """Culture is unknown without cuts for its edition or when old."""
    new = held("2025-06-01", trust("ZT001"), survey(60.0, edition="2025")).levels["culture"]
    assert (new.level, new.reason) == (None, "no_cuts_for_this_edition_and_group")
    old = held("2026-09-14", trust("ZT001"), survey(60.0)).levels["culture"]
    assert (old.level, old.unknown_since) == (None, day("2026-09-14"))
    assert held("2026-09-13", trust("ZT001"), survey(60.0)).levels["culture"].level == 4


def test_culture_near_a_cut_says_so():
    """Culture near a cut says so."""
    near = held("2025-06-01", trust("ZT001"), survey(55.0, base=2000)).levels["culture"]
    assert (near.near_cut, near.distance.measure, near.distance.needs) == (
        True,
        "q3f_percent",
        ">= 58.6",
    )
    far = held("2025-06-01", trust("ZT001"), survey(60.5, base=9000)).levels["culture"]
    assert (far.near_cut, far.near_cut_reason) == (False, None)


def test_what_has_no_interval_is_never_said_to_be_far_from_a_cut():
    """A survey without a base, a level of exact counts, no level: null, each with its reason."""
    without = held("2025-06-01", trust("ZT001"), survey(55.0)).levels
    assert without["culture"].level is not None
    assert (without["culture"].near_cut, without["culture"].near_cut_reason) == (None, "no_base")
    money = event(
        "FundingCommitted", "ZT001", "2025-04-01", agreement="a", purpose="team", funder="trust",
        recurrence="recurrent", ring_fenced=True, pence=100, **{"from": "2025-04-01"},
    )  # fmt: skip
    exact = held("2025-06-01", trust("ZT001"), money).levels["funding"]
    assert exact.level is not None
    assert (exact.near_cut, exact.near_cut_reason) == (None, "figure_without_interval")
    nothing = without["leadership"]
    assert (nothing.level, nothing.near_cut) == (None, None)
    assert nothing.near_cut_reason == "level_unknown"


def test_pictures_of_an_unknown_code_are_answers():
    """Pictures of an unknown code are answers."""
    assert trust_picture.picture("ZT009", {}, day("2020-01-01")).note is None
    assert msgspec.json.encode(system_picture.picture("ZS09", {}, day("2020-01-01")))


def counted(code, on, headcount):
    """Return a count of the workforce."""
    return event("WorkforceCounted", code, on, headcount=headcount)


def test_a_successor_counts_absorbed_staff_until_its_own_first_count():
    """A successor counts absorbed staff until its own first count."""
    events = [trust("ZT001"), trust("ZT002"), counted("ZT001", "2020-01-01", 100), merger()]
    assert held("2021-04-01", *events, code="ZT002").size.headcount.status == "at_least"
    events.append(counted("ZT002", "2020-06-01", 50))
    assert held("2021-03-31", *events, code="ZT002").size.headcount.value == 50
    assert held("2021-04-01", *events, code="ZT002").size.headcount.value == 150
    events.append(counted("ZT002", "2021-04-01", 140))
    assert held("2021-04-01", *events, code="ZT002").size.headcount.value == 140


def test_the_measures_that_the_model_reads_are_those_of_the_dimensions():
    """The measures that the model reads are those that the dimensions give."""
    found = held("2021-01-01", trust("ZT001"))
    for name in ("leadership", "culture"):
        assert first_model().rules(name).measures() <= set(getattr(found, name).measures)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"any": [{"measure": "x", "op": ">=", "value": 1}]}, "must catch the rest"),
        ({"level": 5}, "<= 4"),
        ({"strength": "D"}, "Invalid enum value"),
        (
            {"strength": "A", "all": [{"measure": "x", "op": ">=", "value": 1, "strength": "C"}]},
            "no stronger than its weakest threshold",
        ),
    ],
)
def test_a_model_that_cannot_be_used_is_refused(change, said):
    """A model that cannot be used is refused, with the reason."""
    line = {"level": 1, "rule": "r", "source": "s", "strength": "C", **change}
    dimension = {"name": "culture", "fresh_months": 18, "ageing_months": 12, "lines": [line]}
    dimension |= {"fresh_source": "s", "fresh_strength": "C"}
    raw = msgspec.json.encode({"name": "m", "version": 1, "dimensions": [dimension]})
    with pytest.raises(msgspec.ValidationError, match=said):
        read(raw)
