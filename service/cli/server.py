"""The HTTP server of `capmap serve` and `capmap demo`, in a module of its own: uvicorn is slow."""

from __future__ import annotations

import socket
from collections.abc import Callable

import msgspec
import uvicorn
from litestar import Litestar

from service.app import build
from service.cli import protocol
from service.cli.process import MISUSED, UNUSABLE, say
from service.projections.acceptance import ModelRefused
from service.settings import Settings
from service.values import LOOPBACK


class Server(uvicorn.Server):
    """A server that greets once it listens."""

    def __init__(self, settings: Settings, dsn: str, greet: Callable[[str], None]) -> None:
        super().__init__(_config(settings, dsn))
        self._greet = greet

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, and greet with the address; an address that is no good ends it."""
        try:
            await super().startup(sockets)
        except SystemExit:  # uvicorn's way to end, once it has logged why
            if self.lifespan.should_exit:
                raise SystemExit(UNUSABLE) from None
            where = f"CAPMAP_HOST={self.config.host!r}, CAPMAP_PORT='{self.config.port}'"
            say(f"{where}: expected an address of this machine and a free port; 0 takes any")
            raise SystemExit(MISUSED) from None
        if self.started:
            self._greet(f"http://{self.config.host}:{self.config.port}")


def _built(settings: Settings, dsn: str) -> Litestar:
    """Return the application; a model that disagrees with its examples ends the command."""
    if settings.access == "off" and not settings.hosts:
        # Whoever reaches it is the operator, and that must not be a page in their browser.
        settings = msgspec.structs.replace(settings, hosts=LOOPBACK)
    try:
        return build(settings, dsn)
    except ModelRefused as refused:
        say(f"Not served: {refused}")
        raise SystemExit(UNUSABLE) from None


def _config(settings: Settings, dsn: str) -> uvicorn.Config:
    return uvicorn.Config(
        _built(settings, dsn),
        host=settings.host,
        port=settings.port,
        http=protocol.limited(settings.header_seconds),
        ws="none",
        limit_concurrency=settings.connections + 1,  # it refuses at its limit, not beyond
        timeout_keep_alive=5,
        access_log=False,
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=list(settings.proxies),
        log_config=None,  # where and how it is written is `cli.logs`'
        log_level="warning",
        timeout_graceful_shutdown=8,
        server_header=False,
        lifespan="on",
    )
