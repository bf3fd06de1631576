"""What was looked up of whoever asked last, at hand for a while: keys, sessions, tokens alike.

It is found by a mark: a hash of what a caller brings under a secret of this process. So no secret
is kept, nobody outside can tell a mark, and no time that a look takes says anything of one. BLAKE2
and not the SHA-256 that tables keep: that is OpenSSL's here, whose calls cost some microseconds.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, Generic, TypeVar

MOST: Final = 4_096
"""So many are at hand; beyond, the one that was looked up longest ago is looked up again."""
T = TypeVar("T")


class AtHand(Generic[T]):
    """What was found under each mark, until when. Instants are seconds of the process's clock."""

    def __init__(self) -> None:
        self._found: OrderedDict[bytes, tuple[float, T]] = OrderedDict()
        self._secret = secrets.token_bytes(32)
        self._forgotten = 0

    def mark(self, brought: str) -> bytes:
        """Return under what something that a caller brings is at hand."""
        return hashlib.blake2b(brought.encode(), digest_size=32, key=self._secret).digest()

    def get(self, mark: bytes, seconds: float) -> T | None:
        """Return what was found under a mark, if it stands still."""
        found = self._found.get(mark)
        return found[1] if found is not None and seconds < found[0] else None

    def met(self, mark: bytes) -> bool:
        """Tell whether something was found under a mark when it was looked for last."""
        return self._found.get(mark) is not None

    def look(self, mark: bytes) -> int:
        """Begin to look something up; return what `keep` is to be told of when it began."""
        self._found.pop(mark, None)
        return self._forgotten

    def keep(self, mark: bytes, found: T, until: float, began: int) -> None:
        """Keep what was found; not if something was forgotten meanwhile: it may be from before."""
        if began != self._forgotten:
            return
        self._found[mark] = (until, found)
        while len(self._found) > MOST:
            self._found.popitem(last=False)

    def forget(self, gone: Callable[[T], bool]) -> None:
        """Have what something is told of looked up again."""
        self._forgotten += 1
        for mark in [mark for mark, (_, found) in self._found.items() if gone(found)]:
            del self._found[mark]


__all__ = ["MOST", "AtHand"]
