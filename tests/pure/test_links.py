"""Which mergers and memberships of systems are in force, and which of them make a circle."""

from __future__ import annotations

import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain import links
from service.domain.envelope import type_name
from service.domain.references import reference
from service.projections.history import facts
from service.projections.membership import memberships
from tests.pure.histories import day, entries, event

DAYS = [f"2020-01-0{n}" for n in range(1, 8)]
TRUSTS, SYSTEMS = ("ZT001", "ZT002"), ("ZS01", "ZS02", "ZS03")


def uid(number):
    """Return the id of the event that was made as number `number`."""
    return f"00000000-0000-0000-0000-{number:012x}"


def joined(number, code, system, on=DAYS[0]):
    """Return a joining."""
    return event("SystemJoinedSystem", code, on, number=number, system=system)


def left(number, code, system, on):
    """Return a leaving."""
    return event("SystemLeftSystem", code, on, number=number, system=system)


def merged(number, code, into, on=DAYS[0]):
    """Return a merger."""
    return event("TrustMerged", code, on, number=number, into=into, kind="merger")


def corrected(number, of, on, **data):
    """Return a correction of an event of the same stream."""
    return event(
        "EventCorrected", of.organisation, on, number=number,
        event=str(of.id), data=data, reason="mistyped",
    )  # fmt: skip


def retracted(number, of):
    """Return the retraction of an event of the same stream."""
    return event(
        "EventRetracted", of.organisation, DAYS[0], number=number,
        event=str(of.id), reason="mistyped",
    )  # fmt: skip


class Log:
    """What was told so far, as admission keeps it; `take` answers with the circle, if one is made.

    keeps: also what makes a circle is kept, as an earlier release might have kept it.
    """

    def __init__(self, *, keeps=False):
        """Begin empty."""
        self.keeps, self.events, self.said, self.kinds = keeps, [], {}, {}

    def take(self, new):
        """Return the way of the circle that an event makes, or None and keep it."""
        about = reference(new)
        told = links.told(new, len(self.events) + 1, about, self.kinds.get(about))
        way = links.circle(new.organisation, lambda code: self.said.get(code, []), told)
        if way is None or self.keeps:
            self.events.append(new)
            self.kinds[new.id] = type_name(new)
            self.said.setdefault(new.organisation, []).append(told)
        return way


def ways(*events):
    """Return what is said to each event in turn."""
    log = Log()
    return [log.take(new) for new in events]


def test_a_circle_over_several_steps_is_shown_whole():
    """The way leads from the event's organisation back to it, in order."""
    found = ways(*(joined(n, SYSTEMS[n - 1], SYSTEMS[n % 3]) for n in (1, 2, 3)))
    assert found == [None, None, ("ZS03", "ZS01", "ZS02", "ZS03")]


def test_a_membership_left_before_the_other_begins_makes_no_circle():
    """On no day both hold; one day earlier they would."""
    first, end = joined(1, "ZS01", "ZS02", DAYS[0]), left(2, "ZS01", "ZS02", DAYS[3])
    assert ways(first, end, joined(3, "ZS02", "ZS01", DAYS[3])) == [None] * 3
    assert ways(first, end, joined(3, "ZS02", "ZS01", DAYS[2]))[2] is not None


def test_a_leaving_is_put_off_or_taken_back():
    """A correction or a retraction of a leaving makes a circle as a new joining does."""
    first, end = joined(1, "ZS01", "ZS02", DAYS[0]), left(2, "ZS01", "ZS02", DAYS[3])
    other = joined(3, "ZS02", "ZS01", DAYS[3])
    assert ways(first, end, other, retracted(4, end))[3] is not None
    assert ways(first, end, other, corrected(4, end, DAYS[4], system="ZS02"))[3] is not None
    assert ways(first, end, other, corrected(4, end, DAYS[2], system="ZS02"))[3] is None


def test_a_correction_closes_a_circle_by_its_payload_or_its_date():
    """What it puts in the place of a merger or a joining is held against the others."""
    one, two = merged(1, "ZT001", "ZT002"), merged(2, "ZT002", "ZT003")
    wrong = corrected(3, two, DAYS[0], into="zt001", kind="merger")
    assert ways(one, two, wrong)[2] == ("ZT002", "ZT001", "ZT002")
    first, end = joined(1, "ZS01", "ZS02", DAYS[0]), left(2, "ZS01", "ZS02", DAYS[3])
    other = joined(3, "ZS02", "ZS01", DAYS[4])
    assert ways(first, end, other, corrected(4, other, DAYS[2], system="ZS01"))[3] is not None


def test_the_newest_correction_in_force_counts():
    """Retracted, it gives way to the one before; that can close a circle that it had opened."""
    one, two = joined(1, "ZS01", "ZS02"), joined(2, "ZS02", "ZS03")
    away = corrected(3, one, DAYS[0], system="ZS03")
    again = corrected(4, one, DAYS[0], system="ZS04")
    back = joined(5, "ZS03", "ZS01")
    log = Log()
    for kept in (one, two, away, again, back):
        assert log.take(kept) is None
    assert log.take(retracted(6, again)) == ("ZS01", "ZS03", "ZS01")


def test_a_retraction_is_taken_back_at_any_depth():
    """Each retraction turns the one before; what is in force again closes the circle."""
    one = merged(1, "ZT001", "ZT002")
    first = retracted(2, one)
    second = retracted(4, first)
    third = retracted(5, second)
    closing = merged(3, "ZT002", "ZT001")
    assert ways(one, first, closing, second) == [None, None, None, ("ZT001", "ZT002", "ZT001")]
    log = Log()
    for kept in (one, first, second, third, closing):
        assert log.take(kept) is None
    assert log.take(retracted(6, third)) is not None


