"""What the story of Surrey and Sussex promises comes out of its log."""

import functools
import itertools

import msgspec
import pytest

from service.projections import closure, system_picture, trust_picture
from tests.pure.histories import day, story

TRUSTS = ["RA2", "RDR", "RPC", "RTK", "RTP", "RX2", "RXC", "RXX", "RYR"]
ALL = functools.cache(story)


def trust(code, on, known_at=None):
    """Trust."""
    return trust_picture.picture(code, ALL(known_at), day(on))


def system(code, on):
    """System."""
    return system_picture.picture(code, ALL(), day(on))


def codes(members):
    """Codes."""
    return [member.code for member in members]


def chief(picture):
    """Chief."""
    return next(post for post in picture.leadership.posts if post.post == "chief_executive")


def test_every_line_of_the_story_can_be_read():
    """Every line of the story can be read."""
    assert all(not history.unread for history in ALL().values())


def test_rtp_in_2019_has_a_chief_executive_of_eight_years_and_is_at_level_three():
    """RTP in 2019 has a chief executive of eight years and is at level three."""
    found = trust("RTP", "2019-01-18")
    assert found.leadership.measures["chief_executive_tenure_months"].value == 99
    assert chief(found).distinct_holders_36m.value == 1
    assert chief(found).distinct_holders_36m.status == "known"
    level = found.levels["leadership"]
    assert (level.level, level.cannot_tell) == (3, (4,))
    assert level.missing == ("vacancy_percent",)


def test_rtp_in_october_2025_had_three_chief_executives_in_36_months_and_is_at_level_zero():
    """RTP in october 2025 had three chief executives in 36 months and is at level zero."""
    found = trust("RTP", "2025-10-01")
    assert chief(found).distinct_holders_36m.value == 3
    assert found.levels["leadership"].level == 0


def test_ryr_in_june_2022_had_three_chief_executives_and_is_at_level_zero():
    """RYR in june 2022 had three chief executives and is at level zero."""
    found = trust("RYR", "2022-06-01")
    assert chief(found).distinct_holders_36m.value == 3
    assert found.levels["leadership"].level == 0


@pytest.mark.parametrize(
    ("on", "known_at", "inherited"),
    [("2021-04-01", None, ["RXH"]), ("2021-03-31", None, []), ("2021-04-01", 54, [])],
)
def test_ryr_rests_on_rxh_from_the_merger_on_and_only_once_it_is_known(on, known_at, inherited):
    """RYR rests on RXH from the merger on and only once it is known."""
    assert codes(trust("RYR", on, known_at).inherited) == inherited


def test_the_strategy_of_rxh_goes_on_as_one_with_that_of_ryr_and_its_posts_end():
    """The strategy of RXH goes on as one with that of RYR and its posts end."""
    found = trust("RYR", "2022-06-01")
    live = {item.code: item for item in found.strategy.live}
    assert live["patient-first"].events.first == (24, 33)
    assert chief(trust("RXH", "2021-04-01")).holders == ()
    assert chief(trust("RXH", "2021-03-31")).holders[0].person == "p-7dd5bfd0"


def test_the_rating_of_rxh_is_listed_beside_that_of_ryr():
    """The rating of RXH is listed beside that of RYR."""
    subjects = trust("RYR", "2021-04-01").ratings.subjects
    found = [(item.inherited_from, item.ratings[0].rating) for item in subjects]
    assert found == [(None, "outstanding"), ("RXH", "good")]


def test_rxh_stays_readable_and_says_where_to_look():
    """RXH stays readable and says where to look."""
    found = trust("RXH", "2022-01-01")
    assert found.note == "closed, see RYR"
    assert {level.reason for level in found.levels.values()} == {"closed, see RYR"}
    assert {level.level for level in found.levels.values()} == {None}
    assert found.ratings.subjects[0].ratings[0].rating == "good"


@pytest.mark.parametrize(
    ("known_at", "superseded"), [(101, []), (102, ["requires_improvement"] * 3)]
)
def test_east_surrey_hospital_is_outstanding_with_later_evidence_beside(known_at, superseded):
    """East surrey hospital is outstanding with later evidence beside."""
    subjects = trust("RTP", "2025-01-01", known_at).ratings.subjects
    place = next(item for item in subjects if item.location == "East Surrey Hospital")
    assert [rated.rating for rated in place.ratings] == ["outstanding"]
    assert [rated.rating for rated in place.superseded] == superseded


def test_the_boards_of_march_2026():
    """The boards of march 2026."""
    assert codes(system("QXU", "2026-03-31").hosts) == ["RA2", "RTK", "RTP", "RXX"]
    assert codes(system("QNX", "2026-03-31").hosts) == ["RDR", "RPC", "RX2", "RXC", "RYR"]
    assert codes(system("QNX", "2026-03-31").partners) == ["RTP"]


