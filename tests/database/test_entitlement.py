"""Who gets whose exact counts and self-assessments: decided as they ask.

Source: MODEL.md §5.6, DOMAIN.md §5.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from litestar import Litestar

from service.api.rooms import MEMBER
from service.app import build, opened
from service.settings import load
from tests.database.test_access import asking, joined, key, system
from tests.strategies import about, made, trust

TRUST, GONE, GUEST, OTHER = "TAA", "TGG", "TPP", "TXX"
BOARD, ELSEWHERE, REGION, COHORT = "QZA", "QZB", "ZRG", "ZCH"
EVENTS = "/api/v1/events"
COUNT = 63


def trained(code: str) -> dict[str, Any]:
    """Return completions that round."""
    data = {"course": "qsir_fundamentals", "tier": "introductory", "participant_group": "staff"}
    return made("StaffTrained", code, {**data, "completions": COUNT}, effective="2026-05-01")


def assessed(code: str, component: str) -> dict[str, Any]:
    """Return a self-assessment that is large enough to be told."""
    data = {"framework": "nhs_impact", "framework_version": "2023", "component": component}
    return made("MaturityAssessed", code, {**data, "stage": 2, "by": "board", "participants": 30})


ASSESSED, COUNTED = assessed(TRUST, "named"), assessed(TRUST, "counted")
UNSHARED = assessed(TRUST, "unshared")


def shared(of: dict[str, Any], how: str, with_: str = BOARD) -> dict[str, Any]:
    """Return that the trust shared an assessment."""
    return made("MaturityShared", TRUST, {"assessment_event": of["id"], "with": with_, "as": how})


def world() -> list[dict[str, Any]]:
    """Return a board that hosts a trust, one that absorbed another, and has a partner."""
    return [
        system(BOARD, "ics"), system(ELSEWHERE, "ics"), system(REGION, "region"),
        system(COHORT, "cohort"), *map(trust, (TRUST, GONE, GUEST, OTHER)),
        made("SystemJoinedSystem", BOARD, {"system": REGION}, effective="2020-04-01"),
        joined(TRUST, "host"), joined(TRUST, "host", COHORT), joined(GONE, "host"),
        joined(GUEST, "partner"),
        *(joined(code, "host", ELSEWHERE) for code in (GUEST, OTHER)),
        *map(trained, (TRUST, GONE, GUEST, OTHER)),
        made("TrustMerged", GONE, {"into": TRUST, "kind": "merger"}, effective="2026-06-01"),
        made("ConnectionMade", OTHER, {"kind": "visit", "with": [TRUST]}),
        ASSESSED, COUNTED, UNSHARED, shared(ASSESSED, "named"), shared(COUNTED, "count_only"),
    ]  # fmt: skip


@pytest.fixture
async def app(dsn: str) -> AsyncIterator[Litestar]:
    """The application with access by keys, whose log holds that world."""
    settings = load({"CAPMAP_ACCESS": "keys"})
    found = build(settings, dsn)
    async with opened(settings, dsn) as found.state[MEMBER]:
        async with asking(found, await key(found, "operator")) as operator:
            fresh = [event | {"source": {"kind": "public", "reference": "x"}} for event in world()]
            answer = await operator.post(EVENTS, json=fresh)
            assert answer.status_code == 201, answer.text
        yield found


async def picture(
    client: httpx.AsyncClient, code: str, kind: str = "trusts", **query: Any
) -> httpx.Response:
    """Ask for a picture."""
    return await client.get(f"/api/v1/{kind}/{code}/picture", params={"on": "2026-08-01", **query})


MAY: dict[str, dict[str, str]] = {
    "operator": {TRUST: "exact", GUEST: "exact", OTHER: "exact"},
    f"submitter:{TRUST}": {TRUST: "exact"},
    f"viewer:{TRUST}": {TRUST: "exact"},
    f"lead:{BOARD}": {TRUST: "exact"},
    f"lead:{REGION}": {TRUST: "people-v1"},
    f"lead:{COHORT}": {TRUST: "people-v1"},
    f"analyst:{BOARD}": {TRUST: "people-v1"},
    "analyst:all": {TRUST: "people-v1", GUEST: "people-v1", OTHER: "people-v1"},
    f"viewer:{GONE}": {GONE: "exact"},
}
"""As what each gets the counts of whom, where they see them at all."""


@pytest.mark.parametrize("role", MAY)
async def test_each_gets_the_most_that_they_may_have(app, role):
    """Less may be asked by anybody; more is refused, and says the way out."""
    async with asking(app, await key(app, role)) as client:
        for code, expected in MAY[role].items():
            answer = await picture(client, code)
            assert answer.json()["moment"]["disclosure"] == expected
            assert bool(answer.json()["rounded"]) == (expected != "exact")
            assert answer.headers["vary"] == "Authorization, Cookie"
            assert answer.headers["cache-control"].startswith("private")
            less = await picture(client, code, disclosure="people-v1")
            assert less.json()["moment"]["disclosure"] == "people-v1"
            more = await picture(client, code, disclosure="exact")
            assert more.status_code == (200 if expected == "exact" else 403)
            if expected != "exact":
                assert more.json()["type"] == "/problems/not_entitled"
                assert "`disclosure`" in more.json()["way_out"]


@pytest.mark.parametrize("role", MAY)
async def test_of_events_too_each_gets_the_most_that_they_may_have(app, role):
    """By organisation: in one list some have their hash and exact counts, others neither."""
    async with asking(app, await key(app, role)) as client:
        listed = (await client.get(EVENTS, params={"limit": 1000})).json()
        for item in listed["items"]:
            given = MAY[role].get(item["organisation"])
            if item["type"] == "StaffTrained" and given is not None:
                count = item["data"]["completions"]
                assert (count == COUNT) == (given == "exact")
                assert ("hash" in item) == (given == "exact")
        whole = await client.get(EVENTS, params={"disclosure": "exact"})
        assert whole.status_code == (200 if role == "operator" else 403)
        for code, given in MAY[role].items():
            asked = {"organisation": code, "disclosure": "exact", "type": "StaffTrained"}
            answer = await client.get(EVENTS, params=asked)
            assert answer.status_code == (200 if given == "exact" else 403)


async def test_a_picture_of_a_board_is_exact_for_whom_it_hosts_and_rounded_for_partners(app):
    """It says whose counts are rounded; asked for exact ones alone it is refused."""
    async with asking(app, await key(app, f"lead:{BOARD}")) as lead:
        answer = (await picture(lead, BOARD, "systems")).json()
        assert (answer["moment"]["disclosure"], answer["rounded"]) == ("people-v1", [GUEST])
        values = answer["picture"]["values"]["skills_introductory"]["measures"]
        done = values["introductory_completions_12m"]
        hosted, partner = done["trusts"][0], done["partners"][0]
        assert (hosted["code"], hosted["measure"]["value"]) == (TRUST, 2 * COUNT)
        assert "band" not in hosted["measure"]
        assert (partner["code"], partner["measure"]["band"]) == (GUEST, 4)
        assert (await picture(lead, BOARD, "systems", disclosure="exact")).status_code == 403
    async with asking(app, await key(app, "operator")) as operator:
        answer = (await picture(operator, BOARD, "systems")).json()
        assert (answer["moment"]["disclosure"], answer["rounded"]) == ("exact", [])


async def test_a_new_host_has_exact_counts_at_once_and_the_former_none(app):
    """Of all years: judged by where the trust belongs today, never by the date asked about."""
    async with (
        asking(app, await key(app, "operator")) as operator,
        asking(app, await key(app, f"lead:{BOARD}", "analyst:all")) as former,
        asking(app, await key(app, f"lead:{ELSEWHERE}")) as new,
    ):
        assert (await picture(former, TRUST)).json()["moment"]["disclosure"] == "exact"
        moved = joined(TRUST, "host", ELSEWHERE) | {"effective": "2026-07-01"}
        assert (await operator.post(EVENTS, json=moved)).status_code == 201
        for on in ("2026-08-01", "2026-05-31"):
            assert (await picture(new, TRUST, on=on)).json()["moment"]["disclosure"] == "exact"
            earlier = await picture(former, TRUST, on=on)
            assert earlier.json()["moment"]["disclosure"] == "people-v1"


async def test_a_trust_may_share_its_exact_counts_until_it_no_longer_does(app):
    """With the leads of a region, say, who have them at once; not with an analyst of it."""
    data = {"with": REGION, "what": "exact_counts"}
    async with (
        asking(app, await key(app, "operator")) as operator,
        asking(app, await key(app, f"lead:{REGION}")) as lead,
        asking(app, await key(app, f"analyst:{REGION}")) as analyst,
    ):
        for kind, on, expected in (
            ("ShareGranted", "2026-05-01", "exact"),
            ("ShareWithdrawn", "2026-06-01", "people-v1"),
        ):
            said = made(kind, TRUST, data, effective=on)
            assert (await operator.post(EVENTS, json=said)).status_code == 201
            assert (await picture(lead, TRUST)).json()["moment"]["disclosure"] == expected
            assert (await picture(analyst, TRUST)).json()["rounded"] == [TRUST, GONE]


async def components(client: httpx.AsyncClient, **query: Any) -> tuple[list[str], int]:
    """Return which self-assessments a picture names, and how many it counts beside them."""
    found = (await picture(client, TRUST, **query)).json()["picture"]["self_assessment"]
    named = [one["component"] for one in found["components"]]
    return named, found.get("withheld", {"count": 0})["count"]


async def listed(client: httpx.AsyncClient) -> dict[str, Any]:
    """Return the payloads of self-assessments that a list holds, by id."""
    answer = await client.get(EVENTS, params={"type": "MaturityAssessed"})
    return {item["id"]: item["data"] for item in answer.json()["items"]}


async def test_a_self_assessment_is_for_others_as_it_was_shared(app):
    """Named, counted, or not there; also not by its id. The trust itself sees all."""
    every = [one["id"] for one in (ASSESSED, COUNTED, UNSHARED)]
    async with asking(app, await key(app, f"viewer:{TRUST}")) as own:
        assert await components(own) == (["counted", "named", "unshared"], 0)
        assert set(await listed(own)) == set(every)
    async with asking(app, await key(app, f"lead:{BOARD}")) as lead:
        assert await components(lead) == (["named"], 1)
        found = await listed(lead)
        assert found[every[0]]["stage"] == 2
        assert found == {every[0]: found[every[0]], every[1]: None}
        assert (await lead.get(f"{EVENTS}/{every[2]}")).status_code == 404
        counted = (await lead.get(f"{EVENTS}/{every[1]}")).json()
        assert (counted["text"], counted["event"]["data"]) == (None, None)
        assert [one["type"] for one in counted["about"]] == ["MaturityShared"]
    for stranger in ("analyst:all", f"lead:{REGION}"):
        async with asking(app, await key(app, stranger)) as client:
            assert await components(client) == ([], 0)
            assert await listed(client) == {}
            answer = await client.get(EVENTS, params={"type": "MaturityShared"})
            assert answer.json()["items"] == []


async def test_what_is_no_longer_shared_is_not_read_as_known_earlier_either(app):
    """Sharing is judged now: a share that was withdrawn gives nothing of any moment any more."""
    async with (
        asking(app, await key(app, "operator")) as operator,
        asking(app, await key(app, f"lead:{BOARD}")) as lead,
    ):
        head = (await picture(lead, TRUST)).json()["moment"]["known_at"]["position"]
        assert await components(lead, known_at=head) == (["named"], 1)
        data = {"with": BOARD, "what": "self_assessment"}
        granted = made("ShareGranted", TRUST, data, effective="2026-05-01")
        assert (await operator.post(EVENTS, json=granted)).status_code == 201
        assert await components(lead, known_at=head) == (["counted", "named", "unshared"], 0)
        withdrawn = made("ShareWithdrawn", TRUST, data, effective="2026-06-01")
        assert (await operator.post(EVENTS, json=withdrawn)).status_code == 201
        assert await components(lead, known_at=head) == ([], 0)
        assert await listed(lead) == {}


async def test_counts_are_exact_for_the_trust_that_laid_a_trial_over_them(app):
    """A trial is its owner's, who has exact counts of the trust that it is for."""
    async with asking(app, await key(app, f"submitter:{TRUST}", f"analyst:{BOARD}")) as owner:
        more = trained(TRUST) | {"id": str(uuid.uuid4()), "assurance": "self_declared",
                                 "source": {"kind": "own", "reference": "x"}}  # fmt: skip
        answer = await owner.post(f"{EVENTS}?trial=mine", json=more)
        assert answer.status_code == 201, answer.text
        tried = (await picture(owner, TRUST, trial="mine")).json()
        done = tried["picture"]["skills"]["measures"]["introductory_completions_12m"]
        assert (tried["moment"]["disclosure"], done["value"]) == ("exact", 3 * COUNT)
        system = (await picture(owner, BOARD, "systems", trial="mine")).json()
        assert system["rounded"] == [GUEST]


