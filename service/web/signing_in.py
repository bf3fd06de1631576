"""Signing in and out, for people with a browser: at an issuer, or with a key."""

from __future__ import annotations

import functools
from html import escape
from importlib import resources
from typing import Final

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath

from service.api import browsers, limiting
from service.api.answers import STATUS, AnyRequest
from service.api.browsers import GOING, SESSION
from service.api.rooms import Rooms, rooms
from service.domain.caller import Caller
from service.domain.problems import Problem
from service.door.journey import Returned
from service.door.sessions import csrf_token

_PAGE: Final = """<!doctype html>
<html lang="en-GB"><head><meta charset="utf-8"><title>{title} – Capability map</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/sign-in.css"></head>
<body><main><h1>{title}</h1>{body}</main></body></html>"""
_KEY_FORM: Final = """
<form method="post" action="/sign-in/key">
<h2>With a key</h2>
<p><label for="key">Your key</label></p>
<p id="key-hint">It begins with capmap_ and was given to you by the operator.</p>
<p><input id="key" name="key" type="password" required autocomplete="current-password"
 spellcheck="false" aria-describedby="key-hint"></p>
<p><button type="submit">Sign in with the key</button></p>
</form>"""
_OUT_FORM: Final = """
<form method="post" action="/sign-out">
<input type="hidden" name="csrf" value="{token}">
<p><button type="submit">Sign out</button></p>
</form>"""
_AGAIN: Final = '<p><a href="/sign-in">Sign in</a></p>'


@get("/sign-in", operation_id="sign_in", permission="public")
async def sign_in(request: AnyRequest) -> Response[bytes]:
    """Show the ways in, or who is in already."""
    room = rooms(request)
    if (closed := _closed(room)) is not None:
        return _page("Sign in", f"<p>{escape(closed)}</p>")
    cookie = browsers.brought(request, room.front, SESSION)
    found = await room.front.sessions.caller(cookie) if cookie else None
    if cookie is None or found is None:
        return _page("Sign in", _ways(room) + _KEY_FORM)
    return _page("You are signed in", _who(found) + _OUT_FORM.format(token=csrf_token(cookie)))


@get("/sign-in/{issuer:str}", operation_id="sign_in_at", permission="public")
async def sign_in_at(request: AnyRequest, issuer: FromPath[str]) -> Response[bytes]:
    """Send the browser to an issuer."""
    room = rooms(request)
    if room.front.flow is None or _closed(room) is not None:
        return _told(Problem("not_found", f"nobody signs in at {issuer[:60]}"))
    going = await room.front.flow.go(issuer)
    if isinstance(going, Problem):
        return _told(going)
    return browsers.sent_on(going.url, browsers.cookie(room.front, GOING, going.cookie))


@get("/sign-in/callback", operation_id="signed_in", permission="public")
async def signed_in(request: AnyRequest) -> Response[bytes]:
    """Take in a browser that comes back from an issuer."""
    room, said = rooms(request), request.query_params
    if room.front.flow is None or _closed(room) is not None:
        return _told(Problem("not_found", "nobody signs in at an issuer here"))
    back = Returned(
        cookie=browsers.brought(request, room.front, GOING) or "",
        state=said.get("state", ""),
        code=said.get("code", ""),
        iss=said.get("iss"),
        error=said.get("error", ""),
    )
    came, spent = await room.front.flow.come(back), browsers.cookie(room.front, GOING, "")
    if isinstance(came, Problem):
        return _told(came, spent)
    return await _in(request, came, spent)


@post("/sign-in/key", operation_id="sign_in_with_key", permission="public", status_code=200)
async def sign_in_with_key(request: AnyRequest) -> Response[bytes]:
    """Take in a browser whose person has a key."""
    room = rooms(request)
    browsers.from_our_pages(request, room.front)
    if _closed(room) is not None:
        return _told(Problem("not_found", "nobody signs in here"))
    limiting.may_try(request.scope)
    found = await room.keyring.caller((await browsers.form(request)).get("key", "").strip())
    if isinstance(found, Problem):
        limiting.failed(request.scope)
        return _told(Problem("not_signed_in", "this key opens nothing"))
    return await _in(request, found)


@post("/sign-out", operation_id="sign_out", permission="public", status_code=200)
async def sign_out(request: AnyRequest) -> Response[bytes]:
    """End the browser's session."""
    front = rooms(request).front
    browsers.from_our_pages(request, front)
    cookie = browsers.brought(request, front, SESSION)
    if cookie is not None:
        browsers.with_token(cookie, (await browsers.form(request)).get("csrf", ""))
        await front.sessions.end(cookie)
    return browsers.sent_on("/sign-in", browsers.cookie(front, SESSION, ""))


@get("/sign-in.css", operation_id="get_sign_in_style", permission="public", sync_to_thread=False)
def get_sign_in_style() -> Response[bytes]:
    """Give the style of these pages."""
    headers = {"Cache-Control": "public, max-age=3600"}
    return Response(_style(), headers=headers, media_type="text/css; charset=utf-8")


HANDLERS: Final = (sign_in, sign_in_at, signed_in, sign_in_with_key, sign_out, get_sign_in_style)


async def _in(request: AnyRequest, caller: Caller, *more: Cookie) -> Response[bytes]:
    """Begin a session, in place of the one that the browser had."""
    front = rooms(request).front
    begun = await front.sessions.begin(caller, browsers.brought(request, front, SESSION))
    return browsers.sent_on("/sign-in", browsers.cookie(front, SESSION, begun), *more)


def _closed(room: Rooms) -> str | None:
    """Return why no browser is signed in, if none is."""
    if room.access == "off":
        return "Access is off: whoever reaches this service is its operator, and nobody signs in."
    if room.front.public is None:
        return "Nobody can sign in yet: the operator must set CAPMAP_PUBLIC_URL."
    return None


def _ways(room: Rooms) -> str:
    """Return links to the issuers."""
    issuers = () if room.front.flow is None else room.front.flow.issuers.all
    links = (
        f'<li><a href="/sign-in/{escape(one.known.name)}">{escape(one.known.title)}</a></li>'
        for one in issuers
        if one.known.client_id
    )
    made = "".join(links)
    return f"<h2>With an account</h2><ul>{made}</ul>" if made else ""


def _who(caller: Caller) -> str:
    return f"<p>You are known here as <code>{escape(caller.id)}</code>.</p>"


def _told(problem: Problem, *cookies: Cookie) -> Response[bytes]:
    """Return a problem as a page."""
    kind = problem.kind
    body = f"<p>{escape(problem.detail)}.</p><p>{escape(kind.way_out)}</p>{_AGAIN}"
    answer = _page(kind.title, body, *cookies)
    answer.status_code = STATUS[kind.category]
    return answer


def _page(title: str, body: str, *cookies: Cookie) -> Response[bytes]:
    content = _PAGE.format(title=escape(title), body=body).encode()
    headers = {"Cache-Control": "no-store"}
    kind = "text/html; charset=utf-8"
    return Response(content, headers=headers, cookies=cookies, media_type=kind)


@functools.cache
def _style() -> bytes:
    return resources.files("service.web").joinpath("sign-in.css").read_bytes()
