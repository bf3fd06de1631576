"""The HTTP server of `capmap serve` and `capmap demo`, in a module of its own: uvicorn is slow."""

from __future__ import annotations

import socket
from collections.abc import Callable

import uvicorn

from service.app import build
from service.settings import Settings


class Server(uvicorn.Server):
    """A server that greets once it listens."""

    def __init__(self, settings: Settings, dsn: str, greet: Callable[[str], None]) -> None:
        super().__init__(_config(settings, dsn))
        self._greet = greet

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, and greet with the address."""
        await super().startup(sockets)
        if self.started:
            self._greet(f"http://{self.config.host}:{self.config.port}")


def _config(settings: Settings, dsn: str) -> uvicorn.Config:
    return uvicorn.Config(
        build(settings, dsn),
        host=settings.host,
        port=settings.port,
        http="httptools",
        access_log=False,
        proxy_headers=False,
        log_level="warning",
        timeout_graceful_shutdown=8,
        server_header=False,
        lifespan="on",
    )
