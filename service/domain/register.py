"""The register of event types: one line a type, and the closed union built from it.

To add a type: write its module in `catalogue/`, add its line to `TYPES`, write its test data.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import msgspec

from service.domain.catalogue.board import (
    board_commitment_ended,
    board_commitment_made,
    board_development_held,
    board_reviewed_progress,
)
from service.domain.catalogue.connection import (
    connection_ended,
    connection_made,
    help_requested,
    match_agreed,
    network_joined,
    network_left,
    offer_made,
    offer_withdrawn,
    request_withdrawn,
)
from service.domain.catalogue.context import (
    maturity_assessed,
    maturity_shared,
    oversight_assessed,
    oversight_ended,
    oversight_started,
    regulator_rated,
    support_given,
)
from service.domain.catalogue.culture import culture_surveyed, involvement_agreed, network_surveyed
from service.domain.catalogue.funding import (
    funding_committed,
    funding_spent,
    funding_withdrawn,
)
from service.domain.catalogue.leadership import (
    board_composed,
    leader_appointed,
    leader_departed,
    leader_departure_announced,
    leadership_approach_affirmed,
    leadership_basis_changed,
    shared_leadership_extended,
)
from service.domain.catalogue.practice import (
    learning_shared,
    management_routine_ended,
    management_routine_started,
    practice_adopted,
    project_completed,
    project_started,
)
from service.domain.catalogue.record import (
    dispute_settled,
    event_confirmed,
    event_corrected,
    event_disputed,
    event_retracted,
    return_made,
    share_granted,
    share_withdrawn,
)
from service.domain.catalogue.register import (
    divisions_set,
    income_reported,
    system_closed,
    system_established,
    system_joined_system,
    system_left_system,
    system_renamed,
    system_succeeded,
    trust_changed,
    trust_closed,
    trust_joined_system,
    trust_left_system,
    trust_merged,
    trust_registered,
    workforce_counted,
)
from service.domain.catalogue.skills import (
    coaches_deployed,
    improvement_team_counted,
    skills_counted,
    staff_trained,
    trained_staff_left,
)
from service.domain.catalogue.strategy import (
    ambition_set,
    programme_joined,
    programme_left,
    strategy_adopted,
    strategy_ended,
)
from service.domain.envelope import Event
from service.domain.spec import EventType

TYPES: Final[tuple[EventType, ...]] = (
    system_established.TYPE,
    system_renamed.TYPE,
    system_closed.TYPE,
    system_succeeded.TYPE,
    system_joined_system.TYPE,
    system_left_system.TYPE,
    trust_registered.TYPE,
    trust_changed.TYPE,
    trust_joined_system.TYPE,
    trust_left_system.TYPE,
    trust_merged.TYPE,
    trust_closed.TYPE,
    divisions_set.TYPE,
    workforce_counted.TYPE,
    income_reported.TYPE,
    leader_appointed.TYPE,
    leadership_basis_changed.TYPE,
    leader_departure_announced.TYPE,
    leader_departed.TYPE,
    leadership_approach_affirmed.TYPE,
    shared_leadership_extended.TYPE,
    board_composed.TYPE,
    culture_surveyed.TYPE,
    network_surveyed.TYPE,
    involvement_agreed.TYPE,
    staff_trained.TYPE,
    skills_counted.TYPE,
    trained_staff_left.TYPE,
    coaches_deployed.TYPE,
    improvement_team_counted.TYPE,
    funding_committed.TYPE,
    funding_spent.TYPE,
    funding_withdrawn.TYPE,
    board_commitment_made.TYPE,
    board_commitment_ended.TYPE,
    board_development_held.TYPE,
    board_reviewed_progress.TYPE,
    strategy_adopted.TYPE,
    strategy_ended.TYPE,
    programme_joined.TYPE,
    programme_left.TYPE,
    ambition_set.TYPE,
    connection_made.TYPE,
    connection_ended.TYPE,
    network_joined.TYPE,
    network_left.TYPE,
    offer_made.TYPE,
    offer_withdrawn.TYPE,
    help_requested.TYPE,
    request_withdrawn.TYPE,
    match_agreed.TYPE,
    project_started.TYPE,
    project_completed.TYPE,
    learning_shared.TYPE,
    practice_adopted.TYPE,
    management_routine_started.TYPE,
    management_routine_ended.TYPE,
    support_given.TYPE,
    oversight_started.TYPE,
    oversight_ended.TYPE,
    oversight_assessed.TYPE,
    regulator_rated.TYPE,
    maturity_assessed.TYPE,
    maturity_shared.TYPE,
    return_made.TYPE,
    event_corrected.TYPE,
    event_retracted.TYPE,
    event_confirmed.TYPE,
    event_disputed.TYPE,
    dispute_settled.TYPE,
    share_granted.TYPE,
    share_withdrawn.TYPE,
)

BY_NAME: Final[Mapping[str, EventType]] = MappingProxyType({kind.name: kind for kind in TYPES})


def _envelope(kind: EventType) -> type[Event]:
    """Return the Struct of a whole event of one type: the envelope with that type's payload."""
    struct = msgspec.defstruct(
        f"{kind.name}Event",
        [("data", kind.payload)],
        bases=(Event,),
        namespace={"__doc__": kind.payload.__doc__},
        module=kind.payload.__module__,
        kw_only=True,
        frozen=True,
        forbid_unknown_fields=True,
        omit_defaults=True,
        gc=False,
        tag_field="type",
        tag=kind.name,
    )
    assert issubclass(struct, Event)  # noqa: S101 - tells the type checker what `bases` did
    return struct


ENVELOPES: Final[Mapping[str, type[Event]]] = MappingProxyType(
    {kind.name: _envelope(kind) for kind in TYPES}
)
TYPE_OF: Final[Mapping[type[Event], EventType]] = MappingProxyType(
    {ENVELOPES[kind.name]: kind for kind in TYPES}
)
# Any: the union of Structs made above has no name that a type checker could know.
AnyEvent: Final[Any] = functools.reduce(operator.or_, ENVELOPES.values())


def kind_of(event: Event) -> EventType:
    """Return the declared type of an event."""
    return TYPE_OF[type(event)]
