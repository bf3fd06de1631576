"""Uploads over HTTP: handed over, checked whole, recorded, read by row, taken back."""

import csv
import io
import json
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from service.api.rooms import Rooms
from service.app import opened, recording_uploads
from service.domain.admission import Receipt
from service.domain.problems import Refused
from service.settings import load
from service.submitting import recording
from tests.clients import asking
from tests.strategies import batch, corrected, income, retracted, send, trust, writing

CHUNK = 10
"""Rows of a chunk here: a file of more than 100 is recorded in chunks."""
SETTINGS = load({"CAPMAP_UPLOAD_CHUNK_ROWS": str(CHUNK), "CAPMAP_POLL_MS": "50"})


class House:
    """A service on a database of its own, with a client; its worker runs where a test asks."""

    def __init__(self, rooms: Rooms, client: httpx.AsyncClient) -> None:
        self.rooms = rooms
        self.client = client

    async def post(self, content: bytes, name: str = "rows.ndjson", **more: Any) -> httpx.Response:
        """Hand a file over; keywords are parameters, `key` the Idempotency-Key."""
        key = more.pop("key", None)
        headers = {"Idempotency-Key": key} if key else {}
        return await self.client.post(
            "/api/v1/uploads", files={"file": (name, content)}, params=more, headers=headers
        )

    async def settled(self, upload: str) -> dict[str, Any]:
        """Let this process's worker record all that is left; return the receipt."""
        worker = recording.Worker(self.rooms.desk, 0.05)
        async with self.rooms.desk.pool.acquire() as connection:
            while await worker.step(connection):
                pass
        return (await self.client.get(f"/api/v1/uploads/{upload}")).json()

    async def rows(self, upload: str, limit: int = 1000) -> list[dict[str, Any]]:
        """Return all rows of an upload, page by page."""
        found, href = [], f"/api/v1/uploads/{upload}/rows?limit={limit}"
        while href:
            page = (await self.client.get(href)).json()
            found += page["items"]
            href = page["next"]
        return found


@pytest.fixture
async def house(dsn: str) -> AsyncIterator[House]:
    """A service in which RTP is registered."""
    async with opened(SETTINGS, dsn) as rooms, asking(rooms, SETTINGS) as client:
        assert (await client.post("/api/v1/events", json=trust())).status_code == 201
        yield House(rooms, client)


def lines(events: Iterable[Any]) -> bytes:
    """Return events as NDJSON."""
    return b"".join(json.dumps(event).encode() + b"\n" for event in events)


def incomes(count: int) -> list[dict[str, Any]]:
    """Return so many income reports."""
    return [income("RTP", number) for number in range(count)]


def counts(receipt: dict[str, Any]) -> tuple[int, int, int, int, int]:
    """Return a receipt's counts: wrong, recorded, already recorded, refused, waiting."""
    rows = receipt["rows"]
    names = ("wrong", "recorded", "already_recorded", "refused", "waiting")
    return tuple(rows[name] for name in names)  # type: ignore[return-value]  # two names, two rows


async def test_a_file_is_recorded_and_each_row_has_its_event_and_position(house, connection):
    """The receipt names for each row its id, position and hash, as the log has them."""
    events = incomes(12)
    answer = await house.post(lines(events))
    receipt = answer.json()
    assert (answer.status_code, receipt["state"]) == (201, "recorded"), answer.text
    assert counts(receipt) == (0, 12, 0, 0, 0)
    rows = await house.rows(receipt["id"], limit=5)
    assert [row["row"] for row in rows] == list(range(1, 13))
    stored = await connection.fetch("SELECT position, id, hash FROM events ORDER BY position")
    assert [(row["position"], row["id"], row["hash"]) for row in rows] == [
        (one["position"], str(one["id"]), one["hash"].hex()) for one in stored[1:]
    ]
    assert [row["id"] for row in rows] == [event["id"] for event in events]
    again = await house.client.get(answer.headers["location"])
    assert again.json() == receipt