def test_the_boards_of_april_2026():
    """The boards of april 2026."""
    notes = {system(code, "2026-04-01").note for code in ("QXU", "QNX")}
    assert notes == {"closed, see S9B9J"}
    assert codes(system("QXU", "2026-04-01").hosts) == []
    new = system("S9B9J", "2026-04-01")
    assert codes(new.hosts) == TRUSTS
    assert codes(new.partners) == []
    assert [item.code for item in new.registration.predecessors] == ["QXU", "QNX", "QNQ"]


def test_a_change_of_boards_loses_no_event_of_a_trust():
    """A change of boards loses no event of a trust."""
    counted = [history.facts for code, history in ALL().items() if code in TRUSTS]
    assert all(
        any(fact.type == "TrustRegistered" for fact in facts) and len(facts) > 3
        for facts in counted
    )
    before, after = trust("RTP", "2026-03-31"), trust("RTP", "2026-04-01")
    assert before.ratings.subjects[0].ratings[0].rating == "outstanding"
    assert codes_of(before) == codes_of(after)


def codes_of(picture):
    """Codes of."""
    return [(s.scope, s.location, len(s.ratings)) for s in picture.ratings.subjects]


def test_a_cluster_shows_the_hosted_trusts_of_its_boards():
    """A cluster shows the hosted trusts of its boards."""
    found = system("ZC01", "2025-12-01")
    assert codes(found.hosts) == TRUSTS
    assert [item.member for item in found.systems] == ["QNX", "QXU"]
    assert {member.code: member.via for member in found.hosts}["RTP"] == "QXU"


def test_ryd_has_no_host_on_any_date():
    """RYD has no host on any date."""
    years = (f"{year}-{month:02}-01" for year in range(2006, 2027) for month in (1, 7))
    assert {trust("RYD", on).host for on in years} == {None}


def test_the_chief_executive_of_rdr_is_on_secondment_and_nobody_is_known_in_post():
    """The chief executive of RDR is on secondment and nobody is known in post."""
    found = trust("RDR", "2022-07-12")
    post = chief(found)
    assert post.state == "vacant"
    assert [(holder.away, holder.counts) for holder in post.holders] == [(True, False)]
    assert found.leadership.measures["chief_executive_in_post"].events.first == (28, 82)
    assert found.levels["leadership"].level == 1
    assert chief(trust("RDR", "2022-07-11")).state == "filled"


def test_dates_of_a_month_or_year_are_said_as_about():
    """Dates of a month or year are said as about."""
    since = chief(trust("RTP", "2019-01-18")).holders[0].since
    assert msgspec.to_builtins(since) == {
        "date": "2010-10-01", "precision": "month", "certain": True,
    }  # fmt: skip
    moments = list(imprecise(msgspec.to_builtins(trust("RA2", "2026-04-01"))))
    assert "year" in {found["precision"] for found in moments}
    assert trust("RTP", "2019-01-18").leadership.measures["chief_executive_tenure_months"].about


def imprecise(value):
    """Imprecise."""
    if isinstance(value, dict):
        if "precision" in value:
            yield value
        yield from itertools.chain.from_iterable(imprecise(item) for item in value.values())
    elif isinstance(value, list | tuple):
        yield from itertools.chain.from_iterable(imprecise(item) for item in value)


@pytest.mark.parametrize(
    ("code", "level"),
    [("RA2", 4), ("RDR", 2), ("RPC", 1), ("RTK", 4), ("RTP", 3), ("RX2", 1), ("RXC", 1), ("RXX", 4),
     ("RYD", 2), ("RYR", 2)],
)  # fmt: skip
def test_culture_is_levelled_within_the_group_of_its_edition(code, level):
    """Culture is levelled within the group of its edition."""
    assert trust(code, "2025-10-01").levels["culture"].level == level


def test_money_shared_by_five_is_credited_in_equal_parts_estimated():
    """Money shared by five is credited in equal parts estimated."""
    found = trust("RTP", "2016-01-01").funding.live_share
    assert (found.value, found.status) == (250_000_000, "estimated")
    assert trust("RKB", "2016-01-01").funding.live_share.value == 250_000_000


def test_what_a_picture_rests_on_is_named_until_nothing_is_missing():
    """What a picture rests on is named until nothing is missing."""
    have, rounds = {}, 0
    while wanted := closure.missing("S9B9J", have):
        have |= {code: ALL().get(code) or trust_picture.History() for code in wanted}
        rounds += 1
    assert {*TRUSTS, "RXH", "S9B9J"} <= set(have)
    while around := closure.neighbours("S9B9J", have):
        have |= {code: ALL().get(code) or trust_picture.History() for code in around}
        rounds += 1
    assert rounds <= 6
    assert {"QXU", "QNX"} <= set(have)
    assert system_picture.picture("S9B9J", have, day("2026-04-01")) == system("S9B9J", "2026-04-01")


def test_pictures_are_json():
    """Pictures are JSON."""
    assert msgspec.json.encode(trust("RYR", "2026-04-01"))
    assert msgspec.json.encode(system("S9B9J", "2026-04-01"))
