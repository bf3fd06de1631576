"""Pictures at hand: made once, answered again while nothing that they rest on has changed.

A picture rests on the histories of some organisations as known at a position. As known now it holds
until one of these grows; as known at an earlier position it holds for ever. So the next read after
an append sees it, and an append elsewhere makes nothing anew (DESIGN.md, The fast path).
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
from collections import OrderedDict
from collections.abc import Collection
from typing import Final, Literal

import msgspec
from msgspec import Struct

from service.behind.disclosing import Disclosed
from service.behind.latest import Latest
from service.behind.registers import Registers
from service.domain.disclosure import EXACT
from service.domain.model import Model
from service.domain.reader import ANYTHING, Reader
from service.domain.register import BY_NAME
from service.projections import closure, system_picture, trust_picture
from service.projections.context import context
from service.projections.contribution import Contribution, contribution, settled
from service.projections.history import Fact, History
from service.projections.organisations import Summary, summary
from service.projections.overlay import NOTHING, Overlay
from service.projections.reuse import Reuse
from service.projections.system_members import scene, seats
from service.projections.system_picture import SystemPicture
from service.projections.trust_picture import TrustPicture

MOST_BYTES: Final = 64 * 1024 * 1024
"""Bytes of pictures kept as JSON; one of a trust has some 300,000."""
MOST_CONTRIBUTIONS: Final = 500
"""What so many trusts give to the pictures of their systems is kept."""
Evidence = Literal["public", "own", "both"]


class Asked(Struct, frozen=True):
    """Which picture: of whom, on which date, as known at which position; now: that is the head.

    reader: who asks; whoever may have the same of all that it rests on is answered alike.
    """

    code: str
    bearer: Literal["trust", "system"]
    on: dt.date
    up_to: int
    now: bool
    evidence: Evidence
    model: Model
    reader: Reader = ANYTHING

    def key(self) -> tuple[object, ...]:
        """Return what tells this picture from others; of pictures as known now, whenever."""
        return (self.code, self.bearer, *self.moment())

    def moment(self) -> tuple[object, ...]:
        """Return what pictures of one moment have in common."""
        known_at = None if self.now else self.up_to
        return (self.on, known_at, self.evidence, self.model.full_name, self.reader)


class Basis(Struct, frozen=True):
    """What something was made from, and at which position.

    whole: whose histories. placed: of whom only what they are and where they belong.
    """

    whole: frozenset[str]
    placed: frozenset[str]
    as_of: int

    def apart_from(self, codes: Collection[str]) -> bool:
        """Tell whether nothing that it was made from is among the codes."""
        return self.whole.isdisjoint(codes) and self.placed.isdisjoint(codes)


class Made(Struct, frozen=True):
    """A picture as JSON, with what it rests on. tag: the same for the same bytes.

    organisation: None where no organisation of the kind asked for was known; then body is empty.
    rounded: of whom it holds no exact counts, by code.
    trusts: that a system's picture shows side by side, of each of which it tells levels and more.
    """

    organisation: Summary | None
    body: bytes
    tag: str
    basis: Basis
    rounded: tuple[str, ...]
    trusts: tuple[str, ...] = ()


class Given(Struct, frozen=True):
    """What a trust gives to the pictures of its systems, with what it rests on."""

    trust: Contribution
    basis: Basis


class Pictures:
    """Makes pictures and keeps those that were asked for last."""

    def __init__(
        self,
        latest: Latest,
        histories: Disclosed,
        registers: Registers,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._latest = latest
        self._histories = histories
        self._registers = registers
        self._most = most_bytes
        self._kept: OrderedDict[tuple[object, ...], Made] = OrderedDict()
        self._bytes = 0
        self._reuse: dict[tuple[str, str], Reuse] = {}
        self._given: OrderedDict[tuple[object, ...], Given] = OrderedDict()
        self._making: dict[tuple[object, ...], asyncio.Task[Made]] = {}

    async def picture(self, asked: Asked) -> Made:
        """Return a picture; several who ask for the same at once wait for one."""
        key = self._key(asked)
        kept = self._kept.get(key)
        await self._registers.follow(asked.up_to)
        if kept is not None and self._holds(kept.basis, asked):
            self._kept.move_to_end(key)
            return kept
        flight = (*key, asked.up_to)
        if flight not in self._making:
            self._making[flight] = asyncio.create_task(self._make(asked, flight))
        return await asyncio.shield(self._making[flight])

    def _key(self, asked: Asked) -> tuple[object, ...]:
        """Return what a picture is kept under.

        As known earlier it would hold for ever, but what a trust shares of its self-assessments is
        judged by what is known now.
        """
        if asked.now or not asked.reader.known_as:
            return asked.key()
        return (*asked.key(), self._latest.last(asked.code))

    def _holds(self, basis: Basis, asked: Asked) -> bool:
        """Tell whether nothing that a thing rests on grew between when it was made and now."""
        if not asked.now or basis.as_of == asked.up_to:
            return True
        earlier = min(basis.as_of, asked.up_to)
        return all(self._latest.last(code) <= earlier for code in basis.whole) and all(
            self._registers.last(code) <= earlier for code in basis.placed
        )

    async def _make(self, asked: Asked, flight: tuple[object, ...]) -> Made:
        try:
            histories = await self.load(asked)
            made = await self._made(asked, histories)
            self._keep(flight[:-1], made)
            return made
        finally:
            del self._making[flight]

    async def beyond(self, asked: Asked, overlay: Overlay) -> Made:
        """Return a picture as it would be with events that are in no log; it is not kept."""
        histories = await self.load(asked, overlay)
        return await self._made(asked, histories, overlay)

    async def given(self, asked: Asked, overlay: Overlay = NOTHING) -> Contribution | None:
        """Return what a trust gives to the pictures of its systems; None where it is no trust."""
        histories = await self.load(asked, overlay)
        if summary(asked.code, histories[asked.code], asked.on).organisation_kind != asked.bearer:
            return None
        return contribution(context(asked.code, histories, asked.on), asked.model)

    async def _made(
        self, asked: Asked, histories: dict[str, History], beyond: Overlay = NOTHING
    ) -> Made:
        if asked.bearer == "trust":
            rounded = rounded_in(asked, histories)
            reuse = None if beyond else self._reusing(asked, rounded)
            found = trust_picture.picture(asked.code, histories, asked.on, asked.model, reuse)
            return _made(asked, histories, found, rounded)
        given = scene(asked.code, histories, asked.on)
        trusts = {
            seat.code: await self._contribution(asked, seat.code, histories, beyond)
            for seat in seats(given)
        }
        bodies = frozenset(body for trust in trusts.values() for body in trust.bodies)
        rounded = asked.reader.rounded(bodies)
        assembled = system_picture.assemble(given, trusts, self._reusing(asked, rounded))
        return _made(asked, histories, assembled, rounded)

    async def _contribution(
        self, asked: Asked, code: str, histories: dict[str, History], beyond: Overlay
    ) -> Contribution:
        """Return what a trust gives, kept or made anew; between two made others get their turn."""
        if beyond and not _basis(code, histories, asked.up_to).apart_from(beyond):
            await asyncio.sleep(0)
            return contribution(context(code, histories, asked.on), asked.model)
        bodies = frozenset(closure.bodies(code, histories))
        reader = asked.reader.counts(bodies)  # of self-assessments it gives nothing
        key = (code, *msgspec.structs.replace(asked, reader=reader).moment())
        kept = self._given.get(key)
        if kept is None or not self._holds(kept.basis, asked):
            reuse = self._reusing(asked, reader.rounded(bodies))
            given = context(code, histories, asked.on, reuse)
            made = contribution(given, asked.model)
            if kept is not None:
                made = settled(made, kept.trust)
            kept = self._given[key] = Given(made, _basis(code, histories, asked.up_to))
            await asyncio.sleep(0)
        self._given.move_to_end(key)
        while len(self._given) > MOST_CONTRIBUTIONS:
            self._given.popitem(last=False)
        return kept.trust

    def _reusing(self, asked: Asked, rounded: tuple[str, ...]) -> Reuse | None:
        """Return where dimensions find what they made; other moments than now come seldom again."""
        if not asked.now or asked.evidence != "both":
            return None
        return self._reuse.setdefault(
            (asked.bearer, asked.reader.otherwise if rounded else EXACT), Reuse()
        )

    async def load(self, asked: Asked, beyond: Overlay = NOTHING) -> dict[str, History]:
        """Return the histories that a picture rests on, each read to the same position.

        Of others that it belongs to or is connected with, only what they are and where they belong.
        beyond: what stands behind that position in no log.
        """
        histories: dict[str, History] = {}
        code, up_to = asked.code, asked.up_to
        wanted = {code}
        while wanted:
            names = sorted(wanted)
            # At once: while one is decoded the database finds the next.
            found = await asyncio.gather(*(self._one(asked, one, beyond) for one in names))
            histories |= {
                name: _only(h, asked.evidence) for name, h in zip(names, found, strict=True)
            }
            wanted = closure.missing(code, histories)
        while around := closure.neighbours(code, histories):
            histories |= await self._registers.load(around - beyond.keys(), up_to)
            for name in around & beyond.keys():
                histories[name] = await self._one(asked, name, beyond)
        return histories

    async def _one(self, asked: Asked, code: str, beyond: Overlay) -> History:
        if code in beyond:
            return await self._histories.beyond(asked.reader, code, asked.up_to, beyond[code])
        return await self._histories.load(asked.reader, code, asked.up_to)

    def _keep(self, key: tuple[object, ...], made: Made) -> None:
        before = self._kept.pop(key, None)
        self._bytes += len(made.body) - (len(before.body) if before else 0)
        self._kept[key] = made
        while self._bytes > self._most and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= len(oldest.body)


def rounded_in(asked: Asked, histories: dict[str, History]) -> tuple[str, ...]:
    """Return of whom among a trust and those that it absorbed no exact counts are given."""
    return asked.reader.rounded(closure.bodies(asked.code, histories))


def _made(
    asked: Asked,
    histories: dict[str, History],
    picture: TrustPicture | SystemPicture,
    rounded: tuple[str, ...],
) -> Made:
    organisation = summary(asked.code, histories[asked.code], asked.on)
    basis = _basis(asked.code, histories, asked.up_to)
    if organisation.organisation_kind != asked.bearer:
        return Made(None, b"", "", basis, ())
    body = msgspec.json.encode(picture)
    tag = hashlib.blake2b(msgspec.json.encode(organisation), digest_size=12)
    tag.update(body)
    return Made(organisation, body, tag.hexdigest(), basis, rounded, _side_by_side(picture))


def _side_by_side(picture: TrustPicture | SystemPicture) -> tuple[str, ...]:
    if isinstance(picture, TrustPicture):
        return ()
    return tuple(member.code for member in (*picture.hosts, *picture.partners))


def _basis(code: str, histories: dict[str, History], as_of: int) -> Basis:
    whole = closure.needed(code, histories)
    placed = closure.around(code, histories) - whole
    return Basis(frozenset(whole), frozenset(placed), as_of)


def _only(history: History, evidence: Evidence) -> History:
    """Return a history with the evidence asked for; the register is the operator's and stays."""
    if evidence == "both":
        return history
    kept = {kind: _of_kind(kind, group, evidence) for kind, group in history.by_type.items()}
    return History(kept, history.unread, history.last_position)


def _of_kind(kind: str, group: tuple[Fact, ...], evidence: Evidence) -> tuple[Fact, ...]:
    if kind in BY_NAME and BY_NAME[kind].part == "register":
        return group
    return tuple(fact for fact in group if fact.source_kind == evidence)


__all__ = ["Asked", "Evidence", "Made", "Pictures", "rounded_in"]
