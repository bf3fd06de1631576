"""The front of the house: by what callers other than holders of keys are known.

public: the address under which browsers reach the service; None: none is set, and others than this
machine may reach it, so that no browser is signed in: a cookie must know its own address.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from service.domain.addresses import loopback
from service.door.sessions import Sessions
from service.settings import Settings
from service.store import sessions
from service.store.pool import Pool, lent

if TYPE_CHECKING:
    from service.door.code_flow import Flow
    from service.door.tokens import Tokens

CALLBACK: Final = "/sign-in/callback"


class Front(Struct, frozen=True):
    """What the front has; without issuers neither tokens nor the way to an issuer."""

    sessions: Sessions
    public: str | None
    tokens: Tokens | None = None
    flow: Flow | None = None

    @property
    def secure(self) -> bool:
        """Tell whether browsers reach the service by https alone."""
        return self.public is not None and self.public.startswith("https://")


def public(settings: Settings) -> str | None:
    """Return the address under which browsers reach the service, if it is known."""
    if settings.public_url is not None:
        return settings.public_url
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}" if loopback(settings.host) else None


@asynccontextmanager
async def opened(
    settings: Settings, reads: Pool, writes: Pool, now: Callable[[], dt.datetime]
) -> AsyncIterator[Front]:
    """Open the front during the block; raises SettingsError for a file of issuers that is wrong."""
    made = Front(Sessions(reads, writes, now), public(settings))
    try:
        if settings.issuers is None:
            yield made
            return
        # A service without issuers does not load what speaks to them: it takes a tenth of a second.
        from service.door import code_flow, fetching, issuer_file, issuers, tokens  # noqa: PLC0415 - as said

        async with lent(writes) as connection:
            secret = await sessions.secret(connection)
        async with fetching.client() as http:
            believed = issuers.Issuers(issuer_file.read(settings.issuers), http)
            flow = code_flow.Flow(believed, f"{made.public}{CALLBACK}", secret, now)
            checking = tokens.Tokens(believed, secret, now)
            yield msgspec.structs.replace(made, tokens=checking, flow=flow)
    finally:
        await made.sessions.close()


__all__ = ["CALLBACK", "Front", "opened", "public"]
