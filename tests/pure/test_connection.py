"""Connection: pairs, who confirms, what lasts, hosts, networks, offers and the level."""

import pytest

from service.domain.model import first_model
from service.projections import closure, connections, system_picture, trust_picture
from service.projections.context import context
from tests.pure.cases import (
    joined,
    merged,
    system,
    trust,
    year_of_returns,
)
from tests.pure.histories import day, entries, event, histories

TRUSTS = [trust(f"ZT00{number}") for number in range(1, 8)]
ON = "2026-03-31"


def tie(code="ZT001", on="2026-01-10", assurance="self_declared", number=None, **more):
    """Return a connection, recorded by a trust itself unless said otherwise."""
    data = {"kind": "visit"} | more
    return event("ConnectionMade", code, on, assurance, number, **data)


def ended(number, on, code="ZT001", assurance="self_declared"):
    """Return the end of a connection."""
    return event("ConnectionEnded", code, on, assurance, connection_event=uid(number))


def confirmed(of, code, on="2026-03-01", number=None):
    """Return that an organisation confirmed an event."""
    return event("EventConfirmed", code, on, "self_declared", number, event=uid(of))


def uid(number):
    """Return the id of an event that was given a number."""
    return f"00000000-0000-0000-0000-{number:012x}"


def picture(*events, on=ON, code="ZT001"):
    """Return a trust's picture."""
    return trust_picture.picture(code, histories(entries(*TRUSTS, *events)), day(on))


def connection(*events, on=ON, code="ZT001"):
    """Return connection in a trust's picture."""
    return picture(*events, on=on, code=code).connection


def partners(*events, on=ON, code="ZT001", months=12):
    """Return how many partners a trust had, and how sure that is."""
    found = connection(*events, on=on, code=code).measures[f"partners_{months}m"]
    return found.value, found.status


def level(*events, on=ON, code="ZT001"):
    """Return the level of connection."""
    return picture(*events, on=on, code=code).levels["connection"]


COVERED = year_of_returns("connection", "2025/26")
TWO_YEARS = [*year_of_returns("connection", "2024/25"), *COVERED]


def test_pairs_are_recorder_and_named_not_the_named_among_themselves():
    """Each that is named is connected with the recorder, and not with the others named."""
    made = tie(assurance="public_record", **{"with": ["ZT002", "ZT003"]})
    assert connection(made).connections[0].with_ == ("ZT002", "ZT003")
    assert connection(made, code="ZT002").connections[0].with_ == ("ZT001",)
    assert partners(made, *COVERED) == (2, "known")


def test_a_connection_counts_once_the_other_side_confirmed_it():
    """Unconfirmed it is shown on both sides and counted on none; confirmed it counts on both."""
    made = tie(number=7, **{"with": ["ZT002", "ZT003"]})
    for code in ("ZT001", "ZT002"):
        found = connection(made, code=code)
        assert len(found.connections) == 1
        assert found.connections[0].two_sided == ()
        assert found.exchanges == ()
    yes = confirmed(7, "ZT002")
    assert connection(made, yes).connections[0].two_sided == ("ZT002",)
    assert partners(made, yes, *COVERED) == (1, "known")
    assert connection(made, yes, code="ZT002").connections[0].two_sided == ("ZT001",)
    assert connection(made, yes, code="ZT003").connections[0].two_sided == ()


def test_a_confirmation_counts_whatever_its_date_and_not_once_its_confirmer_is_no_longer_named():
    """A confirmation counts by position; a correction that drops its confirmer drops it."""
    made, yes = tie(number=7, **{"with": ["ZT002"]}), confirmed(7, "ZT002", "2027-01-01")
    assert connection(made, yes).connections[0].two_sided == ("ZT002",)
    other = {"kind": "visit", "with": ["ZT003"]}
    change = event(
        "EventCorrected", "ZT001", "2026-01-10", "self_declared",
        event=uid(7), data=other, reason="mistyped",
    )  # fmt: skip
    found = connection(made, yes, change)
    assert (found.connections[0].with_, found.connections[0].two_sided) == (("ZT003",), ())


