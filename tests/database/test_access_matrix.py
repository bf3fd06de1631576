"""Access, every square of it: who reads and records whom and what – and that these tests can fail.

What is expected is written here from DOMAIN.md §2 and docs/access.md, not asked of the code. Each
filter of the code is then taken out, and the matrix must say so.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar

from service.api import events
from service.api.events import EventsQuery
from service.behind.scope import Scope
from service.domain.envelope import OPERATOR_ASSURANCE
from service.domain.register import BY_NAME
from service.domain.roles import GIVES
from service.domain.samples import sample
from service.store.reading import Filter
from tests.database.test_access import (
    ABSORBED,
    CLOSED,
    EVERYBODY,
    FORMER,
    OTHER,
    OWN,
    PARTNER,
    REGION,
    SEEN,
    SIBLING,
    SYSTEM,
    app,
    asking,
    filled,
    key,
    routes,
)  # fmt: skip

__all__ = ["app"]  # a fixture that the tests below use

FILTER = events._filter
SYSTEMS = {SYSTEM, REGION, "QZB"}
NAMES = ("system", "into")
"""Members of the world's events that name another organisation."""
ASSURANCES = ("public_record", "third_party", "board_minuted", "self_declared")
SUBMITTERS = {
    f"submitter:{OWN}": {OWN},
    f"submitter:{SYSTEM}": {SYSTEM},
    f"submitter:{ABSORBED},{CLOSED}": {ABSORBED, CLOSED},
}
"""For whom each records: whom the key names; a board not for its trusts, nobody for a successor."""
READERS = (f"viewer:{OWN}", f"lead:{SYSTEM}", f"analyst:{SYSTEM}", "analyst:all")
OPERATORS = {
    "TrustRegistered", "TrustChanged", "TrustMerged", "TrustClosed", "TrustJoinedSystem",
    "TrustLeftSystem", "SystemEstablished", "SystemRenamed", "SystemSucceeded", "SystemClosed",
    "SystemJoinedSystem", "SystemLeftSystem", "RegulatorRated", "OversightStarted",
    "OversightEnded", "OversightAssessed", "DisputeSettled",
    "CultureSurveyed",  # its sample is the NHS Staff Survey's
}  # fmt: skip
"""Types that DOMAIN.md gives to the operator alone."""

Check = Callable[[Litestar, str], Awaitable[None]]


def code_of(answer: httpx.Response) -> str | None:
    """Return the code of the problem that an answer is, if it is one."""
    found = answer.json().get("type") if "json" in answer.headers.get("content-type", "") else None
    return found.rpartition("/")[2] if found and answer.status_code >= 400 else None


async def events_of(app: Litestar) -> list[dict[str, Any]]:
    """Return the log, as the operator reads it."""
    async with asking(app, await key(app, "operator")) as operator:
        found: list[dict[str, Any]] = (await operator.get("/api/v1/events?limit=1000")).json()[
            "items"
        ]
        return found


def concerned(one: Mapping[str, Any]) -> set[str]:
    """Return whom an event of the world concerns: its stream's, and whom it names."""
    return {one["organisation"], *(one["data"][name] for name in NAMES if name in one["data"])}


async def asked(client: httpx.AsyncClient, paths: Iterable[str]) -> list[httpx.Response]:
    """Ask for all paths at once."""
    return list(await asyncio.gather(*map(client.get, paths)))


async def reads(app: Litestar, role: str) -> None:
    """Hold what a role reads by code, in lists and of events against whom it sees today."""
    seen, gives = SEEN[role], GIVES[role.partition(":")[0]]  # type: ignore[index]  # a role
    told = await events_of(app)
    theirs = [one["id"] for one in told if concerned(one) & seen]
    async with asking(app, await key(app, role)) as client:
        squares = [
            (path, code) for method, path, permission in routes(app)
            if method == "GET" and "{code:str}" in path and permission in gives
            for code in EVERYBODY
        ]  # fmt: skip
        answers = await asked(client, (filled(path, code) for path, code in squares))
        for (path, code), answer in zip(squares, answers, strict=True):
            assert (code_of(answer) == "out_of_scope") is (code not in seen), (role, path, code)
        for path, whom in (("organisations", seen), ("systems", seen & SYSTEMS)):
            listed = (await client.get(f"/api/v1/{path}")).json()["items"]
            assert {one["code"] for one in listed} == whom, (role, path)
        listed = (await client.get("/api/v1/events?limit=1000")).json()["items"]
        assert [one["id"] for one in listed] == theirs, role
        await _by_stream(client, told, seen)
        found = await asked(client, (f"/api/v1/events/{one['id']}" for one in told))
        assert [
            one["id"] for one, answer in zip(told, found, strict=True) if answer.is_success
        ] == theirs, role


