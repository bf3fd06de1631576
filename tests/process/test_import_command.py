"""`capmap events import` and `events undo`, run as people run them, over forms of files."""

from __future__ import annotations

import csv
import json
import uuid
from pathlib import Path

import pytest

from tests.process.test_command import STORY, capmap, head, lines

HEADINGS = "type;organisation;effective;course;tier;participant_group;completions;Your reference"
GOOD = "StaffTrained;rtp;01/03/2024;qsir_fundamentals;introductory;staff;20;"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Write a table as people export one, its second row wrong."""
    file = tmp_path / "training.txt"
    wrong = GOOD.replace("introductory", "introductry")
    file.write_text(f"{HEADINGS}\n{GOOD}one\n{wrong}two\n", encoding="cp1252")
    return file


def test_a_wrong_table_comes_back_with_messages_and_the_good_rows_can_be_taken(
    told_dsn: str, table: Path, tmp_path: Path
) -> None:
    """Nothing of it is recorded; the file has a message in its row; --partial takes the others."""
    before, back = head(told_dsn), tmp_path / "back.csv"
    refused = capmap(told_dsn, "events", "import", str(table), "--errors", str(back))
    said = "Row 3, column E “tier”: “introductry” must be one of the allowed values"
    assert refused.returncode == 1
    assert said in refused.stderr
    assert head(told_dsn) == before
    with back.open(encoding="utf-8-sig", newline="") as file:
        messages = [row[-1] for row in csv.reader(file)]
    # In its own row the message need not say which row it is.
    assert (messages[1], said.removeprefix("Row 3, c") in messages[2]) == ("", True)
    taken = capmap(told_dsn, "events", "import", str(table), "--partial")
    assert taken.returncode == 0, taken.stderr
    assert taken.stdout.startswith("1 recorded, 0 were in the log already. 1 rows were wrong")
    assert head(told_dsn)[0] == before[0] + 1


def test_a_file_is_rehearsed_recorded_and_taken_back(told_dsn: str, table: Path) -> None:
    """A dry run shows what would change and records nothing; undo retracts what was recorded."""
    before = head(told_dsn)
    table.write_text(f"{HEADINGS}\n{GOOD}one\n", encoding="utf-8")
    dry = capmap(told_dsn, "events", "import", str(table), "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert "Of 1 rows 1 would be recorded, 0 are in the log already, 0 are wrong." in dry.stdout
    assert "  skills, people_introductory: unknown → 15 (" in dry.stdout
    assert head(told_dsn) == before
    done = capmap(told_dsn, "events", "import", str(table))
    assert done.returncode == 0, done.stderr
    upload = done.stdout.splitlines()[-1].removeprefix("To take it back: capmap events undo ")
    for restore, said in (((), "taken"), (("--restore",), "brought")):
        undone = capmap(told_dsn, "events", "undo", upload, *restore)
        assert undone.stdout == f"Events {said} back: 1.\n", undone.stderr
    assert head(told_dsn)[0] == before[0] + 3
    unknown = capmap(told_dsn, "events", "undo", str(uuid.uuid4()))
    assert (unknown.returncode, unknown.stdout) == (1, "")


def test_a_batch_with_expected_versions_is_held_to_them(told_dsn: str, tmp_path: Path) -> None:
    """A version that the stream has not refuses the batch, as it does over HTTP."""
    before, file = head(told_dsn), tmp_path / "batch.json"
    event = json.loads(lines(STORY)[0]) | {"id": str(uuid.uuid4())}
    file.write_text(json.dumps({"events": [event], "expected_versions": {"RTP": 1}}, indent=2))
    done = capmap(told_dsn, "events", "import", str(file))
    assert done.returncode == 1
    assert "RTP is at version" in done.stderr
    assert head(told_dsn) == before


def test_what_is_no_file_of_events_is_said_plainly(dsn: str, tmp_path: Path) -> None:
    """A file of another kind, whatever it is called, ends in exit 1 with what it is."""
    file = tmp_path / "events.ndjson"
    file.write_bytes(b"%PDF-1.7")
    done = capmap(dsn, "events", "import", str(file))
    assert done.returncode == 1
    assert "the file is a PDF" in done.stderr
    assert "Traceback" not in done.stderr