def test_a_confirmation_taken_back_counts_no_more():
    """A retracted confirmation leaves the connection one-sided; taken back, it counts again."""
    made, yes = tie(number=7, **{"with": ["ZT002"]}), confirmed(7, "ZT002", number=8)
    gone = event(
        "EventRetracted", "ZT002", "2026-03-02", "self_declared", 9, event=uid(8), reason="mistyped"
    )
    back = event(
        "EventRetracted", "ZT002", "2026-03-03", "self_declared", event=uid(9), reason="mistyped"
    )
    assert partners(made, yes, gone, *COVERED) == (0, "known")
    assert partners(made, yes, gone, back, *COVERED) == (1, "known")


def test_a_disputed_connection_still_counts_and_its_figure_is_marked():
    """A dispute changes nothing by itself; the figure names it until it is rejected."""
    made = tie(assurance="public_record", number=7, **{"with": ["ZT002"]})
    said = event(
        "EventDisputed", "ZT002", "2026-03-02", "self_declared", event=uid(7), ground="not_ours"
    )
    found = connection(made, said, *COVERED).measures["partners_12m"]
    assert found.value == 1
    assert len(found.disputed) == 1


def test_the_positions_behind_a_figure_are_the_originals_and_the_corrections():
    """A corrected connection is shown by both positions, and by that of its end."""
    made = tie(number=7, assurance="public_record", kind="buddying", **{"with": ["ZT002"]})
    change = event(
        "EventCorrected", "ZT001", "2026-01-11", event=uid(7),
        data={"kind": "buddying", "with": ["ZT003"]}, reason="mistyped",
    )  # fmt: skip
    found = connection(made, change, ended(7, "2026-03-01")).measures["partners_12m"]
    assert found.events.first == (8, 9, 10)


def test_a_body_without_a_code_counts_when_the_operator_recorded_it():
    """A named body cannot confirm; what the operator found on public record counts."""
    assert partners(tie(with_name="Institute"), *COVERED) == (0, "known")
    made = tie(assurance="public_record", with_name="Institute")
    assert partners(made, *COVERED) == (1, "known")


@pytest.mark.parametrize("kind", ["visit", "seminar", "peer_review", "joint_training"])
def test_kinds_of_one_day_count_in_the_window_of_their_day(kind):
    """A visit counts for twelve months from its day, to the day."""
    made = tie(on="2025-04-01", assurance="public_record", kind=kind, **{"with": ["ZT002"]})
    assert len(connection(made, on="2026-03-31").measures["partners_12m"].events.first) == 1
    assert partners(made, *COVERED, on="2026-03-31") == (1, "known")
    assert partners(made, *COVERED, on="2026-04-01")[0] == 0
    assert not connection(made, on="2025-04-02").connections[0].live


@pytest.mark.parametrize(
    "kind", ["action_learning_set", "community", "buddying", "joint_project", "secondment"]
)
def test_the_other_kinds_last_until_they_are_ended(kind):
    """A lasting connection counts while it is live and for twelve months after."""
    made = tie(
        on="2020-01-01", assurance="public_record", number=7, kind=kind, **{"with": ["ZT002"]}
    )
    assert partners(made, *COVERED) == (1, "known")
    end = ended(7, "2025-04-02")
    assert partners(made, end, *COVERED) == (1, "known")
    assert partners(made, end, *COVERED, on="2026-04-01")[0] == 0
    assert connection(made, end).connections[0].end == day("2025-04-02")


def test_the_recorder_ends_a_connection_for_all_and_another_side_its_own_part():
    """Who is named leaves for itself; nobody who is not concerned ends anything."""
    made = tie(
        on="2020-01-01", assurance="public_record", number=7, kind="community",
        **{"with": ["ZT002", "ZT003"]},
    )  # fmt: skip
    assert partners(made, ended(7, "2021-01-01"), *COVERED) == (0, "known")
    own = ended(7, "2021-01-01", "ZT002")
    assert partners(made, own, *COVERED) == (1, "known")
    assert partners(made, own, *COVERED, code="ZT003")[0] == 1
    assert partners(made, ended(7, "2021-01-01", "ZT004"), *COVERED) == (2, "known")