async def _by_stream(client: httpx.AsyncClient, told: list[dict[str, Any]], seen: set[str]) -> None:
    """Hold each organisation's stream as it is listed: whole, or only what names one of theirs."""
    listed = await asked(client, (f"/api/v1/events?organisation={code}" for code in EVERYBODY))
    for code, answer in zip(EVERYBODY, listed, strict=True):
        own = [one for one in told if one["organisation"] == code]
        expected = [one["id"] for one in own if code in seen or concerned(one) & seen]
        assert [one["id"] for one in answer.json()["items"]] == expected, code


def shared(organisation: str, assurance: str = "self_declared") -> dict[str, Any]:
    """Return an event that every trust may record of itself."""
    return {
        "id": str(uuid.uuid4()), "type": "HelpRequested", "organisation": organisation,
        "effective": "2026-04-01", "assurance": assurance,
        "source": {"kind": "own", "reference": "Minutes"},
        "data": {"topic": "board_development", "until": "2026-12-31"},
    }  # fmt: skip


async def records(app: Litestar, role: str) -> None:
    """Hold whether a role records, by every way, for whom its key names, and for nobody else."""
    names = SUBMITTERS.get(role, set())
    before = await events_of(app)
    async with asking(app, await key(app, role)) as client:
        for code in EVERYBODY:
            for way in (_appends, _tries, _uploads):
                assert await way(client, code) is (code in names), (role, way.__name__, code)
            for way in (_drafts, _returns):
                trust = code in names - SYSTEMS
                assert await way(client, code) is trust, (role, way.__name__, code)
    told = [one for one in await events_of(app) if one not in before]
    assert {one["organisation"] for one in told} == names


async def _appends(client: httpx.AsyncClient, code: str) -> bool:
    return (await client.post("/api/v1/events", json=shared(code))).is_success


async def _tries(client: httpx.AsyncClient, code: str) -> bool:
    return (await client.post(f"/api/v1/events?trial={code.lower()}", json=shared(code))).is_success


async def _uploads(client: httpx.AsyncClient, code: str) -> bool:
    line = json.dumps(shared(code)).encode()
    sent = {"file": ("lines.ndjson", line)}
    return (await client.post("/api/v1/uploads", files=sent)).is_success


async def _drafts(client: httpx.AsyncClient, code: str) -> bool:
    quarter = {"financial_year": "2025/26", "quarter": 4}
    answers = {"version": 0, "answers": [{"question": "training", "said": "no_change"}]}
    path = f"/api/v1/trusts/{code}/return/draft"
    saved = await client.post(path, json=quarter | answers)
    away = await client.delete(f"{path}?financial_year=2025/26&quarter=4")
    assert let(saved) or not away.is_success
    return let(saved)


async def _returns(client: httpx.AsyncClient, code: str) -> bool:
    wanted = {"financial_year": "2026/27", "quarter": 1, "no_change": True}
    return let(await client.post(f"/api/v1/trusts/{code}/return", json=wanted))


def let(answer: httpx.Response) -> bool:
    """Tell whether somebody was let do what they asked; of a trust that is closed it is invalid."""
    return code_of(answer) not in {"not_yours", "out_of_scope", "not_allowed", "not_found"}


ABOUT = {
    "correction": {"reason": "mistyped", "certain": False},
    "retraction": {"reason": "other"},
    "dispute": {"ground": "wrong_date"},
    "confirmation": {},
}
"""What each way of putting an event right takes, beside its id and organisation."""


