"""Tracing at the door: whom an answer shows is counted as it is sent, and no answer leaves without.

What an operation shows is in one table. `access.within` says whose data is asked for; a handler
that asks by `access.scope` says it itself, by `shown`. An answer of a traced operation that says
nothing of it is not sent, so that no handler can forget; one that is not in the table is not
served. A refusal shows nothing; 304 shows what the reader has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import structlog
from litestar import Litestar, Request
from litestar.types import Receive, Scope, Send

from service.api import answers
from service.api.answers import AnyRequest
from service.api.rooms import CALLER, MEMBER, Rooms
from service.domain.problems import KINDS, Problem
from service.domain.reads import Kind
from service.domain.roles import Permission

SHOWS: Final[Mapping[str, Kind | None]] = {
    "list_organisations": "organisation",
    "list_systems": "organisation",
    "get_organisation": "organisation",
    "get_trust_picture": "picture",
    "list_trust_beginnings": "picture",
    "get_system_picture": "system_picture",
    "get_completeness": "completeness",
    "list_trust_people": "people",
    "list_events": "events",
    "get_event": "events",
    "get_return": "return",
    "save_return_draft": "return",
    "make_return": "return",
    "discard_return_draft": None,
    "list_trials": None,
    "get_trial": "trial",
    "discard_trial": None,
    "record_trial": None,
    "append_events": None,
    "correct_event": None,
    "retract_event": None,
    "dispute_event": None,
    "settle_dispute": None,
    "confirm_event": None,
    "create_upload": "trial",
    "list_uploads": "upload",
    "get_upload": "upload",
    "list_upload_rows": "upload",
    "follow_upload": "upload",
    "get_upload_errors": "upload",
    "retract_upload": "upload",
    "restore_upload": "upload",
    "list_reads": "trace",
    "list_acts_of": "trace",
}
"""What each operation shows of organisations. None: only what the caller sent, and its receipt."""
SHOWING_NOBODY: Final[frozenset[Permission]] = frozenset(
    {"public", "reference", "keys", "people", "metrics", "read_acts"}
)
"""Permissions whose handlers show no organisation's data."""
_SHOWN: Final = "shown"
_LEAST_REFUSAL: Final = 400
_log = structlog.get_logger("trace")


def require(app: Litestar) -> None:
    """Raise TypeError that names every handler of which the table does not say what it shows."""
    handlers = {one for route in app.routes for one in getattr(route, "route_handlers", ())}
    unknown = sorted(
        str(one.operation_id)
        for one in handlers
        if one.http_methods != {"OPTIONS"}
        and one.opt.get("permission") not in SHOWING_NOBODY
        and one.operation_id not in SHOWS
    )
    if unknown:
        raise TypeError(f"api.tracing.SHOWS does not say what these show: {unknown}")


def shown(request: AnyRequest, organisations: Iterable[str]) -> None:
    """Say whose data the answer shows, besides what was said already."""
    state = request.scope["state"]
    found: set[str] | None = state.get(_SHOWN)
    if found is None:
        state[_SHOWN] = set(organisations)
    else:
        found.update(organisations)


def told(scope: Scope, status: int) -> bool:
    """Count whom an answer shows that is about to begin.

    False where it shows somebody and no handler said whom: then it is to be refused instead.
    """
    if status >= _LEAST_REFUSAL:
        return True
    handler = scope["route_handler"]
    kind = SHOWS.get(handler.operation_id)  # type: ignore[union-attr,arg-type]  # of HTTP: a name
    if kind is None:
        return True
    state = scope["state"]
    found: set[str] | None = state.get(_SHOWN)
    if found is None:
        return False
    room: Rooms = scope["litestar_app"].state[MEMBER]
    room.trace.note(state[CALLER], handler.opt["permission"], kind, found)
    return True


async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer 500 by hand: once an answer was about to begin, the framework makes no other."""
    _log.error("whose data an answer shows was not said", handler=str(scope["route_handler"]))
    request: AnyRequest = Request(scope)
    made = answers.problem(request, Problem("internal", KINDS["internal"].meaning))
    await made.to_asgi_response(None, request)(scope, receive, send)
