"""By which names the service is asked for: a page elsewhere must not ask in its reader's place.

A page may give its own name the address of this machine, and a browser then sends what the page
wants as if to the page's own site; the name it sends gives it away. Where a browser says that a
request comes from a page of another origin, one that changes something is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from litestar.types import ASGIApp, Receive, Scope, Send

from service.api.refusing import refuse
from service.domain.problems import Problem

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def named(hosts: tuple[str, ...], origins: tuple[str, ...]) -> Callable[..., ASGIApp]:
    """Return a middleware that refuses other hosts than these (none: takes any), other origins.

    hosts: names without ports. origins: of pages of other sites that may send something.
    """

    def wrapped(app: ASGIApp) -> ASGIApp:
        """Return the application, asked for by its names only."""

        async def answered(scope: Scope, receive: Receive, send: Send) -> None:
            """Pass a request on, or refuse it."""
            found = _unfit(scope, hosts, origins)
            if found is None:
                await app(scope, receive, send)
                return
            await refuse(scope, receive, send, found)

        return answered

    return wrapped


def _unfit(scope: Scope, hosts: tuple[str, ...], origins: tuple[str, ...]) -> Problem | None:
    host, origin, site = b"", None, b""
    for name, value in scope["headers"]:
        if name == b"host":
            host = value
        elif name == b"origin":
            origin = value.decode("latin-1").lower()
        elif name == b"sec-fetch-site":
            site = value
    asked = host.decode("latin-1").lower()
    if hosts and _without_port(asked) not in hosts:
        return Problem("other_host", "the service is not asked for by this name")
    if origin is None or scope.get("method") in _SAFE or origin in origins:
        return None
    # Of a page that sends no referrer, as ours, a browser says no origin either, but whose it is.
    if site == b"same-origin" or origin.partition("://")[2] == asked:
        return None
    return Problem("other_origin", "a page of another site sent this")


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host


__all__ = ["named"]
