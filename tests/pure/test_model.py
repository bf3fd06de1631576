"""The model as a whole: its examples, and every case near a cut of every dimension."""

import collections
import itertools
import operator
import random

import msgspec
import pytest

from service.domain.model import first_model, models, read
from service.projections.acceptance import ModelRefused, differences, require
from service.projections.levels import Case, decide
from tests.pure.cases import FRESH, measured

MODEL = first_model()
DIMENSIONS = [rules.name for rules in MODEL.dimensions]
CASES = [
    pytest.param(rules, cuts, id="/".join(filter(None, (rules.name, cuts))))
    for rules in MODEL.dimensions
    for cuts in rules.cuts or [""]
]
OPS = {"==": operator.eq, "<=": operator.le, ">=": operator.ge}


def bounds(rules, cuts, name):
    """Return what the lines compare a measure with, for one set of cuts."""
    found = [c for line in rules.lines for c in line.conditions() if c.measure == name]
    chosen = rules.cuts.get(cuts, {})
    values = [c.value if c.cut is None else chosen.get(c.cut) for c in found]
    return [value for value in values if value is not None]


def values(rules, cuts, name):
    """Return the values of a measure next to each cut, from the worst to the best."""
    scale, found = rules.scales[name], bounds(rules, cuts, name)
    if scale.values:
        return list(scale.values)
    if any(isinstance(bound, bool) for bound in found):
        near = {False, True}
    else:
        near = {
            max(scale.least, round(b + step, 1)) for b in found for step in (-1, -0.1, 0, 0.1, 1)
        }
        whole = all(isinstance(bound, int) for bound in found)
        near = {value for value in near if value == int(value) or not whole}
    return sorted(near, reverse=scale.better == "lower")


def chosen(rules, cuts):
    """Return the measures that choose a set of cuts."""
    return dict(zip(rules.cuts_by, cuts.split("/"), strict=False))


def inputs(rules, cuts):
    """Return the measures that the lines compare, each with its values and unknown."""
    named = {c.measure: None for line in rules.lines for c in line.conditions()}
    named |= dict.fromkeys((*rules.needs, *rules.last_needs))
    read_ = [name for name in named if rules.scales[name].better != "none"]
    return {name: [None, *(values(rules, cuts, name) or [1])] for name in read_}


def answered(rules, cuts, case):
    """Return the answer for measures: a pair is a value with its status."""
    fixed = dict.fromkeys(rules.measures()) | chosen(rules, cuts)
    pairs = {k: v if isinstance(v, tuple) else (v, "known") for k, v in (fixed | case).items()}
    return decide(Case(rules, {name: measured(*pair) for name, pair in pairs.items()}), FRESH)


def every_answer(rules, cuts):
    """Return the answer of every combination, by the values of the measures in order."""
    given = inputs(rules, cuts)
    found = itertools.product(*given.values())
    return given, {key: answered(rules, cuts, dict(zip(given, key, strict=True))) for key in found}


def first_to_hold(rules, cuts, case):
    """Return the level by the first line that holds, in two-valued logic, of known measures."""
    known, cut_of = case | chosen(rules, cuts), rules.cuts.get(cuts, {})

    def holds(one):
        if one.cut is not None and one.cut not in cut_of:
            return False
        bound = one.value if one.cut is None else cut_of[one.cut]
        value = known[one.measure]
        return value in bound if one.op == "in" else OPS[one.op](value, bound)

    for line in rules.lines:
        if all(map(holds, line.all)) and (not line.any or any(map(holds, line.any))):
            return line.level
    raise AssertionError("no line holds")


@pytest.mark.parametrize(("rules", "cuts"), CASES)
def test_every_case_has_the_level_of_the_first_line_that_holds_or_is_unknown(rules, cuts):
    """One level with rule, source and strength, or unknown with a reason; never neither or both."""
    given, answers = every_answer(rules, cuts)
    seen = collections.Counter()
    for key, found in answers.items():
        told = (found.rule, found.source, found.strength)
        assert (found.level is None) == (told == (None, None, None)) == (found.reason is not None)
        seen[found.level] += 1
        if None not in key:
            case = dict(zip(given, key, strict=True))
            assert found.level == first_to_hold(rules, cuts, case), case
    assert set(seen) == {None, *offered(rules, cuts)}


def offered(rules, cuts):
    """Return the levels that can be reached with these cuts: a small group has no upper fifth."""
    there = {None, *rules.cuts.get(cuts, {})}
    each = [(line.level, {one.cut for one in line.conditions()}) for line in rules.lines]
    return {level for level, named in each if not named or named & there}


@pytest.mark.parametrize(("rules", "cuts"), CASES)
def test_every_level_but_the_highest_says_what_the_next_one_needs(rules, cuts):
    """The measure named is one that the lines read, with its value; it does not hold today."""
    given, answers = every_answer(rules, cuts)
    for key, found in answers.items():
        if found.level in {None, max(offered(rules, cuts))}:
            assert found.distance is None
            continue
        told = found.distance
        assert told.value == dict(zip(given, key, strict=True))[told.measure]
        op, bound = told.needs.rsplit(" ", 1) if "in [" not in told.needs else ("not in", "")
        if told.value is not None and op in OPS:
            assert not OPS[op](told.value, msgspec.json.decode(bound)), (key, told)


