"""Quarterly returns over HTTP: asked, drafted by two people, made once, fresh afterwards."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from service.api.rooms import MEMBER
from service.app import build, opened
from service.domain import dates
from service.projections.coverage import quarter_of
from service.projections.returning import last_day, newest_ended
from service.settings import load

TODAY = dates.today(dt.datetime.now(dt.UTC))
QUARTER = newest_ended(TODAY)
LAST = last_day(QUARTER)
PERIOD = {"financial_year": QUARTER.financial_year, "quarter": QUARTER.quarter}
RETURN = "/api/v1/trusts/ZT001/return"
DRAFT = RETURN + "/draft"
BOARD = [{"question": "commitments", "said": "no_change"},
         {"question": "board_skills", "said": "no_change"},
         {"question": "board_development", "said": "nothing_to_report"}]  # fmt: skip
REVIEW = {"question": "board_reviews", "events": [
    {"effective": str(QUARTER.start), "data": {"data_form": "spc"}}]}  # fmt: skip


def before(months: int) -> str:
    """Return a day so many months before the quarter's last."""
    return str(dates.add_months(LAST, -months))


def event(kind: str, effective: str, data: dict[str, Any]) -> dict[str, Any]:
    """Return a valid event of the trust."""
    return {
        "id": str(uuid.uuid4()), "type": kind, "organisation": "ZT001", "effective": effective,
        "data": data, "source": {"kind": "public"}, "assurance": "public_record",
    }  # fmt: skip


def recorded() -> list[dict[str, Any]]:
    """Return what is known of the trust: all of it about to be too old."""
    name = {"name": "Oakdale NHS Trust", "trust_type": "acute", "legal_form": "nhs_trust"}
    chief = {"post": "chief_executive", "person": "p-7ab1ff2f", "basis": "substantive"}
    census = {"tier": "practitioner", "people": 120, "method": "esr"}
    return [
        event("TrustRegistered", "2010-04-01", name),
        event("LeaderAppointed", before(50), chief),
        event("WorkforceCounted", before(9), {"headcount": 5000}),
        event("SkillsCounted", before(20), census),
    ]