def test_zero_needs_eight_of_eight_quarters():
    """Level 0 is told only when all quarters of two years are covered; else it is unknown."""
    assert level(*TWO_YEARS).level == 0
    found = level(*TWO_YEARS[1:])
    assert (found.level, found.reason) == (None, "a_lower_level_cannot_be_ruled_out")
    assert (
        level(*COVERED, tie(on="2024-05-01", with_name="I", assurance="public_record")).level == 1
    )


def test_a_count_over_uncovered_quarters_proves_a_level_and_never_the_last():
    """Two partners prove level 2 without any return; one proves nothing."""
    two = [tie(assurance="public_record", **{"with": [code]}) for code in ("ZT002", "ZT003")]
    found = level(*two)
    assert (found.level, found.cannot_tell) == (2, (3,))
    assert partners(*two) == (2, "at_least")
    assert (level(two[0]).level, level(two[0]).reason) == (
        None,
        "a_higher_level_cannot_be_ruled_out",
    )


def test_nothing_recorded_is_unknown_and_not_nought():
    """Without any event or return there is no count."""
    found = picture(on=ON)
    assert found.connection.measures["partners_12m"].status == "unknown"
    assert (found.levels["connection"].level, found.levels["connection"].reason) == (
        None,
        "no_evidence",
    )


DIVISIONS = event(
    "DivisionsSet", "ZT001", "2020-01-01",
    divisions=[{"code": code, "name": code} for code in ("med", "surg", "wch", "core")],
)  # fmt: skip
SYSTEMS = [
    system("ZS01"), system("ZS02"), joined("ZT001", "ZS01"), joined("ZT002", "ZS01"),
    joined("ZT003", "ZS01"), joined("ZT004", "ZS01"), joined("ZT005", "ZS02"),
]  # fmt: skip
FOUR = [
    tie(assurance="public_record", divisions=["med"], **{"with": ["ZT002", "ZT003", "ZT004"]}),
    tie(assurance="public_record", divisions=["surg"], **{"with": ["ZT005"]}),
]
SURVEYED = event(
    "NetworkSurveyed", "ZT001", "2024-04-01", instrument="Ties", invited=50, responded=40,
    ties=90, density_share=0.1, isolates=2, cross_division_share=0.25,
)  # fmt: skip


def test_four_partners_one_of_another_host_and_half_of_the_divisions_make_level_three():
    """Level 3 needs breadth within and a partner beyond the home system; level 4 a survey too."""
    assert level(*SYSTEMS, DIVISIONS, *FOUR).level == 3
    assert level(*SYSTEMS, DIVISIONS, *FOUR, SURVEYED).level == 4
    assert level(*SYSTEMS, DIVISIONS, *FOUR, SURVEYED, on="2026-04-01").level == 3
    assert level(*SYSTEMS, *FOUR).missing == ("divisions_named_percent",)


def test_a_partner_is_of_another_host_by_its_membership_on_the_date():
    """When the partner's board becomes the trust's own, it is no longer another's."""
    moved = joined("ZT001", "ZS02", "2026-03-01")
    others = [joined(code, "ZS02", "2026-03-01") for code in ("ZT002", "ZT003", "ZT004")]
    found = [*SYSTEMS, DIVISIONS, *FOUR, *COVERED]
    assert connection(*found).measures["another_host"].value is True
    assert connection(*found, moved, *others).measures["another_host"].value is False


def test_a_partner_whose_history_is_not_at_hand_has_a_host_that_is_not_known():
    """Not loaded, or not registered, is not "of no other host"."""
    made = [tie(assurance="public_record", **{"with": ["ZT099"]}), *COVERED]
    assert connection(*SYSTEMS, *made).measures["another_host"].status == "unknown"


