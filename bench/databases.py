"""A fresh, migrated database for each measurement, all on one server."""

from __future__ import annotations

import itertools
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from service.store import migrate


class Databases:
    """Makes databases as copies of one that was migrated once."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._numbers = itertools.count(1)

    async def prepare(self) -> None:
        """Migrate the template."""
        await self._execute("CREATE DATABASE bench_template")
        await migrate.upgrade(self._address("bench_template"), say=_unheard)

    async def fresh(self) -> str:
        """Return the address of a new database with an empty log; the WAL begins clean."""
        name = f"bench_{next(self._numbers)}"
        await self._execute(f"CREATE DATABASE {name} TEMPLATE bench_template")
        await self._execute("CHECKPOINT")
        return self._address(name)

    async def drop(self, dsn: str) -> None:
        """Remove a database that was measured."""
        name = urlsplit(dsn).path.removeprefix("/")
        await self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _address(self, name: str) -> str:
        return urlunsplit(urlsplit(self._dsn)._replace(path=f"/{name}"))

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self._dsn)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


def _unheard(_: str) -> None:
    """Say nothing: the bench prints its table only."""