@pytest.fixture
async def client(dsn: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a log that holds one trust."""
    settings = load({})
    app = build(settings, dsn)
    async with (
        opened(settings, dsn) as app.state[MEMBER],
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as made,
    ):
        assert (await made.post("/api/v1/events", json=recorded())).status_code == 201
        yield made


async def sent(client: httpx.AsyncClient, address: str, **body: Any) -> Any:
    """Post a body about the quarter that must be taken; return the answer's JSON."""
    answer = await client.post(address, json=PERIOD | body)
    assert answer.status_code in {200, 201}, answer.text
    return answer.json()


async def refused(client: httpx.AsyncClient, address: str, status: int, **body: Any) -> Any:
    """Post a body about the quarter that must be refused; return its faults by pointer."""
    answer = await client.post(address, json=PERIOD | body)
    assert answer.status_code == status, answer.text
    return {one["pointer"]: one for one in answer.json()["errors"]}


async def asked(client: httpx.AsyncClient) -> Any:
    """Read the return that is due."""
    answer = await client.get(RETURN)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def levels(client: httpx.AsyncClient) -> Any:
    """Read the trust's levels on the quarter's last day."""
    found = await client.get("/api/v1/trusts/ZT001/picture", params={"on": str(LAST)})
    return found.json()["picture"]["levels"]


async def head(client: httpx.AsyncClient) -> int:
    """Return the position of the newest event."""
    found = await client.get("/api/v1/events", params={"limit": 1000})
    return len(found.json()["items"])


async def test_a_return_is_asked_with_what_is_known_and_where_it_comes_from(
    client: httpx.AsyncClient,
) -> None:
    """At most twelve questions; a census comes with its figures, its event and its source."""
    found = await asked(client)
    questions = {one["key"]: one for one in found["questions"]}
    assert found["period"] | PERIOD == found["period"]
    assert (found["period"]["ended"], found["draft"], found["before"]) == (True, None, None)
    assert len(questions) <= 12
    (census,) = questions["practitioners"]["prefilled"]
    assert (census["use"], census["effective"]) == ("again", str(LAST))
    assert census["data"] == {"tier": "practitioner", "people": 120, "method": "esr"}
    assert (census["known"]["position"], census["known"]["source"]["kind"]) == (4, "public")
    words = [way["said"] for way in questions["practitioners"]["answers"]]
    assert words == ["events", "no_change", "same_again"]
    fields = {one["type"]: one["fields"] for one in found["types"]}
    (tier,) = [one for one in fields["SkillsCounted"] if one["path"] == "data.tier"]
    assert (tier["kind"], tier["required"], tier["allowed"][0]) == ("choice", True, "introductory")


async def test_no_change_is_one_step_and_makes_the_picture_fresh(
    client: httpx.AsyncClient,
) -> None:
    """One ReturnMade lists every dimension, flows as nothing to report; stale levels are known."""
    assert (await levels(client))["leadership"]["reason"] == "evidence_too_old"
    made = await sent(client, RETURN, no_change=True)
    assert made["dimensions"] == ["leadership", "funding", "strategy"]
    assert made["nothing_to_report"] == ["skills", "board", "connection", "practice"]
    assert [one["type"] for one in made["events"]] == ["ReturnMade"]
    after = (await levels(client))["leadership"]
    assert (after["level"], after["evidence_age"]["date"]) == (3, str(LAST))
    assert (await asked(client))["made"][0]["nothing_to_report"] == made["nothing_to_report"]


async def test_a_return_sent_again_is_recorded_once(client: httpx.AsyncClient) -> None:
    """Without any key: its events are named by what they say, and so is the ReturnMade."""
    answers = [REVIEW, *BOARD, {"question": "practitioners", "said": "same_again"}]
    first = await client.post(RETURN, json=PERIOD | {"answers": answers})
    again = await client.post(RETURN, json=PERIOD | {"answers": answers})
    assert (first.status_code, again.status_code) == (201, 200)
    both = [[one["outcome"]["id"] for one in a.json()["events"]] for a in (first, again)]
    assert both[0] == both[1]
    assert await head(client) == len(recorded()) + 3


async def test_a_return_sent_again_after_midnight_is_the_same(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its day is the one on which it was made, whenever it is sent again."""
    await sent(client, RETURN, no_change=True)
    monkeypatch.setattr(dates, "today", lambda _: TODAY + dt.timedelta(days=1))
    again = await client.post(RETURN, json=PERIOD | {"no_change": True})
    assert (again.status_code, await head(client)) == (200, len(recorded()) + 1)


async def test_answers_become_events_and_a_figure_said_again_is_one(
    client: httpx.AsyncClient,
) -> None:
    """The census is counted anew on the quarter's last day; its level is known again."""
    assert (await levels(client))["skills_practitioner"]["level"] is None
    answers = [REVIEW, *BOARD, {"question": "practitioners", "said": "same_again"}]
    made = await sent(client, RETURN, answers=answers, signed_by="p-5e1f00d1")
    assert [(one["question"], one["type"]) for one in made["events"]] == [
        ("board_reviews", "BoardReviewedProgress"),
        ("practitioners", "SkillsCounted"),
        (None, "ReturnMade"),
    ]
    assert (made["dimensions"], made["nothing_to_report"]) == (["board"], [])
    assert "skills" in [one["dimension"] for one in made["open"]]
    assert (await levels(client))["skills_practitioner"]["level"] == 2
    last = await client.get(f"/api/v1/events/{made['events'][-1]['outcome']['id']}")
    assert last.json()["event"]["source"]["reference"] == "Signed off by p-5e1f00d1"


async def test_a_return_can_be_tried_on(client: httpx.AsyncClient) -> None:
    """Laid over a trial the picture shows what it would make known; the log has nothing of it."""
    body = PERIOD | {
        "answers": [{"question": "practitioners", "said": "same_again"}, REVIEW, *BOARD]
    }
    tried = await client.post(RETURN, params={"trial": "october"}, json=body)
    assert (tried.status_code, len(tried.json()["events"])) == (201, 3)
    assert await head(client) == len(recorded())
    picture = {"on": str(LAST), "trial": "october"}
    found = await client.get("/api/v1/trusts/ZT001/picture", params=picture)
    assert found.json()["picture"]["levels"]["skills_practitioner"]["level"] == 2
    (made,) = [
        one["type"] for one in (await sent(client, RETURN, **body))["events"] if not one["question"]
    ]
    assert made == "ReturnMade"


async def test_what_warns_stands_on_the_receipt(client: httpx.AsyncClient) -> None:
    """More completions than staff are recorded, and warned of."""
    training = {"type": "StaffTrained", "data": {
        "course": "qsir_fundamentals", "tier": "introductory", "participant_group": "staff",
        "completions": 60000}}  # fmt: skip
    answers = [{"question": "training", "events": [training]}, REVIEW, *BOARD]
    made = await sent(client, RETURN, answers=answers)
    assert made["warnings"]["items"]


async def test_an_event_said_twice_is_two_events(client: httpx.AsyncClient) -> None:
    """Two reviews of one day that say the same have their number each."""
    twice = REVIEW | {"events": REVIEW["events"] * 2}
    made = await sent(client, RETURN, answers=[twice, *BOARD])
    assert len({one["outcome"]["id"] for one in made["events"]}) == 3


async def test_a_quarter_may_be_returned_again(client: httpx.AsyncClient) -> None:
    """What is answered anew is recorded beside what was; the quarter is covered by both."""
    await sent(client, RETURN, no_change=True)
    made = await sent(client, RETURN, answers=[REVIEW, *BOARD])
    assert [one["outcome"]["outcome"] for one in made["events"]] == ["recorded"] * 2
    assert len((await asked(client))["made"]) == 2


async def test_faults_name_the_question_and_the_field(client: httpx.AsyncClient) -> None:
    """All of them at once, each at its place, in words; nothing is recorded."""
    training = {
        "type": "StaffTrained",
        "data": {
            "course": "qsir_fundamentals",
            "tier": "introductery",
            "participant_group": "staff",
        },
    }
    found = await refused(
        client, RETURN, 422,
        answers=[
            {"question": "training", "events": [training, {"data": {}}]},
            {"question": "comitments", "said": "no_change"},
            {"question": "commitments", "said": "nothing_to_report"},
            {"question": "practitioners", "events": [{"data": {
                "tier": "coach", "people": 3, "method": "esr"}}]},
            {"question": "training", "said": "no_change"},
            {"question": "leaders"},
            {"question": "money", "events": [{"type": "FundingSpent", "effective": str(LAST),
             "data": {"agreement": "a", "financial_year": "2025/26", "pence": "£10"}}]},
        ],
    )  # fmt: skip
    assert found.keys() == {
        "/answers/0/events/0/data/tier", "/answers/0/events/0/data/completions",
        "/answers/0/events/1/type", "/answers/1/question", "/answers/2/said",
        "/answers/3/events/0/data/tier", "/answers/4/question", "/answers/5/events",
        "/answers/6/events/0/data/pence",
    }  # fmt: skip
    assert found["/answers/6/events/0/data/pence"]["rule"].startswith("money, Amount (in pence): ")
    missing = found["/answers/0/events/0/data/completions"]
    assert missing["rule"] == "training, Completions: must be given"
    assert found["/answers/0/events/0/data/tier"]["nearest"] == "introductory"
    assert found["/answers/1/question"]["nearest"] == "commitments"
    assert await head(client) == len(recorded())


async def test_what_the_log_refuses_is_told_at_its_answer(client: httpx.AsyncClient) -> None:
    """An end of a connection that is not there, the second event of its answer."""
    visit = {"type": "ConnectionMade", "effective": str(LAST),
             "data": {"kind": "visit", "with": ["ZT002"]}}  # fmt: skip
    ended = {"type": "ConnectionEnded", "effective": str(LAST),
             "data": {"connection_event": str(uuid.uuid4())}}  # fmt: skip
    answers = [{"question": "connections", "events": [visit, ended]}]
    found = await refused(client, RETURN, 422, answers=answers)
    (pointer,) = found
    assert pointer == "/answers/0/events/1/data/connection_event"
    assert found[pointer]["rule"].startswith("connections: ")
    assert await head(client) == len(recorded())


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/answers"),
        ({"no_change": True, "answers": BOARD}, "/answers"),
        ({"answers": [{"question": "money", "said": "no_change"}, {"question": "leaders"}]},
         "/answers/1/events"),
        ({"answers": [{"question": "commitments", "said": "no_change"}]}, "/answers"),
        ({"answers": BOARD, "quarter": 5}, "/quarter"),
        ({"answers": BOARD, "financial_year": "2025/27"}, "/financial_year"),
        ({"answers": BOARD, "signed_by": "Ann Other"}, "/signed_by"),
        ({"no_change": True, "financial_year": "2099/00"}, "/financial_year"),
        ({"no_change": True, "financial_year": "0150/51"}, "/financial_year"),
    ],
)  # fmt: skip
async def test_a_return_that_says_nothing_whole_is_refused(
    client: httpx.AsyncClient, body: dict[str, Any], pointer: str
) -> None:
    """What is wrong with the body as a whole is told at its member."""
    assert pointer in await refused(client, RETURN, 422, **body)


