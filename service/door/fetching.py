"""Fetching from an issuer: within seconds, within a size, over https, and from nowhere else."""

from __future__ import annotations

import asyncio
import functools
import ssl
from collections.abc import Mapping
from typing import Final

import httpx

from service.domain.addresses import safe

SECONDS: Final = 5.0
BYTES: Final = 512 * 1024


class Unreachable(Exception):  # noqa: N818 - a state of the world: it is said, not raised in error
    """The issuer does not answer as it must; the text says how, and holds nothing secret."""


class Declined(Exception):  # noqa: N818 - an answer: the issuer says no to what was sent
    """The issuer does not take what it was sent; the text says with which number."""


def client() -> httpx.AsyncClient:
    """Return a client that follows no redirect and waits no longer than SECONDS.

    A proxy of the environment is used, but never on the way to this machine itself.
    """
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
    direct = httpx.AsyncHTTPTransport(verify=_trusted())
    return httpx.AsyncClient(
        timeout=SECONDS,
        follow_redirects=False,
        headers=headers,
        verify=_trusted(),
        mounts={f"all://{host}": direct for host in ("127.0.0.1", "localhost", "[::1]")},
    )


@functools.cache
def _trusted() -> ssl.SSLContext:
    """Return whose certificates are believed; to read them takes some 50 ms."""
    return httpx.create_ssl_context()


async def read(http: httpx.AsyncClient, url: str, bearer: str = "") -> bytes:
    """Return what stands at an address; raises Unreachable. bearer: a token to ask with."""
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    return await _whole(http, http.build_request("GET", _safe(url), headers=headers))


async def send(
    http: httpx.AsyncClient, url: str, form: Mapping[str, str], basic: tuple[str, str] | None
) -> bytes:
    """Send a form and return what is answered; raises Unreachable, and Declined for a no.

    basic: name and password.
    """
    asked = http.build_request("POST", _safe(url), data=dict(form))
    return await _whole(http, asked, httpx.BasicAuth(*basic) if basic else None)


def _safe(url: str) -> str:
    if not safe(url):
        raise Unreachable(f"{url[:200]} is not https")
    return url


async def _whole(
    http: httpx.AsyncClient, asked: httpx.Request, auth: httpx.BasicAuth | None = None
) -> bytes:
    parts: list[bytes] = []
    try:
        async with asyncio.timeout(SECONDS):
            answer = await http.send(asked, auth=auth, stream=True)
            try:
                async for part in answer.aiter_raw():
                    parts.append(part)
                    if sum(map(len, parts)) > BYTES:
                        raise Unreachable(f"{asked.url.host} answers more than {BYTES} bytes")
            finally:
                await answer.aclose()
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        raise Unreachable(f"{asked.url.host}: {type(error).__name__}") from None
    if answer.is_client_error and asked.method == "POST":
        raise Declined(f"{asked.url.host} answered {answer.status_code}")
    if answer.status_code != httpx.codes.OK or "content-encoding" in answer.headers:
        raise Unreachable(f"{asked.url.host} answered {answer.status_code}")
    return b"".join(parts)


__all__ = ["BYTES", "SECONDS", "Declined", "Unreachable", "client", "read", "send"]
