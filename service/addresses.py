"""How settings name addresses: networks of proxies, origins of pages, names of the service."""

from __future__ import annotations

import ipaddress
import re
from typing import Final

LOOPBACK: Final = ("localhost", "127.0.0.1", "[::1]")
"""By these names, and by no other, a browser reaches a service of its own machine only."""
_HOST: Final = re.compile(r"\[[0-9a-f:.]+\]|[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_ORIGIN: Final = re.compile(rf"https://({_HOST.pattern})(:[0-9]{{1,5}})?")


def networks(raw: str) -> tuple[str, ...]:
    """Return networks and single addresses, as in `10.0.0.0/8, 192.0.2.7`; raises ValueError."""
    return tuple(str(ipaddress.ip_network(one)) for one in _listed(raw))


def origins(raw: str) -> tuple[str, ...]:
    """Return origins of https as a browser writes them; raises ValueError for `*` as well."""
    return _each(_ORIGIN, raw)


def hosts(raw: str) -> tuple[str, ...]:
    """Return names that a browser may ask for, without a port; raises ValueError."""
    return _each(_HOST, raw)


def _each(pattern: re.Pattern[str], raw: str) -> tuple[str, ...]:
    found = tuple(one.lower() for one in _listed(raw))
    if not all(pattern.fullmatch(one) for one in found):
        raise ValueError
    return found


def _listed(raw: str) -> list[str]:
    """Return what commas part; raises ValueError for nothing."""
    found = [one.strip() for one in raw.split(",") if one.strip()]
    if not found:
        raise ValueError
    return found


__all__ = ["LOOPBACK", "hosts", "networks", "origins"]
