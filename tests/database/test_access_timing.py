"""What must not be told apart: the same answer by the same way of the code, so in the same time.

No time is measured here, where it would be chance: `python -m bench.timing` does.
"""

from __future__ import annotations

import asyncio
import re
import sys
import uuid
from types import FrameType
from typing import Any

import httpx
import pytest
from litestar import Litestar

from service.api.rooms import MEMBER
from service.domain.caller import LOCAL
from service.domain.roles import GIVES
from tests.database.test_access import OTHER, OWN, app, asking, filled, key, routes

__all__ = ["app"]  # a fixture that the tests below use

NOBODY = "TQQ"
"""A code that is not registered, as long as the others."""
CHANGES = re.compile(rf"{OTHER}|{NOBODY}|[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}")


def told(answer: httpx.Response) -> tuple[int, dict[str, str], str]:
    """Return all that an answer tells, but for what the request itself named, and how many came."""
    headers = {
        k: v for k, v in answer.headers.items() if not k.startswith(("x-request-id", "rate"))
    }
    return answer.status_code, headers, CHANGES.sub("…", answer.text)


async def way(client: httpx.AsyncClient, method: str, path: str) -> tuple[Any, list[str]]:
    """Return what an answer tells, and each function of the service that was entered for it.

    What runs beside, as noting that a key was used, is another task's.
    """
    entered: list[str] = []
    ours = asyncio.current_task()

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event != "call" or asyncio.current_task() is not ours:
            return
        if frame.f_globals.get("__name__", "").startswith("service."):
            entered.append(f"{frame.f_globals['__name__']}.{frame.f_code.co_qualname}")

    sys.setprofile(note)
    try:
        answer = await client.request(method, path)
    finally:
        sys.setprofile(None)
    return told(answer), entered


@pytest.mark.parametrize("role", [f"submitter:{OWN}", "lead:QZA"])
async def test_what_is_out_of_scope_is_answered_like_what_does_not_exist(
    app: Litestar, role: str
) -> None:
    """By code on every route: the same bytes, the same functions in the same order."""
    gives = GIVES[role.partition(":")[0]]  # type: ignore[index]  # a role
    async with asking(app, await key(app, role)) as client:
        squares = [
            (method, path) for method, path, permission in routes(app)
            if "{code:str}" in path and permission in gives
        ]  # fmt: skip
        assert squares
        for method, path in squares:
            await way(client, method, filled(path, NOBODY))  # once, so that all is at hand
            there, absent = [
                await way(client, method, filled(path, code)) for code in (OTHER, NOBODY)
            ]
            assert there == absent, (method, path)


async def test_an_event_out_of_scope_is_answered_like_one_that_is_not_there(app: Litestar) -> None:
    """Ids of rows follow from what they say and can be guessed: nothing tells that one is there."""
    async with asking(app, await key(app, "operator")) as operator:
        listed = await operator.get(f"/api/v1/events?organisation={OTHER}")
        theirs = listed.json()["items"][0]["id"]
    async with asking(app, await key(app, f"viewer:{OWN}")) as client:
        ids = (theirs, str(uuid.uuid4()))
        await way(client, "GET", f"/api/v1/events/{ids[1]}")
        there, absent = [await way(client, "GET", f"/api/v1/events/{one}") for one in ids]
        assert there[0] == absent[0]
        assert statements(there[1]) == statements(absent[1])


def statements(entered: list[str]) -> list[str]:
    """Return what was asked of the database; making Structs of rows that are there is not."""
    rooms = ("service.store.reading.", "service.store.scoped.")
    return [
        one
        for one in entered
        if one.startswith(rooms) and not one.endswith(("stored", "<listcomp>"))
    ]


async def test_keys_that_open_nothing_are_answered_alike(app: Litestar) -> None:
    """Of a key that is not known nothing is told, not even whether it could be one.

    Whoever brings a key that was revoked had it, and is told so.
    """
    room, secret = app.state[MEMBER], await key(app, "operator")
    known = {one.id for one in await room.keyring.listed()}
    gone = await key(app, "operator")
    (made,) = [one for one in await room.keyring.listed() if one.id not in known]
    await room.keyring.revoke(made.id, LOCAL.id)
    found = {}
    for name, brought in {
        "unknown": f"capmap_{'A' * 43}", "malformed": "capmap_x", "no key": "x" * 5000,
        "cut": secret[:-1], "changed": f"{secret[:-2]}AA", "revoked": gone,
    }.items():  # fmt: skip
        async with asking(app, brought) as client:
            found[name] = told(await client.get("/api/v1/organisations"))
    status, headers, text = found.pop("revoked")
    assert set(map(str, found.values())) == {str(found["unknown"])}
    assert (status, text.replace("was revoked", "is not known")) == (401, found["unknown"][2])
    assert headers.keys() == found["unknown"][1].keys()
