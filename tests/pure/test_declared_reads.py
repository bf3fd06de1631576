"""What a dimension reads it declares: else an event that cannot be read goes unnoticed in it."""

import collections
from collections.abc import Mapping

import msgspec
import pytest

from service.domain.model import first_model
from service.domain.register import BY_NAME, TYPES
from service.projections import dimensions, reuse
from service.projections.context import context, unreadable
from service.projections.dimensions import DIMENSIONS, PRACTICE, SKILLS, STRATEGY
from service.projections.history import History, Unreadable
from service.projections.ledger import ledger_of
from tests.pure.histories import day, histories
from tests.pure.samples import sample

EVERYWHERE = {
    "TrustRegistered": "from when on a body is asked for its quarters; the register says it",
    "TrustMerged": "what is composed, and when a body ends; the register says it",
    "TrustClosed": "when a body ends; the register says it",
    "SystemClosed": "as TrustClosed",
    "Withheld": "it feeds no ledger: of what is withheld only that it is there is told",
    "ReturnMade": "a return that cannot be read covers nothing: figures are less sure, not wrong",
}
"""Types that any dimension may read undeclared, each with the reason.

Of the register: what cannot be read there stands under `register` in the picture itself.
"""
UNDECLARED = {
    # One measure rests on leadership; that one looks for what cannot be read itself.
    STRATEGY.name: {"posts", "approach", "shared_leadership", "board_composition"},
    # It asks for the whole size of a trust, and takes the headcount of it.
    PRACTICE.name: {"divisions", "income"},
}
"""Ledgers that a dimension may read undeclared, each with the reason."""


class Recording(Mapping):
    """A mapping that notes which keys were asked for, whether they are there or not."""

    def __init__(self, inner, asked):
        """Read `inner`, note in `asked`."""
        self.inner, self.asked = inner, asked

    def __getitem__(self, key):
        """Note and return."""
        self.asked.add(key)
        return self.inner[key]

    def __contains__(self, key):
        """Note and tell: what is asked for is read, even if there is none today."""
        self.asked.add(key)
        return key in self.inner

    def __iter__(self):
        """Note that everything was read."""
        self.asked.update(self.inner)
        return iter(self.inner)

    def __len__(self):
        """Tell how many there are."""
        return len(self.inner)


def recorded(history, asked):
    """Return a history that notes which types are read of it, with nothing remembered."""
    return History(Recording(history.by_type, asked), history.unread, history.last_position)


def watched(code, around, on):
    """Return a context that notes what is read of the body's own parts, and of others."""
    mine, others = set(), set()
    found = context(code, around, on)
    absorbed = tuple(
        msgspec.structs.replace(
            gone,
            history=recorded(gone.history, mine),
            own_by_type=Recording(gone.own_by_type, mine),
        )
        for gone in found.absorbed
    )
    bodies = {code: mine, **{gone.code: mine for gone in absorbed}}
    given = msgspec.structs.replace(
        found,
        history=recorded(found.history, mine),
        own_by_type=Recording(found.own_by_type, mine),
        absorbed=absorbed,
        around={name: recorded(one, bodies.get(name, others)) for name, one in around.items()},
    )
    return given, mine, others


def read(dimension, given):
    """Compute all that a dimension says; of the three levels of skills only the level is asked."""
    if dimension is SKILLS or dimension.section is not SKILLS.section:
        dimension.section(given)
    rules = first_model().rules(dimension.name)
    if dimension.level is not None and rules is not None:
        dimension.level(given, rules)


RICH = sample(3, 30, 12_000)
DAYS = ("2019-06-30", "2022-12-31", "2025-11-15")


@pytest.fixture(scope="module")
def around():
    """Return the histories of a rich sample."""
    return histories(RICH)


@pytest.mark.parametrize("dimension", DIMENSIONS, ids=lambda one: one.name)
def test_a_dimension_reads_only_ledgers_that_it_declares(around, dimension):
    """Whatever the section or the level of a dimension asks for feeds a ledger it declares."""
    undeclared = collections.defaultdict(set)
    for code in (code for code in around if code.startswith("ZT")):
        for on in DAYS:
            given, mine, _ = watched(code, around, day(on))
            read(dimension, given)
            allowed = dimension.ledgers() | UNDECLARED.get(dimension.name, set())
            for kind in mine - set(EVERYWHERE):
                if ledger_of(kind) not in allowed:
                    undeclared[kind].add(code)
    assert dict(undeclared) == {}


@pytest.mark.parametrize("dimension", DIMENSIONS, ids=lambda one: one.name)
def test_what_a_dimension_reads_decides_whether_it_is_made_anew(around, dimension):
    """Each type that is read is among those whose growth has the dimension made anew."""
    watching = set(dimensions._types(dimension.name))
    for code in (code for code in around if code.startswith("ZT")):
        given, mine, _ = watched(code, around, day(DAYS[-1]))
        read(dimension, given)
        assert mine <= watching


@pytest.mark.parametrize("dimension", DIMENSIONS, ids=lambda one: one.name)
def test_a_dimension_reads_of_others_only_the_register(around, dimension):
    """Of organisations that are only connected, the service loads the register's part alone."""
    for code in ("ZT001", "ZT005"):
        given, _, others = watched(code, around, day(DAYS[-1]))
        read(dimension, given)
        assert {BY_NAME[kind].part for kind in others} <= {"register"}
        assert others <= set(reuse._BELONGING)  # their growth has it made anew


def test_the_sample_is_rich_enough(around):
    """A merger and nearly every type are in the sample: else nothing would be tried."""
    assert {kind for one in around.values() for kind in one.by_type} >= {
        kind.name for kind in TYPES if kind.fold.form != "about"
    }
    assert any(context(code, around, day(DAYS[-1])).absorbed for code in around)


@pytest.mark.parametrize("dimension", DIMENSIONS, ids=lambda one: one.name)
def test_nothing_is_declared_that_is_not_read(around, dimension):
    """A ledger declared and never read would make a dimension unreadable for no reason."""
    seen = set()
    for code in (code for code in around if code.startswith("ZT")):
        given, mine, _ = watched(code, around, day(DAYS[-1]))
        read(dimension, given)
        seen |= {ledger_of(kind) for kind in mine}
    assert dimension.ledgers() <= seen


@pytest.mark.parametrize("dimension", DIMENSIONS, ids=lambda one: one.name)
def test_poison_in_what_is_declared_is_noticed(around, dimension):
    """An event of a declared type that cannot be read is said at its position."""
    for kind in dimension.types:
        bad = Unreadable(10**6, kind, "ZT001", "unreadable")
        history = msgspec.structs.replace(around["ZT001"], unread=(bad,))
        given = context("ZT001", {"ZT001": history}, day(DAYS[-1]))
        assert unreadable(dimension, given) == (10**6,)
