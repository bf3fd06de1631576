"""Every system of the fictional sample on several days: alphabetical, and sums of their parts."""

import functools
import itertools
import json
from importlib import resources

import msgspec
import pytest

from service.domain import codec
from service.projections import system_picture
from tests.pure.histories import day, entries, histories

SYSTEMS = ("ZC51", "ZC52", "ZS01", "ZS02", "ZS03")
DAYS = ("2019-01-01", "2024-06-01", "2025-12-31", "2026-03-31")


@functools.cache
def sample():
    """Return the histories of the sample's organisations."""
    raw = resources.files("service.story").joinpath("fictional.ndjson").read_bytes()
    lines = [(line, json.loads(line)) for line in raw.splitlines()]
    events = [codec.read(line, said["type"], 1, said["organisation"]) for line, said in lines]
    return histories(entries(*events))


@functools.cache
def seen(code, on):
    """Return the picture of one system on a day."""
    return system_picture.picture(code, sample(), day(on))


pytestmark = pytest.mark.parametrize(("code", "on"), [*itertools.product(SYSTEMS, DAYS)])


def test_all_lists_of_trusts_are_alphabetical(code, on):
    """Whatever the figures are, the order is that of the codes."""
    found = seen(code, on)
    hosts = [one.code for one in found.hosts]
    assert hosts == sorted(hosts)
    for dimension in found.values.values():
        for values in dimension.measures.values():
            assert [one.code for one in values.trusts] == hosts
    pairs = [(pair.one, pair.other) for pair in found.exchanges.pairs]
    members = sorted([*hosts, *(one.code for one in found.partners)])
    assert pairs == list(itertools.combinations(members, 2))
    candidates = [(c.topic.casefold(), c.offered_by, c.asked_by) for c in found.help.candidates]
    assert candidates == sorted(candidates)


def test_known_bounded_and_unknown_make_all_hosts_and_sums_are_of_their_values(code, on):
    """No trust is counted twice or lost; a sum is that of what is known."""
    for dimension in seen(code, on).values.values():
        for values in dimension.measures.values():
            assert values.known + values.bounded + len(values.unknown) == values.hosts
            known = [v.measure.value for v in values.trusts if v.measure and v.measure.value]
            if values.total is not None and values.total.value is not None:
                assert values.total.value == pytest.approx(sum(known))
            for one in values.spreads:
                points = (one.least, one.lower_quartile, one.median, one.upper_quartile)
                assert [*points, one.greatest] == sorted([*points, one.greatest])


def test_sums_of_what_ends_are_those_of_hosted_trusts(code, on):
    """A partner's money and posts are in the list and not in the sum."""
    for quarter in seen(code, on).ends:
        hosted = [one.ends for one in quarter.trusts if one.role == "host"]
        for name in ("pence", "team_wte", "coaches_wte"):
            whole = getattr(quarter, name).value or 0
            assert whole == pytest.approx(sum(getattr(e, name).value or 0 for e in hosted))


def test_an_answer_is_written_and_the_same_again(code, on):
    """The same histories give the same bytes."""
    again = system_picture.picture(code, sample(), day(on))
    assert msgspec.json.encode(again) == msgspec.json.encode(seen(code, on))
