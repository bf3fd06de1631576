"""How the value of a setting is read: each reader returns it, or raises ValueError or KeyError."""

from __future__ import annotations

import ipaddress
import re
from typing import Final
from urllib.parse import SplitResult, parse_qs, urlsplit

from service.domain.addresses import origin

ACCESS: Final = ("off", "keys")
ENTITLEMENTS: Final = ("own", "trust_totals")
LEVELS: Final = ("debug", "info", "warning", "error")
PORT_MAX: Final = 65535
AN_ADDRESS: Final = "an address such as postgresql://capmap@db.example.org/capmap"
SCHEMES: Final = ("postgresql", "postgres")
LOOPBACK: Final = ("localhost", "127.0.0.1", "[::1]")
"""By these names, and by no other, a browser reaches a service of its own machine only."""
_HOST: Final = re.compile(r"\[[0-9a-f:.]+\]|[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_ORIGIN: Final = re.compile(rf"https://({_HOST.pattern})(:[0-9]{{1,5}})?")


class RuleError(ValueError):
    """A value breaks one rule of several; the text says which, and the way out."""

    def __init__(self, rule: str) -> None:
        super().__init__(f"{rule}; write {AN_ADDRESS}, or unset it: the service runs its own then")


def text(raw: str) -> str:
    """Return what is written, as it is; raises ValueError for blanks alone."""
    if not raw.strip():
        raise ValueError
    return raw


def dsn(raw: str) -> str:
    """Return an address in which scheme, host and database are given; the rest is the driver's."""
    if any(character.isspace() for character in raw):
        raise RuleError("no blanks or line ends; in a password a blank is written %20")
    parts = urlsplit(raw)
    if parts.scheme not in SCHEMES or not raw.startswith(f"{parts.scheme}://"):
        raise RuleError("postgresql:// at the beginning")
    more = parse_qs(parts.query)
    if not _has_hosts(parts) and "host" not in more:
        raise RuleError("the server's host after postgresql:// (a socket's folder as ?host=)")
    if not parts.path.strip("/") and not {"dbname", "database"} & more.keys():
        raise RuleError("the database's name after the host and a slash")
    return raw


def _has_hosts(parts: SplitResult) -> bool:
    """Tell whether each host is named; raises when its port is no number."""
    hosts = parts.netloc.rpartition("@")[2].split(",")
    try:
        found = [(split.hostname, split.port) for split in (urlsplit(f"//{h}") for h in hosts)]
    except ValueError:
        rule = "a number as the port; in a password : / @ are written %3A %2F %40"
        raise RuleError(rule) from None
    return all(host for host, _ in found)


def port(raw: str) -> int:
    """Return a port's number; 0 stands for any that is free. Raises ValueError."""
    number = int(raw)
    if not 0 <= number <= PORT_MAX:
        raise ValueError
    return number


def positive(raw: str) -> int:
    """Return a whole number from 1 on; raises ValueError."""
    number = int(raw)
    if number < 1:
        raise ValueError
    return number


def switch(raw: str) -> bool:
    """Return whether something is on; raises KeyError for what is neither."""
    return {"true": True, "1": True, "false": False, "0": False}[raw.strip().lower()]


def access(raw: str) -> str:
    """Return who may ask, in lower case; raises ValueError."""
    return ACCESS[ACCESS.index(raw.strip().lower())]


def public_url(raw: str) -> str:
    """Return an address as browsers say whence a page is; raises ValueError."""
    found = origin(raw)
    if found is None:
        raise ValueError
    return found


def entitlement(raw: str) -> str:
    """Return a choice of disclosure, in lower case; raises ValueError."""
    return ENTITLEMENTS[ENTITLEMENTS.index(raw.strip().lower())]


def level(raw: str) -> str:
    """Return a level of the log, in lower case; raises ValueError."""
    return LEVELS[LEVELS.index(raw.strip().lower())]


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


__all__ = [
    "ACCESS", "AN_ADDRESS", "ENTITLEMENTS", "LEVELS", "LOOPBACK", "RuleError", "access", "dsn",
    "entitlement", "hosts", "level", "networks", "origins", "port", "positive", "public_url",
    "switch", "text",
]  # fmt: skip
