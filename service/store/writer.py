"""The writer: one task and one connection a process; what has gathered is one transaction.

Group commit (DESIGN.md, The fast path): requests hand their batch over and wait; the task takes all
that has come, decides in order under the lock of the head row, inserts, commits and answers. After
any doubt it starts over on a fresh connection: ids are looked up first, so nothing is doubled.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Final

import asyncpg
import structlog

from service.domain import chain
from service.domain.admission import Admitted, Batch, Decision, Outcome, Standing, decide
from service.domain.problems import Problem, Refused
from service.store import appending

SESSION: Final = {
    "synchronous_commit": "on",
    "idle_in_transaction_session_timeout": "5000",
    "lock_timeout": "10000",
    "statement_timeout": "60000",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "search_path": "public",
    "default_transaction_isolation": "read committed",
    "default_transaction_read_only": "off",
    "application_name": "capmap writer",
}
"""Settings of the writer's session, whatever the server's or the database's defaults are."""
ATTEMPTS: Final = 4

Waiting = tuple[Batch, "asyncio.Future[tuple[Outcome, ...]]"]
_log = structlog.get_logger("writer")


class Writer:
    """Hands batches to the log; `close` answers what is waiting, then ends it."""

    def __init__(self, connect: Callable[[], Awaitable[appending.Connection]], most: int) -> None:
        self._connect = connect
        self._most = most
        self._waiting: list[Waiting] = []
        self._come = asyncio.Event()
        self._closing = False
        self._connection: appending.Connection | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start the task; the connection is made when the first batch comes."""
        self._task = asyncio.create_task(self._run(), name="writer")

    async def append(self, batch: Batch) -> tuple[Outcome, ...]:
        """Return the outcomes once they are durable.

        Raises Refused with the problem; `unavailable` when it is not known what became of them.
        """
        if self._closing:
            raise Refused(Problem("unavailable", "the service is stopping"))
        answer: asyncio.Future[tuple[Outcome, ...]] = asyncio.get_running_loop().create_future()
        self._waiting.append((batch, answer))
        self._come.set()
        return await answer

    async def close(self) -> None:
        """Answer all that is waiting, then end the task and its connection."""
        self._closing = True
        self._come.set()
        if self._task is not None:
            await self._task
        await self._drop()

    async def _run(self) -> None:
        while True:
            await self._come.wait()
            self._come.clear()
            while self._waiting:
                await self._settle(self._gather())
            if self._closing:
                return

    def _gather(self) -> list[Waiting]:
        """Take what has come, up to the most events that one transaction should hold."""
        taken, events = 0, 0
        while taken < len(self._waiting) and (taken == 0 or events < self._most):
            events += len(self._waiting[taken][0].events)
            taken += 1
        group, self._waiting = self._waiting[:taken], self._waiting[taken:]
        return group

    async def _settle(self, group: list[Waiting]) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                decisions = await self._commit([batch for batch, _ in group])
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError,
                    asyncpg.InternalClientError) as error:  # fmt: skip
                _log.warning("append in doubt", attempt=attempt, error=type(error).__name__)
                await self._drop()
                await asyncio.sleep(0.05 * 4**attempt if attempt < ATTEMPTS else 0)
            except Exception:  # noqa: BLE001 - as the next line says
                # A fault of ours must not end the task: every later append would wait for ever.
                _log.exception("append failed")
                await self._drop()
                break
            else:
                _answer(group, decisions)
                return
        problem = Problem("unavailable", "the log did not answer: send again with the same ids")
        _answer(group, [problem] * len(group))

    async def _commit(self, batches: list[Batch]) -> list[Decision | Problem]:
        if self._connection is None or self._connection.is_closed():
            self._connection = await self._connect()
        async with self._connection.transaction():
            standing = await appending.standing(self._connection, batches)
            decisions: list[Decision | Problem] = []
            admitted: list[Admitted] = []
            for batch in batches:
                salts = os.urandom(chain.SALT_BYTES * len(batch.events))
                decision = _decided(batch, standing, salts)
                decisions.append(decision)
                if isinstance(decision, Decision):
                    admitted += decision.admitted
            if admitted:
                await appending.insert(self._connection, admitted, standing.now)
        return decisions

    async def _drop(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None


def _decided(batch: Batch, standing: Standing, salts: bytes) -> Decision | Problem:
    """Decide one batch; what breaks there (a target that is poison) refuses that batch alone."""
    try:
        return decide(batch, standing, salts)
    except Exception:  # noqa: BLE001 - one batch's fault must not end the writer
        _log.exception("batch could not be decided")
        return Problem("internal", "the batch could not be decided; nothing of it was recorded")


def _answer(group: list[Waiting], decisions: list[Decision | Problem]) -> None:
    for (_, answer), decision in zip(group, decisions, strict=True):
        if answer.done():  # the client has gone; what was decided stands
            continue
        if isinstance(decision, Problem):
            answer.set_exception(Refused(decision))
        else:
            answer.set_result(decision.outcomes)