async def puts_right(app: Litestar, role: str) -> None:
    """Hold that a role corrects and retracts only what it might have recorded itself."""
    names = SUBMITTERS.get(role, set())
    async with asking(app, await key(app, f"submitter:{OWN}")) as trust_itself:
        told = [one for one in await events_of(app) if one["assurance"] in OPERATOR_ASSURANCE]
        own = shared(OWN)
        assert (await trust_itself.post("/api/v1/events", json=own)).status_code == 201
    async with asking(app, await key(app, role)) as client:
        for one in (*told, own):
            theirs = one["organisation"] in names and one["assurance"] not in OPERATOR_ASSURANCE
            place = f"/api/v1/events/{one['id']}"
            for way in ("correction", "retraction"):
                said = ABOUT[way] | {"id": str(uuid.uuid4())}
                answer = await client.post(f"{place}/{way}", json=said)
                assert answer.is_success is theirs, (role, way, one["type"], answer.text)
            for way in ("dispute", "confirmation"):
                by = OTHER if OTHER not in names else SIBLING
                said = ABOUT[way] | {"id": str(uuid.uuid4()), "organisation": by}
                answer = await client.post(f"{place}/{way}", json=said)
                assert not answer.is_success, (role, way, one["type"])
            if not theirs:  # nor as an event of one's own that is about it
                data = {"event": one["id"], "reason": "other"}
                raw = shared(one["organisation"]) | {"type": "EventRetracted", "data": data}
                answer = await client.post("/api/v1/events", json=raw)
                assert not answer.is_success, (role, one["type"])


async def functions(app: Litestar, role: str) -> None:
    """Hold that what no grant of a role gives is answered so, whatever it is asked about."""
    gives = GIVES[role.partition(":")[0]] | {"public"}  # type: ignore[index]  # a role
    async with asking(app, await key(app, role)) as client:
        for method, path, permission in routes(app):
            if permission not in gives:
                answer = await client.request(method, filled(path, OWN))
                assert code_of(answer) == "not_allowed", (role, method, path)


async def things(app: Litestar, role: str) -> None:
    """Hold that another key's upload and trial are not there for a role, on every route."""
    async with asking(app, await key(app, f"submitter:{OWN}")) as owner:
        sent = {"file": ("lines.ndjson", json.dumps(shared(OWN)).encode())}
        upload = (await owner.post("/api/v1/uploads", files=sent)).json()["id"]
        assert (await owner.post("/api/v1/events?trial=mine", json=shared(OWN))).is_success
    async with asking(app, await key(app, role)) as client:
        for method, path, _ in routes(app):
            if "{upload_id" in path or "{name:str}/" in path or "trials/{name" in path:
                place = path.replace("{upload_id:str}", upload).replace("{name:str}", "mine")
                answer = await client.request(method, place)
                assert code_of(answer) in {"not_found", "not_allowed"}, (role, method, path)


async def test_every_role_reads_whom_it_sees_and_nobody_else(app):
    """By code, in lists, by stream and event by event, whoever is own, sibling, partner, former."""
    for role in SEEN:
        await reads(app, role)


async def test_every_role_records_for_whom_its_key_names_and_nobody_else(app):
    """Events, trials, files, drafts and returns; nothing reaches another stream of the log."""
    for role in (*SUBMITTERS, *READERS):
        await records(app, role)


async def test_every_role_puts_right_what_it_might_have_recorded(app):
    """Corrections, retractions, disputes and confirmations of every event of the log."""
    for role in (*SUBMITTERS, *READERS):
        await puts_right(app, role)


async def test_no_role_does_what_none_of_its_grants_gives(app):
    """Whatever it is asked about, and by whatever method."""
    for role in (*SUBMITTERS, *READERS):
        await functions(app, role)


async def test_what_a_key_sent_is_there_for_no_other_role(app):
    """Receipts, rows, errors, undo and trials: of the same trust, its board, an analyst of all."""
    for role in (*SUBMITTERS, *READERS):
        await things(app, role)


async def test_every_type_with_every_assurance_by_every_recorder(app):
    """What is the operator's is the operator's alone; all else is the organisation's own."""
    for role in (f"submitter:{OWN}", f"submitter:{SYSTEM}", "operator"):
        await types(app, role)


