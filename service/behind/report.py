"""How what runs behind the log is doing: for `capmap behind` and `/metrics`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from service.behind import audit, rows, sealer
from service.projections.version import FOLD
from service.store import mismatches, progress, reading
from service.store.appending import Connection
from service.store.mismatches import Mismatch

MOST_SECONDS: Final = 60.0
"""Lag of packs or rows beyond which an operator should look."""
WORKERS: Final = (sealer.WORKER, rows.WORKER, audit.WORKER)


class Lag(Struct, frozen=True):
    """One worker of one fold version. position: taken in up to here; of the audit, its last round.

    events, seconds: how far behind the log, and for how long what it has not taken in has waited.
    """

    worker: str
    fold: str
    position: int
    events: int
    seconds: float
    progressed_at: dt.datetime | None
    error: str | None


class Report(Struct, frozen=True):
    """All workers at one moment, and what the audit found."""

    head: int
    lags: tuple[Lag, ...]
    mismatches: tuple[Mismatch, ...]

    def faults(self) -> tuple[str, ...]:
        """Return what an operator should look at: failures, long lags, mismatches."""
        return (*self._of_workers(), *(_named(one) for one in self.mismatches))

    def _of_workers(self) -> Iterator[str]:
        for lag in self.lags:
            if lag.fold == FOLD and lag.error:
                yield f"{lag.worker} failed: {lag.error}"
            elif lag.fold == FOLD and lag.worker != audit.WORKER and lag.seconds > MOST_SECONDS:
                yield f"{lag.worker} lags by more than {MOST_SECONDS:g} s"


def _named(one: Mismatch) -> str:
    number = f" {one.number}" if one.what == "pack" else ""
    return (
        f"{one.what} {one.organisation}{number} is not what the log says up to {one.position}:"
        f" {one.reason}"
    )


async def report(connection: Connection, now: dt.datetime) -> Report:
    """Return how all workers are doing; one that never began is told as at position 0."""
    head = await reading.head(connection)
    found = {(one.worker, one.fold): one for one in await progress.progress(connection)}
    lags = [await _lag(connection, one, now) for one in found.values()]
    first = await reading.recorded(connection, 1)
    for worker in WORKERS:
        if (worker, FOLD) not in found:
            waited = (now - first[0]).total_seconds() if first else 0.0
            lags.append(Lag(worker, FOLD, 0, head.position, waited, None, None))
    lags.sort(key=lambda lag: (lag.fold != FOLD, lag.fold, WORKERS.index(lag.worker)))
    return Report(head.position, tuple(lags), tuple(await mismatches.found(connection)))


async def _lag(connection: Connection, one: progress.Progress, now: dt.datetime) -> Lag:
    waited = (now - one.waiting_since).total_seconds() if one.waiting_since else 0.0
    return Lag(
        worker=one.worker,
        fold=one.fold,
        position=one.position,
        events=max(0, one.head - one.position),
        seconds=max(0.0, waited),
        progressed_at=one.progressed_at,
        error=one.error or await _moved(connection, one),
    )


async def _moved(connection: Connection, one: progress.Progress) -> str | None:
    try:
        await progress.reached(connection, one.worker, one.fold)
    except progress.MovedError as error:
        return str(error)
    return None


__all__ = ["MOST_SECONDS", "Lag", "Report", "report"]
