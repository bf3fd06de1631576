"""Signing in and out, for people with a browser: at an issuer, or with a key."""

from __future__ import annotations

from html import escape
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
from service.web.pages import page

_ABOUT: Final = """
<p>The capability map shows what NHS organisations can do to improve care, and the evidence for it.
Sign in to see your part of it.</p>"""
_KEY_FORM: Final = """
<form method="post" action="/sign-in/key">
<h2>With a key</h2>
<p><label for="key">Your key</label></p>
<p id="key-hint" class="hint">It begins with capmap_. Whoever runs this service gave it to you.</p>
<p><input id="key" name="key" type="password" required autocomplete="current-password"
 spellcheck="false" aria-describedby="{described}"{invalid}></p>
<p><button type="submit">Sign in with the key</button></p>
</form>"""
_ASKED: Final = _KEY_FORM.format(described="key-hint", invalid="")
_ASKED_AGAIN: Final = _KEY_FORM.format(
    described="key-error key-hint", invalid=' aria-invalid="true" autofocus'
)
_WRONG_KEY: Final = """
<div class="error" role="alert"><h2>There is a problem</h2>
<p id="key-error">This key opens nothing. Copy the whole key and try again,
or ask for a new one.</p>
</div>"""
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
        return _page("Sign in", _ABOUT + _ways(room) + _ASKED)
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
        return _wrong_key(room)
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


HANDLERS: Final = (sign_in, sign_in_at, signed_in, sign_in_with_key, sign_out)


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
    return (
        f"<p>You are known here as <code>{escape(caller.id)}</code>.</p>"
        '<p><a href="/api/v1/me">Your roles, and the organisations that you can see</a></p>'
    )


def _wrong_key(room: Rooms) -> Response[bytes]:
    """Return the page that asks again, and says nothing of why the key was wrong."""
    answer = _page("Sign in", _WRONG_KEY + _ways(room) + _ASKED_AGAIN, tab="Error: Sign in")
    answer.status_code = STATUS["invalid"]
    return answer


def _told(problem: Problem, *cookies: Cookie) -> Response[bytes]:
    """Return a problem as a page."""
    kind, detail = problem.kind, problem.detail
    said = f"{detail[:1].upper()}{detail[1:]}."
    body = f"<p>{escape(said)}</p><p>{escape(kind.way_out)}</p>{_AGAIN}"
    answer = _page(kind.title, body, *cookies)
    answer.status_code = STATUS[kind.category]
    return answer


def _page(heading: str, body: str, *cookies: Cookie, tab: str = "") -> Response[bytes]:
    """Return a page that no cache keeps. tab: the title in the browser, the heading if empty."""
    answer = page(tab or heading, f"<h1>{escape(heading)}</h1>{body}", cookies)
    answer.headers["Cache-Control"] = "no-store"
    return answer
