"""What every answer says to browsers and caches: run nothing, frame nothing, keep nothing.

Also what the framework answers by itself, and what could not be answered: put on as the answer
leaves, so that no handler can forget it. Source: OWASP Secure Headers Project; RFC 6797 (HSTS).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from litestar.types import Message, Scope

from service.api import limiting
from service.settings import Settings

Header = tuple[bytes, bytes]
_UNUSED: Final = ("camera", "geolocation", "microphone", "payment", "usb")
"""What a page could ask its reader for; without scripts, it could not even ask."""
ALWAYS: Final[tuple[Header, ...]] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", ", ".join(f"{one}=()" for one in _UNUSED).encode()),
)
DATA: Final[Header] = (
    b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'",
)  # fmt: skip
"""Of data a browser shows text, and loads nothing for it."""
_PAGE: Final = (
    b"default-src 'none'", b"style-src 'self'", b"img-src 'self'", b"form-action 'self'",
    b"base-uri 'none'", b"frame-ancestors 'none'",
)  # fmt: skip
PAGE: Final[Header] = (b"content-security-policy", b"; ".join(_PAGE))
"""Of a page a browser loads styles and pictures of ours, and runs no script."""
UNKEPT: Final[Header] = (b"cache-control", b"no-store")
HTTPS: Final[Header] = (b"strict-transport-security", b"max-age=31536000")
"""A browser that was here once comes by https for a year."""


def guarded(settings: Settings) -> Callable[[Message, Scope], Awaitable[None]]:
    """Return what puts the headers on an answer as it leaves."""
    always = (*ALWAYS, HTTPS) if settings.https else ALWAYS

    async def put_on(message: Message, scope: Scope) -> None:
        """Add to the first message of an answer what it does not say itself."""
        if message["type"] != "http.response.start":
            return
        given = message["headers"]
        page, kept = False, False
        for name, value in given:
            page = page or (name == b"content-type" and value.startswith(b"text/html"))
            kept = kept or name == b"cache-control"
        headers = [*given, *always, PAGE if page else DATA, *limiting.told(scope)]
        message["headers"] = headers if kept else [*headers, UNKEPT]

    return put_on


__all__ = ["ALWAYS", "DATA", "HTTPS", "PAGE", "UNKEPT", "guarded"]