@pytest.mark.parametrize("count", [30, 130])
async def test_the_same_file_again_records_nothing(house, count):
    """Rows that are in the log are reported as such, in a file of one batch and in a long one."""
    content = lines(incomes(count))
    first = await house.settled((await house.post(content)).json()["id"])
    second = await house.settled((await house.post(content)).json()["id"])
    assert (counts(first), counts(second)) == ((0, count, 0, 0, 0), (0, 0, count, 0, 0))
    assert first["state"] == second["state"] == "recorded"
    there = [(row["id"], row["position"]) for row in await house.rows(first["id"])]
    assert [(row["id"], row["position"]) for row in await house.rows(second["id"])] == there


async def test_a_long_file_waits_staged_and_is_recorded_in_chunks(house, connection):
    """Past one batch the answer is 202: nothing of it is in the log until a worker comes to it."""
    answer = await house.post(lines(incomes(125)))
    assert (answer.status_code, answer.json()["state"]) == (202, "recording"), answer.text
    assert counts(answer.json()) == (0, 0, 0, 0, 125)
    assert {row["outcome"] for row in await house.rows(answer.json()["id"])} == {"waiting"}
    assert await connection.fetchval("SELECT count(*) FROM events") == 1
    done = await house.settled(answer.json()["id"])
    assert (done["state"], counts(done)) == ("recorded", (0, 125, 0, 0, 0))
    assert await connection.fetchval("SELECT count(*) FROM upload_staged") == 0
    assert await connection.fetchval("SELECT count(*) FROM upload_outcomes") == 13


@pytest.mark.parametrize("count", [60, 140])
async def test_one_bad_row_stops_the_whole_file(house, connection, count):
    """Nothing is recorded, and the one bad row is named, wherever in the file it stands."""
    events = incomes(count)
    events[count - 2]["data"]["pence"] = "many"
    answer = await house.post(lines(events))
    assert answer.status_code == 422, answer.text
    problem = answer.json()
    assert [(one["row"], one["code"]) for one in problem["errors"]] == [(count - 1, "wrong_type")]
    assert (problem["receipt"]["state"], counts(problem["receipt"])) == ("refused", (1, 0, 0, 0, 0))
    assert await connection.fetchval("SELECT count(*) FROM events") == 1
    assert await connection.fetchval("SELECT count(*) FROM upload_staged") == 0
    rows = await house.rows(problem["receipt"]["id"])
    assert [row["outcome"] for row in rows].count("not_recorded") == count - 1


@pytest.mark.parametrize("count", [60, 140])
async def test_partial_takes_the_good_rows(house, count):
    """With ?partial=true the good rows are recorded, the others told."""
    events = incomes(count)
    events[3]["data"]["pence"] = -1
    events[50]["organisation"] = "RXX"
    answer = await house.post(lines(events), partial="true")
    done = await house.settled(answer.json()["id"])
    assert (done["state"], counts(done)) == ("partly_recorded", (2, count - 2, 0, 0, 0))
    wrong = [row for row in await house.rows(done["id"]) if row["outcome"] == "wrong"]
    assert [(row["row"], row["errors"][0]["code"]) for row in wrong] == [
        (4, "out_of_limits"), (51, "not_registered"),
    ]  # fmt: skip


@pytest.mark.parametrize("padding", [0, 120])
async def test_every_row_that_the_log_would_refuse_is_told_before_any_is_recorded(house, padding):
    """References are followed in the log and to earlier rows of the file, over its chunks too."""
    first, gone = income("RTP", 1), income("RTP", 2)
    taken = retracted(gone)
    events = [
        trust("RXX"), income("RXX", 5), first, gone, *incomes(padding),
        corrected(first, financial_year="2025/26", pence=9),  # an earlier row: fine
        taken,
        corrected(gone, financial_year="2025/26", pence=9),  # retracted by the row before
        income("RYY", 3),  # not registered
        retracted(income("RTP", 4)),  # refers to nothing
        trust("RTP"),  # registered already
        first,  # the same row once more: fine
        income("RTP", 7, id=first["id"]),  # the same id for something else
        corrected(taken, financial_year="2025/26", pence=9),  # not an original
    ]  # fmt: skip
    answer = await house.post(lines(events))
    base = 4 + padding
    assert [(one["row"] - base, one["code"]) for one in answer.json()["errors"]] == [
        (3, "retracted"), (4, "not_registered"), (5, "unknown_event"), (6, "already_registered"),
        (8, "id_conflict"), (9, "not_an_original"),
    ]  # fmt: skip
    assert answer.json()["receipt"]["rows"]["recorded"] == 0


