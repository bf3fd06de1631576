"""SQL of receipts: what became of the chunks of uploads, kept in the transaction of their events.

So a receipt is exact whatever is killed, doubted or sent twice at once: under the head's lock a
chunk that has an outcome is not looked at again, and one without has recorded nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import Struct

from service.domain.admission import Batch, Decision
from service.domain.problems import Problem
from service.store.appending import Connection

SETTLED: Final = """
-- $1 uploads, $2 chunks, element by element. Which have an outcome. Index: upload_outcomes_pkey.
SELECT upload, chunk FROM unnest($1::uuid[], $2::integer[]) AS asked (upload, chunk)
CROSS JOIN LATERAL (
    SELECT FROM upload_outcomes AS done
    WHERE done.upload = asked.upload AND done.chunk = asked.chunk
    OFFSET 0  -- as in appending.SEEN
) AS found
"""

KEEP: Final = """
-- $1 upload, $2 chunk, $3 recorded, $4 known, $5 refused: how many; $6 positions by place, negative
-- where the event was in the log already, 0 where it was refused; $7 refusals.
INSERT INTO upload_outcomes (upload, chunk, recorded, known, refused, positions, refusals)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""

OUTCOMES: Final = """
-- $1 upload, $2 first, $3 last chunk. Index: upload_outcomes_pkey.
SELECT chunk, positions, refusals FROM upload_outcomes
WHERE upload = $1 AND chunk BETWEEN $2 AND $3 ORDER BY chunk
"""

COUNTED: Final = """
-- $1 upload. How many rows of it have which outcome. Index: upload_outcomes_pkey.
SELECT count(*)::integer AS chunks, coalesce(sum(recorded), 0)::integer AS recorded,
       coalesce(sum(known), 0)::integer AS known, coalesce(sum(refused), 0)::integer AS refused
FROM upload_outcomes WHERE upload = $1
"""


class Refusal(Struct, frozen=True, array_like=True):
    """Why the log refused an event of a chunk. place: its place among the chunk's events, from 0.

    None: the chunk as a whole, because of one of its events, which the problem's pointer names.
    """

    place: int | None
    problem: Problem


class ChunkOutcome(Struct, frozen=True):
    """What became of a chunk's events, as `KEEP` says."""

    chunk: int
    positions: tuple[int, ...]
    refusals: tuple[Refusal, ...]


class Counted(Struct, frozen=True):
    """How many chunks have an outcome, and how many rows which."""

    chunks: int
    recorded: int
    known: int
    refused: int


_REFUSALS: Final = msgspec.msgpack.Decoder(tuple[Refusal, ...])


async def unsettled(connection: Connection, batches: list[Batch]) -> list[Batch]:
    """Return the batches, those of chunks that have an outcome emptied: nothing is left to do.

    To be called under the head's lock.
    """
    asked = [batch.receipt for batch in batches if batch.receipt is not None]
    if not asked:
        return batches
    rows = await connection.fetch(
        SETTLED, [one.upload for one in asked], [one.chunk for one in asked]
    )
    settled = {(row["upload"], row["chunk"]) for row in rows}
    return [_emptied(batch, settled) for batch in batches]


def _emptied(batch: Batch, settled: set[tuple[uuid.UUID, int]]) -> Batch:
    receipt = batch.receipt
    if receipt is None or (receipt.upload, receipt.chunk) not in settled:
        return batch
    return Batch((), {}, batch.caller)


async def keep(
    connection: Connection, batches: Sequence[Batch], decisions: Sequence[Decision | Problem]
) -> None:
    """Keep the outcomes of the chunks among the batches; ordinary batches have none."""
    for batch, decision in zip(batches, decisions, strict=True):
        if batch.receipt is not None:
            positions, refusals = _outcome(batch, decision)
            await connection.execute(
                KEEP,
                batch.receipt.upload,
                batch.receipt.chunk,
                sum(place > 0 for place in positions),
                sum(place < 0 for place in positions),
                sum(place == 0 for place in positions),
                positions,
                msgspec.msgpack.encode(refusals),
            )


def _outcome(batch: Batch, decision: Decision | Problem) -> tuple[list[int], list[Refusal]]:
    if isinstance(decision, Problem):
        return [0] * len(batch.events), [Refusal(None, decision)]
    outcomes = iter(decision.outcomes)
    positions = []
    for place in range(len(batch.events)):
        if place in decision.refused:
            positions.append(0)
        else:
            outcome = next(outcomes)
            new = outcome.outcome == "recorded"
            positions.append(outcome.position if new else -outcome.position)
    return positions, [Refusal(place, problem) for place, problem in decision.refused.items()]


async def outcomes(
    connection: Connection, upload: uuid.UUID, first: int, last: int
) -> dict[int, ChunkOutcome]:
    """Return the outcomes of the chunks from first to last, by number; one to come has none."""
    return {
        row["chunk"]: ChunkOutcome(
            row["chunk"], tuple(row["positions"]), _REFUSALS.decode(row["refusals"])
        )
        for row in await connection.fetch(OUTCOMES, upload, first, last)
    }


async def counted(connection: Connection, upload: uuid.UUID) -> Counted:
    """Return how far the recording of an upload has come."""
    (row,) = await connection.fetch(COUNTED, upload)
    return Counted(*row)


__all__ = [
    "ChunkOutcome", "Counted", "Refusal", "counted", "keep", "outcomes", "unsettled",
]  # fmt: skip