async def test_nothing_to_report_is_refused_where_something_is_recorded(
    client: httpx.AsyncClient,
) -> None:
    """It would deny what stands in the log; no change says that this is all."""
    await client.post("/api/v1/events", json=event(
        "BoardReviewedProgress", str(QUARTER.start), {"data_form": "rag"}))  # fmt: skip
    quiet = {"question": "board_reviews", "said": "nothing_to_report"}
    found = await refused(client, RETURN, 422, answers=[quiet, *BOARD])
    assert "position 5" in found["/answers/0/said"]["rule"]
    made = await sent(client, RETURN, answers=[quiet | {"said": "no_change"}, *BOARD])
    assert made["dimensions"] == ["board"]


async def test_a_quarter_that_runs_can_be_drafted_and_not_returned(
    client: httpx.AsyncClient,
) -> None:
    """Its record cannot be whole before it is over."""
    running = quarter_of(TODAY + dt.timedelta(days=1))
    period = {"financial_year": running.financial_year, "quarter": running.quarter}
    if running.start <= TODAY:  # but for the last day of a quarter, when none runs
        await sent(client, DRAFT, answers=BOARD, **period)
    found = await refused(client, RETURN, 422, no_change=True, **period)
    assert found["/quarter"]["code"] == "quarter_not_over"