async def test_a_refusal_while_recording_is_told_of_its_row_and_the_rest_goes_on(house):
    """What others recorded in between refuses a row; the receipt names it, and why."""
    events = incomes(110)
    upload = (await house.post(lines(events))).json()["id"]
    other = income("RTP", 10**6, id=events[42]["id"])
    assert (await house.client.post("/api/v1/events", json=other)).status_code == 201
    known = events[77]
    assert (await house.client.post("/api/v1/events", json=known)).status_code == 201
    done = await house.settled(upload)
    assert (done["state"], counts(done)) == ("partly_recorded", (0, 108, 1, 1, 0))
    assert [(one["row"], one["code"]) for one in done["errors"]] == [(43, "id_conflict")]
    outcomes = [row["outcome"] for row in await house.rows(upload)]
    assert (outcomes[42], outcomes[77], outcomes[0]) == ("refused", "already_recorded", "recorded")


async def test_a_dry_run_leaves_nothing(house, connection):
    """It says what would be recorded, what is there already and what is wrong; nothing is kept."""
    events = incomes(3)
    await house.client.post("/api/v1/events", json=events[0])
    bad = income("RTP", -1)
    answer = await house.post(lines([*events, bad]), dry_run="true")
    assert (answer.status_code, answer.json()["state"]) == (200, "dry_run")
    assert counts(answer.json()) == (1, 0, 1, 0, 2)
    assert answer.json()["errors"][0]["message"].startswith("Row 4, data.pence: “-1” ")
    for table in ("uploads", "upload_chunks", "upload_staged", "upload_files"):
        assert await connection.fetchval(f"SELECT count(*) FROM {table}") == 0
    assert await connection.fetchval("SELECT count(*) FROM events") == 2


async def test_a_key_stands_for_one_file(house, connection):
    """Sent again with its key a file is the same upload; another file with it is refused."""
    content = lines(incomes(4))
    first = await house.post(content, key="k1")
    again = await house.post(content, key="k1")
    assert first.json() == again.json()
    assert await connection.fetchval("SELECT count(*) FROM uploads") == 1
    for other in ({"content": lines(incomes(4))}, {"content": content, "partial": "true"}):
        refused = await house.post(key="k1", **other)
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/key_reused")
    await connection.execute("UPDATE upload_keys SET used_at = used_at - interval '25 hours'")
    assert (await house.post(lines(incomes(1)), key="k1")).status_code == 201


@pytest.mark.parametrize("count", [8, 130])
async def test_an_upload_is_taken_back_and_brought_back(house, count):
    """Undo retracts just what the upload recorded; the retraction is taken back in the same way."""
    mine = incomes(count)
    await house.client.post("/api/v1/events", json=mine[0])  # recorded by somebody else
    upload = (await house.settled((await house.post(lines(mine))).json()["id"]))["id"]

    async def status(event: dict[str, Any]) -> str:
        return (await house.client.get(f"/api/v1/events/{event['id']}")).json()["status"]

    base = f"/api/v1/uploads/{upload}"
    undone = await house.client.post(f"{base}/retraction")
    receipt = await house.settled(undone.json()["id"])
    assert (receipt["kind"], receipt["of"], counts(receipt)) == (
        "retraction", upload, (0, count - 1, 0, 0, 0),
    )  # fmt: skip
    assert [await status(one) for one in mine[:3]] == ["in_force", "retracted", "retracted"]
    assert (await house.client.get(base)).json()["taken_back"] is True
    again = await house.client.post(f"{base}/retraction")
    assert again.json()["id"] == receipt["id"]
    back = await house.client.post(f"{base}/restoration")
    restored = await house.settled(back.json()["id"])
    assert counts(restored) == (0, count - 1, 0, 0, 0)
    assert [await status(one) for one in mine[:3]] == ["in_force", "in_force", "in_force"]
    assert (await house.client.get(base)).json()["taken_back"] is False
    once_more = await house.settled((await house.client.post(f"{base}/retraction")).json()["id"])
    assert once_more["of"] == restored["id"]
    assert await status(mine[-1]) == "retracted"


