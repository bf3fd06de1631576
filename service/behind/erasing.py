"""People's names: recorded, erased, allowed again; and the list of erasures applied at a start.

An erasure is written to the list outside the database before anything is deleted. So whatever is
killed in between, the next start finds it in the list and does the rest; and a backup from before
it, once restored, loses the name again before anybody is answered.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Final

import asyncpg
import structlog
from msgspec import UNSET, Struct

from service.domain import erasures
from service.domain.acts import Act
from service.domain.erasures import DamagedList, ErasureAct, Reason
from service.domain.people import NewName
from service.domain.problems import Problem, Refused
from service.store import acts, erasure_list, people, rights
from service.store.appending import Connection
from service.store.people import Named
from service.store.pool import Pool, lent
from service.store.refusal import Refusal

SESSION: Final = {
    "application_name": "capmap erasing",
    "default_transaction_read_only": "off",
    "lock_timeout": "60000",
    "role": rights.SERVE,
    "search_path": "public",
    "synchronous_commit": "on",
}
"""Settings of the session that applies the list."""
_log: Final = structlog.get_logger("erasing")


class Erased(Struct, frozen=True):
    """What an erasure did.

    new: false where the name was erased already. swept: whether its bytes are gone from the
    database's files as well. listed: whether the list outside the database has it.
    """

    act: ErasureAct
    new: bool
    swept: bool
    listed: bool


class People:
    """The names of people. list_at: where the list of erasures is, outside the database."""

    def __init__(
        self, reads: Pool, writes: Pool, now: Callable[[], dt.datetime], list_at: str | None
    ) -> None:
        self._reads = reads
        self._writes = writes
        self._now = now
        self._list_at = Path(list_at) if list_at is not None else None

    async def of(self, persons: Collection[str]) -> list[Named]:
        """Return the names that are recorded of some persons."""
        async with lent(self._reads) as connection:
            return await people.of(connection, persons)

    async def listed(self, after: str, limit: int) -> list[Named]:
        """Return so many names in order of the references, after one."""
        async with lent(self._reads) as connection:
            return await people.listed(connection, after, limit)

    async def acts(self) -> list[ErasureAct]:
        """Return every erasure, and every one that was lifted, in order."""
        async with lent(self._reads) as connection:
            return await people.acts(connection)

    async def record(self, person: str, new: NewName, by: str) -> tuple[Named, bool]:
        """Record a name; tell whether anything is new. Raises Refused while it is erased."""
        wanted = _named(person, new, self._now(), by)
        async with lent(self._writes) as connection, connection.transaction():
            await people.alone(connection)
            last = await people.last_act(connection, person)
            if last is not None and last.act == "erased":
                detail = f"the name of {person} was erased at {last.at:%Y-%m-%dT%H:%M:%SZ}"
                raise Refused(Problem("erased", detail))
            for before in await people.of(connection, [person]):
                if _same(before, wanted):
                    return before, False
            await people.record(connection, wanted)
            await acts.note(connection, Act("name_recorded", wanted.recorded_at, by, person))
        return wanted, True

    async def erase(self, subject: str, reason: Reason, by: str) -> Erased:
        """Erase a name, whether one is recorded or not; again: as it was the first time.

        Raises Refused where the list cannot be written: then nothing was erased.
        """
        async with lent(self._writes) as connection:
            async with connection.transaction():
                await people.alone(connection)
                last = await people.last_act(connection, subject)
                new = last is None or last.act == "lifted"
                if last is None or new:
                    at = erasures.when(self._now(), last)
                    last = ErasureAct(
                        subject=subject, act="erased", at=at, caller=by, reason=reason
                    )
                    await self._keep(connection, last)
                    done = Act("name_erased", last.at, by, subject, detail=reason)
                    await acts.note(connection, done)
                await people.forget(connection, [subject])
            swept = await _swept(connection, [subject])
        return Erased(last, new, swept, self._list_at is not None)

    async def lift(self, subject: str, by: str) -> ErasureAct:
        """Allow a name to be recorded again; raises Refused where none is erased."""
        async with lent(self._writes) as connection, connection.transaction():
            await people.alone(connection)
            last = await people.last_act(connection, subject)
            if last is None:
                raise Refused(Problem("not_found", f"no name of {subject} was erased"))
            if last.act == "lifted":
                return last
            act = ErasureAct(
                subject=subject, act="lifted", at=erasures.when(self._now(), last), caller=by
            )
            await self._keep(connection, act)
            await acts.note(connection, Act("erasure_lifted", act.at, by, subject))
        return act

    async def _keep(self, connection: Connection, act: ErasureAct) -> None:
        """Write an act to the list first, then to the database."""
        if self._list_at is not None:
            try:
                await asyncio.to_thread(erasure_list.append, self._list_at, [act])
            except (OSError, DamagedList) as error:
                _log.exception("list of erasures")
                detail = f"the list of erasures cannot be written: {error}"
                raise Refused(Problem("erasures_unwritten", detail)) from None
        await people.add(connection, [act])


async def apply(connection: Connection, acts: Sequence[ErasureAct]) -> int:
    """Learn what a list says and erase again what it says is erased; return how many names went.

    In whatever order lists come, and however often, the last act about a subject counts.
    """
    async with connection.transaction():
        await people.alone(connection)
        await people.add(connection, acts)
        known = erasures.standing(await people.acts(connection))
        erased = [subject for subject, last in known.items() if last.act == "erased"]
        gone = await people.forget(connection, erased)
    if gone:
        await _swept(connection, erased)
    return gone


async def apply_list(connection: Connection, path: Path) -> int:
    """Apply the list at a path, and write to it what it lacks; return how many names went.

    Raises DamagedList, OSError where there is no list, or none that can be written.
    """
    acts = await asyncio.to_thread(erasure_list.read, path)
    gone = await apply(connection, acts)
    lacking = [one for one in await people.acts(connection) if one not in set(acts)]
    if lacking:
        await asyncio.to_thread(erasure_list.append, path, lacking)
    return gone


async def erase_again(dsn: str, list_at: str | None) -> int:
    """Apply the list that a setting names, if one does, before anybody is answered.

    Returns how many names went: the database is older than the list then. Raises Refusal where the
    list cannot be used.
    """
    if list_at is None:
        return 0
    connection = await asyncpg.connect(dsn, server_settings=SESSION, timeout=10)
    try:
        return await apply_list(connection, Path(list_at))
    except (DamagedList, OSError) as error:
        raise Refusal(
            f"the list of erasures {list_at} (CAPMAP_ERASURES) cannot be used: {error}"
        ) from None
    finally:
        await connection.close()


async def _swept(connection: Connection, subjects: Collection[str]) -> bool:
    """Take erased names out of the database's files; tell whether all are, and log if not."""
    keys = [one for one in subjects if one.startswith("key-")]
    done = not keys or await people.sweep_keys(connection)
    if len(keys) < len(subjects):
        done = await people.sweep_people(connection) and done
    if not done:
        _log.warning("erased names may still be in the database's files: erase again")
    return done


def _named(person: str, new: NewName, at: dt.datetime, by: str) -> Named:
    reference = new.reference if new.reference is not UNSET else None
    url = new.url if new.url is not UNSET else None
    since = new.since if new.since is not UNSET else None
    return Named(person, new.name, new.publisher, reference, url, since, at, by)


def _same(one: Named, other: Named) -> bool:
    """Tell whether two say the same, whenever it was recorded and by whom."""
    return all(
        getattr(one, name) == getattr(other, name)
        for name in ("name", "publisher", "reference", "url", "since")
    )


__all__ = ["Erased", "People", "apply", "apply_list", "erase_again"]
