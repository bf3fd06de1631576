"""Rules that several event types share; each yields a fault where the rule is broken.

Sources: CONVENTIONS.md 2 and 18 (ends, sums, a financial year once), 20 (never itself).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Iterable, Iterator

from msgspec import UNSET, Struct, UnsetType

from service.domain.faults import Fault, join, shown


def end_before_beginning(
    pointer: str, end: dt.date | UnsetType, beginning: dt.date
) -> Iterator[Fault]:
    """Yield a fault when a last day lies before the first."""
    if end is not UNSET and end < beginning:
        rule = f"must not lie before the first day, {beginning}"
        yield Fault(pointer, "end_before_beginning", rule, shown(end))


def itself(pointer: str, code: str, organisation: str) -> Iterator[Fault]:
    """Yield a fault when an organisation names itself."""
    if code == organisation:
        rule = f"must be another organisation than the event's own, {organisation}"
        yield Fault(pointer, "itself", rule, shown(code))


def repeated(pointer: str, values: Iterable[Hashable], member: str = "") -> Iterator[Fault]:
    """Yield a fault for each item that came before; `member` is the one that the values are of."""
    seen: set[Hashable] = set()
    for index, value in enumerate(values):
        if value in seen:
            place = join(pointer, index, member) if member else join(pointer, index)
            yield Fault(place, "repeated_item", "must be listed once only", shown(value))
        seen.add(value)


def sum_exceeds_total(
    pointer: str, parts: Iterable[float | UnsetType], total: float | UnsetType, name: str
) -> Iterator[Fault]:
    """Yield a fault when the parts' amounts add up to more than the total, `name`."""
    added = round(sum(part for part in parts if part is not UNSET), 2)
    if total is not UNSET and added > total:
        rule = f"must add up to no more than {name}, {total}"
        yield Fault(pointer, "sum_exceeds_total", rule, shown(added))


def none_given(pointer: str, data: Struct, names: tuple[str, ...]) -> Iterator[Fault]:
    """Yield a fault when none of the members is given."""
    if all(getattr(data, name) is UNSET for name in names):
        rule = f"must give at least one of {', '.join(names)}"
        yield Fault(pointer, "missing", rule)


def parts(
    pointer: str, items: Iterable[Struct], member: str, total: float, whole: str
) -> Iterator[Fault]:
    """Yield faults of the parts of a figure by division and staff group.

    Each part names one of the two at least, comes once, and their `member` adds up to no more
    than the total, `whole`.
    """
    known = tuple(items)
    for index, part in enumerate(known):
        yield from none_given(join(pointer, index), part, ("division", "staff_group"))
    named = ((getattr(p, "division", "") or "", getattr(p, "staff_group", "") or "") for p in known)
    yield from repeated(pointer, named)
    yield from sum_exceeds_total(pointer, (getattr(p, member) for p in known), total, whole)
