"""What a dimension made is used again while all that it reads is the same.

An event feeds one ledger: the other dimensions of the same trust on the same date would make the
same again. A dimension declares what it reads (a test finds what it does not), groups of facts that
did not grow are the same objects, and so are the register's parts of others: where all are, what
was made before is it. Memory only; what it returns is what would be made anew.
"""

from __future__ import annotations

import operator
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from typing import Any, Final, TypeVar

from msgspec import Struct

from service.domain.register import BY_NAME
from service.domain.withheld import WITHHELD
from service.projections.history import History

T = TypeVar("T")
MOST: Final = 2_000
"""Sections and levels that are kept: those of some sixty trusts on a date."""
EVERYWHERE: Final = (
    *(name for name, kind in BY_NAME.items() if kind.part == "register" or name == "ReturnMade"),
    WITHHELD,
)
"""Types that every dimension may read: what and where a body is, how large, what was returned; and
what is withheld, whatever it is about.
"""
Read = tuple[object, ...]


class Kept(Struct, frozen=True):
    """What was made, and the very objects that it was made from."""

    read: Read
    # Any: sections and levels of all dimensions lie side by side.
    made: Any


class Reuse:
    """Keeps what dimensions made last, up to a bound."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, Kept] = OrderedDict()

    def get(self, key: Hashable, read: Read, make: Callable[[], T]) -> T:
        """Return what was made from these very objects under a key, making it if need be."""
        kept = self._kept.get(key)
        if kept is None or not _same(kept.read, read):
            kept = self._kept[key] = Kept(read, make())
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        made: T = kept.made
        return made

    def whole(self, key: Hashable, read: Read) -> Read:
        """Return a list of objects, itself the same object while all of them are.

        So a list that every dimension reads is compared once, and not once for each of them.
        """
        return self.get(key, read, lambda: read)


def _same(one: Read, other: Read) -> bool:
    return len(one) == len(other) and all(map(operator.is_, one, other))


def groups(history: History, types: tuple[str, ...]) -> Read:
    """Return the groups of facts of some types, and what could not be read, as objects."""
    return (*(history.by_type.get(kind) for kind in types), history.unread)


def registers(around: Mapping[str, History]) -> Read:
    """Return the register's groups of others, in order of their codes."""
    found: list[object] = []
    for code in sorted(around):
        found.append(code)
        found += groups(around[code], _BELONGING)
    return tuple(found)


_BELONGING: Final = (
    "TrustRegistered", "TrustMerged", "TrustClosed", "TrustJoinedSystem", "TrustLeftSystem",
    "SystemEstablished", "SystemClosed", "SystemJoinedSystem", "SystemLeftSystem",
)  # fmt: skip

__all__ = ["EVERYWHERE", "Reuse", "groups", "registers"]