@pytest.mark.parametrize(("rules", "cuts"), CASES)
def test_a_better_measure_never_lowers_and_an_unknown_lies_between(rules, cuts):
    """The others fixed; an unknown measure is never above the best value nor below the worst."""
    given, answers = every_answer(rules, cuts)
    compared = 0
    for key, found in answers.items():
        for at, (_, worst, *better) in enumerate(given.values()):
            others = better[better.index(key[at]) + 1 :] if key[at] in better else better
            if key[at] is None:
                low, high = (answers[replaced(key, at, v)] for v in (worst, [worst, *better][-1]))
                assert not_below(found, low), key
                assert not_below(high, found), key
                continue
            for other in others:
                assert not_below(answers[replaced(key, at, other)], found), (key, at, other)
                compared += 1
    assert compared > 0


def replaced(key, at, value):
    """Return the values with one of them replaced."""
    return (*key[:at], value, *key[at + 1 :])


def not_below(better, worse):
    """Tell whether an answer is at no lower level than another, as far as both are known."""
    return None in {better.level, worse.level} or better.level >= worse.level


@pytest.mark.parametrize(("rules", "cuts"), CASES)
def test_a_bound_proves_only_what_no_value_that_it_allows_undoes(rules, cuts):
    """At least v proves no more than v does; at most v no more than v, and no less than nought."""
    given = inputs(rules, cuts)
    names = [n for n, v in given.items() if rules.scales[n].better == "higher" and len(v) > 3]
    for name in names:
        rest = {other: found for other, found in given.items() if other != name}
        for key in sampled(list(itertools.product(*rest.values()))):
            case = dict(zip(rest, key, strict=True))
            exact = [answered(rules, cuts, {**case, name: value}) for value in given[name][1:]]
            for value, same in zip(given[name][1:], exact, strict=True):
                for status in ("at_least", "at_most"):
                    found = answered(rules, cuts, {**case, name: (value, status)})
                    assert not_below(same, found), (case, name, value, status)
                    assert not_below(found, exact[0]), (case, name, value, status)


def sampled(found):
    """Return some of many, the same ones each time."""
    return random.Random(1).sample(found, min(len(found), 150))  # noqa: S311 - not for secrets


def test_every_level_of_every_dimension_has_an_example():
    """Each level that a line gives, and unknown, is shown by what people agreed on."""
    shown = {pair for case in MODEL.examples.cases for pair in case.levels.items()}
    for rules in MODEL.dimensions:
        wanted = {(rules.name, line.level) for line in rules.lines} | {(rules.name, None)}
        assert wanted <= shown


@pytest.mark.parametrize("name", models())
def test_a_model_agrees_with_its_examples(name):
    """What the rules make of each example is what it says; names are not used twice."""
    model = models()[name]
    assert differences(model) == ()
    names = [case.name for case in model.examples.cases]
    assert len(set(names)) == len(names)


def raw():
    """Return the first model as members."""
    return msgspec.json.decode(msgspec.json.encode(MODEL))


def test_a_model_with_a_failing_example_is_refused_by_name():
    """A cut that was moved by a slip is told by the example, what it says and what came out."""
    broken = raw()
    practice = next(one for one in broken["dimensions"] if one["name"] == "practice")
    line = next(line for line in practice["lines"] if line["level"] == 2)
    line["all"][0]["value"] = 10
    with pytest.raises(ModelRefused) as refused:
        require([MODEL, read(msgspec.json.encode(broken))])
    (found,) = refused.value.differences
    assert (found.dimension, found.expected, found.got) == ("practice", 2, 1)
    assert str(refused.value) == (
        "the model readiness-v1 disagrees with its examples:\n"
        "  Two projects completed, eight per 1,000: practice is 1, the example says 2"
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"events": [{"type": "LeaderLeft", "effective": "2020-01-01", "data": {}}]}, "/type"),
        (
            {"events": [{"type": "SkillsCounted", "effective": "2020-01-01", "data": {}}]},
            "/data/tier",
        ),
        ({"levels": {"leadershp": 3}}, "leadershp is no dimension"),
    ],
)
def test_an_example_that_cannot_be_folded_is_a_difference(change, said):
    """A misspelt type, a payload that the log would refuse, a dimension that is not there."""
    broken = raw()
    broken["examples"]["cases"] = [broken["examples"]["cases"][0] | change]
    (found,) = differences(read(msgspec.json.encode(broken)))
    assert said in str(found)
    assert str(found).startswith(found.example)


def test_a_dimension_says_which_way_each_measure_is_better():
    """Without a direction no test can tell whether a better measure lowers."""
    broken = raw()
    del broken["dimensions"][0]["scales"]["vacancy_percent"]
    with pytest.raises(msgspec.ValidationError, match="which way"):
        read(msgspec.json.encode(broken))


@pytest.mark.parametrize("name", DIMENSIONS)
def test_evidence_is_ageing_from_two_thirds_of_its_time_on(name):
    """The months are data of the model, with a source and a strength of their own."""
    rules = MODEL.rules(name)
    assert rules.ageing_months * 3 == rules.fresh_months * 2
    assert rules.fresh_source
