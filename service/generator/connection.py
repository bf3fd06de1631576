"""Connection: who learns with whom, networks, offers of help and requests for it.

What an event of these makes possible later (a confirmation, an end, a match) is in `answers`.
"""

from __future__ import annotations

from typing import Final, Literal

from msgspec import UNSET

from service.domain import dates
from service.domain.catalogue.connection.connection_made import ConnectionMade
from service.domain.catalogue.connection.help_requested import HelpRequested
from service.domain.catalogue.connection.network_joined import NetworkJoined
from service.domain.catalogue.connection.network_left import NetworkLeft
from service.domain.catalogue.connection.offer_made import OfferMade
from service.generator.bodies import (
    DECLARED,
    MINUTED,
    Body,
    Life,
    System,
    Trust,
    another,
    some_divisions,
    tell,
)
from service.generator.months import Month
from service.generator.words import NETWORKS, TOPICS

Kind = Literal[
    "visit", "seminar", "action_learning_set", "community", "buddying", "peer_review",
    "joint_project", "secondment", "joint_training",
]  # fmt: skip
LASTING: Final = frozenset(
    {"action_learning_set", "community", "buddying", "joint_project", "secondment"}
)
_KINDS: Final[tuple[tuple[Kind, float], ...]] = (
    ("visit", 0.34),
    ("seminar", 0.2),
    ("joint_training", 0.12),
    ("peer_review", 0.1),
    ("action_learning_set", 0.08),
    ("buddying", 0.06),
    ("community", 0.04),
    ("joint_project", 0.04),
    ("secondment", 0.02),
)
_WHO: Final = ("board", "executive", "improvement_team", "clinical", "staff")


def met(trust: Trust, month: Month) -> None:
    """Learn with another trust, or with a body that has no code."""
    chance, other = trust.chance, another(trust)
    made = ConnectionMade(
        kind=chance.weighted(_KINDS),
        with_=(other.code,) if other else UNSET,
        with_name=UNSET if other else "Elm Improvement Academy",
        who=chance.one_of(_WHO),
        virtual=True if chance.likely(0.3) else UNSET,
        divisions=some_divisions(trust),
        topic=chance.one_of(TOPICS),
    )
    tell(trust, chance.day(month), made, MINUTED if chance.likely(0.4) else DECLARED)


def meetings(trust: Trust, month: Month) -> Life:
    """Meet others every few months, the more often the better a trust does."""
    while True:
        month = yield trust.chance.wait(9 - 6 * trust.quality)
        met(trust, month)


def seminars(system: System, month: Month) -> Life:
    """Bring the trusts of a system together twice a year."""
    chance = system.chance
    while True:
        month = yield 6
        codes = [trust.code for trust in system.members if not trust.closed]
        if codes:
            made = ConnectionMade(kind="seminar", with_=tuple(codes), topic=chance.one_of(TOPICS))
            tell(system, chance.day(month), made)


def networks(body: Body, month: Month) -> Life:
    """Join a network for some years, leave it, join another."""
    chance = body.chance
    while True:
        month = yield chance.wait(10)
        network, members = chance.one_of(NETWORKS), chance.between(3, 40)
        joined = NetworkJoined(network=network, members=members)
        tell(body, chance.day(month), joined, DECLARED)
        month = yield chance.wait(50)
        tell(body, chance.day(month), NetworkLeft(network=network), DECLARED)


def offered(body: Body, month: Month) -> None:
    """Offer help for some months."""
    chance = body.chance
    day = chance.day(month)
    made = OfferMade(
        topic=chance.one_of(TOPICS),
        capacity=chance.between(1, 4),
        until=dates.add_months(day, chance.between(6, 18)),
    )
    tell(body, day, made, DECLARED)


def requested(body: Body, month: Month) -> None:
    """Ask for help for some months."""
    chance = body.chance
    day = chance.day(month)
    until = dates.add_months(day, chance.between(6, 12))
    tell(body, day, HelpRequested(topic=chance.one_of(TOPICS), until=until), DECLARED)


def helping(trust: Trust, month: Month) -> Life:
    """Offer help where a trust does well, ask for it where it does not."""
    chance = trust.chance
    while True:
        month = yield chance.wait(18)
        if chance.likely(trust.quality):
            offered(trust, month)
        else:
            requested(trust, month)


__all__ = [
    "LASTING", "helping", "meetings", "met", "networks", "offered", "requested", "seminars",
]  # fmt: skip
