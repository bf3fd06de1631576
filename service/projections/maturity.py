"""Self-assessment: the newest stage of each component of each framework; it feeds no level."""

from __future__ import annotations

from typing import Final

from msgspec import UNSET, Struct, UnsetType

from service.projections.context import Context, withheld
from service.projections.history import Fact
from service.projections.measure import Evidence, Moment, evidence, moment

_ASSESSED: Final = "MaturityAssessed"
TYPES: Final = (_ASSESSED,)


class Component(Struct, frozen=True, gc=False):
    """What a trust says of itself in one component."""

    framework: str
    framework_version: str
    component: str
    stage: str
    by: str
    assessed: Moment
    events: Evidence


class Maturity(Struct, frozen=True, gc=False, tag_field="section", tag="self_assessment"):
    """The trust's own view of itself on a date; never inherited.

    withheld: assessments of which this reader sees no more than that there are some.
    """

    components: tuple[Component, ...]
    withheld: Evidence | UnsetType = UNSET


def maturity(given: Context) -> Maturity:
    """Return the newest assessment of each component and group of assessors."""
    newest: dict[tuple[str, str, str], Fact] = {}
    for fact in given.own(_ASSESSED):
        if fact.effective <= given.on:
            newest[fact.data.framework, fact.data.component, fact.data.by] = fact
    small = [fact for fact in withheld(given, _ASSESSED) if fact.effective <= given.on]
    components = tuple(_component(newest[key]) for key in sorted(newest))
    return Maturity(components, evidence(small) if small else UNSET)


def _component(fact: Fact) -> Component:
    data = fact.data
    return Component(
        framework=data.framework,
        framework_version=str(data.framework_version),
        component=data.component,
        stage=str(data.stage),
        by=data.by,
        assessed=moment(fact),
        events=evidence([fact]),
    )


__all__ = ["TYPES", "Component", "Maturity", "maturity"]
