"""What ends at a trust within 12 months, by the quarter of its last day: question 2 of a lead.

Money is the trust's own part of agreements, never a shared one whole (DOMAIN.md §2). The window is
[on, on + 12 months), so its first and last quarters may be cut.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Final, Literal

from msgspec import UNSET, Struct

from service.domain import dates
from service.projections import leadership_measures
from service.projections.context import Context, UnreadableAt
from service.projections.coverage import Quarter, quarter_of
from service.projections.funding import Funding
from service.projections.improvement_team import Team
from service.projections.leadership import Leadership
from service.projections.measure import Evidence, Measure, evidence, together, unknown
from service.projections.member_sections import Sections
from service.projections.posts import Spell

_AHEAD: Final = 12


class EndingUndertaking(Struct, frozen=True, gc=False):
    """A live strategy or programme whose planned end lies in the quarter."""

    kind: str
    code: str
    title: str | None
    method: str | None
    last_day: dt.date
    inherited_from: str | None
    events: Evidence


class EndingPost(Struct, frozen=True, gc=False):
    """A leader whose term ends, or who announced to leave. successor_known: of an announcement."""

    post: str
    person: str
    why: Literal["announced", "term"]
    last_day: dt.date
    successor_known: bool | None
    events: Evidence


class QuarterEnds(Struct, frozen=True, gc=False):
    """What ends at one trust in one quarter of the next 12 months.

    pence: what the agreements that end give in their last 12 months. Nought where nothing ends and
    something of the kind is recorded; unknown where nothing ever was.
    """

    quarter: Quarter
    pence: Measure
    team_wte: Measure
    coaches_wte: Measure
    agreements: tuple[str, ...]
    undertakings: tuple[EndingUndertaking, ...]
    posts: tuple[EndingPost, ...]

    def something(self) -> bool:
        """Tell whether anything ends."""
        figures = (self.pence.value, self.team_wte.value, self.coaches_wte.value)
        return any((*figures, self.agreements, self.undertakings, self.posts))


def quarters(on: dt.date) -> tuple[Quarter, ...]:
    """Return the quarters in which the days of [on, on + 12 months) lie: four, or five."""
    end = dates.add_months(on, _AHEAD)
    found = [quarter_of(on)]
    while found[-1].end < end:
        found.append(quarter_of(found[-1].end))
    return tuple(found)


def ends(given: Context, said: Sections) -> tuple[QuarterEnds, ...]:
    """Return what ends at a trust in each quarter of the next 12 months."""
    undertakings, posts = list(_undertakings(said, given.on)), list(_posts(given, said))
    return tuple(
        _quarter(
            quarter,
            said,
            tuple(item for item in undertakings if _inside(item.last_day, quarter)),
            tuple(item for item in posts if _inside(item.last_day, quarter)),
        )
        for quarter in quarters(given.on)
    )


def _quarter(
    quarter: Quarter,
    said: Sections,
    undertakings: tuple[EndingUndertaking, ...],
    posts: tuple[EndingPost, ...],
) -> QuarterEnds:
    pence, agreements = _money(said.funding, quarter)
    team = None if isinstance(said.skills, UnreadableAt) else said.skills.team
    return QuarterEnds(
        quarter=quarter,
        pence=pence,
        team_wte=_wte(team, quarter, "team_funded"),
        coaches_wte=_wte(team, quarter, "coaches_released"),
        agreements=agreements,
        undertakings=undertakings,
        posts=posts,
    )


def _money(funding: Funding | UnreadableAt, quarter: Quarter) -> tuple[Measure, tuple[str, ...]]:
    if isinstance(funding, UnreadableAt):
        return unknown("pence", "unreadable"), ()
    ending = next((item for item in funding.ends if item.quarter == quarter), None)
    if ending is not None:
        return ending.pence, ending.agreements
    counted = [item.events for item in funding.agreements if item.counted]
    return _none_ends(counted, "pence", "no_agreement"), ()


def _wte(
    team: Team | None, quarter: Quarter, member: Literal["team_funded", "coaches_released"]
) -> Measure:
    if team is None:
        return unknown("wte", "unreadable")
    ending = next((item for item in team.ends if item.quarter == quarter), None)
    found: Measure | None = getattr(ending, member) if ending else None
    if found is not None and found.value is not None:
        return found
    recorded = team.parts if member == "team_funded" else team.deployments
    return _none_ends([item.events for item in recorded], "wte", "not_recorded")


def _none_ends(recorded: Sequence[Evidence], unit: str, reason: str) -> Measure:
    """Return nought, resting on what is recorded and does not end; unknown where nothing is."""
    if not recorded:
        return unknown(unit, reason)
    return Measure(0, unit, "known", together(recorded))


def _undertakings(said: Sections, on: dt.date) -> Iterator[EndingUndertaking]:
    if isinstance(said.strategy, UnreadableAt):
        return
    for item in said.strategy.live:
        if item.planned_end is not None and _ahead(item.planned_end, on):
            yield EndingUndertaking(
                kind=item.kind,
                code=item.code,
                title=item.title,
                method=item.method,
                last_day=item.planned_end,
                inherited_from=item.inherited_from,
                events=item.events,
            )


def _posts(given: Context, said: Sections) -> Iterator[EndingPost]:
    """Yield leaders whose last day is known, in order of their posts."""
    if isinstance(said.leadership, UnreadableAt):
        return
    yield from _announced(said.leadership, given.on)
    spells = leadership_measures.affairs(given).posts.spells
    for spell in sorted(spells, key=lambda spell: (spell.post, spell.person)):
        if spell.live(given.on):
            yield from _term(spell, given.on)


def _announced(leadership: Leadership, on: dt.date) -> Iterator[EndingPost]:
    for post in leadership.posts:
        for item in post.announced:
            if item.leaves_on is not None and _ahead(item.leaves_on, on):
                yield EndingPost(
                    post=post.post,
                    person=item.person,
                    why="announced",
                    last_day=item.leaves_on,
                    successor_known=item.successor_known,
                    events=item.events,
                )


def _term(spell: Spell, on: dt.date) -> Iterator[EndingPost]:
    """Yield the end of a spell's term as last stated, if it lies ahead."""
    known = [fact for fact in spell.bases if fact.effective <= on]
    stated = [fact for fact in known if getattr(fact.data, "term_ends", UNSET) is not UNSET]
    if stated and _ahead(stated[-1].data.term_ends, on):
        last, behind = stated[-1].data.term_ends, evidence(stated[-1:])
        yield EndingPost(spell.post, spell.person, "term", last, None, behind)


def _ahead(day: dt.date, on: dt.date) -> bool:
    return on <= day < dates.add_months(on, _AHEAD)


def _inside(day: dt.date, quarter: Quarter) -> bool:
    return quarter.start <= day < quarter.end


__all__ = ["EndingPost", "EndingUndertaking", "QuarterEnds", "ends", "quarters"]
