"""Keys: the operator makes, lists and revokes them; a key itself is shown once."""

from __future__ import annotations

import datetime as dt
import uuid

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from msgspec import UNSET, Struct, UnsetType

from service.api import answers, bodies, events, once, parameters
from service.api.answers import AnyRequest
from service.api.rooms import caller, rooms
from service.door import granting
from service.store.keys import Key


class KeyShown(Struct, frozen=True):
    """A key as it stands; never the key itself.

    roles: each with its codes, as in `lead:QXU`. expires_at: from then on it opens nothing.
    last_used_at: to the minute. made_by: a caller, as in `recorded_by`.
    """

    id: uuid.UUID
    name: str
    roles: tuple[str, ...]
    made_at: dt.datetime
    made_by: str
    expires_at: dt.datetime | None
    revoked_at: dt.datetime | None
    last_used_at: dt.datetime | None


class KeyMade(Struct, frozen=True):
    """A new key. secret: what its holder sends as `Authorization: Bearer …`; shown this once.

    A request that is sent again with its Idempotency-Key is answered without the secret, and with
    an empty name: the table of keys alone holds names, so that one can be forgotten.
    """

    key: KeyShown
    secret: str | UnsetType = UNSET


class KeysListed(Struct, frozen=True):
    """Every key, the oldest first."""

    items: tuple[KeyShown, ...]
    next: str | None


@post("/keys", operation_id="create_key", permission="keys", status_code=201)
async def create_key(request: AnyRequest) -> Response[bytes]:
    """Make a key; its secret is in this answer and nowhere else."""
    parameters.read(request, Struct)
    events.content_type(request, {"application/json", ""})
    room = rooms(request)
    body = await bodies.whole(request, room.desk.body_bytes)
    wanted = granting.read(body, room.desk.now())
    return await once.answered(request, body, lambda: _made(request, wanted), _without_secret)


async def _made(request: AnyRequest, wanted: granting.Wanted) -> Response[bytes]:
    made = await rooms(request).keyring.make(wanted, caller(request).id)
    answer = answers.encode(KeyMade(_shown(made.key), made.secret))
    headers = {"Cache-Control": "no-store"}
    return Response(answer, status_code=201, headers=headers, media_type="application/json")


def _without_secret(answer: bytes) -> bytes:
    """Return what is kept of an answer: a key itself is nowhere, its name in no second place."""
    key = msgspec.json.decode(answer, type=KeyMade).key
    return answers.encode(KeyMade(msgspec.structs.replace(key, name="")))


@get("/keys", operation_id="list_keys", permission="keys")
async def list_keys(request: AnyRequest) -> Response[bytes]:
    """List every key with its roles, and when it was used last."""
    parameters.read(request, Struct)
    items = tuple(_shown(key) for key in await rooms(request).keyring.listed())
    return answers.json(request, answers.encode(KeysListed(items, None)))


@post(
    "/keys/{key_id:str}/revocation", operation_id="revoke_key", permission="keys", status_code=201
)
async def revoke_key(request: AnyRequest, key_id: FromPath[str]) -> Response[bytes]:
    """Revoke a key: it opens nothing here from now on, elsewhere within half a minute."""
    parameters.read(request, Struct)
    found = await rooms(request).keyring.revoke(parameters.key(key_id, "key"), caller(request).id)
    if found is None:
        raise parameters.absent(key_id, "key")
    rooms(request).front.sessions.forget_key(found.id)
    return Response(answers.encode(_shown(found)), status_code=201, media_type="application/json")


def _shown(key: Key) -> KeyShown:
    roles = tuple(sorted(one.text() for one in key.grants))
    return KeyShown(
        key.id, key.name, roles, key.made_at, key.made_by, key.expires_at, key.revoked_at,
        key.last_used_at,
    )  # fmt: skip
