"""Addresses: which of them nobody on the way can read or change. Pure."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


def loopback(host: str) -> bool:
    """Tell whether only this machine reaches an address; of a name, only localhost is known."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def safe(url: str) -> bool:
    """Tell whether what is fetched is the other side's own: by https, or from this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.username is not None or parts.fragment or not host:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and loopback(host))


def origin(url: str) -> str | None:
    """Return an address as browsers say whence a page is: scheme and host; None if unsafe.

    A path, or anything else beside these two, is not taken.
    """
    url = url.strip().rstrip("/")
    if not safe(url):
        return None
    parts = urlsplit(url)
    return None if parts.path or parts.query else f"{parts.scheme}://{parts.netloc.lower()}"


__all__ = ["loopback", "origin", "safe"]
