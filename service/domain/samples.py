"""A whole event of each type, as JSON holds it: what documentation and templates show."""

from __future__ import annotations

from typing import Final

from service.domain.spec import EventType

_OPERATORS: Final = frozenset({"CultureSurveyed"})
"""Types whose payload makes the sample the operator's: the NHS Staff Survey's is no trust's own."""


def sample(kind: EventType) -> dict[str, object]:
    """Return a whole event of a type that would be accepted, under a fictional code."""
    operator = kind.recorder == "operator" or kind.name in _OPERATORS
    return {
        "id": "11111111-2222-4333-8444-555555555555",
        "type": kind.name,
        "organisation": kind.sample_organisation,
        "effective": "2026-04-01",
        "data": dict(kind.sample),
        "source": {"kind": "public" if operator else "own", "reference": "Board paper 12"},
        "assurance": "public_record" if operator else "board_minuted",
    }