async def test_what_is_unfinished_or_empty_is_not_taken_back(house):
    """A retraction waits for its upload; one that recorded nothing has nothing to take back."""
    waiting = (await house.post(lines(incomes(120)))).json()["id"]
    refused = await house.client.post(f"/api/v1/uploads/{waiting}/retraction")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/not_retractable")
    bad = (await house.post(lines([income("RTP", -1)]))).json()["receipt"]["id"]
    for act in ("retraction", "restoration"):
        assert (await house.client.post(f"/api/v1/uploads/{bad}/{act}")).status_code == 409
    unknown = await house.client.post(f"/api/v1/uploads/{uuid.uuid4()}/retraction")
    assert unknown.status_code == 404


async def test_an_upload_is_followed_to_its_end(house):
    """Server-sent events tell the receipt as it changes, and end with the final one."""
    upload = (await house.post(lines(incomes(150)))).json()["id"]
    told = []
    async with recording_uploads(SETTINGS, house.rooms):
        answer = await house.client.get(f"/api/v1/uploads/{upload}/events", timeout=30)
    for block in answer.text.replace("\r\n", "\n").strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines())
        told.append((fields["event"], json.loads(fields["data"])["rows"]["recorded"]))
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert told[-1] == ("finished", 150)
    assert [count for _, count in told] == sorted(count for _, count in told)
    assert {kind for kind, _ in told[:-1]} <= {"progress"}


