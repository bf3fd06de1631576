"""Who the caller is: what they are recorded as, their roles, and whom they see."""

from __future__ import annotations

from litestar import Response, get
from msgspec import UNSET, Struct, UnsetType

from service.api import access, answers, parameters
from service.api.answers import AnyRequest
from service.api.browsers import COOKIE
from service.api.rooms import caller
from service.door.sessions import csrf_token


class Me(Struct, frozen=True):
    """The caller. id: as in `recorded_by`. roles: each with its codes, as in `lead:QXU`.

    sees_all: whether every organisation is within reach, and none is listed. sees: their codes.
    csrf_token: of a browser's session, what it sends as X-CSRF-Token with every change.
    """

    id: str
    roles: tuple[str, ...]
    sees_all: bool
    sees: tuple[str, ...]
    csrf_token: str | UnsetType = UNSET


@get("/me", operation_id="get_me", permission="reference")
async def get_me(request: AnyRequest) -> Response[bytes]:
    """Say who asks, with which roles, and whom they see as it is now."""
    parameters.read(request, Struct)
    answer = answers.json(request, answers.encode(await me(request)))
    answer.headers["Cache-Control"] = "no-store"
    return answer


async def me(request: AnyRequest) -> Me:
    """Return who asks."""
    asks, listed = caller(request), (await access.scope(request)).listed()
    cookie = request.scope["state"].get(COOKIE)
    return Me(
        id=asks.id,
        roles=tuple(sorted(one.text() for one in asks.grants)),
        sees_all=listed is None,
        sees=listed or (),
        csrf_token=csrf_token(cookie) if cookie else UNSET,
    )
