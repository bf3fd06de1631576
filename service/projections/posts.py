"""Who was in which post when: spells of persons in posts, from one body's facts.

Source: DOMAIN.md §2, tenure: from the person's first day in that post in that body, whatever the
basis; after a gap anew; leaving and appointed on one day goes on; secondment elsewhere empties it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import UNSET, Struct

from service.projections.history import Fact, counts_for

OPENING: Final = frozenset(
    {"LeaderAppointed", "LeadershipBasisChanged", "LeaderDepartureAnnounced"}
)
_POSTS: Final = OPENING | {"LeaderDeparted"}
CHIEF: Final = "chief_executive"
SEVERAL: Final = "non_executive_director"
NO_EXECUTIVES: Final = frozenset({"chair", SEVERAL})


class Spell(Struct, frozen=True, gc=False):
    """One person's unbroken time in one post.

    seen_first: the start is only the first day on which the person is known to be in post.
    end: the first day no longer in post. bases: the facts that say on which terms, in order.
    """

    post: str
    person: str
    start: dt.date
    seen_first: bool
    end: dt.date | None
    bases: tuple[Fact, ...]
    closed: Fact | None

    def live(self, day: dt.date) -> bool:
        """Tell whether the person is in post on a day."""
        return self.start <= day and (self.end is None or day < self.end)

    def basis(self, day: dt.date) -> str | None:
        """Return the terms on a day, or None when no event says."""
        told = (fact for fact in reversed(self.bases) if fact.effective <= day)
        said = next((fact for fact in told if hasattr(fact.data, "basis")), None)
        return str(said.data.basis) if said else None

    def facts(self) -> tuple[Fact, ...]:
        """Return the facts behind the spell."""
        return (*self.bases, *([self.closed] if self.closed else []))


class Away(Struct, frozen=True, gc=False):
    """A person lent to another body: that person's first post counts as not filled meanwhile."""

    person: str
    start: dt.date
    fact: Fact


class Posts(Struct, frozen=True, gc=False):
    """All spells of a body, and who was lent to others."""

    spells: tuple[Spell, ...]
    away: tuple[Away, ...]

    def of(self, post: str) -> tuple[Spell, ...]:
        """Return the spells of one post in order of their start."""
        return tuple([spell for spell in self.spells if spell.post == post])

    def lent(self, spell: Spell, day: dt.date) -> Away | None:
        """Return the secondment that keeps a holder from the post on a day."""
        return next((a for a in self.away if _keeps(a, spell, day)), None)

    def in_post(self, post: str, day: dt.date) -> tuple[Spell, ...]:
        """Return everybody in a post on a day who is not lent elsewhere, oldest first."""
        return tuple(s for s in self.of(post) if s.live(day) and not self.lent(s, day))

    def counting(self, post: str, day: dt.date) -> tuple[Spell, ...]:
        """Return whose tenure counts: the newest appointed, or all who share a post."""
        holders = self.in_post(post, day)
        several = post == SEVERAL
        if several or all(spell.basis(day) == "shared" for spell in holders):
            return holders
        return holders[-1:]


def posts(code: str, facts: Iterable[Fact], closed: Fact | None) -> Posts:
    """Return the spells of a body's posts; all of them end when the body does."""
    given = list(facts)
    keyed: dict[tuple[str, str], list[Fact]] = {}
    for fact in given:
        if fact.organisation == code and fact.type in _POSTS:
            keyed.setdefault((fact.data.post, fact.data.person), []).append(fact)
    found = [spell for (post, person), own in keyed.items() for spell in _spells(post, person, own)]
    ended = [_ended(spell, closed) for spell in found if not _after_end(spell, closed)]
    ended.sort(key=lambda spell: (spell.start, spell.bases[0].position if spell.bases else 0))
    away = (Away(f.data.person, f.effective, f) for f in given if _lends(code, f))
    return Posts(tuple(ended), tuple(sorted(away, key=lambda a: (a.start, a.fact.position))))


def _spells(post: str, person: str, facts: Sequence[Fact]) -> Iterable[Spell]:
    """Yield one person's spells; an announcement of a departure that has come opens none."""
    bases: list[Fact] = []
    departed: Fact | None = None
    for fact in _in_order(facts):
        if departed is not None and fact.type == "LeaderDepartureAnnounced":
            continue
        if fact.type != "LeaderDeparted":
            if departed is not None and departed.effective < fact.effective:
                yield _spell(post, person, bases, departed)
                bases = []
            departed = None
            bases.append(fact)
        elif departed is None:
            departed = fact
    if bases or departed:
        yield _spell(post, person, bases, departed)


def _in_order(facts: Sequence[Fact]) -> list[Fact]:
    """Return facts by day; leaving comes last of a day, but first when appointed on that day."""
    anew = {fact.effective for fact in facts if fact.type == "LeaderAppointed"}

    def place(fact: Fact) -> tuple[dt.date, int, int]:
        """Return where a fact stands among the others."""
        rank = 1 if fact.type == "LeaderAppointed" else 2
        if fact.type == "LeaderDeparted":
            rank = 0 if fact.effective in anew else 3
        return fact.effective, rank, fact.position

    return sorted(facts, key=place)


def _spell(post: str, person: str, bases: Sequence[Fact], departed: Fact | None) -> Spell:
    """Return a spell; a departure alone shows that the person was there the day before."""
    if bases:
        start, seen = bases[0].effective, bases[0].type != "LeaderAppointed"
    else:
        assert departed is not None  # noqa: S101 - the caller has one of the two
        start, seen = departed.effective - dt.timedelta(days=1), True
    end = departed.effective if departed else None
    return Spell(post, person, start, seen, end, tuple(bases), departed)


def _after_end(spell: Spell, closed: Fact | None) -> bool:
    return closed is not None and spell.start >= closed.effective


def _ended(spell: Spell, closed: Fact | None) -> Spell:
    if closed is None or (spell.end is not None and spell.end <= closed.effective):
        return spell
    return Spell(
        spell.post,
        spell.person,
        spell.start,
        spell.seen_first,
        closed.effective,
        spell.bases,
        closed,
    )


def _lends(code: str, fact: Fact) -> bool:
    if fact.type != "LeaderAppointed" or fact.data.from_organisation is UNSET:
        return False
    elsewhere = fact.organisation != code and fact.data.from_organisation == code
    return elsewhere and counts_for(fact, code)


def _keeps(away: Away, spell: Spell, day: dt.date) -> bool:
    """Tell whether a secondment empties a post: until the body says something newer of it."""
    if away.person != spell.person or not spell.start <= away.start <= day:
        return False
    later = [f for f in spell.bases if away.start < f.effective <= day]
    stated = away.fact.data.term_ends
    return not later and (stated is UNSET or day <= stated)


__all__ = ["CHIEF", "NO_EXECUTIVES", "Away", "Posts", "Spell", "posts"]