async def test_two_people_finish_one_draft(client: httpx.AsyncClient) -> None:
    """Each answers some questions, whoever came first; one signs off, and a return is made."""
    first = await sent(client, DRAFT, answers=[REVIEW])
    second = await sent(client, DRAFT, answers=BOARD)
    assert (first["version"], second["version"]) == (1, 2)
    assert {one["question"]: one["version"] for one in second["answers"]} == {
        "board_reviews": 1, "commitments": 2, "board_skills": 2, "board_development": 2,
    }  # fmt: skip
    assert "board" not in [one["dimension"] for one in second["open"]]
    signed = await sent(client, DRAFT, version=2, signed_by="p-5e1f00d1")
    assert signed["signed"]["person"] == "p-5e1f00d1"
    made = await sent(client, RETURN, draft_version=3)
    assert made["dimensions"] == ["board"]
    last = await client.get(f"/api/v1/events/{made['events'][-1]['outcome']['id']}")
    assert last.json()["event"]["source"]["reference"] == "Signed off by p-5e1f00d1"
    draft = (await asked(client))["draft"]
    assert (draft["made"]["version"], draft["made"]["by"]) == (3, "local")
    again = await client.post(RETURN, json=PERIOD | {"draft_version": 3})
    assert (again.status_code, await head(client)) == (200, len(recorded()) + 2)


async def test_nobody_overwrites_what_another_answered(client: httpx.AsyncClient) -> None:
    """An answer changed since is refused with what it is now, by whom and when; the rest waits."""
    await sent(client, DRAFT, answers=[REVIEW])
    other = {"question": "board_reviews", "said": "nothing_to_report"}
    found = await refused(client, DRAFT, 412, answers=[*BOARD, other])
    assert found.keys() == {"/answers/3"}
    assert "by local" in found["/answers/3"]["rule"]
    assert '"data_form":"spc"' in found["/answers/3"]["value"]
    assert (await asked(client))["draft"]["version"] == 1
    again = await sent(client, DRAFT, answers=[REVIEW])
    assert again["version"] == 1
    mine = await sent(client, DRAFT, version=1, answers=[other])
    assert [one["answer"]["said"] for one in mine["answers"]] == ["nothing_to_report"]
    assert {"/withdraw/0"} == (
        await refused(client, DRAFT, 412, version=1, withdraw=["board_reviews"])
    ).keys()
    assert (await sent(client, DRAFT, version=2, withdraw=["board_reviews"]))["answers"] == []