def test_without_a_list_of_divisions_their_share_is_unknown():
    """Conditions on divisions are unknown until there is a list."""
    found = connection(*SYSTEMS, *FOUR, *COVERED).measures["divisions_named_percent"]
    assert (found.status, found.reason) == ("unknown", "no_list_of_divisions")
    known = connection(*SYSTEMS, DIVISIONS, *FOUR, *COVERED).measures["divisions_named_percent"]
    assert (known.value, known.status) == (50.0, "known")


def test_divisions_that_another_recorded_are_its_own():
    """A division's code in another's record says nothing of this trust's division."""
    made = tie("ZT002", assurance="public_record", divisions=["med"], **{"with": ["ZT001"]})
    found = connection(DIVISIONS, made, *COVERED).measures["divisions_named_percent"]
    assert found.value == 0


def test_ties_within_are_shown_beside():
    """The share of ties that cross divisions is shown with the connections to others."""
    found = connection(SURVEYED).measures["cross_division_share"]
    assert (found.value, found.unit) == (0.25, "share")


def test_connections_of_an_absorbed_trust_go_on_marked_and_those_within_do_not_count():
    """After a merger the successor has the absorbed trust's partners, and not itself."""
    inner = tie("ZT002", assurance="public_record", **{"with": ["ZT001"]})
    outer = tie("ZT002", "2020-01-01", "public_record", 7, kind="buddying", **{"with": ["ZT003"]})
    events = [inner, outer, merged("ZT002", "ZT001", "2026-02-01")]
    found = connection(*events)
    assert [(c.with_, c.inherited_from) for c in found.connections] == [(("ZT003",), "ZT002")]
    assert connection(*events, on="2026-01-31").connections[0].with_ == ("ZT002",)
    assert not connection(*events, ended(7, "2026-03-01")).connections[0].live


def test_partners_that_merged_are_one():
    """What was made with a trust goes on with the one that it became part of."""
    made = [tie(assurance="public_record", **{"with": [code]}) for code in ("ZT002", "ZT003")]
    events = [*made, merged("ZT002", "ZT003", "2026-02-01"), *COVERED]
    assert partners(*events) == (1, "known")
    assert [x.other for x in connection(*events).exchanges] == ["ZT003"]


def network(code, on, name="q_community", type_="NetworkJoined", **more):
    """Return a membership of a network."""
    return event(type_, code, on, network=name, **more)


def test_a_network_that_both_merged_trusts_were_in_is_one_and_the_successor_leaves_it():
    """The same network in both is one, with what was last said of its members."""
    events = [
        network("ZT001", "2020-01-01", members=4), network("ZT002", "2018-01-01", members=9),
        merged("ZT002", "ZT001", "2021-01-01"),
    ]  # fmt: skip
    (found,) = connection(*events).networks
    assert (found.network, found.start.date) == ("q_community", day("2018-01-01"))
    gone = network("ZT001", "2022-01-01", type_="NetworkLeft")
    assert connection(*events, gone).networks == ()
    assert connection(*events, gone, on="2021-12-31").measures["networks_live"].value == 1


def offer(code="ZT001", on="2026-01-01", **more):
    """Return an offer."""
    data = {"topic": "coaching", "capacity": 2, "until": "2026-06-30"} | more
    return event("OfferMade", code, on, "self_declared", 21, **data)


def request(code="ZT002", on="2026-01-01"):
    """Return a request."""
    data = {"topic": "coaching", "until": "2026-06-30"}
    return event("HelpRequested", code, on, "self_declared", 22, **data)


def match(code, assurance="self_declared"):
    """Return that the offer meets the request."""
    return event(
        "MatchAgreed", code, "2026-02-01", assurance, 23,
        offer_event=uid(21), request_event=uid(22),
    )  # fmt: skip


