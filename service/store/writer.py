"""The writer: one task a process; what has gathered is one transaction.

Group commit (DESIGN.md, The fast path): requests hand their batch over and wait; the task takes all
that has come, decides in order under the lock of the head row, inserts, commits and answers. After
any doubt it starts over on a fresh connection: ids are looked up first, so nothing is doubled.

While a group is in flight, the next large one is decided on the head that the flight will leave
(decision 0005). Under the lock that head is compared: where it is another, all is decided anew.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Final

import asyncpg
import structlog
from msgspec import Struct

from service.domain import apart, chain
from service.domain.admission import Admitted, Batch, Decision, Outcome, Standing, decide
from service.domain.problems import Problem, Refused
from service.store import acts, appending, receipts, rights

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
    "role": rights.SERVE,
}
"""Settings of the writer's session, whatever the server's or the database's defaults are."""
ATTEMPTS: Final = 8
"""After a doubt the group starts over, for some five seconds: a server is back sooner."""
LONGEST_PAUSE_SECONDS: Final = 1.0

DOUBTS: Final = (
    OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError,
)  # fmt: skip
"""What leaves it unknown whether the database did what it was asked."""

Waiting = tuple[Batch, "asyncio.Future[tuple[Outcome, ...]]"]
_log = structlog.get_logger("writer")


class Decided(Struct, frozen=True):
    """What becomes of a group on a head: base is that head's hash, standing what it leaves."""

    base: bytes
    decisions: list[Decision | Problem]
    admitted: list[Admitted]
    standing: Standing


class Group(Struct, frozen=True):
    """What one transaction is to hold, with what was decided of it ahead, if anything was."""

    waiting: list[Waiting]
    ahead: Decided | None = None

    @property
    def batches(self) -> list[Batch]:
        """Return the batches, in the order in which they came."""
        return [batch for batch, _ in self.waiting]