@pytest.mark.parametrize("share", ["1 %", "half", "99 %", "all but one byte"])
async def test_an_upload_that_is_cut_leaves_nothing(house, connection, share):
    """A body cut anywhere is refused; nothing is recorded, and no file is left behind."""
    content = lines(incomes(200))
    request = httpx.Request(
        "POST", "http://test/api/v1/uploads", files={"file": ("a.ndjson", content)}
    )
    whole = request.read().rstrip()  # up to the last byte that the form needs
    at = {"1 %": len(whole) // 100, "half": len(whole) // 2, "99 %": len(whole) * 99 // 100}
    body = whole[: at.get(share, len(whole) - 1)]
    answer = await house.client.post(
        "/api/v1/uploads", content=body, headers={"content-type": request.headers["content-type"]}
    )
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/malformed_body")
    assert await connection.fetchval("SELECT count(*) FROM events") == 1
    assert await connection.fetchval("SELECT count(*) FROM uploads") == 0
    assert [one.name for one in house.rooms.desk.folder.iterdir()] == ["lock"]


async def test_a_table_is_read_and_given_back_with_its_messages(house):
    """A CSV's wrong rows are told by column, and the file comes back with a column of them."""
    text = (
        "Event type,Organisation,Effective,Financial year,Income (£),Source kind\r\n"
        "IncomeReported,rtp,01/04/2026,2025-26,1250.00,own\r\n"
        "IncomeReported,RXX,01/04/2026,2025-26,1250.00,own\r\n"
        "IncomeReported,RTP,01/04/2026,soon,1,own\r\n"
    )
    answer = await house.post(text.encode(), name="ours.csv")
    assert answer.status_code == 422, answer.text
    errors = [(one["row"], one.get("column"), one["code"]) for one in answer.json()["errors"]]
    assert (3, "B", "not_registered") in errors, answer.text
    back = await house.client.get(answer.json()["receipt"]["links"]["errors"])
    assert 'filename="ours-errors.csv"' in back.headers["content-disposition"]
    table = list(csv.reader(io.StringIO(back.content.decode("utf-8-sig"))))
    assert table[0][-1] == "# Messages"
    assert table[1][-1] == ""
    assert table[2][-1].startswith("Column B “Organisation”: RXX is not registered")


async def test_what_is_wrong_is_told_in_the_order_of_rows_and_in_words_of_the_sheet(house):
    """What only the log refuses stands where its row does; nobody is asked to send a name."""
    text = (
        "Organisation code,Effective date,Your reference,Post,Person (reference),Basis\r\n"
        "RXX,01/04/2026,r1,chief nurse,p-0a1b2c3d,substantive\r\n"
        "RTP,01/04/2026,r2,chief nurse,Jane Smith,substantive\r\n"
    )
    asked = {"type": "LeaderAppointed", "dry_run": "true"}
    found = (await house.post(text.encode(), name="ours.csv", **asked)).json()
    assert [one["message"].partition(", ")[2] for one in found["errors"]] == [
        (
            "column A “Organisation code”: RXX is not registered: check the code, or register it "
            "before this"
        ),
        (
            "column E “Person (reference)”: “Jane Smith” must be a person's reference, such as "
            "p-7ab1ff2f; names are never sent"
        ),
    ]
    lacking = text.replace(",Post", ",# Post")
    found = (await house.post(lacking.encode(), name="ours.csv", **asked)).json()
    assert [one["message"] for one in found["errors"]] == [
        "Row 1, “Post”: must be a column of the sheet: LeaderAppointed cannot do without it"
    ]


async def test_uploads_are_listed_newest_first_by_page(house):
    """The list goes on by its cursor; one that it did not give is refused."""
    made_ids = [(await house.post(lines(incomes(1)))).json()["id"] for _ in range(3)]
    first = (await house.client.get("/api/v1/uploads?limit=2")).json()
    second = (await house.client.get(first["next"])).json()
    assert [one["id"] for one in first["items"] + second["items"]] == made_ids[::-1]
    assert (await house.client.get("/api/v1/uploads?cursor=x")).status_code == 422


@pytest.mark.parametrize("form", ["whole", "apart"])
async def test_a_chunk_is_recorded_once_however_often_it_is_handed_over(dsn, connection, form):
    """A process that thaws, or starts over after a doubt, neither records nor tells it again."""
    upload = uuid.uuid4()
    async with writing(dsn) as one, writing(dsn) as other:
        await send(one, trust())
        known = income("RTP", 1)
        await send(one, known)
        events = batch(known, *incomes(3))
        chunk = msgspec.structs.replace(events, receipt=Receipt(upload, 0, form))
        first = await one.append(chunk)
        later = msgspec.structs.replace(batch(*incomes(2)), receipt=chunk.receipt)
        assert (len(first), await other.append(chunk), await one.append(later)) == (4, (), ())
    rows = await connection.fetch("SELECT recorded, known, refused, positions FROM upload_outcomes")
    assert [tuple(row) for row in rows] == [(3, 1, 0, [-2, 3, 4, 5])]
    assert await connection.fetchval("SELECT count(*) FROM events") == 5


async def test_a_chunk_that_the_log_refuses_whole_has_its_outcome_too(dsn, connection):
    """What stood in the way may go away: a whole chunk that was refused stays so."""
    upload = uuid.uuid4()
    async with writing(dsn) as writer:
        await send(writer, trust())
        refused = batch(*incomes(2), income("RXX", 1))
        chunk = msgspec.structs.replace(refused, receipt=Receipt(upload, 0, "whole"))
        with pytest.raises(Refused):
            await writer.append(chunk)
        await send(writer, trust("RXX"))
        assert await writer.append(chunk) == ()
    row = await connection.fetchrow("SELECT recorded, refused, positions FROM upload_outcomes")
    assert tuple(row) == (0, 3, [0, 0, 0])


def test_what_a_killed_process_left_on_the_disk_is_removed():
    """A folder whose process lives is let be; one without is removed when the next starts."""
    from service.submitting import spooling

    left = Path(tempfile.mkdtemp(prefix=spooling.PREFIX))
    (left / spooling.LOCK).touch()
    (left / "half").write_bytes(b"x")
    with spooling.folder() as first, spooling.folder() as second:
        assert not left.exists()
        assert first.exists()
        assert second != first
    assert not first.exists()


async def test_more_lines_than_a_batch_holds_become_an_upload(house, monkeypatch):
    """POST /events takes NDJSON of any length: past one batch it answers an upload's receipt."""
    monkeypatch.setattr("service.intake.batches.MOST_EVENTS", 100)
    headers = {"Content-Type": "application/x-ndjson"}
    few = await house.client.post("/api/v1/events", content=lines(incomes(3)), headers=headers)
    assert (few.status_code, len(few.json()["events"])) == (201, 3)
    many = await house.client.post("/api/v1/events", content=lines(incomes(150)), headers=headers)
    assert (many.status_code, many.json()["state"]) == (202, "recording"), many.text
    done = await house.settled(many.json()["id"])
    assert (done["state"], counts(done)) == ("recorded", (0, 150, 0, 0, 0))
