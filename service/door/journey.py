"""What a browser takes along to an issuer, and what it brings back."""

from __future__ import annotations

from msgspec import Struct


class Going(Struct, frozen=True):
    """Where a browser is to go, and the cookie that it shall bring back."""

    url: str
    cookie: str


class Returned(Struct, frozen=True):
    """With what a browser comes back; all of it may be forged."""

    cookie: str
    state: str = ""
    code: str = ""
    iss: str | None = None
    error: str = ""


__all__ = ["Going", "Returned"]
