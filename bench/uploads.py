"""`python -m bench.uploads [ROWS]`: files of rows handed over, checked, staged and recorded.

The service runs in this process, without what runs behind the log. While it records, another client
appends one event after the other, and what it waits is measured.
"""

from __future__ import annotations

import asyncio
import contextlib
import csv
import datetime as dt
import json
import random
import resource
import sys
import tempfile
import time
import uuid
from pathlib import Path

from bench.databases import Databases
from service.api.rooms import Rooms
from service.app import opened, recording_uploads
from service.domain import codec
from service.domain.admission import Batch
from service.domain.caller import LOCAL
from service.intake.rows import Asked
from service.settings import Settings
from service.store.embedded import running
from service.store.pool import snapshot
from service.submitting import files, receipts, receiving
from service.submitting.receipts import UploadReceipt
from service.submitting.receiving import Handed
from service.submitting.recording import Terms
from service.submitting.spooling import Spooled

LATEST = dt.date(2027, 1, 1)
HEADINGS = (
    "type",
    "organisation",
    "effective",
    "course",
    "tier",
    "participant_group",
    "completions",
    "Your reference",
)


def main() -> None:
    """Print what each kind of file costs."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with (
        tempfile.TemporaryDirectory(prefix="bench-uploads-") as folder,
        running(Path(folder) / "pg", say=lambda _: None) as dsn,
    ):
        asyncio.run(_all(dsn, Path(folder), rows))


async def _all(dsn: str, folder: Path, rows: int) -> None:
    databases = Databases(dsn)
    await databases.prepare()
    for name, write in (("rows.csv", _csv), ("rows.ndjson", _ndjson)):
        path = folder / name
        write(path, rows)
        await _measure(await databases.fresh(), path, rows)


async def _measure(dsn: str, path: Path, rows: int) -> None:
    settings = Settings(behind=False, file_limit_bytes=2**30, file_rows=2_000_000)
    async with opened(settings, dsn) as rooms, recording_uploads(settings, rooms):
        await rooms.writer.append(Batch((_event(_trust()),), {}, LOCAL))
        start = time.perf_counter()
        waits: list[float] = []
        other = asyncio.create_task(_others(rooms, waits))
        upload = await _handed(rooms, path)
        checked = time.perf_counter() - start
        found = await _finished(rooms, upload)
        took = time.perf_counter() - start - checked
        other.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await other
    assert found.rows.recorded == rows, (found.rows, found.errors[:3])  # noqa: S101 - a figure for less would be none
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    waits.sort()
    print(
        f"{path.name:<12} checked {rows / checked:>8,.0f} rows/s"
        f"  recorded {rows / took:>8,.0f} rows/s  others waited {waits[len(waits) // 2] * 1000:.0f}"
        f" ms, at most {waits[-1] * 1000:.0f} ms of {len(waits)}  peak {peak} MB"
    )


async def _handed(rooms: Rooms, path: Path) -> uuid.UUID:
    spooled = Spooled(path, path.name, 0, b"")
    with files.read(spooled, Asked(latest=LATEST), rooms.desk.limits) as reading:
        handed = Handed(path.name, spooled.size, b"", path)
        return await receiving.receive(rooms.desk, handed, reading, Terms(LOCAL))


async def _finished(rooms: Rooms, upload: uuid.UUID) -> UploadReceipt:
    while True:
        async with snapshot(rooms.pool) as connection:
            found = await receipts.receipt(connection, upload)
        if found is not None and found.state != "recording":
            return found
        await asyncio.sleep(0.05)


async def _others(rooms: Rooms, waits: list[float]) -> None:
    """Append one event after the other, and note how long each took."""
    while True:
        start = time.perf_counter()
        await rooms.writer.append(Batch((_event(_income()),), {}, LOCAL))
        waits.append(time.perf_counter() - start)
        await asyncio.sleep(0.02)


def _event(members: dict[str, object]) -> codec.Submitted:
    found = codec.decode(json.dumps(members).encode(), LATEST)
    assert isinstance(found, codec.Submitted), found  # noqa: S101 - made here
    return found


def _made(kind: str, data: dict[str, object]) -> dict[str, object]:
    return {
        "id": str(uuid.uuid4()), "type": kind, "organisation": "RTP", "effective": "2026-04-01",
        "data": data, "source": {"kind": "public"}, "assurance": "public_record",
    }  # fmt: skip


def _trust() -> dict[str, object]:
    data: dict[str, object] = {"name": "A trust", "trust_type": "acute", "legal_form": "nhs_trust"}
    return _made("TrustRegistered", data)


def _income() -> dict[str, object]:
    return _made("IncomeReported", {"financial_year": "2025/26", "pence": random.randrange(10**9)})


def _csv(path: Path, rows: int) -> None:
    chance = random.Random(1)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        for number in range(rows):
            day = f"{chance.randint(1, 28):02}/03/2024"
            writer.writerow(
                ["StaffTrained", "RTP", day, "qsir_fundamentals", "introductory", "staff",
                 chance.randint(1, 400), f"ref-{number}"]
            )  # fmt: skip


def _ndjson(path: Path, rows: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(_income()) + "\n" for _ in range(rows))


if __name__ == "__main__":
    main()
