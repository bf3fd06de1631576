"""How often a caller may ask: by the key, without one by the address, failures for themselves.

While access is off nobody is limited: the only caller is the person at this machine. The buckets
are of this process; N processes let N times as much through.
"""

from __future__ import annotations

import ipaddress
from typing import Final

from litestar.types import Scope
from msgspec import Struct

from service.domain.caller import Caller
from service.domain.problems import Problem, Refused
from service.door.limits import WINDOW, Limit, Spent
from service.settings import Settings

MEMBER: Final = "limits"
SPENT: Final = "spent"
"""Under this name a request's state holds how its caller's bucket stands."""
WEIGHT: Final = "weight"
"""Under this name a handler says for how many requests one of its own counts."""


class Limits(Struct, frozen=True):
    """The buckets of a process: of keys, of addresses without one, of addresses that failed."""

    keys: Limit
    addresses: Limit
    failures: Limit


def limits(settings: Settings) -> Limits | None:
    """Return the buckets; None while access is off."""
    if settings.access == "off":
        return None
    return Limits(
        Limit(b"key", settings.requests_per_minute),
        Limit(b"address", settings.requests_per_minute),
        Limit(b"failures", settings.failures_per_minute),
    )


def known(scope: Scope, caller: Caller) -> None:
    """Count a request of somebody who is known; raises Refused beyond the limit."""
    found = _of(scope)
    if found is not None:
        _spend(scope, found.keys, caller.id)


def unknown(scope: Scope) -> None:
    """Count a request that needs no key, by its address; raises Refused beyond the limit."""
    found = _of(scope)
    if found is not None:
        _spend(scope, found.addresses, address(scope))


def may_try(scope: Scope) -> None:
    """Raise Refused where an address failed so often that what it brings is not looked up."""
    found = _of(scope)
    if found is not None and (spent := found.failures.wait(address(scope))).wait:
        _refuse(scope, spent)


def failed(scope: Scope) -> None:
    """Count that who asks could not be known."""
    found = _of(scope)
    if found is not None:
        found.failures.spend(address(scope))


def told(scope: Scope) -> list[tuple[bytes, bytes]]:
    """Return what an answer says of its caller's bucket, if it was counted.

    Source: draft-ietf-httpapi-ratelimit-headers-10, sections 3 and 4; RFC 9110, 10.2.3.
    """
    spent: Spent | None = scope.get("state", {}).get(SPENT)
    if spent is None:
        return []
    headers = [
        (b"ratelimit-policy", b'"%s";q=%d;w=%d' % (spent.policy, spent.quota, WINDOW)),
        (b"ratelimit", b'"%s";r=%d;t=%d' % (spent.policy, spent.left, spent.full_in)),
    ]
    return [*headers, (b"retry-after", b"%d" % spent.wait)] if spent.wait else headers


def address(scope: Scope) -> str:
    """Return by what an address is counted; of IPv6 a site's whole network, which is one's own."""
    client = scope.get("client")
    host = client[0] if client else ""
    if ":" not in host:
        return host
    try:
        return str(ipaddress.ip_network((host.partition("%")[0], 64), strict=False))
    except ValueError:
        return host


def _of(scope: Scope) -> Limits | None:
    found: Limits | None = scope["litestar_app"].state[MEMBER]
    return found


def _spend(scope: Scope, limit: Limit, who: str) -> None:
    weight: int = scope["route_handler"].opt.get(WEIGHT, 1)
    spent = limit.spend(who, weight)
    if spent.wait:
        _refuse(scope, spent)
    scope["state"][SPENT] = spent


def _refuse(scope: Scope, spent: Spent) -> None:
    scope["state"][SPENT] = spent
    detail = f"{spent.quota} in {WINDOW} s are granted; again in {spent.wait} s"
    raise Refused(Problem("too_many_requests", detail))


__all__ = [
    "MEMBER", "SPENT", "WEIGHT", "Limits", "address", "failed", "known", "limits", "may_try",
    "told", "unknown",
]  # fmt: skip
