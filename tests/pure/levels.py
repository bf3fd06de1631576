"""Deciding levels from made measures, for the tests that try every input."""

import itertools

from service.domain.model import first_model
from service.projections.levels import Case, Freshness, decide
from service.projections.measure import Evidence, Measure
from tests.pure.histories import day

FRESH = Freshness(day("2024-01-01"), 0, "fresh", None)


def measured(value):
    """Return a figure: None is unknown, a pair is a value with its status."""
    value, status = value if isinstance(value, tuple) else (value, "known")
    return Measure(value, "x", "unknown" if value is None else status, Evidence())


def decided(name, values):
    """Return the answer of the first model for a dimension's measures."""
    measures = {key: measured(value) for key, value in values.items()}
    return decide(Case(first_model().rules(name), measures), FRESH)


def better(name, inputs):
    """Yield the answers before and after one known measure became better, the others fixed.

    inputs: by measure, its values from the worst to the best; only known ones are compared.
    """
    for values in itertools.product(*inputs.values()):
        case = dict(zip(inputs, values, strict=True))
        before = decided(name, case)
        for key, value in case.items():
            rest = inputs[key][inputs[key].index(value) + 1 :]
            known = [other for other in rest if exact(other)] if exact(value) else []
            for other in known:
                yield before, decided(name, {**case, key: other})


def exact(value):
    """Tell whether a value is known exactly."""
    return value is not None and not isinstance(value, tuple)
