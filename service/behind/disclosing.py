"""Histories and events as each reader may have them: before anything is folded from them.

Source: DESIGN.md, invariant 14. Of each organisation whose exact counts a reader may not have, what
is disclosed; of each whose self-assessments are not the reader's own, those that it shares with
them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
from msgspec import Raw

from service.behind.histories import Histories
from service.behind.latest import Latest
from service.domain.codec import Unread
from service.domain.disclosure import Disclosure
from service.domain.reader import Reader
from service.domain.roles import ALL
from service.projections import sharing
from service.projections.history import Entry, History
from service.projections.sharing import ASSESSED, SHARED, Shares
from service.store.reading import Stored

_ASSESSING: Final = frozenset({ASSESSED, SHARED})
_MARK: Final = b'"Maturity'
"""What every target of these types holds: most rows need not be decoded to be told apart."""


class Disclosed:
    """Loads histories for readers; what is kept is kept once for all who may have the same."""

    def __init__(self, latest: Latest, histories: Mapping[Disclosure, Histories]) -> None:
        self._latest = latest
        self._histories = histories

    async def load(self, reader: Reader, organisation: str, up_to: int) -> History:
        """Return a history as known at a position, not beyond the last head asked for."""
        said = await self._of(reader, organisation).load(organisation, up_to)
        return await self._seen(reader, organisation, said)

    async def beyond(
        self, reader: Reader, organisation: str, up_to: int, entries: tuple[Entry, ...]
    ) -> History:
        """Return a history as known at a position with entries behind it that are in no log."""
        said = await self._of(reader, organisation).beyond(organisation, up_to, entries)
        return await self._seen(reader, organisation, said)

    async def told(self, reader: Reader, rows: list[Stored]) -> list[Stored]:
        """Return events, whose counts are disclosed already, without what is not shared."""
        if reader.assessed == ALL or not any(map(_assesses, rows)):
            return rows
        found: list[Stored] = []
        for row in rows:
            found += await self._told(reader, row) if _assesses(row) else (row,)
        return found

    async def _told(self, reader: Reader, row: Stored) -> Iterable[Stored]:
        target = row.of()
        whose = target.organisation if target is not None else row.organisation
        if reader.owns(whose) or _is_shared_with(reader, row):
            return (row,)
        if row.type == SHARED:
            return ()
        assessment = row.position
        if target is not None and row.type != ASSESSED:
            assessment = target.position if target.type == ASSESSED else 0
        how = (await self._shares(reader, whose)).of(assessment)
        if how == "count_only":
            return (_counted(row),)
        return (row,) if how == "named" else ()

    def _of(self, reader: Reader, organisation: str) -> Histories:
        return self._histories[reader.disclosure(organisation)]

    async def _seen(self, reader: Reader, organisation: str, said: History) -> History:
        if reader.owns(organisation) or not sharing.assesses(said):
            return said
        return sharing.seen(organisation, said, await self._shares(reader, organisation))

    async def _shares(self, reader: Reader, organisation: str) -> Shares:
        """Return what an organisation shares with a reader today, as it is known now."""
        up_to = self._latest.position
        now = await self._of(reader, organisation).load(organisation, up_to)
        return sharing.shares(organisation, now, reader.known_as, reader.today)


def _assesses(row: Stored) -> bool:
    """Tell whether an event is a self-assessment, shares one or is about one of these."""
    if row.type in _ASSESSING:
        return True
    if row.target is None or _MARK not in row.target:
        return False
    target = row.of()
    return target is not None and target.type in _ASSESSING


def _is_shared_with(reader: Reader, row: Stored) -> bool:
    event = row.event()
    if row.type != SHARED or isinstance(event, Unread):
        return False
    return getattr(event.data, "with_", "") in reader.known_as


def _counted(row: Stored) -> Stored:
    """Return an event of which a reader sees that it is there."""
    # Any Raw: the envelope stays as it is written, whatever is in it.
    members = msgspec.json.decode(row.body, type=dict[str, Raw])
    body = msgspec.json.encode(members | {"data": Raw(b"null")})
    return msgspec.structs.replace(row, body=body, hash=None, withheld=True)


__all__ = ["Disclosed"]
