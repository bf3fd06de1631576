"""Which entries stand in whose history, and which histories the service loads for a picture."""

from service.domain.envelope import type_name
from service.domain.mentions import mentioned
from service.projections import closure
from service.projections import history as fold

REGISTER = {
    "TrustRegistered", "TrustMerged", "TrustClosed", "TrustJoinedSystem", "TrustLeftSystem",
    "SystemEstablished", "SystemClosed", "EventCorrected", "EventRetracted",
}  # fmt: skip
"""What the service reads of organisations that a trust is only connected with."""


def parts(entries, known_at):
    """Return each organisation's entries: its own, and those that mention it.

    An event about another mentions all that the other, and what was said of it, ever named.
    """
    ever, about, found = {}, {}, {}
    for entry in entries:
        targets = (entry.target, *entry.target.others) if entry.target else ()
        codes = {entry.event.organisation}
        codes |= mentioned(entry.event, targets[0].type if targets else None)
        codes = codes.union(*(ever[target.position] for target in targets))
        place = entry.position
        ever[place], about[place] = set(codes), entry.target.position if entry.target else None
        while (place := about[place]) is not None:
            ever[place] |= codes
        for code in codes if entry.position <= known_at else ():
            found.setdefault(code, []).append(entry)
    return found


def loaded(code, own):
    """Return the histories that the service loads for a picture, and no more."""
    found, wanted = {}, {code}
    while wanted:
        found |= {one: fold.facts(own.get(one, [])) for one in wanted}
        wanted = closure.missing(code, found)
    while around := closure.neighbours(code, found):
        for one in around:
            kept = [e for e in own.get(one, []) if e.event.organisation == one]
            found[one] = fold.facts([e for e in kept if type_name(e.event) in REGISTER])
    return found
