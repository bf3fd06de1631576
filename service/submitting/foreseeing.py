"""What the log would refuse of a file's events, block by block, before any of them is recorded.

Events of earlier blocks count as if they were in the log: of each that later ones refer to, what
admission needs is remembered; of all others nothing, so that a file may be long.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from typing import Final

from service.domain import apart, links
from service.domain.admission import Batch, Standing, Stream
from service.domain.caller import Caller
from service.domain.codec import Submitted
from service.domain.envelope import type_name
from service.domain.references import references
from service.domain.referred import Referred, grown
from service.store import appending, reading
from service.store.appending import Connection, Head

FAR: Final = 2**40


class Foresight:
    """Looks at the blocks of one file, in order."""

    def __init__(
        self, caller: Caller, wanted: frozenset[uuid.UUID], repeated: Iterable[uuid.UUID]
    ) -> None:
        """wanted: ids that any event of the file refers to; repeated: that come more than once."""
        self._caller = caller
        self._wanted = wanted
        self._earlier = dict.fromkeys(repeated, b"")
        self._head: Head | None = None
        self._streams: dict[str, Stream] = {}
        self._told: dict[uuid.UUID, Referred] = {}
        self._about: dict[uuid.UUID, list[uuid.UUID]] = {}
        self._links: dict[str, list[links.Told]] = {}

    async def look(self, connection: Connection, events: Sequence[Submitted]) -> apart.Foreseen:
        """Return what the log would make of the next block's events."""
        standing = await self._standing(connection, events)
        found = await asyncio.to_thread(
            apart.foresee, events, self._caller, standing, self._earlier
        )
        self._remember(found, standing.position)
        return found

    async def _standing(self, connection: Connection, events: Sequence[Submitted]) -> Standing:
        head = self._head or await _head(connection)
        batch = Batch(tuple(events), {}, self._caller)
        known = await appending.standing(connection, [batch], head)
        named = {one.id for submitted in events for one in references(submitted.event)}
        carried = self._carried(named | known.referred.keys())
        kinds = {type_name(submitted.event) for submitted in events}
        if self._links and not known.links and not kinds.isdisjoint(links.CHANGES):
            known.links = await appending.linked(connection)
        for code, told in self._links.items():
            known.links[code] = known.links.get(code, []) + told
        known.referred = grown({**known.referred, **carried})
        known.streams |= self._streams
        known.wanted = self._wanted
        self._head = head
        return known

    def _carried(self, ids: set[uuid.UUID]) -> dict[uuid.UUID, Referred]:
        """Return those of the file's earlier events that are among the ids, or are about them."""
        found: dict[uuid.UUID, Referred] = {}
        waiting, seen = list(ids), set(ids)
        while waiting:
            key = waiting.pop()
            if key in self._told:
                found[key] = self._told[key]
            about = [other for other in self._about.get(key, ()) if other not in seen]
            seen.update(about)
            waiting += about
        return found

    def _remember(self, found: apart.Foreseen, before: int) -> None:
        assert self._head is not None  # noqa: S101 - the standing was made from it
        self._head = Head(found.position, b"", self._head.now, b"")
        self._streams |= found.streams
        for code, told in found.links.items():
            self._links.setdefault(code, []).extend(told)
        for key, one in found.referred.items():
            if one.position > before:
                self._told[key] = one
                if one.about is not None:
                    self._about.setdefault(one.about, []).append(key)


async def _head(connection: Connection) -> Head:
    """Return where the file's own positions begin: beyond any that the log reaches meanwhile."""
    found = await reading.head(connection)
    return Head(found.position + FAR, b"", dt.datetime.now(dt.UTC), b"")


__all__ = ["Foresight"]
