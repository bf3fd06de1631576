"""Each kind of system, systems of systems, and what is kept of a trust between pictures."""

import pytest

from service.domain.codec import Unread
from service.domain.model import first_model
from service.projections import contribution, system_members, system_picture
from service.projections.context import context
from service.projections.history import Entry, facts
from tests.pure.cases import joined, merged, system, trust
from tests.pure.histories import day, entries, event, histories
from tests.pure.systems import (
    BASE,
    ON,
    asked,
    committed,
    counted_people,
    met,
    offered,
    seen,
)

MORE = [
    counted_people("ZT001", "coach", 3), committed("ZT002", "2026-06-30"),
    met("ZT001", "ZT003", on="2026-01-01"),
    offered("ZT001", "coaching"), asked("ZT002", "coaching"),
]  # fmt: skip


@pytest.mark.parametrize("kind", ["cluster", "region", "collaborative", "group", "place", "cohort"])
def test_each_kind_of_system_has_the_same_picture_of_the_same_trusts(kind):
    """Direct members of another kind of system are looked at as those of a board are."""
    others = [
        system("ZC01", kind),
        *(joined(code, "ZC01") for code in ("ZT001", "ZT002", "ZT003")),
        joined("ZT004", "ZC01", role="partner"),
    ]
    same(seen(*MORE, *others), seen(*MORE, *others, code="ZC01"))


@pytest.mark.parametrize("kind", ["cluster", "region"])
def test_a_system_of_systems_has_the_trusts_that_its_members_host(kind):
    """A partner of a member board is not counted there, nor shown: it is no member's host."""
    events = [
        system("ZC01", kind),
        event("SystemJoinedSystem", "ZS01", "2021-01-01", system="ZC01"),
    ]
    found = seen(*MORE, *events, code="ZC01")
    assert [(one.code, one.via) for one in found.hosts] == [
        ("ZT001", "ZS01"), ("ZT002", "ZS01"), ("ZT003", "ZS01"),
    ]  # fmt: skip
    assert found.partners == ()
    assert [q.pence.value for q in found.ends] == [q.pence.value for q in seen(*MORE).ends]
    assert len(found.exchanges.pairs) == 3


def test_a_trust_that_changes_between_member_boards_went_and_came():
    """A region sees which of its boards a trust left and joined; a board sees its own side."""
    events = [
        system("ZC01", "region"), system("ZS02"),
        event("SystemJoinedSystem", "ZS01", "2021-01-01", system="ZC01"),
        event("SystemJoinedSystem", "ZS02", "2026-04-01", system="ZC01"),
        joined("ZT002", "ZS02", "2026-04-01"),
        joined("ZT003", "ZS02", "2025-05-16"),
    ]  # fmt: skip
    moves = [(m.code, m.via, m.what, m.reason) for m in seen(*events, code="ZC01").moves]
    assert moves == [
        ("ZT003", "ZS01", "went", "other_host"),
        ("ZS02", None, "came", None),
        ("ZT002", "ZS02", "came", None),
        ("ZT002", "ZS01", "went", "other_host"),
    ]
    assert [(m.code, m.via, m.what) for m in seen(*events).moves] == [
        ("ZT003", None, "went"), ("ZT002", None, "went"),
    ]  # fmt: skip


def test_what_cannot_be_read_at_one_trust_is_said_there_and_nowhere_else():
    """A poison connection leaves the others' matrix whole, and is neither none nor nought."""
    made = entries(*BASE, *MORE)
    poison = Entry(len(made) + 1, Unread("ConnectionMade", "ZT002", "unreadable"))
    known = histories(made)
    own = [entry for entry in made if entry.event.organisation == "ZT002"]
    found = system_picture.picture("ZS01", {**known, "ZT002": facts([*own, poison])}, day(ON))
    told = {(pair.one, pair.other): pair.reason for pair in found.exchanges.pairs}
    assert told["ZT001", "ZT002"] == "unreadable"
    assert told["ZT001", "ZT003"] is None
    assert [one.reason for one in found.exchanges.trusts] == [
        None, "unreadable", None, "none_recorded",
    ]  # fmt: skip
    offers = found.values["connection"].measures["offers_live"]
    assert ("ZT002", "unreadable") in [(one.code, one.reason) for one in offers.unknown]
    assert offers.total.status == "at_least"
    assert found.hosts[1].unreadable["connection"] == (len(made) + 1,)


def same(one, other):
    """Assert that two systems see their trusts alike."""
    for name in ("values", "counts", "ends", "exchanges", "help", "people"):
        assert getattr(one, name) == getattr(other, name)


def test_a_picture_assembled_from_kept_contributions_is_the_same():
    """What a trust gives holds while its histories do; only the changed one is made anew."""
    before = histories(entries(*BASE, *MORE))
    after = histories(entries(*BASE, *MORE, counted_people("ZT002", "coach", 8)))
    kept = {code: given(code, before) for code in ("ZT001", "ZT003", "ZT004")}
    scene = system_members.scene("ZS01", after, day(ON))
    found = system_picture.assemble(scene, {**kept, "ZT002": given("ZT002", after)})
    assert found == system_picture.picture("ZS01", after, day(ON))
    assert found.values["skills"].measures["people_coach"].total.value == 11


def given(code, known):
    """Return what a trust gives to its systems."""
    return contribution.contribution(context(code, known, day(ON)), first_model())


def test_an_absorbed_trusts_offer_is_matched_as_its_successors():
    """After a merger the offer goes on and the match of it stays among members."""
    offer = event("OfferMade", "ZT005", "2026-01-01", topic="co_design", capacity=2,
                  until="2027-01-01", number=901)  # fmt: skip
    request = event("HelpRequested", "ZT001", "2026-01-01", topic="co_design",
                    until="2027-01-01", number=902)  # fmt: skip
    match = event("MatchAgreed", "ZT005", "2026-02-01", offer_event=str(offer.id),
                  request_event=str(request.id))  # fmt: skip
    found = seen(trust("ZT005"), offer, request, match, merged("ZT005", "ZT002", "2026-04-01")).help
    assert [(c.offered_by, c.asked_by, c.agreed) for c in found.candidates] == [
        ("ZT002", "ZT001", True)
    ]
    assert len(found.matches) == 1