def test_an_offer_stands_to_its_last_day_or_until_it_is_withdrawn():
    """The last day is inclusive; the day of the withdrawal is the first without."""
    assert len(connection(offer(), on="2026-06-30").offers) == 1
    assert connection(offer(), on="2026-07-01").offers == ()
    gone = event("OfferWithdrawn", "ZT001", "2026-03-01", "self_declared", offer_event=uid(21))
    assert len(connection(offer(), gone, on="2026-02-28").offers) == 1
    assert connection(offer(), gone, on="2026-03-01").offers == ()
    asked = event("RequestWithdrawn", "ZT002", "2026-03-01", "self_declared", request_event=uid(22))
    assert connection(request(), asked, code="ZT002").requests == ()
    assert len(connection(request(), code="ZT002").requests) == 1


@pytest.mark.parametrize(
    ("recorder", "confirmers", "counts"),
    [
        ("ZT001", [], False),
        ("ZT001", ["ZT002"], True),
        ("ZT002", ["ZT001"], True),
        ("ZS01", ["ZT002"], False),
        ("ZS01", ["ZT001", "ZT002"], True),
    ],
)
def test_a_match_counts_when_both_sides_say_so(recorder, confirmers, counts):
    """Whoever records it, the offering and the asking side each record or confirm."""
    events = [system("ZS01"), offer(), request(), match(recorder)]
    events += [confirmed(23, code) for code in confirmers]
    for code in ("ZT001", "ZT002"):
        found = connection(*events, code=code)
        assert [(m.offered_by, m.asked_by, m.counted) for m in found.matches] == [
            ("ZT001", "ZT002", counts)
        ]
    (made,) = connection(*events).offers
    assert (made.matched, made.left) == (int(counts), 2 - counts)


def test_the_last_two_sided_exchange_is_told_for_each_other():
    """The date of the last day together, today for what is live; unconfirmed ones do not count."""
    events = [
        tie(on="2024-03-31", assurance="public_record", **{"with": ["ZT002"]}),
        tie(on="2023-01-01", assurance="public_record", **{"with": ["ZT002"]}),
        tie(on="2020-01-01", assurance="public_record", kind="buddying", **{"with": ["ZT003"]}),
        tie(on="2026-01-01", **{"with": ["ZT004"]}),
    ]
    found = connection(*events).exchanges
    assert [(x.other, x.months, x.live) for x in found] == [
        ("ZT002", 24, False),
        ("ZT003", 0, True),
    ]


def test_a_system_shows_its_own_connections():
    """A board has connections as facts, and no level."""
    made = tie("ZS01", assurance="public_record", **{"with": ["ZT001"]})
    known = histories(entries(*TRUSTS, *SYSTEMS, made))
    found = system_picture.picture("ZS01", known, day(ON))
    assert [c.with_ for c in found.connection.connections] == [("ZT001",)]
    assert connection(*SYSTEMS, made).exchanges[0].other == "ZS01"


def test_evidence_is_too_old_after_fifteen_months():
    """A connection known to end later vouches until then; after that it ages from its end."""
    two = [
        tie(on="2020-01-01", assurance="public_record", number=n, kind="buddying", **{"with": [c]})
        for n, c in ((7, "ZT002"), (8, "ZT003"))
    ]
    assert level(*two, on="2021-04-01").level == 2
    assert level(*two, on="2021-04-02").reason == "evidence_too_old"
    ends = [ended(7, "2025-01-01"), ended(8, "2025-01-01")]
    assert level(*two, *ends, on="2024-12-31").level == 2


def test_the_measures_of_the_model_are_those_of_the_section():
    """The model reads no measure that the dimension does not give."""
    assert first_model().rules("connection").measures() <= set(connection().measures)


def test_what_the_picture_needs_of_partners_is_named():
    """The host of a partner, and whom it became part of, are among what must be loaded."""
    made = tie(assurance="public_record", **{"with": ["ZT005"]})
    known = histories(entries(*TRUSTS, *SYSTEMS, made))
    assert {"ZT005"} <= closure.neighbours("ZT001", {"ZT001": known["ZT001"]})
    given = context("ZT001", known, day(ON))
    assert connections.current(given, "ZT005") == "ZT005"