async def test_an_operator_may_give_exact_totals_to_all_who_sign_in(dsn):
    """CAPMAP_ENTITLEMENT=trust_totals: what others have is totals, without parts and hashes."""
    settings = load({"CAPMAP_ACCESS": "keys", "CAPMAP_ENTITLEMENT": "trust_totals"})
    app = build(settings, dsn)
    small = {"instrument": "Ties", "invited": 20, "responded": 9, "ties": 30, "density_share": 0.1}
    survey = made("NetworkSurveyed", TRUST, small | {"isolates": 0})
    divided = trained(TRUST)
    divided["data"] |= {"by": [{"division": "med", "completions": 5}]}
    fixed = about("EventCorrected", divided, TRUST, data=divided["data"], reason="mistyped")
    async with opened(settings, dsn) as app.state[MEMBER]:
        async with asking(app, await key(app, "operator")) as operator:
            told = [trust(TRUST), divided, survey, fixed]
            assert (await operator.post(EVENTS, json=told)).status_code == 201
        async with asking(app, await key(app, "analyst:all")) as client:
            answer = (await picture(client, TRUST)).json()
            done = answer["picture"]["skills"]["measures"]["introductory_completions_12m"]
            assert answer["moment"]["disclosure"] == "trust-totals"
            assert (done["value"], "band" in done) == (COUNT, False)
            listed = (await client.get(EVENTS)).json()
            by_type = {item["type"]: item for item in listed["items"]}
            assert listed["disclosure"] == "trust-totals"
            assert by_type["StaffTrained"]["data"]["completions"] == COUNT
            assert "by" not in by_type["StaffTrained"]["data"]
            assert "by" not in by_type["EventCorrected"]["data"]["data"]
            assert by_type["NetworkSurveyed"]["data"] is None
            assert not any("hash" in item for item in listed["items"])
            less = (await picture(client, TRUST, disclosure="people-v1")).json()
            assert less["moment"]["disclosure"] == "people-v1"
            more = await picture(client, TRUST, disclosure="exact")
            assert more.status_code == 403
