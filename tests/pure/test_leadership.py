"""Leadership: tenure, holders, vacancy, secondments and the levels from them."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.projections import trust_picture
from service.projections.history import History
from tests.pure.histories import day, entries, event, histories

REGISTERED = {"name": "Oakdale NHS Trust", "trust_type": "acute", "legal_form": "nhs_trust"}


def registered(code="ZT001"):
    """Registered."""
    return event("TrustRegistered", code, "2000-01-01", **REGISTERED)


def took(person, on, basis="substantive", post="chief_executive", code="ZT001", **more):
    """Took."""
    return event("LeaderAppointed", code, on, post=post, person=person, basis=basis, **more)


def left(person, on, post="chief_executive", code="ZT001"):
    """Left."""
    return event("LeaderDeparted", code, on, post=post, person=person, reason="not_stated")


def board(on, vacant, interim=0, posts=10):
    """Board."""
    return event(
        "BoardComposed", "ZT001", on, executive_posts=posts, executive_vacant=vacant,
        executive_interim=interim, voting_members=12,
    )  # fmt: skip


def affirmed(on, continues="yes", code="ZT001"):
    """Affirmed."""
    return event(
        "LeadershipApproachAffirmed", code, on,
        by_post="chief_executive", approach="lean_vmps", continues=continues,
    )  # fmt: skip


def picture(on, *events, code="ZT001"):
    """Picture."""
    return trust_picture.picture(code, histories(entries(registered(), *events)), day(on))


def post(on, *events, name="chief_executive"):
    """Post."""
    return next(p for p in picture(on, *events).leadership.posts if p.post == name)


def level(on, *events):
    """Level."""
    return picture(on, *events).levels["leadership"]


def tenure(on, *events):
    """Tenure."""
    return picture(on, *events).leadership.measures["chief_executive_tenure_months"]


def test_a_trust_without_events_is_unknown():
    """A trust without events is unknown."""
    found = trust_picture.picture("ZT009", {"ZT009": History()}, day("2024-01-01"))
    assert found.levels["leadership"].level is None
    assert found.registration.status == "unregistered"


def test_tenure_runs_on_over_a_change_of_basis():
    """Tenure runs on over a change of basis."""
    changed = event(
        "LeadershipBasisChanged", "ZT001", "2021-06-01",
        post="chief_executive", person="p-aaaa", basis="substantive",
    )  # fmt: skip
    assert tenure("2022-01-01", took("p-aaaa", "2020-01-01", "interim"), changed).value == 24


def test_leaving_and_being_appointed_on_one_day_goes_on_and_a_gap_starts_anew():
    """Leaving and being appointed on one day goes on and a gap starts anew."""
    first = took("p-aaaa", "2020-01-01", "interim")
    same = [first, left("p-aaaa", "2021-01-01"), took("p-aaaa", "2021-01-01")]
    assert tenure("2022-01-01", *same).value == 24
    gap = [first, left("p-aaaa", "2021-01-01"), took("p-aaaa", "2021-01-02")]
    assert tenure("2022-01-02", *gap).value == 12


def test_a_post_is_vacant_only_after_a_known_departure():
    """A post is vacant only after a known departure."""
    first = took("p-aaaa", "2020-01-01")
    assert post("2022-01-01", first, left("p-aaaa", "2021-01-01")).state == "vacant"
    assert post("2020-12-31", first, left("p-aaaa", "2021-01-01")).state == "filled"
    assert picture("2019-12-31", first).leadership.posts == ()


def test_with_two_in_post_the_newest_counts_and_both_are_shown():
    """With two in post the newest counts and both are shown."""
    found = post("2022-01-01", took("p-aaaa", "2020-01-01"), took("p-bbbb", "2021-01-01"))
    assert [(h.person, h.counts) for h in found.holders] == [("p-aaaa", False), ("p-bbbb", True)]
    assert found.warning == "several_in_post"


def test_two_who_share_a_post_both_count():
    """Two who share a post both count."""
    both = [took("p-aaaa", "2020-01-01", "shared"), took("p-bbbb", "2021-01-01", "shared")]
    found = post("2022-01-01", *both)
    assert [h.counts for h in found.holders] == [True, True]
    assert found.warning is None


def test_a_holder_seen_first_without_appointment_has_at_least_that_tenure():
    """A holder seen first without appointment has at least that tenure."""
    said = event(
        "LeaderDepartureAnnounced", "ZT001", "2021-01-01",
        post="chief_executive", person="p-aaaa", successor_known=False,
    )  # fmt: skip
    found = tenure("2021-07-01", said)
    assert (found.value, found.status) == (6, "at_least")


def test_distinct_holders_are_a_lower_bound_when_some_day_has_none():
    """Distinct holders are a lower bound when some day has none."""
    found = post("2022-01-01", took("p-aaaa", "2020-01-01")).distinct_holders_36m
    assert (found.value, found.status) == (1, "at_least")


@pytest.mark.parametrize(
    ("on", "shown"), [("2021-01-01", 1), ("2021-12-31", 1), ("2022-01-01", 0), ("2020-12-31", 0)]
)
def test_an_announced_departure_lapses_after_twelve_months(on, shown):
    """An announced departure lapses after twelve months."""
    said = event(
        "LeaderDepartureAnnounced", "ZT001", "2021-01-01",
        post="chief_executive", person="p-aaaa", successor_known=True,
    )  # fmt: skip
    assert len(post(on, took("p-aaaa", "2018-01-01"), said).announced) == shown


def test_an_announced_departure_lapses_with_the_next_holder():
    """An announced departure lapses with the next holder."""
    said = event(
        "LeaderDepartureAnnounced", "ZT001", "2021-01-01",
        post="chief_executive", person="p-aaaa", successor_known=True,
    )  # fmt: skip
    events = [took("p-aaaa", "2018-01-01"), said, took("p-bbbb", "2021-03-01")]
    assert post("2021-04-01", *events).announced == ()


def test_the_level_is_four_with_long_tenure_one_holder_and_a_full_board():
    """The level is four with long tenure one holder and a full board."""
    events = [took("p-aaaa", "2015-01-01"), board("2022-01-01", 0)]
    assert level("2022-02-01", *events).level == 4
    assert level("2022-02-01", took("p-aaaa", "2015-01-01"), board("2022-01-01", 1)).level == 1 + 1


def test_a_board_known_to_be_vacant_bars_level_three_and_lowers_to_one():
    """A board known to be vacant bars level three and lowers to one."""
    first = took("p-aaaa", "2018-06-01")
    assert level("2022-02-01", first, board("2022-01-01", 0)).level == 3
    assert level("2022-02-01", first, board("2022-01-01", 1, 0)).level == 2
    assert level("2022-02-01", first, board("2022-01-01", 1, 1)).level == 1


def test_a_composition_older_than_fifteen_months_is_not_known():
    """A composition older than fifteen months is not known."""
    events = [took("p-aaaa", "2015-01-01"), board("2020-09-30", 0), board("2019-01-01", 5)]
    found = level("2021-12-31", *events)
    assert (found.level, found.cannot_tell) == (3, (4,))


@pytest.mark.parametrize("basis", ["interim", "acting"])
def test_interim_is_level_one(basis):
    """Interim is level one."""
    first = took("p-aaaa", "2018-01-01")
    assert level("2022-06-01", first, took("p-bbbb", "2022-01-01", basis)).level == 1


def test_a_new_chief_executive_who_keeps_approach_and_team_is_at_level_three():
    """A new chief executive who keeps approach and team is at level three."""
    before = [took("p-aaaa", "2010-01-01"), left("p-aaaa", "2021-01-01")]
    nurse = took("p-cccc", "2015-01-01", post="chief_nurse")
    after = took("p-bbbb", "2021-01-01")
    assert level("2021-12-31", *before, nurse, after, affirmed("2021-03-01")).level == 3
    assert level("2021-12-31", *before, nurse, after, affirmed("2021-08-01")).level == 2
    assert level("2021-12-31", *before, nurse, after, affirmed("2021-03-01", "replaced")).level == 2
    gone = left("p-cccc", "2021-06-01", post="chief_nurse")
    assert level("2021-12-31", *before, nurse, after, affirmed("2021-03-01"), gone).level == 2
    unsure = level("2021-12-31", *before, after, affirmed("2021-03-01"))
    assert (unsure.level, unsure.cannot_tell) == (2, (3,))


def test_the_catch_all_is_unknown_when_level_zero_cannot_be_ruled_out():
    """The catch all is unknown when level zero cannot be ruled out."""
    found = level("2021-06-01", took("p-aaaa", "2021-01-01"))
    assert (found.level, found.reason) == (None, "a_lower_level_cannot_be_ruled_out")
    assert 0 in found.cannot_tell
    covered = [took("p-bbbb", "2010-01-01"), left("p-bbbb", "2021-01-01")]
    assert level("2021-06-01", *covered, took("p-aaaa", "2021-01-01")).level == 1


def test_evidence_goes_stale_after_fifteen_months():
    """Evidence goes stale after fifteen months."""
    first = took("p-aaaa", "2015-01-01")
    assert level("2016-04-01", first).level == 2
    found = level("2016-04-02", first)
    assert (found.level, found.unknown_since) == (None, day("2016-04-02"))


def test_an_interval_that_a_later_known_event_closes_vouches_for_every_day_inside():
    """An interval that a later known event closes vouches for every day inside."""
    events = [took("p-aaaa", "2015-01-01"), left("p-aaaa", "2025-01-01")]
    assert level("2020-01-01", *events).level == 3
    assert level("2020-01-01", *events).evidence_age.days == 0


def test_a_live_term_that_ends_later_vouches():
    """A live term that ends later vouches."""
    assert level("2018-06-01", took("p-aaaa", "2015-01-01", term_ends="2019-01-01")).level == 3


def test_a_return_that_lists_leadership_is_evidence():
    """A return that lists leadership is evidence."""
    made = event(
        "ReturnMade", "ZT001", "2019-04-10", financial_year="2018/19", quarter=4,
        dimensions=[], nothing_to_report=["leadership"],
    )  # fmt: skip
    assert level("2019-06-01", took("p-aaaa", "2015-01-01"), made).level == 3


def lent(basis="self_declared", **more):
    """Lent."""
    return event(
        "LeaderAppointed", "ZT002", "2021-01-01", basis, 77, post="chief_executive",
        person="p-aaaa", basis="secondment", from_organisation="ZT001", **more,
    )  # fmt: skip


def test_a_secondment_empties_the_first_post_once_it_is_confirmed():
    """A secondment empties the first post once it is confirmed."""
    first = took("p-aaaa", "2018-01-01")
    assert post("2021-02-01", first, lent()).state == "filled"
    yes = event(
        "EventConfirmed", "ZT001", "2021-03-01", event="00000000-0000-0000-0000-00000000004d"
    )
    assert post("2021-02-01", first, lent(), yes).state == "vacant"


def test_a_secondment_with_a_term_gives_the_holder_back():
    """A secondment with a term gives the holder back."""
    first = took("p-aaaa", "2018-01-01")
    events = [first, lent("public_record", term_ends="2021-06-30")]
    assert post("2021-06-30", *events).state == "vacant"
    assert post("2021-07-01", *events).state == "filled"


def test_posts_end_when_the_trust_closes():
    """Posts end when the trust closes."""
    first = took("p-aaaa", "2018-01-01")
    merged = event("TrustMerged", "ZT001", "2021-04-01", into="ZT002", kind="acquisition")
    assert post("2021-03-31", first, merged).state == "filled"
    assert post("2021-04-01", first, merged).holders == ()
    assert level("2021-04-01", first, merged).reason == "closed, see ZT002"


def test_a_post_shared_with_another_gives_that_one_no_holder():
    """A post shared with another gives that one no holder."""
    shared = took("p-aaaa", "2020-01-01", "shared", shared_with=["ZT002"])
    assert picture("2021-01-01", shared, code="ZT002").leadership.posts == ()


def test_settled_is_the_same_level_three_months_before():
    """Settled is the same level three months before."""
    events = [took("p-aaaa", "2015-01-01"), left("p-aaaa", "2025-01-01")]
    assert level("2018-01-01", *events).level == 3
    assert not level("2018-01-01", *events).settled
    assert level("2018-04-01", *events).settled


@pytest.mark.parametrize("on", ["2021-08-01", "2021-08-15", "2021-07-01"])
def test_a_departure_announced_when_it_comes_about_ends_the_post_all_the_same(on):
    """A departure announced when it comes about, or after, ends the post all the same."""
    said = event(
        "LeaderDepartureAnnounced", "ZT001", on,
        post="chief_executive", person="p-aaaa", successor_known=False,
    )  # fmt: skip
    events = [took("p-aaaa", "2018-01-01"), left("p-aaaa", "2021-08-01"), said]
    assert post("2021-09-01", *events).state == "vacant"
    assert post("2021-07-31", *events).state == "filled"


def test_several_non_executive_directors_all_count():
    """Several non-executive directors all count, and nobody is warned."""
    name = "non_executive_director"
    both = [took("p-aaaa", "2020-01-01", post=name), took("p-bbbb", "2021-01-01", post=name)]
    found = post("2022-01-01", *both, name=name)
    assert [holder.counts for holder in found.holders] == [True, True]
    assert (found.distinct_holders_36m.value, found.warning) == (2, None)


TURNS = st.lists(
    st.tuples(
        st.integers(0, 400),
        st.sampled_from(["took", "left", "changed"]),
        st.sampled_from(["p-aaaa", "p-bbbb"]),
        st.sampled_from(["substantive", "interim", "shared"]),
    ),
    max_size=8,
    unique_by=lambda turn: turn[0],
)


def turned(days, what, person, basis):
    """Return one turn in the post of chief executive."""
    on = (day("2021-01-01") + dt.timedelta(days=days)).isoformat()
    if what == "left":
        return left(person, on)
    if what == "took":
        return took(person, on, basis)
    return event(
        "LeadershipBasisChanged", "ZT001", on, post="chief_executive", person=person, basis=basis
    )


@given(TURNS, st.randoms(use_true_random=False))
def test_what_is_known_of_a_post_does_not_depend_on_the_order_of_arrival(turns, random):
    """What is known of a post on a date does not depend on the order in which it was recorded."""
    shuffled = turns[:]
    random.shuffle(shuffled)
    one, other = (
        picture("2022-01-01", *(turned(*turn) for turn in order)) for order in (turns, shuffled)
    )
    assert one.levels == other.levels
    for name, found in one.leadership.measures.items():
        again = other.leadership.measures[name]
        assert (found.value, found.status) == (again.value, again.status)
