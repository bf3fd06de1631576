"""What makes a row the same row when its file is sent again: an id that follows from its content.

The submitter's own id if the row has one; else a UUID of organisation, type and "Your reference";
else one of the event's canonical body (without an id) and how often it came before in the file. So
a file that is sent twice is the same events, however its rows are formatted, moved or filtered.
Where a row stands is no part of its content: a row put in above would make all below it others.
"""

from __future__ import annotations

import hashlib
import uuid
from typing import Final

from service.domain.envelope import Event, type_name

NAMESPACE: Final = uuid.UUID("6f0f5d7e-3c0b-5b3a-9a51-8f0e1f6f2b4d")
"""All ids of rows are of this namespace; it never changes."""
UNNAMED: Final = "00000000-0000-0000-0000-000000000000"
"""Stands in a body for the id that follows from it."""


def of_reference(event: Event, reference: str) -> uuid.UUID:
    """Return the id of a row that its submitter named; the reference as JSON text."""
    named = f"reference\n{event.organisation}\n{type_name(event)}\n{reference}"
    return _uuid(named.encode())


def _uuid(name: bytes) -> uuid.UUID:
    digest = hashlib.sha1(NAMESPACE.bytes + name, usedforsecurity=False).digest()
    return uuid.UUID(bytes=digest[:16], version=5)


class Occurrences:
    """The rows of one file so far: how often each content came, and which names were used for what.

    One for all sheets of a file. It holds some 150 bytes a row.
    """

    def __init__(self) -> None:
        self._times: dict[int, int] = {}
        self._named: dict[int, int] = {}

    def of_content(self, body: bytes) -> uuid.UUID:
        """Return the id of a row without a name; body: canonical, with `UNNAMED` for its id."""
        digest = hashlib.sha1(body, usedforsecurity=False).digest()
        key = int.from_bytes(digest[:8], "big")
        times = self._times[key] = self._times.get(key, 0) + 1
        return _uuid(b"content\n%d\n%b" % (times, digest))

    def agrees(self, key: uuid.UUID, body: bytes) -> bool:
        """Tell whether a name is new in the file, or was used for the same content before."""
        content = hash(body)
        return self._named.setdefault(hash(key), content) == content


__all__ = ["NAMESPACE", "UNNAMED", "Occurrences", "of_reference"]
