"""Answers that go on: they end soon after the caller's key does.

A key is looked up again 30 seconds after the last time (`door.keyring`), so that an answer whose
caller is judged anew every 25 seconds ends within a minute of a revocation in any process.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final, TypeVar

from service.domain.problems import Refused

EVERY: Final = 25.0
"""Seconds between two judgements."""
Piece = TypeVar("Piece")
Judge = Callable[[], Awaitable[None]]


async def while_admitted(
    judge: Judge, pieces: AsyncIterator[Piece], every: float = EVERY
) -> AsyncIterator[Piece]:
    """Yield the pieces until there are no more, or whoever asked is let in no more.

    judge: raises Refused then. It is asked while a piece is waited for as well.
    """
    loop = asyncio.get_running_loop()
    judged = loop.time()
    coming: asyncio.Task[Piece] | None = None
    try:
        while True:
            coming = coming or asyncio.ensure_future(_next(pieces))
            await asyncio.wait({coming}, timeout=max(judged + every - loop.time(), 0))
            if loop.time() >= judged + every:
                await judge()
                judged = loop.time()
            if coming.done():
                piece, coming = coming.result(), None
                yield piece
    except (Refused, StopAsyncIteration):
        return
    finally:
        await _ended(coming)


async def _next(pieces: AsyncIterator[Piece]) -> Piece:
    return await anext(pieces)


async def _ended(coming: asyncio.Task[Piece] | None) -> None:
    """Leave nothing running behind an answer that ended."""
    if coming is not None:
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)


__all__ = ["EVERY", "while_admitted"]
