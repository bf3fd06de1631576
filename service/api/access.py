"""The door: who brings which key, what each handler asks for, and whom the caller may see.

Every handler declares a permission of `domain.roles`; one that declares none is not served. An
organisation beyond the caller's reach is answered 403 before it is looked for, so that the answer
says nothing of it; an event, upload or trial that is not theirs is answered as one that is not
there, 404, since it has to be read before that is known.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler
from litestar.routes import BaseRoute, HTTPRoute
from litestar.types import ASGIApp, Receive, Send
from litestar.types import Scope as ASGIScope

from service.api import browsers, limiting, tracing
from service.api.answers import AnyRequest
from service.api.rooms import CALLER, MEMBER, Rooms, caller, head, rooms
from service.behind.scope import EVERYTHING, Scope
from service.domain.caller import LOCAL, Caller
from service.domain.problems import Problem, Refused
from service.domain.roles import PERMISSIONS, Permission
from service.door.keyring import PREFIX

DECLARED: Final = "permission"
"""Under this name a handler declares what it asks for: `@get(…, permission="read_events")`."""
_BY_NAME: Final = {one: one for one in PERMISSIONS}
_SCHEME: Final = b"bearer "

# Any: litestar's connection is generic over handler, user, auth and state, none of which are used.
AnyConnection = ASGIConnection[Any, Any, Any, Any]


def require(app: Litestar) -> None:
    """Raise TypeError that names every handler without a permission, or with one that is none.

    What the framework answers by itself, OPTIONS, tells the methods of a path and nothing else.
    """
    handlers = {one for route in app.routes for one in _handlers(route)}
    without = sorted(str(one) for one in handlers if _declared(one) is None)
    if without:
        raise TypeError(f"handlers that declare no permission are not served: {without}")


def _handlers(route: BaseRoute) -> Iterable[BaseRouteHandler]:
    if isinstance(route, HTTPRoute):
        return route.route_handlers
    return (route.route_handler,)  # type: ignore[attr-defined]  # the other routes have one each


def _declared(handler: BaseRouteHandler) -> Permission | None:
    found = _BY_NAME.get(handler.opt.get(DECLARED, ""))
    if found is None and getattr(handler, "http_methods", None) == {"OPTIONS"}:
        return "public"
    return found


def admitted(app: ASGIApp) -> ASGIApp:
    """Return an application whose handlers are reached by those alone who are let in.

    No guard of the framework's, which copies the handler for each request: 9 of some 170 µs.
    """

    async def asked(scope: ASGIScope, receive: Receive, send: Send) -> None:
        """Let a request in, or raise Refused."""
        await admit(ASGIConnection(scope), scope["route_handler"])
        await app(scope, receive, send)

    return asked


async def admit(connection: AnyConnection, handler: BaseRouteHandler) -> None:
    """Let in who may do what a handler does, before it does anything; raises Refused."""
    permission = _declared(handler)
    if permission == "public":
        limiting.unknown(connection.scope)
        return
    try:
        found = await _known(connection)
    except Refused:
        limiting.failed(connection.scope)
        raise
    limiting.known(connection.scope, found)
    _require(found, permission)
    connection.scope["state"][CALLER] = found


def _require(found: Caller, permission: Permission | None) -> None:
    """Raise Refused for somebody whom no role gives what is asked for."""
    if permission is None or not (permission == "reference" or found.may(permission)):
        raise Refused(Problem("not_allowed", f"no role of this key gives {permission}"))


async def still(request: AnyRequest) -> None:
    """Raise Refused once who asked would be let in no more: the key ended, or was revoked."""
    _require(await _known(request), _declared(request.route_handler))


async def _known(connection: AnyConnection) -> Caller:
    room: Rooms = connection.app.state[MEMBER]
    if room.access == "off":
        return LOCAL
    secret = _secret(connection)
    if secret is None:
        return await browsers.known(connection, room.front)
    tokens = room.front.tokens
    ring = room.keyring if tokens is None or secret.startswith(PREFIX) else tokens
    found: Caller | Problem | None = ring.at_hand(secret)
    if found is None:
        if not room.keyring.remembers(secret):
            limiting.may_try(connection.scope)
        found = await ring.caller(secret)
    if isinstance(found, Problem):
        raise Refused(found)
    return found


def _secret(connection: AnyConnection) -> str | None:
    """Return the key or token of Authorization; None without one; raises Refused for two.

    Where there is one, no cookie is read: what a browser may send unasked adds nothing to it.
    """
    given = None
    for name, value in connection.scope["headers"]:
        if name == b"authorization":
            given = value if given is None else b"two"
    if given is None:
        return None
    if given[: len(_SCHEME)].lower() != _SCHEME:
        raise Refused(Problem("unknown_caller", "the request brings no key"))
    return given[len(_SCHEME) :].strip().decode("latin-1")


async def scope(request: AnyRequest) -> Scope:
    """Return whom the caller may see with what the handler asks for, as it is now."""
    permission = _declared(request.route_handler)
    assert permission is not None  # noqa: S101 - else it was not served
    scopes, asks = rooms(request).scopes, caller(request)
    if scopes.unbounded(asks, permission):
        return EVERYTHING
    return await scopes.covered(asks, permission, (await head(request)).position)


async def within(request: AnyRequest, organisation: str) -> None:
    """Raise Refused for an organisation beyond the caller's reach, before it is looked for."""
    if not (await scope(request)).sees(organisation):
        detail = f"{organisation} is not within the scope of this key"
        raise Refused(Problem("out_of_scope", detail))
    tracing.shown(request, (organisation,))
