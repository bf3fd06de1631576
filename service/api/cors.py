"""Which pages of other sites may ask the API from a browser: none, unless a setting names them.

A page that may brings a key of its own; cookies are never sent for it.
"""

from __future__ import annotations

from typing import Final

from litestar.config.cors import CORSConfig

_TAKEN: Final = (
    "Accept", "Authorization", "Content-Type", "If-Match", "If-None-Match", "Idempotency-Key",
    "X-Request-ID", "X-Correlation-ID",
)  # fmt: skip
_TOLD: Final = (
    "ETag", "Link", "Location", "RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-ID",
    "X-Correlation-ID", "Idempotent-Replayed",
)  # fmt: skip


def config(origins: tuple[str, ...]) -> CORSConfig | None:
    """Return what the framework is to allow these origins; None for none: it says nothing then."""
    if not origins:
        return None
    return CORSConfig(
        allow_origins=list(origins),
        allow_methods=["GET", "POST", "DELETE"],
        allow_headers=list(_TAKEN),
        expose_headers=list(_TOLD),
        allow_credentials=False,
        max_age=600,
    )


__all__ = ["config"]