class Writer:
    """Hands batches to the log; `close` answers what is waiting, then ends it."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[appending.Connection]],
        most: int,
        recorded: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._connect = connect
        self._most = most
        self._recorded = recorded  # hears how many events a commit recorded; must not wait
        self._waiting: list[Waiting] = []
        self._count = 0  # events of all that is waiting
        self._come = asyncio.Event()  # a batch has come, or the group in flight has landed
        self._closing = False
        self._connection: appending.Connection | None = None
        self._beside: appending.Connection | None = None
        self._looking: asyncio.Task[Group | None] | None = None
        self._flying = False
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
        self._count += len(batch.events)
        if not self._flying or self._count >= appending.FEW:
            self._come.set()  # during a flight a few more wake nobody: they are taken when it lands
        return await answer

    async def close(self) -> None:
        """Answer all that is waiting, then end the task and its connection."""
        self._closing = True
        self._come.set()
        if self._task is not None:
            await self._task
        await self._drop()
        if self._beside is not None:
            self._beside.terminate()

    async def _run(self) -> None:
        while True:
            await self._come.wait()
            self._come.clear()
            following: Group | None = None
            while following or self._waiting:
                self._flying = True
                await self._settle(following or self._gather())
                following = await self._landed()
            if self._closing:
                return

    def _gather(self) -> Group:
        """Take what has come, up to the most events that one transaction should hold."""
        taken, events = 0, 0
        while taken < len(self._waiting) and (taken == 0 or events < self._most):
            events += len(self._waiting[taken][0].events)
            taken += 1
        group, self._waiting = self._waiting[:taken], self._waiting[taken:]
        self._count -= events
        return Group(group)

    async def _settle(self, group: Group) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                decisions = await self._commit(group)
            except DOUBTS as error:
                _log.warning("append in doubt", attempt=attempt, error=type(error).__name__)
                await self._drop()
                await asyncio.sleep(_pause(attempt))
            except Exception:  # noqa: BLE001 - as the next line says
                # A fault of ours must not end the task: every later append would wait for ever.
                _log.exception("append failed")
                await self._drop()
                break
            else:
                _answer(group, decisions)
                return
        problem = Problem("unavailable", "the log did not answer: send again with the same ids")
        _answer(group, [problem] * len(group.waiting))

    async def _commit(self, group: Group) -> list[Decision | Problem]:
        if self._connection is None or self._connection.is_closed():
            self._connection = await self._connect()
        async with self._connection.transaction():
            head = await appending.lock(self._connection)
            batches = await receipts.unsettled(self._connection, group.batches)
            decided = group.ahead
            if decided is None or decided.base != head.hash or batches != group.batches:
                standing = await appending.standing(self._connection, batches, head)
                decided = _decided(batches, standing)
            if decided.admitted:
                self._look_ahead(decided.standing)
                await appending.insert(self._connection, decided.admitted, decided.standing.now)
                await acts.settled(self._connection, decided.admitted, decided.standing.now)
            await receipts.keep(self._connection, batches, decided.decisions)
        if decided.admitted:
            self._recorded(len(decided.admitted))
        return decided.decisions

    def _look_ahead(self, standing: Standing) -> None:
        """Have the next group decided beside the flight; after a doubt the first look goes on."""
        if self._looking is None:
            self._looking = asyncio.create_task(self._following(standing))

    async def _landed(self) -> Group | None:
        """Return the group that was taken while the last was in flight, if one was."""
        self._flying = False
        if self._looking is None:
            return None
        self._come.set()
        following, self._looking = await self._looking, None
        return following

    async def _following(self, standing: Standing) -> Group | None:
        """Take the next group once it is large, decided ahead if it can be; None once landed.

        Small groups gain nothing by it: they are larger the longer they gather.
        """
        while self._count < appending.FEW:
            self._come.clear()
            await self._come.wait()
            if not self._flying:
                return None
        group = self._gather()
        try:
            if self._beside is None or self._beside.is_closed():
                self._beside = await self._connect()
            known = await appending.ahead(self._beside, group.batches, standing)
        except DOUBTS as error:
            _log.warning("could not look ahead", error=type(error).__name__)
            return group
        except Exception:  # noqa: BLE001 - as in _settle: the group is decided under the lock
            _log.exception("could not look ahead")
            return group
        return Group(group.waiting, _decided(group.batches, known)) if known else group

    async def _drop(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None


def _pause(attempt: int) -> float:
    """Return the seconds to wait after an attempt; none after the last."""
    return min(0.05 * 2**attempt, LONGEST_PAUSE_SECONDS) if attempt < ATTEMPTS else 0


def _decided(batches: list[Batch], standing: Standing) -> Decided:
    """Decide a group on what is known; the standing grows by what is admitted."""
    base = standing.hash
    decisions: list[Decision | Problem] = []
    admitted: list[Admitted] = []
    for batch in batches:
        decision = _decision(batch, standing, os.urandom(chain.SALT_BYTES * len(batch.events)))
        decisions.append(decision)
        if isinstance(decision, Decision):
            admitted += decision.admitted
    return Decided(base, decisions, admitted, standing)


def _decision(batch: Batch, standing: Standing, salts: bytes) -> Decision | Problem:
    """Decide one batch; what breaks there (a target that is poison) refuses that batch alone."""
    by_itself = batch.receipt is not None and batch.receipt.form == "apart"
    try:
        return (apart.decide if by_itself else decide)(batch, standing, salts)
    except Exception:  # noqa: BLE001 - one batch's fault must not end the writer
        _log.exception("batch could not be decided")
        return Problem("internal", "the batch could not be decided; nothing of it was recorded")


def _answer(group: Group, decisions: list[Decision | Problem]) -> None:
    for (_, answer), decision in zip(group.waiting, decisions, strict=True):
        if answer.done():  # the client has gone; what was decided stands
            continue
        if isinstance(decision, Problem):
            answer.set_exception(Refused(decision))
        else:
            answer.set_result(decision.outcomes)
