"""Who appears in a history: the opaque references of all who held a post, or are said to leave."""

from __future__ import annotations

from typing import Final

from service.domain.register import BY_NAME
from service.projections.history import History

TYPES: Final = tuple(
    name for name, kind in BY_NAME.items() if "person" in kind.payload.__struct_fields__
)
"""The types whose events name a person."""


def persons(history: History) -> frozenset[str]:
    """Return everybody whom a history names, lent or shared posts of other organisations too."""
    return frozenset(fact.data.person for fact in history.of(*TYPES))


__all__ = ["TYPES", "persons"]