async def test_of_two_at_once_one_is_told(client: httpx.AsyncClient) -> None:
    """Whoever answers the same question second is refused, however close the two are."""
    one = {"answers": [{"question": "money", "said": "no_change"}]}
    other = {"answers": [{"question": "money", "events": [{"type": "FundingSpent", "data": {}}]}]}
    both = await asyncio.gather(*(client.post(DRAFT, json=PERIOD | body) for body in (one, other)))
    assert sorted(answer.status_code for answer in both) == [201, 412]


async def test_a_sign_off_is_of_what_was_looked_at(client: httpx.AsyncClient) -> None:
    """It is refused where the draft moved on, and gone once an answer changes."""
    await sent(client, DRAFT, answers=[REVIEW])
    await sent(client, DRAFT, version=1, answers=BOARD)
    found = await refused(client, DRAFT, 412, version=1, signed_by="p-5e1f00d1")
    assert found.keys() == {"/version"}
    await sent(client, DRAFT, version=2, signed_by="p-5e1f00d1")
    later = await sent(client, DRAFT, answers=[{"question": "money", "said": "no_change"}])
    assert later["signed"] is None
    assert (await refused(client, RETURN, 412, draft_version=2)).keys() == {"/draft_version"}


async def test_a_draft_says_what_would_be_refused(client: httpx.AsyncClient) -> None:
    """Half an answer is kept, and its faults are told; what is no question is not."""
    half = {"question": "training", "events": [{"type": "StaffTrained", "data": {"tier": "coach"}}]}
    draft = await sent(client, DRAFT, answers=[half])
    assert [one["pointer"] for one in draft["faults"]] == [
        f"/answers/0/events/0/data/{name}"
        for name in ("course", "participant_group", "completions")
    ]  # fmt: skip
    found = await refused(client, DRAFT, 422, answers=[half | {"question": "trainings"}])
    assert found["/answers/0"]["nearest"] == "training"
    await refused(client, RETURN, 422, draft_version=1)
    assert await head(client) == len(recorded())


async def test_a_draft_is_thrown_away(client: httpx.AsyncClient) -> None:
    """The log holds nothing of it; a second time there is nothing to throw away."""
    await sent(client, DRAFT, answers=[REVIEW])
    assert [(await client.delete(DRAFT)).status_code for _ in range(2)] == [204, 404]
    assert (await asked(client))["draft"] is None
    missing = await client.post(RETURN, json=PERIOD | {"draft_version": 1})
    assert missing.status_code == 404
    assert (await client.put(DRAFT, json={})).status_code == 405


async def test_a_trust_that_closed_before_the_quarter_returns_nothing(
    client: httpx.AsyncClient,
) -> None:
    """It is asked nothing, and takes neither a draft nor a return."""
    merger = {"into": "ZT002", "kind": "acquisition"}
    await client.post("/api/v1/events", json=event("TrustMerged", str(QUARTER.start), merger))
    assert (await asked(client))["questions"] == []
    for address, body in ((RETURN, {"no_change": True}), (DRAFT, {"answers": BOARD})):
        assert (await refused(client, address, 422, **body))["/quarter"]["code"] == "closed"


async def test_only_trusts_are_asked_of_quarters_that_are(client: httpx.AsyncClient) -> None:
    """Of what is no trust there is no return, nor of a quarter that cannot be."""
    assert (await client.get("/api/v1/trusts/ZT002/return")).status_code == 404
    wrong = await client.get(RETURN, params={"quarter": 2})
    assert wrong.json()["errors"][0]["pointer"] == "?financial_year"
    for year in ("9999/00", "2025/27"):
        wrong = await client.get(RETURN, params={"quarter": 4, "financial_year": year})
        assert wrong.json()["errors"][0]["pointer"] == "?financial_year"
