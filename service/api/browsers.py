"""Browsers at the door: the cookie that they bring, and that they send nothing unasked.

A browser sends its cookie with whatever any page makes it send. So a change is taken with a cookie
only from the service's own pages, as the browser says, and with the token of the session, which
only who reads these pages has.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qsl

from litestar import Response
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie

from service.api import bodies, limiting
from service.api.answers import AnyRequest
from service.domain.caller import Caller
from service.domain.problems import Problem, Refused
from service.door.front import Front
from service.door.sessions import holds

SESSION: Final = "capmap"
GOING: Final = "capmap-sign-in"
COOKIE: Final = "cookie"
"""Under this name a request's state holds the session's cookie, if that is how it was let in."""
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_FORM: Final = 4_096
_GOING_SECONDS: Final = 600
"""How long a browser keeps the cookie of its way to an issuer: as long as that may take."""
_URLENCODED: Final = "application/x-www-form-urlencoded"

# Any: litestar's connection is generic over handler, user, auth and state, none of which are used.
AnyConnection = ASGIConnection[Any, Any, Any, Any]


async def known(connection: AnyConnection, front: Front) -> Caller:
    """Return whom the browser's session is of; raises Refused for none, and for a forged change."""
    cookie = brought(connection, front, SESSION)
    if cookie and not front.sessions.remembers(cookie):
        limiting.may_try(connection.scope)
    found = await front.sessions.caller(cookie) if cookie else None
    if cookie is None or found is None:
        raise Refused(Problem("unknown_caller", "the request brings no key"))
    if connection.scope.get("method") not in _SAFE:
        from_our_pages(connection, front)
        with_token(cookie, connection.headers.get("x-csrf-token", ""))
    connection.scope["state"][COOKIE] = cookie
    return found


def brought(connection: AnyConnection, front: Front, name: str) -> str | None:
    """Return a cookie of ours that a browser brings."""
    return connection.cookies.get(_named(front, name))


def from_our_pages(connection: AnyConnection, front: Front) -> None:
    """Raise Refused unless the browser says that a page of ours sends this.

    Sec-Fetch-Site decides where it is sent; a page cannot set it. Older browsers say the Origin.
    """
    site = connection.headers.get("sec-fetch-site")
    ours = site == "same-origin" or (
        site is None
        and front.public is not None
        and connection.headers.get("origin") == front.public
    )
    if not ours:
        raise Refused(Problem("cross_site", "another page, or no browser, sends this"))


def with_token(cookie: str, token: str) -> None:
    """Raise Refused unless a token belongs to a session."""
    if not holds(cookie, token):
        raise Refused(Problem("cross_site", "the token is not the session's"))


async def form(request: AnyRequest) -> dict[str, str]:
    """Return the fields of a small form; raises Refused for what is none."""
    if request.headers.get("content-type", "").partition(";")[0] != _URLENCODED:
        raise Refused(Problem("unsupported_media_type", f"this takes {_URLENCODED}"))
    body = await bodies.whole(request, _FORM)
    try:
        return dict(parse_qsl(body.decode(), errors="strict", max_num_fields=8))
    except ValueError:
        raise Refused(Problem("malformed_body", "the form cannot be read")) from None


def cookie(front: Front, name: str, value: str) -> Cookie:
    """Return a cookie of ours; an empty one is taken away.

    By https its name binds it to this very host (`__Host-`), so that no neighbour can plant one.
    """
    age = {SESSION: None, GOING: _GOING_SECONDS}[name] if value else 0
    return Cookie(
        key=_named(front, name), value=value or "gone", path="/", max_age=age, secure=front.secure,
        httponly=True, samesite="lax",
    )  # fmt: skip


def sent_on(url: str, *cookies: Cookie) -> Response[bytes]:
    """Return an answer that sends the browser on."""
    headers = {"Location": url, "Cache-Control": "no-store"}
    return Response(b"", status_code=303, headers=headers, cookies=cookies, media_type="text/plain")


def _named(front: Front, name: str) -> str:
    return f"__Host-{name}" if front.secure else name
