"""The fields of a type as an answer in JSON gives them: those of files, but for money.

Files say pounds, JSON says pence (CONVENTIONS.md 6).
"""

from __future__ import annotations

import functools
from typing import Final

from msgspec import structs

from service.intake.columns import Column, columns

_ENVELOPE: Final = frozenset({"effective", "precision", "certain"})
_POUNDS: Final = "(£)"
_PENCE: Final = "(in pence)"


@functools.cache
def fields(kind: str) -> tuple[Column, ...]:
    """Return the fields of a type: of the payload, and the day with how exactly it is known."""
    stated = (c for c in columns(kind) if c.path in _ENVELOPE or c.path.startswith("data."))
    return tuple(_in_pence(column) if column.kind == "money" else column for column in stated)


def _in_pence(column: Column) -> Column:
    label = column.label.replace(_POUNDS, _PENCE)
    least, most = (None if bound is None else bound * 100 for bound in (column.least, column.most))
    return structs.replace(column, label=label, least=least, most=most)


__all__ = ["fields"]
