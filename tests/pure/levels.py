"""Deciding levels from made measures."""

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
