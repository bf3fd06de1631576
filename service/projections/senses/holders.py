"""Two chief executives at once; one person in two posts at once."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from service.domain.words import plain
from service.projections.context import Context, lasting
from service.projections.history import Fact, History
from service.projections.posts import CHIEF, SEVERAL, Posts, Spell, posts
from service.projections.register import closing
from service.projections.senses.check import Check, Finding

_TYPES: Final = (
    "LeaderAppointed", "LeadershipBasisChanged", "LeaderDepartureAnnounced", "LeaderDeparted",
)  # fmt: skip


class _Held(Struct, frozen=True, gc=False):
    """A spell with the body that it is in, and all posts there."""

    body: str
    spell: Spell
    among: Posts

    def holds(self, day: dt.date) -> bool:
        """Tell whether the person is in post on a day, neither shared nor lent elsewhere."""
        alone = self.spell.basis(day) != "shared"
        return alone and self.spell.live(day) and self.among.lent(self.spell, day) is None

    def named(self, code: str) -> str:
        """Return the post in words and when, with its body where that is another than `code`."""
        of = "" if self.body == code else f" of {self.body}"
        until = f" until {self.spell.end}" if self.spell.end else ""
        return f"{plain(self.spell.post)}{of} from {self.spell.start}{until}"


@lasting
def _own(given: Context) -> Posts:
    return posts(given.code, given.history.of(*_TYPES), given.closed)


def _two_chiefs(given: Context) -> Iterator[Finding]:
    among = _own(given)
    for newer in among.of(CHIEF):
        present = among.in_post(CHIEF, newer.start)
        shared = all(spell.basis(newer.start) == "shared" for spell in present)
        before = present[: present.index(newer)] if newer in present else ()
        if before and not shared:
            others = " and ".join(f"{s.person} (since {s.start})" for s in before)
            text = f"{newer.person} became chief executive on {newer.start} beside {others}"
            yield Finding((*_first(newer), *(f for s in before for f in s.facts())), text)


def _first(spell: Spell) -> tuple[Fact, ...]:
    return spell.facts()[:1]


def _two_posts(given: Context) -> Iterator[Finding]:
    by_person: dict[str, list[_Held]] = {}
    for held in _seen(given):
        by_person.setdefault(held.spell.person, []).append(held)
    for person, spells in sorted(by_person.items()):
        for one, other in itertools.combinations(spells, 2):
            if _clash(given, one, other):
                both = f"{one.named(given.code)}, and {other.named(given.code)}"
                facts = (*_first(one.spell), *_first(other.spell))
                yield Finding(facts, f"{person} has two posts, neither of them shared: {both}")


def _clash(given: Context, one: _Held, other: _Held) -> bool:
    """Tell whether two spells of a person are two posts at once, one of them here."""
    if given.code not in {one.body, other.body}:
        return False
    if (one.body, one.spell.post) == (other.body, other.spell.post):
        return False
    if one.body != other.body and SEVERAL in {one.spell.post, other.spell.post}:
        return False  # a non-executive may sit on several boards
    day = max(one.spell.start, other.spell.start)
    return one.holds(day) and other.holds(day)


def _seen(given: Context) -> Iterator[_Held]:
    """Yield all spells that the history shows: own, of absorbed trusts, of bodies that name it."""
    own = _own(given)
    yield from (_Held(given.code, spell, own) for spell in own.spells)
    for gone in given.absorbed:
        there = posts(gone.code, gone.history.of(*_TYPES), gone.merged)
        yield from (_Held(gone.code, spell, there) for spell in there.spells)
    facts = tuple(given.history.of(*_TYPES))
    for code in sorted({fact.organisation for fact in facts} - given.bodies):
        end = closing(code, given.around.get(code, History()))
        there = posts(code, facts, end)
        yield from (_Held(code, spell, there) for spell in there.spells)


TWO_CHIEFS: Final = Check(
    code="second_chief_executive",
    rule="one person is chief executive, unless the post is shared; the newest is counted",
    way_out="record the departure of the first, correct its day, or say that the post is shared",
    find=_two_chiefs,
)
TWO_POSTS: Final = Check(
    code="person_in_two_posts",
    rule="a person holds one post at a time unless one is shared; posts in other bodies are only "
    "seen where their events name this one",
    way_out="record the departure from the first post, correct the person or the basis; if both "
    "posts are held, nothing need be done",
    find=_two_posts,
)

__all__ = ["TWO_CHIEFS", "TWO_POSTS"]
