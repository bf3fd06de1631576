"""What an event type declares of itself: the one place where all that it needs is named.

A type is complete when its module holds its payload, its text, its sample, how the fold takes it,
who may record it and a disclosure class for each of its numbers; a test refuses less.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Literal

from msgspec import Struct
from msgspec.structs import force_setattr

from service.domain.envelope import Event, Payload
from service.domain.faults import Fault

Bearer = Literal["trust", "system"]
TRUSTS: Final[frozenset[Bearer]] = frozenset({"trust"})
SYSTEMS: Final[frozenset[Bearer]] = frozenset({"system"})
BOTH: Final[frozenset[Bearer]] = TRUSTS | SYSTEMS

Part = Literal[
    "register", "leadership", "culture", "skills", "funding", "board", "strategy", "connection",
    "practice", "context", "record",
]  # fmt: skip
Recorder = Literal["operator", "organisation", "recorder_of_target", "organisation_concerned"]
DisclosureClass = Literal["people", "tiered", "organisation", "survey", "open"]
"""MODEL.md §5.5. `people` is rounded, `organisation` exact, `survey` withheld when its base is
small; `tiered` is `people` or `organisation` by the payload's tier of skill (`ROUNDED_TIERS`);
`open` numbers count nobody and nothing (a year, a quarter, a grade). Parts (`by`) of what is
`people` or `tiered` are for exact readers only."""
ROUNDED_TIERS: Final = frozenset({"introductory", "practitioner"})
"""Tiers whose people are many enough to be rounded; coaches, experts and boards are exact."""

Form = Literal["opens", "closes", "states", "adds", "about"]
"""How the fold takes a fact into its ledger.

opens: from its day on something is so, by key, until a `closes` of the same key.
closes: from its day on it is no longer so.
states: from its day on this is the value of its key, until the next.
adds: it happened on its day; such facts add up.
about: it is about another event, and changes how that one is read.
"""


class Fold(Struct, frozen=True):
    """Which ledger a type feeds, in which form, and by which members of its payload it is keyed.

    Without members each event is a thing of its own, and what closes it names it by its id.
    """

    ledger: str
    form: Form
    key: tuple[str, ...] = ()


class Smallest(Struct, frozen=True):
    """A payload is withheld from rounded readers when `member` is absent or under 10."""

    member: str


class EventType(Struct, frozen=True, kw_only=True):
    """One type of the catalogue.

    payload: its Struct; the type's name is the Struct's, its documentation the Struct's docstring.
    part: the part of the catalogue. bearers: which kind of organisation's stream may hold it.
    recorder: who may record it (DOMAIN.md §2). fold: how the fold takes it.
    text: one plain sentence about an event of it. sample: a payload as JSON would hold it.
    sample_organisation: a code whose stream could hold the sample.
    classes: a disclosure class for each number in the payload, by path (`by.completions`).
    withheld: when the whole payload is withheld from rounded readers.
    check: rules that need two members; yields a fault for each that is broken.
    name: the type's name in the past tense, as it stands in `type`: its payload's.
    version: of the payload's schema. upcasts: the functions from version n to n + 1, oldest first.
    """

    payload: type[Payload]
    part: Part
    fold: Fold
    text: Callable[[Any], str]  # Any: each text takes its own payload, which the register pairs
    sample: Mapping[str, object]
    bearers: frozenset[Bearer] = TRUSTS
    recorder: Recorder = "organisation"
    classes: Mapping[str, DisclosureClass] = {}
    withheld: Smallest | None = None
    check: Callable[[Event], Iterator[Fault]] | None = None
    version: int = 1
    upcasts: tuple[Callable[[dict[str, Any]], dict[str, Any]], ...] = ()
    sample_organisation: str = "ZT001"
    name: str = ""

    def __post_init__(self) -> None:
        """Take the name from the payload: looked up for every event, so it is kept."""
        force_setattr(self, "name", self.payload.__name__)