def row(position, of, body=None, kind=None, version=1):
    """Return a row as the log hands it out, with another body if one is given."""
    encoded = msgspec.json.encode(of) if body is None else body
    name = kind or type_name(of)
    return links.Row(
        position, of.id, of.organisation, name, version, of.effective, reference(of), encoded
    )


def in_force(*rows):
    """Return the links of each organisation as plain text."""
    return {
        code: [(link.other, str(link.start), link.end) for link in links.in_force(said)]
        for code, said in links.read(rows).items()
    }


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"data":{"into":7}}', b"null"])
def test_a_body_that_cannot_be_read_says_nothing(body):
    """Poison makes no link, corrects and retracts nothing, and stops no reading of the rest."""
    one, two = merged(1, "ZT001", "ZT002"), merged(2, "ZT002", "ZT003")
    rows = [
        row(1, one, body), row(2, two), row(3, retracted(3, two), body),
        row(4, corrected(4, two, DAYS[1], into="ZT001", kind="merger"), body),
    ]  # fmt: skip
    assert in_force(*rows) == {"ZT001": [], "ZT002": [("ZT003", DAYS[0], None)]}


def test_what_is_corrected_need_not_be_readable():
    """A correction replaces the whole payload, so it counts also over poison."""
    one = merged(1, "ZT001", "ZT002")
    right = corrected(2, one, DAYS[1], into="ZT003", kind="merger")
    assert in_force(row(1, one, b"{"), row(2, right)) == {"ZT001": [("ZT003", DAYS[1], None)]}
    assert in_force(row(1, one, version=9)) == {"ZT001": []}


def test_what_takes_an_old_circle_apart_is_let_in():
    """A log that holds a circle already accepts all that does not make it longer."""
    log = Log(keeps=True)
    first = joined(1, "ZS01", "ZS02", DAYS[2])
    assert log.take(first) is None
    assert log.take(joined(2, "ZS02", "ZS01", DAYS[2])) is not None
    assert log.take(left(3, "ZS01", "ZS02", DAYS[4])) is None
    assert log.take(joined(4, "ZS01", "ZS03", DAYS[2])) is None
    assert log.take(joined(5, "ZS01", "ZS02", DAYS[5])) is not None
    assert log.take(corrected(6, first, DAYS[1], system="ZS02")) is None
    assert log.take(retracted(7, first)) is None


def test_what_makes_an_old_circle_longer_is_refused():
    """Taking back the leaving that ended it is, though its first day was one before."""
    log = Log(keeps=True)
    end = left(3, "ZS01", "ZS02", DAYS[4])
    for kept in (joined(1, "ZS01", "ZS02"), joined(2, "ZS02", "ZS01"), end):
        log.take(kept)
    assert log.take(retracted(4, end)) is not None


def test_of_joining_and_leaving_on_one_day_the_later_recorded_counts():
    """Joined and left makes no link; left and joined does, and ends the one before in nothing."""
    join, leave = joined(1, "ZS01", "ZS02", DAYS[2]), left(2, "ZS01", "ZS02", DAYS[2])
    assert in_force(row(1, join), row(2, leave)) == {"ZS01": []}
    assert in_force(row(1, leave), row(2, join)) == {"ZS01": [("ZS02", DAYS[2], None)]}


@st.composite
def stories(draw):
    """Draw mergers, joinings and leavings among few codes and days, with changes of all sorts."""
    made = []
    for number in range(1, draw(st.integers(2, 14)) + 1):
        on = draw(st.sampled_from(DAYS))
        of = draw(st.sampled_from(made)) if made and draw(st.integers(0, 2)) == 0 else None
        if of is None:
            code = draw(st.sampled_from((*TRUSTS, *SYSTEMS)))
            other = draw(st.sampled_from([c for c in (*TRUSTS, *SYSTEMS) if c != code]))
            joins = joined if draw(st.integers(0, 2)) else left
            made.append((merged if code in TRUSTS else joins)(number, code, other, on))
        elif hasattr(of.data, "event") or draw(st.booleans()):
            made.append(retracted(number, of))
        else:
            member = "into" if hasattr(of.data, "into") else "system"
            others = [c for c in (*TRUSTS, *SYSTEMS) if c != of.organisation]
            data = {member: draw(st.sampled_from(others))}
            data |= {"kind": "merger"} if member == "into" else {}
            made.append(corrected(number, of, on, **data))
    return made


def circular(events):
    """Return (code, day) of each organisation that leads to itself, as the fold reads the events.

    Slow and plain: on each day, every link that holds, followed until nothing new is found.
    """
    found = set()
    read = facts(entries(*events))
    for on in map(day, DAYS):
        pairs = {
            (fact.organisation, fact.data.into)
            for fact in read.of("TrustMerged")
            if fact.effective <= on
        }
        for system in SYSTEMS:
            spans = memberships(system, read, {})
            pairs |= {(system, span.system) for span in spans if span.live(on)}
        while more := {(a, d) for (a, b), (c, d) in itertools.product(pairs, pairs) if b == c}:
            if more <= pairs:
                break
            pairs |= more
        found |= {(a, on) for a, b in pairs if a == b}
    return found


@given(stories(), st.booleans())
def test_an_event_is_refused_exactly_when_it_makes_a_circle(events, keeps):
    """Held against the fold, day by day, on sound logs and on those that hold circles already."""
    log = Log(keeps=keeps)
    for new in events:
        if reference(new) and reference(new) not in log.kinds:
            continue  # its target was refused
        before = circular(log.events)
        made = circular([*log.events, new]) - before
        way = log.take(new)
        assert (way is not None) == any(code == new.organisation for code, _ in made)
        assert way is None or (way[0] == way[-1] == new.organisation and len(set(way)) > 1)