async def types(app: Litestar, role: str) -> None:
    """Hold who records each type, as each assurance, for a trust and for a system."""
    squares = [
        (name, assurance, body)
        for name in BY_NAME for assurance in ASSURANCES for body in (OWN, SYSTEM)
    ]  # fmt: skip
    async with asking(app, await key(app, role)) as client:
        answers = await asyncio.gather(*(_recorded(client, *square) for square in squares))
    for (name, assurance, body), answer in zip(squares, answers, strict=True):
        operators = assurance in OPERATOR_ASSURANCE
        if name in OPERATORS and not operators:  # nobody may claim that
            assert answer.status_code == 422, (name, assurance, answer.text)
        else:
            may = role == "operator" if operators else body in SUBMITTERS.get(role, ())
            refused = code_of(answer) == "not_yours"
            assert refused is not may, (role, name, assurance, body, answer.text)


async def _recorded(
    client: httpx.AsyncClient, name: str, assurance: str, body: str
) -> httpx.Response:
    made = json.loads(json.dumps(sample(BY_NAME[name])))
    made |= {"id": str(uuid.uuid4()), "organisation": body, "assurance": assurance}
    return await client.post("/api/v1/events", json=made)


def always(*_: object) -> bool:
    """Stand in for a question whose answer would keep somebody out."""
    return True


async def let_in(*_: object) -> None:
    """Stand in for a door that would refuse."""


def nothing(*_: object) -> None:
    """Stand in for a reason to refuse, or for a bound: there is none."""


def unfiltered(query: EventsQuery, seen: Scope) -> Filter:
    """Ask for a page of events as if everybody read everything."""
    return msgspec.structs.replace(FILTER(query, seen), among=None)


FILTERS: dict[Check, dict[str, tuple[Any, str]]] = {
    reads: {
        "service.behind.scope.Scope.sees": (always, f"viewer:{OWN}"),
        "service.behind.scope.Scope.sees_any": (always, f"lead:{SYSTEM}"),
        "service.behind.scope.Scope.listed": (nothing, f"analyst:{SYSTEM}"),
        "service.api.access.within": (let_in, f"lead:{REGION}"),
        "service.api.events._filter": (unfiltered, f"viewer:{CLOSED}"),
    },
    functions: {"service.domain.caller.Caller.may": (always, f"lead:{SYSTEM}")},
    things: {"service.api.uploads._of": (nothing, f"submitter:{SIBLING}")},
    records: {
        "service.domain.access.not_yours": (nothing, f"submitter:{OWN}"),
        "service.domain.caller.Caller.may_speak_for": (always, f"submitter:{SYSTEM}"),
    },
    puts_right: {
        "service.domain.access.original": (nothing, f"submitter:{OWN}"),
        "service.domain.caller.Caller.operator": (property(always), f"submitter:{OWN}"),
    },
}
"""Of each part of the matrix the filters that it guards, what stands in for them, and for whom."""


@pytest.mark.parametrize("check", FILTERS, ids=lambda check: check.__name__)
async def test_the_matrix_fails_where_a_filter_is_taken_out(app, check, monkeypatch):
    """It holds with the filter, and without it somebody reads or records what is not theirs."""
    for filtering, (instead, role) in FILTERS[check].items():
        await check(app, role)
        with monkeypatch.context() as without:
            without.setattr(filtering, instead)
            await fails(check(app, role))


async def fails(holding: Awaitable[None]) -> None:
    """Hold that a part of the matrix does not hold."""
    with pytest.raises(AssertionError):
        await holding


async def test_the_matrix_fails_where_a_scope_reaches_one_organisation_too_many(app, monkeypatch):
    """Whoever that is: a partner, a former member, another system's trust, one that closed."""
    sees = Scope.sees
    for more in (PARTNER, FORMER, OTHER, CLOSED):

        def sees_more(self: Scope, code: str, more: str = more) -> bool:
            return code == more or sees(self, code)

        with monkeypatch.context() as wider:
            wider.setattr(Scope, "sees", sees_more)
            await fails(reads(app, f"viewer:{OWN}"))
