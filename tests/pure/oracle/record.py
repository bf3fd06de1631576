"""Which facts are in force, with which payload, of the entries known at a position (DOMAIN.md §2).

Each question walks over all that was recorded. Nothing of `service.projections` is used here.
"""

import msgspec

from service.domain.envelope import Event, type_name
from service.domain.mentions import payload_mentions
from service.domain.register import BY_NAME

ABOUT = {"EventCorrected", "EventRetracted", "EventConfirmed", "EventDisputed", "DisputeSettled"}
OPERATOR = {"public_record", "third_party"}
BEST = ["self_declared", "third_party", "board_minuted", "public_record"]


class Said(msgspec.Struct, frozen=True):
    """A fact as it is read: kind is its type, day its effective date, place its original's."""

    place: int
    positions: tuple
    kind: str
    organisation: str
    day: object
    assurance: str
    data: object
    refers: tuple
    disputed: tuple
    confirmers: frozenset

    def counts_for(self, code):
        """Tell whether it counts for a body: its own, the operator's, or confirmed by it."""
        mine = self.organisation == code
        return mine or self.assurance in OPERATOR or code in self.confirmers


def facts(known):
    """Return all facts in force of the entries of one history, in order of their originals.

    A correction may name whom its original did not: in that history it stands in its place.
    """
    known = [e for e in known if isinstance(e.event, Event)]
    about = [e for e in known if type_name(e.event) in ABOUT]
    originals = {e.position: e for e in known if type_name(e.event) not in ABOUT}
    corrected = {e.target.position for e in about if type_name(e.event) == "EventCorrected"}
    places = [p for p in sorted({*originals, *corrected}) if in_force(p, about)]
    found = (said(place, originals.get(place), about) for place in places)
    return [fact for fact in found if fact is not None]


def in_force(position, about):
    """Tell whether no later retraction that is itself in force names what stands at a position."""
    return not any(
        type_name(e.event) == "EventRetracted"
        and e.target.position == position
        and in_force(e.position, about)
        for e in about
    )


def of(position, kind, about):
    """Return what is in force of one kind about a position, oldest first."""
    return [
        e
        for e in about
        if type_name(e.event) == kind
        and e.target.position == position
        and in_force(e.position, about)
    ]


def said(place, entry, about):
    """Return an original as it is read: the newest correction in force replaces what it says."""
    corrections = of(place, "EventCorrected", about)
    if corrections:
        newest = corrections[-1]
        event, target, positions = newest.event, newest.target, (place, newest.position)
        kind, refers = target.type, target.others
        data = msgspec.json.decode(bytes(event.data.data), type=BY_NAME[kind].payload)
    elif entry is not None:
        event, positions = entry.event, (place,)
        kind, data = type_name(event), event.data
        refers = (entry.target, *entry.target.others) if entry.target else ()
    else:
        return None
    named = payload_mentions(data) | {target.organisation for target in refers}
    confirmed = {e.event.organisation for e in of(place, "EventConfirmed", about)}
    return Said(
        place, positions, kind, event.organisation, event.effective, event.assurance, data,
        refers, tuple(open_disputes(place, about)), frozenset(confirmed & named),
    )  # fmt: skip


def open_disputes(place, about):
    """Yield the positions of disputes that are not rejected by their newest settlement."""
    for dispute in of(place, "EventDisputed", about):
        settled = of(dispute.position, "DisputeSettled", about)
        if not settled or settled[-1].event.data.outcome != "rejected":
            yield dispute.position


def newest(found):
    """Return the fact that counts of several of one thing: newest, best assured, last."""
    best = None
    for fact in found:
        rank = (fact.day, BEST.index(fact.assurance), fact.place)
        if best is None or rank > (best.day, BEST.index(best.assurance), best.place):
            best = fact
    return best


def in_order(found):
    """Return facts by day; those of one day by position."""
    return sorted(found, key=lambda fact: (fact.day, fact.place))
